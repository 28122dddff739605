//! Writing the state to the key-value store, so that the log before it is not needed any more.

use super::{Store, StoreError, load::LOG_POSITION};
use crate::{
    key_value::{KeyValue, KeyValueBatch},
    log::Location,
};
use dunlin_inbox::{Change, Changes, space};
use std::sync::Arc;

/// What changed since the last checkpoint, on its way to the key-value store.
pub struct Checkpoint {
    key_value: Arc<dyn KeyValue>,
    changes: Option<Changes>,
    /// The log up to here is part of it.
    position: Location,
    /// Segments nobody needs once it is written.
    free: Vec<u32>,
}

impl Checkpoint {
    /// Writes it, in one atomic batch; takes as long as the disk takes. Any thread may do it.
    ///
    /// # Errors
    /// The key-value store failed: nothing is written.
    pub fn write(&mut self) -> Result<(), StoreError> {
        let mut batch = KeyValueBatch::default();
        for change in self.changes.take().into_iter().flatten() {
            match change {
                Change::Set { space, key, value } => batch.set(space, key, value),
                Change::Remove { space, key } => batch.remove(space, key),
                Change::ClearPrefix { space, prefix } => batch.clear_prefix(space, prefix),
            }
        }
        batch.set(space::META, LOG_POSITION.to_vec(), super::load::position_value(self.position));
        Ok(self.key_value.commit(&batch)?)
    }
}

impl Store {
    /// Collects what changed. The next checkpoint must not begin before this one has ended.
    ///
    /// # Errors
    /// The log could not be synced.
    pub fn begin_checkpoint(&mut self) -> Result<Checkpoint, StoreError> {
        // What the checkpoint says must not be newer than what the log is sure to have.
        self.log.sync()?;
        let position = self.log.end();
        let segments = self.log.segments().into_iter().map(|segment| segment.number);
        let old = segments.filter(|number| *number < position.segment);
        let free = self.inbox.segments_without_references(old);
        self.has_changed = false;
        self.log_bytes_since_checkpoint = 0;
        let changes = Some(self.inbox.begin_checkpoint());
        Ok(Checkpoint { key_value: Arc::clone(&self.key_value), changes, position, free })
    }

    /// A checkpoint was written: parts of queues that are on disk may leave memory, and log segments nobody needs are used again.
    ///
    /// # Errors
    /// A segment could not be given back.
    pub fn end_checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        self.inbox.finish_checkpoint();
        self.checkpoint = checkpoint.position;
        for segment in checkpoint.free {
            self.log.retire(segment).map_err(StoreError::Retire)?;
        }
        Ok(())
    }

    /// Whether a checkpoint would write anything.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }

    /// Bytes appended since the last checkpoint was begun.
    #[must_use]
    pub fn log_bytes_since_checkpoint(&self) -> u64 {
        self.log_bytes_since_checkpoint
    }

    /// Bytes that changes take in memory until the next checkpoint, near enough.
    #[must_use]
    pub fn changed_bytes(&self) -> usize {
        self.inbox.changes_bytes()
    }
}
