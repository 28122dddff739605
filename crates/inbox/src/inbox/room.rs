//! Which messages to drop when a queue has reached its limit.

use super::Inbox;
use crate::{
    ChunkId, Position, SessionNumber,
    queue::{MissingIndex, Queue},
};
use std::ops::Range;

impl Inbox {
    /// The messages to drop before `adding_bytes` more fit in a queue of at most `max_bytes`; `None` when there is room, or
    /// nothing left to drop.
    ///
    /// The oldest of those never sent go first. Those sent and not acknowledged go last: the client may have them already. Then
    /// the answer has a second part: ask again after the `Drop` for the first one was applied, until the answer is `None`.
    /// Messages received (PUBREC) take no room and stay.
    ///
    /// # Errors
    /// A chunk that is not in memory decides: load it and ask again.
    pub fn oldest_to_drop(
        &self,
        session: SessionNumber,
        adding_bytes: u64,
        max_bytes: u64,
    ) -> Result<Option<Range<Position>>, ChunkId> {
        let Some(queue) = self.queue(session) else { return Ok(None) };
        let excess = queue.bytes().saturating_add(adding_bytes).saturating_sub(max_bytes);
        if excess == 0 {
            return Ok(None);
        }
        let sent_to = queue.sent_to();
        let missing = |MissingIndex(index)| ChunkId { session, index };
        if let Some(range) = oldest(&queue, sent_to..queue.tail(), excess).map_err(missing)? {
            return Ok(Some(range));
        }
        oldest(&queue, queue.head()..sent_to, excess).map_err(missing)
    }
}

/// As many of the oldest waiting entries in `range` as are needed to free `excess` bytes, or all.
fn oldest(queue: &Queue, range: Range<Position>, excess: u64) -> Result<Option<Range<Position>>, MissingIndex> {
    let mut freed = 0;
    let mut found: Option<Range<Position>> = None;
    let mut at = range.start;
    while freed < excess {
        let Some(open) = queue.next_open(at)?.filter(|open| open.position < range.end) else { break };
        at = open.position + 1;
        if open.entry.is_waiting() {
            freed += u64::from(open.entry.place.len);
            found = Some(found.map_or(open.position, |found| found.start)..at);
        }
    }
    Ok(found)
}
