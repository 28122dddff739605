//! Counting anew after a loss: what a damaged chunk held cannot be told, so neither can what the log is not needed for any more.

use super::Inbox;
use crate::{
    ChunkId, SessionNumber,
    chunk::{Body, Chunk},
    references::References,
};
use std::collections::BTreeMap;

/// A count that is under way. Nothing else may happen to the inbox before it ends.
#[derive(Debug)]
pub struct Recount {
    references: References,
    /// Sums of the queues that lost a chunk.
    queues: BTreeMap<SessionNumber, Sums>,
}

/// What is open in a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) len: u32,
    /// Stored bytes of the waiting entries.
    pub(crate) bytes: u64,
}

impl Inbox {
    /// Gives up a chunk whose value in the key-value store is damaged: everything in it counts as done, and the next checkpoint
    /// removes it there. What it needed of the log stays needed until [`Inbox::begin_recount`].
    pub fn give_up_chunk(&mut self, chunk: ChunkId) {
        let given_up = self.change_entries(chunk.session, &mut super::Applied::default(), |queue, effects| {
            queue.give_up(chunk.index, effects);
            queue.advance(effects);
        });
        self.given_up.extend(given_up.map(|()| chunk.session));
    }

    /// Begins to count what is needed, if chunks were given up since the last time. Between two checkpoints only, when the
    /// key-value store has all that is not in memory: hand each value of [`crate::space::CHUNKS`] to [`Inbox::recount_chunk`],
    /// then call [`Inbox::end_recount`]. Dropping the count leaves everything as it is.
    #[must_use]
    pub fn begin_recount(&self) -> Option<Recount> {
        if self.given_up.is_empty() {
            return None;
        }
        let queues = self.given_up.iter().map(|session| (*session, Sums::default())).collect();
        let mut recount = Recount { references: References::default(), queues };
        for &session in &self.resident {
            if let Some(queue) = self.queue(session) {
                queue.chunks().for_each(|chunk| recount.add(session, chunk));
            }
        }
        Some(recount)
    }

    /// Counts a stored chunk, unless it is in memory or nobody needs it. One that is damaged counts for nothing.
    pub fn recount_chunk(&self, recount: &mut Recount, key: &[u8], value: &[u8]) {
        let Ok(id) = ChunkId::from_key(key) else { return };
        let Some(queue) = self.queue(id.session).filter(|_| !self.is_void(id)) else { return };
        if !queue.misses(id.index) {
            return;
        }
        if let Ok(body) = Body::from_value(value) {
            recount.add(id.session, &Chunk::from_body(id.index, body, queue.head(), queue.tail()));
        }
    }

    /// The count is complete and holds from now on.
    pub fn end_recount(&mut self, recount: Recount) {
        self.given_up.clear();
        self.references = recount.references;
        self.references.changed = true;
        for (session, sums) in recount.queues {
            self.change_entries(session, &mut super::Applied::default(), |queue, effects| {
                queue.set_sums(sums, effects);
            });
        }
    }
}

impl Recount {
    fn add(&mut self, session: SessionNumber, chunk: &Chunk) {
        let mut sums = self.queues.get_mut(&session);
        for entry in chunk.open_entries() {
            if let Some(sums) = &mut sums {
                sums.len = sums.len.saturating_add(1);
            }
            if entry.is_waiting() {
                self.references.add(entry.place);
                if let Some(sums) = &mut sums {
                    sums.bytes += u64::from(entry.place.len);
                }
            }
        }
    }
}
