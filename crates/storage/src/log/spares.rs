//! Segments made in advance. A new file costs 10-100 ms of writing zeros, which the thread that appends does not have.

use crate::disk::{Disk, DiskFile};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;

/// Spare segments that are kept ready, at most.
const MAX_SPARES: usize = 2;
const PREFIX: &str = "spare-";

/// The spare segments of one log. Clones share them; a thread of its own may call [`SpareSegments::prepare`] at any time.
#[derive(Clone)]
pub struct SpareSegments {
    disk: Arc<dyn Disk>,
    segment_bytes: u32,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    ready: Vec<String>,
    next_number: u64,
}

impl SpareSegments {
    /// Keeps the spares among `file_names` that have the right length and removes the rest.
    pub(super) fn find(disk: Arc<dyn Disk>, segment_bytes: u32, file_names: &[String]) -> Self {
        let mut state = State::default();
        for name in file_names {
            let Some(number) = name.strip_prefix(PREFIX).and_then(|number| number.parse::<u64>().ok()) else {
                continue;
            };
            state.next_number = state.next_number.max(number.saturating_add(1));
            let is_right = disk.open(name).is_ok_and(|file| file.length_bytes() == u64::from(segment_bytes));
            if is_right && state.ready.len() < MAX_SPARES {
                state.ready.push(name.clone());
            } else {
                // Best effort: what stays is found again at the next start.
                _ = disk.remove(name);
            }
        }
        Self { disk, segment_bytes, state: Arc::new(Mutex::new(state)) }
    }

    /// Spare segments that are ready.
    #[must_use]
    pub fn count(&self) -> usize {
        self.state.lock().ready.len()
    }

    /// Makes one spare segment unless there are enough. Takes as long as writing a whole segment. Says whether it made one.
    ///
    /// # Errors
    /// As [`Disk::create`]; nothing stays behind.
    pub fn prepare(&self) -> io::Result<bool> {
        if self.count() >= MAX_SPARES {
            return Ok(false);
        }
        let name = self.new_name();
        self.disk.create(&name, self.segment_bytes.into())?;
        self.state.lock().ready.push(name);
        Ok(true)
    }

    /// Removes one of those that are ready. Whether there was one.
    ///
    /// # Errors
    /// As the disk gives them; the file is found again at the next start.
    pub fn release(&self) -> io::Result<bool> {
        let Some(name) = self.state.lock().ready.pop() else { return Ok(false) };
        self.disk.remove(&name)?;
        Ok(true)
    }

    /// A spare file for a segment of `length_bytes`: one that is ready, or a new one.
    pub(super) fn take(&self, length_bytes: u32) -> io::Result<(String, Arc<dyn DiskFile>)> {
        let ready = if length_bytes == self.segment_bytes { self.state.lock().ready.pop() } else { None };
        if let Some(name) = ready {
            let file = self.disk.open(&name)?;
            return Ok((name, file));
        }
        let name = self.new_name();
        let file = self.disk.create(&name, length_bytes.into())?;
        Ok((name, file))
    }

    /// Takes a spare back that was not used.
    pub(super) fn give_back(&self, name: String, length_bytes: u32) {
        if length_bytes == self.segment_bytes {
            self.state.lock().ready.push(name);
        } else {
            // Best effort: what stays is found again at the next start.
            _ = self.disk.remove(&name);
        }
    }

    /// Makes a spare of a file that is not needed any more, or removes it if there are enough.
    pub(super) fn recycle(&self, name: &str, length_bytes: u64) -> io::Result<()> {
        if self.count() >= MAX_SPARES || length_bytes != u64::from(self.segment_bytes) {
            return self.disk.remove(name);
        }
        let spare = self.new_name();
        self.disk.rename(name, &spare)?;
        self.state.lock().ready.push(spare);
        Ok(())
    }

    fn new_name(&self) -> String {
        let mut state = self.state.lock();
        let number = state.next_number;
        state.next_number = number.saturating_add(1);
        format!("{PREFIX}{number:010}")
    }
}
