//! The state machine, with parts of queues taken from the key-value store when they are needed.

use super::StoreError;
use crate::key_value::KeyValue;
use dunlin_inbox::{Applied, ApplyError, ChunkId, Command, Inbox, Place, space};
use std::ops::{ControlFlow, Deref, DerefMut};
use std::sync::Arc;

/// An [`Inbox`] that misses nothing as long as the key-value store can be read.
pub(super) struct PagedInbox {
    inbox: Inbox,
    key_value: Arc<dyn KeyValue>,
    lost_chunks: u64,
}

impl PagedInbox {
    pub(super) fn new(key_value: Arc<dyn KeyValue>) -> Self {
        Self { inbox: Inbox::new(), key_value, lost_chunks: 0 }
    }

    /// Chunks that could not be understood: what waited there is lost.
    pub(super) fn lost_chunks(&self) -> u64 {
        self.lost_chunks
    }

    /// [`Inbox::apply`].
    pub(super) fn apply(&mut self, command: &Command, stored: Option<Place>) -> Result<Applied, StoreError> {
        loop {
            match self.inbox.apply(command, stored) {
                Ok(applied) => return Ok(applied),
                Err(ApplyError::Missing(chunks)) => {
                    for chunk in chunks {
                        self.load_chunk(chunk)?;
                    }
                }
                // Every command that stores a message is given its place.
                Err(error @ ApplyError::NoPlace) => return Err(StoreError::Apply(error)),
            }
        }
    }

    /// Asks until no chunk is missing.
    pub(super) fn ask<T>(&mut self, question: impl Fn(&Inbox) -> Result<T, ChunkId>) -> Result<T, StoreError> {
        loop {
            match question(&self.inbox) {
                Ok(answer) => return Ok(answer),
                Err(chunk) => self.load_chunk(chunk)?,
            }
        }
    }

    pub(super) fn load_chunk(&mut self, chunk: ChunkId) -> Result<(), StoreError> {
        let value = self.key_value.get(space::CHUNKS, &chunk.key())?;
        if self.inbox.load_chunk(chunk, value.as_deref()).is_err() {
            self.lost_chunks += 1;
            // The rest of the queue serves.
            self.inbox.give_up_chunk(chunk);
        }
        Ok(())
    }

    /// Counts anew what is needed of the log if chunks were lost. Between two checkpoints only; reads all chunks then.
    pub(super) fn recount(&mut self) -> Result<(), StoreError> {
        let Some(mut recount) = self.inbox.begin_recount() else { return Ok(()) };
        self.key_value.scan(space::CHUNKS, &[], &mut |key, value| {
            self.inbox.recount_chunk(&mut recount, key, value);
            ControlFlow::Continue(())
        })?;
        self.inbox.end_recount(recount);
        Ok(())
    }
}

impl Deref for PagedInbox {
    type Target = Inbox;

    fn deref(&self) -> &Inbox {
        &self.inbox
    }
}

impl DerefMut for PagedInbox {
    fn deref_mut(&mut self) -> &mut Inbox {
        &mut self.inbox
    }
}
