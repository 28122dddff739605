//! Reads stored messages from the log.

use crate::log::{Location, LogReader};
use dunlin_inbox::{Place, decode_message};
use dunlin_model::Message;
use std::io;

/// Bytes read at a time: messages of one queue often lie close to each other.
const READ_AHEAD_BYTES: usize = 64 * 1024;

/// Reads stored messages, with a little read-ahead. One for each thread.
pub struct BodyReader {
    log: LogReader,
    block: Vec<u8>,
    /// Where the block begins.
    at: Location,
}

impl BodyReader {
    pub(super) fn new(log: LogReader) -> Self {
        Self { log, block: Vec::new(), at: Location::START }
    }

    /// The message at a place.
    ///
    /// # Errors
    /// `NotFound` when the segment is gone, `InvalidData` when the bytes are damaged, others as the disk gives them.
    pub fn read(&mut self, place: Place) -> io::Result<Message> {
        if let Some(message) = self.cached(place).and_then(|bytes| decode_message(bytes).ok()) {
            return Ok(message);
        }
        self.fill(place)?;
        let bytes = self.cached(place).unwrap_or_default();
        decode_message(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn cached(&self, place: Place) -> Option<&[u8]> {
        let start = place.offset.checked_sub(self.at.offset).filter(|_| place.segment == self.at.segment)? as usize;
        self.block.get(start..start.checked_add(place.len as usize)?)
    }

    fn fill(&mut self, place: Place) -> io::Result<()> {
        let len = place.len as usize;
        self.at = Location { segment: place.segment, offset: place.offset };
        let read = self.log.read_ahead_into(self.at, len, READ_AHEAD_BYTES, &mut self.block);
        if read.is_err() {
            self.block.clear();
        }
        read
    }
}
