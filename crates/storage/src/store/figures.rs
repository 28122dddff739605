//! What a running store tells about itself.

use super::Store;
use crate::{
    key_value::KeyValue,
    log::{Location, LogReader},
};
use std::sync::Arc;

/// Counts and sizes of a store. Taking them costs the same whatever is stored, except for the number of log segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFigures {
    /// Durable sessions.
    pub sessions: u64,
    /// Deliveries that are not complete, in all queues.
    pub queued_messages: u64,
    /// Stored bytes of their messages; a message counts once for each queue it is in.
    pub queued_bytes: u64,
    /// Queue entries that need a message from the log.
    pub live_references: u64,
    /// Segments of the log, spares not included.
    pub log_segments: u64,
    /// Bytes of the log's files, spares included.
    pub log_bytes: u64,
    /// Spare segments.
    pub spare_segments: u64,
    /// Where the next frame of the log begins.
    pub log_end: Location,
    /// A start would replay the log from here.
    pub checkpoint: Location,
    /// Bytes appended since a checkpoint was last begun.
    pub log_bytes_since_checkpoint: u64,
    /// Parts of queues that could not be read since the start: what waited there is lost.
    pub lost_chunks: u64,
}

impl Store {
    /// Counts and sizes, as of now.
    #[must_use]
    pub fn figures(&self) -> StoreFigures {
        let totals = self.inbox.totals();
        StoreFigures {
            sessions: self.inbox.session_count() as u64,
            queued_messages: totals.len,
            queued_bytes: totals.bytes,
            live_references: self.inbox.referenced_segments().map(|(_, references)| references).sum(),
            log_segments: self.log.segments().len() as u64,
            log_bytes: self.log.bytes_on_disk(),
            spare_segments: self.log.spares().count() as u64,
            log_end: self.log.end(),
            checkpoint: self.checkpoint,
            log_bytes_since_checkpoint: self.log_bytes_since_checkpoint,
            lost_chunks: self.inbox.lost_chunks(),
        }
    }

    /// Reads the log, from any thread.
    #[must_use]
    pub fn log_reader(&self) -> LogReader {
        self.log.reader()
    }

    /// The key-value store, for its size and its compaction, which any thread may ask for.
    #[must_use]
    pub fn key_value(&self) -> Arc<dyn KeyValue> {
        Arc::clone(&self.key_value)
    }
}
