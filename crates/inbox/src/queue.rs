//! The queue of one session.
//!
//! ```text
//!    head             sent_to                      tail
//!     │  been sent once  │     never sent            │
//!     ▼                  ▼                           ▼
//!  ───█──█─█──██─────────██░░░░░░░░░░░░░░░░░░██████████      █ open entry   ─ closed   ░ hole
//!     └── chunk 0 ──┘└── chunk 1 ──┘ ...        └ chunk n ┘
//! ```
//! `head` is always an open position, or `tail`. A **hole** is a range in which everything is closed: it can be crossed without
//! loading its chunks. One grows where a session stays away, its unacknowledged messages keep the head where it is, and the oldest
//! of those never sent are dropped to make room. Holes are short cuts and never needed for correctness.

mod holes;
mod slot;
mod summary;

pub(crate) use slot::{QueueView, Slot};

use crate::{
    Place, Position,
    chunk::{CHUNK_LEN, Chunk, chunk_index},
    effects::Effects,
    entry::{Delivery, Entry},
    inbox::Sums,
};
use holes::Holes;
use std::{collections::VecDeque, ops::Range};

/// Positions end here: far beyond any queue, and far enough below the end of the integer to count on from.
pub(crate) const POSITION_MAX: Position = 1 << 56;

/// The queue of one session.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    head: Position,
    tail: Position,
    sent_to: Position,
    /// Stored bytes of the waiting entries.
    bytes: u64,
    resident: Option<Box<Resident>>,
    /// Open entries.
    len: u32,
    in_use: bool,
    /// The summary or a chunk differs from what the last checkpoint wrote.
    pub(crate) changed: bool,
    /// The key-value store knows the session, or does after the checkpoint that is being written.
    pub(crate) stored: bool,
    /// The inbox has it in the list of queues with chunks in memory.
    pub(crate) listed: bool,
}

/// What a queue has on the heap.
#[derive(Debug, Default)]
struct Resident {
    /// Chunks in memory, in order, not necessarily neighbours.
    chunks: VecDeque<Chunk>,
    /// All of them in `head..tail`.
    holes: Holes,
}

/// An open entry in its chunk.
pub(crate) struct OpenEntry<'a> {
    pub(crate) position: Position,
    pub(crate) entry: &'a Entry,
    pub(crate) chunk: &'a Chunk,
}

/// A chunk that is not in memory; its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MissingIndex(pub(crate) u64);

impl Queue {
    pub(crate) const fn head(&self) -> Position {
        self.head
    }

    pub(crate) const fn tail(&self) -> Position {
        self.tail
    }

    /// Positions below it were sent, or are done without having been.
    pub(crate) fn sent_to(&self) -> Position {
        self.sent_to.max(self.head)
    }

    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    pub(crate) fn has_chunks(&self) -> bool {
        self.resident.as_ref().is_some_and(|resident| !resident.chunks.is_empty())
    }

    /// The first open entry at `from` or behind.
    pub(crate) fn next_open(&self, from: Position) -> Result<Option<OpenEntry<'_>>, MissingIndex> {
        let mut at = from.max(self.head);
        while at < self.tail {
            if let Some(end) = self.hole_end(at) {
                at = end;
                continue;
            }
            let chunk = self.chunk(chunk_index(at)).ok_or(MissingIndex(chunk_index(at)))?;
            if let Some((position, entry)) = chunk.next_open(at) {
                return Ok(Some(OpenEntry { position, entry, chunk }));
            }
            at = chunk.end();
        }
        Ok(None)
    }

    /// The entry at a position when it is open; `None` also for positions outside of the queue.
    pub(crate) fn open_entry(&self, position: Position) -> Result<Option<OpenEntry<'_>>, MissingIndex> {
        Ok(self.next_open(position)?.filter(|open| open.position == position))
    }

    /// Calls `missing` for each chunk that has to be in memory before entries in `range` can be told open or closed.
    pub(crate) fn for_each_missing(&self, range: Range<Position>, mut missing: impl FnMut(MissingIndex)) {
        let mut at = range.start.max(self.head);
        let end = range.end.min(self.tail);
        while at < end {
            if let Some(hole_end) = self.hole_end(at) {
                at = hole_end;
                continue;
            }
            let index = chunk_index(at);
            if self.chunk(index).is_none() {
                missing(MissingIndex(index));
            }
            at = (index + 1) * CHUNK_LEN;
        }
    }

    /// The chunk that has to be in memory to find the new head once the entries that `closing` names are closed.
    pub(crate) fn missing_to_advance(&self, closing: impl Fn(Position, &Entry) -> bool) -> Option<MissingIndex> {
        let mut at = self.head;
        loop {
            match self.next_open(at) {
                Err(missing) => return Some(missing),
                Ok(Some(open)) if closing(open.position, open.entry) => at = open.position + 1,
                Ok(_) => return None,
            }
        }
    }

    /// Queues a delivery. Its position is the tail or, after a loss, behind it; the chunk it falls in is in memory if needed.
    pub(crate) fn append(&mut self, position: Position, delivery: &Delivery<'_>, effects: &mut Effects<'_>) {
        self.skip_to(position, effects);
        let index = chunk_index(position);
        let chunks = &mut self.resident.get_or_insert_default().chunks;
        if chunks.back().is_none_or(|last| last.index != index) {
            chunks.push_back(Chunk::new(index));
        }
        if let Some(chunk) = chunks.back_mut() {
            chunk.push(position, delivery);
        }
        self.tail = position + 1;
        self.len = self.len.saturating_add(1);
        self.bytes += u64::from(delivery.place.len);
        effects.acquire(delivery.place);
    }

    /// The chunks in memory.
    pub(crate) fn chunks(&self) -> impl Iterator<Item = &Chunk> {
        self.resident.iter().flat_map(|resident| &resident.chunks)
    }

    /// What is open was counted anew.
    pub(crate) fn set_sums(&mut self, sums: Sums, effects: &mut Effects<'_>) {
        (self.len, self.bytes) = (sums.len, sums.bytes);
        if sums.len == 0 {
            self.head = self.tail;
            self.settle_empty(effects);
        }
    }

    /// Nobody gets the positions below this one that are left.
    pub(crate) fn skip_to(&mut self, position: Position, effects: &mut Effects<'_>) {
        let gap = self.tail..position.max(self.tail);
        self.tail = gap.end;
        if self.head == gap.start {
            self.head = self.tail;
            if !gap.is_empty() {
                self.settle_empty(effects);
            }
        } else if gap.end - gap.start > CHUNK_LEN {
            // A shorter one spares nobody the loading of a chunk.
            self.note_closed(gap, effects);
        }
    }

    /// Closes an entry. The head stays until [`Self::advance`].
    pub(crate) fn close(&mut self, position: Position, effects: &mut Effects<'_>) -> Option<Entry> {
        let (head, tail) = (self.head, self.tail);
        let chunk = self.chunk_mut(position)?;
        let entry = chunk.close(position)?;
        let all_closed = chunk.is_all_closed().then(|| chunk.start()..chunk.end());
        self.len = self.len.saturating_sub(1);
        if entry.is_waiting() {
            self.bytes = self.bytes.saturating_sub(u64::from(entry.place.len));
            effects.release(entry.place);
        }
        // A chunk the head is in, or the tail, comes to its end anyway.
        if let Some(range) = all_closed.filter(|range| range.start > head && range.end <= tail) {
            self.note_closed(range, effects);
        }
        Some(entry)
    }

    /// Moves the head over what is closed, and lets go of the chunks behind it.
    pub(crate) fn advance(&mut self, effects: &mut Effects<'_>) {
        self.head = match self.next_open(self.head) {
            Ok(Some(open)) => open.position,
            Ok(None) => self.tail,
            Err(MissingIndex(index)) => self.head.max(index * CHUNK_LEN),
        };
        if self.head == self.tail {
            return self.settle_empty(effects);
        }
        let Some(resident) = self.resident.as_mut() else { return };
        while let Some(chunk) = resident.chunks.pop_front_if(|chunk| chunk.end() <= self.head) {
            forget(&chunk, effects);
        }
        resident.holes.trim(self.head);
    }

    /// Notes that PUBREC came.
    pub(crate) fn receive(&mut self, position: Position, effects: &mut Effects<'_>) -> bool {
        let Some(entry) = self.chunk_mut(position).and_then(|chunk| chunk.receive(position)) else { return false };
        self.bytes = self.bytes.saturating_sub(u64::from(entry.place.len));
        effects.release(entry.place);
        true
    }

    /// Points a waiting entry that has its message at `from` to another place.
    pub(crate) fn relocate(&mut self, position: Position, from: Place, place: Place, effects: &mut Effects<'_>) {
        if self.chunk_mut(position).is_some_and(|chunk| chunk.relocate(position, from, place)) {
            self.bytes = self.bytes.saturating_sub(u64::from(from.len)) + u64::from(place.len);
            effects.release(from);
            effects.acquire(place);
        }
    }

    /// Notes that positions below `sent_to` have been sent.
    pub(crate) fn set_sent_to(&mut self, sent_to: Position) {
        self.sent_to = sent_to.min(self.tail).max(self.sent_to);
    }

    /// A queue in use keeps its chunks in memory.
    pub(crate) fn set_in_use(&mut self, in_use: bool, effects: &mut Effects<'_>) {
        self.in_use = in_use;
        if self.head == self.tail {
            self.settle_empty(effects);
        }
    }

    /// Puts a chunk into memory unless it is there or not needed; `None` when the store has none of that number.
    pub(crate) fn load(&mut self, index: u64, body: Option<crate::chunk::Body>, effects: &mut Effects<'_>) {
        if self.misses(index) {
            let chunk = match body {
                Some(body) => Chunk::from_body(index, body, self.head, self.tail),
                None => Chunk::new(index),
            };
            self.insert(chunk, effects);
        }
    }

    /// Puts a chunk into memory that cannot be read, unless it is there or not needed.
    pub(crate) fn give_up(&mut self, index: u64, effects: &mut Effects<'_>) {
        if self.misses(index) {
            self.insert(Chunk::damaged(index), effects);
        }
    }

    /// Whether a chunk is needed and not in memory.
    pub(crate) fn misses(&self, index: u64) -> bool {
        let mut misses = false;
        if index < chunk_index(POSITION_MAX) {
            let range = index * CHUNK_LEN..(index + 1) * CHUNK_LEN;
            self.for_each_missing(range, |_| misses = true);
        }
        misses
    }

    fn insert(&mut self, chunk: Chunk, effects: &mut Effects<'_>) {
        let (index, range) = (chunk.index, chunk.start()..chunk.end());
        let all_closed = chunk.is_all_closed();
        let chunks = &mut self.resident.get_or_insert_default().chunks;
        let at = chunks.partition_point(|loaded| loaded.index < index);
        chunks.insert(at, chunk);
        if all_closed && range.start > self.head && range.end <= self.tail {
            self.note_closed(range, effects);
        }
    }

    /// Lets go of the chunks that the key-value store has as they are, unless the queue is in use. The last one, when it has just
    /// been written, stays until the next time: more may be queued in it soon.
    pub(crate) fn evict(&mut self) {
        if self.in_use {
            return;
        }
        let Some(resident) = self.resident.as_mut() else { return };
        let last = chunk_index(self.tail);
        resident.chunks.retain_mut(|chunk| {
            let is_fresh = chunk.take_fresh();
            chunk.dirty || (is_fresh && chunk.index == last)
        });
        if !resident.chunks.is_empty() {
            resident.chunks.shrink_to_fit();
        } else if resident.holes.is_empty() {
            self.resident = None;
        } else {
            resident.chunks = VecDeque::new();
        }
    }

    /// The chunks in memory that the next checkpoint has to write or remove.
    pub(crate) fn dirty_chunks(&mut self) -> impl Iterator<Item = &mut Chunk> {
        self.resident.iter_mut().flat_map(|resident| &mut resident.chunks).filter(|chunk| chunk.dirty)
    }

    /// The end of the hole that `position` lies in.
    fn hole_end(&self, position: Position) -> Option<Position> {
        self.resident.as_ref()?.holes.end_at(position)
    }

    fn chunk(&self, index: u64) -> Option<&Chunk> {
        let chunks = &self.resident.as_ref()?.chunks;
        chunks.get(find(chunks, index)?)
    }

    fn chunk_mut(&mut self, position: Position) -> Option<&mut Chunk> {
        let chunks = &mut self.resident.as_mut()?.chunks;
        chunks.get_mut(find(chunks, chunk_index(position))?)
    }

    /// Everything in `range` is closed: it is a hole now, and its chunks are not needed any more.
    fn note_closed(&mut self, range: Range<Position>, effects: &mut Effects<'_>) {
        let Resident { chunks, holes } = &mut **self.resident.get_or_insert_default();
        holes.add(range);
        chunks.retain(|chunk| {
            let in_hole = chunk.is_all_closed() && holes.cover(chunk.start()..chunk.end());
            if in_hole {
                forget(chunk, effects);
            }
            !in_hole
        });
    }

    /// Nothing is open. A queue in use keeps the memory of its last chunk, which is filled next.
    fn settle_empty(&mut self, effects: &mut Effects<'_>) {
        self.len = 0;
        self.bytes = 0;
        let Some(resident) = self.resident.as_mut() else { return };
        resident.holes.clear();
        let goes_on = self.in_use && !self.tail.is_multiple_of(CHUNK_LEN);
        let kept = goes_on.then_some(chunk_index(self.tail));
        resident.chunks.retain_mut(|chunk| {
            let keep = Some(chunk.index) == kept;
            if keep {
                chunk.clear();
            } else {
                forget(chunk, effects);
            }
            keep
        });
        if !self.in_use {
            self.resident = None;
        }
    }
}

/// A chunk that is not needed any more leaves the key-value store too.
fn forget(chunk: &Chunk, effects: &mut Effects<'_>) {
    if chunk.stored {
        effects.remove_chunk(chunk.index);
    }
}

fn find(chunks: &VecDeque<Chunk>, index: u64) -> Option<usize> {
    // Nearly always the first, where deliveries complete, or the last, where they are queued.
    let last = chunks.len().checked_sub(1)?;
    if chunks[0].index == index {
        Some(0)
    } else if chunks[last].index == index {
        Some(last)
    } else {
        chunks.binary_search_by_key(&index, |chunk| chunk.index).ok()
    }
}
