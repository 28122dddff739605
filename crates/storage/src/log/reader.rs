//! Reads what was appended, from any thread.

use super::Location;
use super::segment_table::{SegmentTable, gone};
use std::io;
use std::sync::Arc;

/// Reads from the segments of a [`super::Log`], new ones included. Clones share open files.
///
/// Reads do not check anything: payloads carry their own checksums where it matters.
#[derive(Clone)]
pub struct LogReader {
    table: Arc<SegmentTable>,
}

impl LogReader {
    pub(super) fn new(table: Arc<SegmentTable>) -> Self {
        Self { table }
    }

    pub(super) fn table(&self) -> &SegmentTable {
        &self.table
    }

    /// `length` bytes from `location` on.
    ///
    /// # Errors
    /// `NotFound` if the segment is gone, also when it went during the read; `UnexpectedEof` beyond the segment's end;
    /// others as the disk gives them.
    pub fn read(&self, location: Location, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read_into(location, length, &mut bytes)?;
        Ok(bytes)
    }

    /// Like [`LogReader::read`], into a buffer that is used again: its old content goes.
    ///
    /// # Errors
    /// As [`LogReader::read`]. The buffer's content then means nothing.
    pub fn read_into(&self, location: Location, length: usize, bytes: &mut Vec<u8>) -> io::Result<()> {
        let file = self.table.file(location.segment)?;
        if u64::from(location.offset).saturating_add(length as u64) > file.length_bytes() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{length} bytes at {location} are beyond the end of the log segment"),
            ));
        }
        bytes.resize(length, 0);
        file.read_at(location.offset.into(), bytes)?;
        // A retired segment is written over: what was read may belong to its successor.
        if self.table.contains(location.segment) { Ok(()) } else { Err(gone(location.segment)) }
    }

    /// Like [`LogReader::read_into`], and up to `ahead` bytes in all, as far as they were appended: what lies behind them may
    /// be of an earlier use of the file, whole frames even, and will be written over.
    ///
    /// # Errors
    /// As [`LogReader::read`].
    pub fn read_ahead_into(
        &self,
        location: Location,
        length: usize,
        ahead: usize,
        bytes: &mut Vec<u8>,
    ) -> io::Result<()> {
        // Asked before the bytes are read, or they may be older than the answer.
        let settled = self.table.settled_bytes(location.segment);
        let end = settled.min(self.table.file(location.segment)?.length_bytes());
        let appended = usize::try_from(end.saturating_sub(location.offset.into())).unwrap_or(usize::MAX);
        self.read_into(location, length.max(ahead.min(appended)), bytes)
    }
}
