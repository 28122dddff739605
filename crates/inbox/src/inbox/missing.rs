//! Which chunks a command needs in memory.

use super::Inbox;
use crate::{
    ChunkId, Command, Position, SessionNumber,
    chunk::{CHUNK_LEN, chunk_index},
    queue::{MissingIndex, POSITION_MAX, Queue},
};
use std::ops::Range;

impl Inbox {
    /// The chunks that have to be loaded before `command` can be applied. Ask again when they are: what they hold may show that
    /// more is needed. Nearly always none, and then nothing is allocated.
    #[must_use]
    pub fn missing_chunks(&self, command: &Command) -> Vec<ChunkId> {
        let mut missing = Missing { inbox: self, chunks: Vec::new() };
        match command {
            Command::Queue { recipients, .. } => {
                for recipient in recipients {
                    missing.for_append(recipient.session, recipient.position);
                }
            }
            Command::Done { session, position } => missing.for_done(*session, *position),
            Command::Received { session, position } => missing.range(*session, one(*position)),
            Command::Drop { session, from, below } => missing.for_drop(*session, *from..*below),
            Command::EndSession { session } => missing.range(*session, 0..POSITION_MAX),
            Command::MoveGroup { from, to, .. } => {
                missing.range(*from, 0..POSITION_MAX);
                for (member, position) in to {
                    missing.for_append(member.session, *position);
                }
            }
            Command::Relocate { entries, .. } => {
                for &(session, position) in entries {
                    missing.range(session, one(position));
                }
            }
            Command::SetSession { .. }
            | Command::SetSubscription { .. }
            | Command::RemoveSubscription { .. }
            | Command::Release { .. }
            | Command::Sent { .. }
            | Command::Set { .. }
            | Command::Retain { .. }
            | Command::Unset { .. } => {}
        }
        let mut chunks = missing.chunks;
        if chunks.len() > 1 {
            chunks.sort_unstable();
            chunks.dedup();
        }
        chunks
    }
}

struct Missing<'a> {
    inbox: &'a Inbox,
    chunks: Vec<ChunkId>,
}

impl Missing<'_> {
    fn range(&mut self, session: SessionNumber, range: Range<Position>) {
        let Some(queue) = self.inbox.queue(session) else { return };
        self.range_of(&queue, session, range);
    }

    fn range_of(&mut self, queue: &Queue, session: SessionNumber, range: Range<Position>) {
        queue.for_each_missing(range, |missing| self.add(session, missing));
    }

    /// The chunk a new entry falls in, as far as it has entries.
    fn for_append(&mut self, session: SessionNumber, position: Position) {
        if position < POSITION_MAX {
            let start = chunk_index(position) * CHUNK_LEN;
            self.range(session, start..position);
        }
    }

    fn for_done(&mut self, session: SessionNumber, position: Position) {
        let Some(queue) = self.inbox.queue(session) else { return };
        if position != queue.head() {
            self.range_of(&queue, session, one(position));
        } else if let Some(missing) = queue.missing_to_advance(|open, _| open == position) {
            self.add(session, missing);
        }
    }

    fn for_drop(&mut self, session: SessionNumber, range: Range<Position>) {
        let Some(queue) = self.inbox.queue(session) else { return };
        let known = self.chunks.len();
        self.range_of(&queue, session, range.clone());
        if self.chunks.len() == known && range.contains(&queue.head()) {
            let closing = queue.missing_to_advance(|open, entry| range.contains(&open) && entry.is_waiting());
            self.chunks.extend(closing.map(|MissingIndex(index)| ChunkId { session, index }));
        }
    }

    fn add(&mut self, session: SessionNumber, MissingIndex(index): MissingIndex) {
        self.chunks.push(ChunkId { session, index });
    }
}

const fn one(position: Position) -> Range<Position> {
    position..position.saturating_add(1)
}
