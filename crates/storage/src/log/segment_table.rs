//! The segments there are, and their open files. Shared by the log and its readers.

use super::segment::segment_file_name;
use crate::disk::{Disk, DiskFile};
use parking_lot::RwLock;
use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Acquire, Ordering::Release};

/// Files of older segments that stay open; a backlog of many gigabytes must not use up the process's file descriptors.
const MAX_OPEN_FILES: usize = 32;

pub(super) struct SegmentTable {
    disk: Arc<dyn Disk>,
    state: RwLock<State>,
    /// Number of the current segment, and below it in the word where its frames end.
    end: AtomicU64,
}

#[derive(Default)]
struct State {
    segments: BTreeMap<u32, Segment>,
    /// Open segments, the one opened first at the front. May name segments that are gone.
    opened: VecDeque<u32>,
}

struct Segment {
    length_bytes: u64,
    file: Option<Arc<dyn DiskFile>>,
}

impl SegmentTable {
    pub(super) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, state: RwLock::default(), end: AtomicU64::new(0) }
    }

    pub(super) fn insert(&self, number: u32, file: Arc<dyn DiskFile>) {
        let state = &mut *self.state.write();
        state.segments.insert(number, Segment { length_bytes: file.length_bytes(), file: None });
        state.keep_open(number, file);
    }

    /// Says that the frames of the current segment end here now.
    pub(super) fn set_end(&self, number: u32, end: u32) {
        self.end.store(u64::from(number) << 32 | u64::from(end), Release);
    }

    /// Bytes of a segment that will not change any more: behind the last frame there may be what the file held before.
    pub(super) fn settled_bytes(&self, number: u32) -> u64 {
        let word = self.end.load(Acquire);
        match (word >> 32).cmp(&u64::from(number)) {
            Ordering::Less => 0,
            Ordering::Equal => word & u64::from(u32::MAX),
            Ordering::Greater => u64::MAX,
        }
    }

    /// Takes the segment out, so that reads that have begun fail. Gives back the length of its file.
    pub(super) fn remove(&self, number: u32) -> Option<u64> {
        Some(self.state.write().segments.remove(&number)?.length_bytes)
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        self.state.read().segments.contains_key(&number)
    }

    /// Numbers and lengths, in order.
    pub(super) fn lengths(&self) -> Vec<(u32, u64)> {
        self.state.read().segments.iter().map(|(number, segment)| (*number, segment.length_bytes)).collect()
    }

    pub(super) fn total_bytes(&self) -> u64 {
        self.state.read().segments.values().map(|segment| segment.length_bytes).sum()
    }

    #[cfg(test)]
    pub(super) fn open_files(&self) -> usize {
        self.state.read().segments.values().filter(|segment| segment.file.is_some()).count()
    }

    /// The open file of a segment. Not locked while the disk works.
    pub(super) fn file(&self, number: u32) -> io::Result<Arc<dyn DiskFile>> {
        {
            let state = self.state.read();
            let segment = state.segments.get(&number).ok_or_else(|| gone(number))?;
            if let Some(file) = &segment.file {
                return Ok(Arc::clone(file));
            }
        }
        let file = self.disk.open(&segment_file_name(number))?;
        self.state.write().keep_open(number, Arc::clone(&file));
        Ok(file)
    }
}

impl State {
    fn keep_open(&mut self, number: u32, file: Arc<dyn DiskFile>) {
        let Some(segment) = self.segments.get_mut(&number) else { return };
        if segment.file.replace(file).is_none() {
            self.opened.push_back(number);
        }
        while self.opened.len() > MAX_OPEN_FILES
            && let Some(oldest) = self.opened.pop_front()
        {
            if let Some(segment) = self.segments.get_mut(&oldest) {
                segment.file = None;
            }
        }
    }
}

/// The error for a segment that was retired or never was.
pub(super) fn gone(number: u32) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("log segment {number} is gone"))
}
