//! What a change of one queue means outside of it.

use crate::{ChunkId, Place, SessionNumber, pending::Pending, references::References};

/// Bytes a change of one entry adds to the next checkpoint, roughly.
const CHANGED_ENTRY_BYTES: usize = 12;

/// Where the queue of `session` reports what it changes outside of itself.
pub(crate) struct Effects<'a> {
    pub(crate) session: SessionNumber,
    pub(crate) references: &'a mut References,
    pub(crate) pending: &'a mut Pending,
}

impl Effects<'_> {
    /// A chunk that the key-value store has is not needed any more.
    pub(crate) fn remove_chunk(&mut self, index: u64) {
        self.pending.remove_chunk(ChunkId { session: self.session, index });
    }

    /// An entry needs the body at this place.
    pub(crate) fn acquire(&mut self, place: Place) {
        self.references.add(place);
        self.pending.add_bytes(CHANGED_ENTRY_BYTES);
    }

    /// An entry does not need the body at this place any more.
    pub(crate) fn release(&mut self, place: Place) {
        self.references.remove(place);
        self.pending.add_bytes(CHANGED_ENTRY_BYTES);
    }
}
