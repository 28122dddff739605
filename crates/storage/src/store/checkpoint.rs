//! Writing the state to the key-value store, so that the log before it is not needed any more.

use super::{Store, StoreError, load::LOG_POSITION};
use crate::{
    key_value::{KeyValue, KeyValueBatch},
    log::Location,
};
use dunlin_inbox::{Changes, space};
use std::sync::Arc;

/// Retained messages are written in batches of about this many bytes: there may be very many, and a batch is in memory several
/// times while it is written.
const RETAINED_BATCH_BYTES: usize = 1 << 20;

/// What changed since the last checkpoint, on its way to the key-value store.
pub struct Checkpoint {
    key_value: Arc<dyn KeyValue>,
    changes: Option<Changes>,
    /// Those of the changes that are being written; kept until they are, for another try.
    batch: KeyValueBatch,
    is_written: bool,
    /// The log up to here is part of it.
    position: Location,
    /// Segments nobody needs once it is written.
    free: Vec<u32>,
}

impl Checkpoint {
    /// Writes it: retained messages first, the rest in one atomic batch. Takes as long as the disk takes. Any thread may do it.
    ///
    /// # Errors
    /// The key-value store failed. Try again later, with this checkpoint: nobody else has the changes it holds.
    pub fn write(&mut self) -> Result<(), StoreError> {
        while !self.is_written {
            if self.batch.is_empty() {
                self.batch = self.next_batch();
            }
            // Once more does no harm: a batch that was written without our knowledge says the same.
            self.key_value.commit(&self.batch)?;
            self.batch = KeyValueBatch::default();
            self.is_written = self.changes.is_none();
        }
        Ok(())
    }

    fn next_batch(&mut self) -> KeyValueBatch {
        let retained = self.changes.as_mut().map(|changes| changes.take_retained(RETAINED_BATCH_BYTES));
        if let Some(retained) = retained.filter(|retained| !retained.is_empty()) {
            return retained.into_iter().collect();
        }
        let mut batch: KeyValueBatch = self.changes.take().into_iter().flatten().collect();
        batch.set(space::META, LOG_POSITION.to_vec(), super::load::position_value(self.position));
        batch
    }
}

impl Store {
    /// Collects what changed. The next checkpoint cannot begin before this one was written and has ended.
    ///
    /// # Errors
    /// [`StoreError::CheckpointOpen`]: the one before has not ended. Others: the log could not be synced.
    pub fn begin_checkpoint(&mut self) -> Result<Checkpoint, StoreError> {
        self.check_whole()?;
        if self.is_checkpoint_open {
            return Err(StoreError::CheckpointOpen);
        }
        // Without it more is kept than is needed, which does no harm: the next checkpoint tries again.
        let _ = self.inbox.recount();
        // What the checkpoint says must not be newer than what the log is sure to have.
        self.log.sync()?;
        let position = self.log.end();
        let segments = self.log.segments().into_iter().map(|segment| segment.number);
        let old = segments.filter(|number| *number < position.segment);
        let free = self.inbox.segments_without_references(old);
        self.has_changed = false;
        self.is_checkpoint_open = true;
        self.log_bytes_since_checkpoint = 0;
        let changes = Some(self.inbox.begin_checkpoint());
        let (key_value, batch) = (Arc::clone(&self.key_value), KeyValueBatch::default());
        Ok(Checkpoint { key_value, changes, batch, is_written: false, position, free })
    }

    /// A checkpoint was written: parts of queues that are on disk may leave memory, and log segments nobody needs are used again.
    ///
    /// # Errors
    /// [`StoreError::CheckpointOpen`]: it was not written, and never will be: no other checkpoint can follow. Others: a
    /// segment could not be given back.
    pub fn end_checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), StoreError> {
        if !checkpoint.is_written {
            return Err(StoreError::CheckpointOpen);
        }
        self.is_checkpoint_open = false;
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
