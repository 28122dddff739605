//! A chunk: the entries of 256 neighbouring positions of one queue, loaded, changed and stored as a whole.

mod encoding;

use crate::{
    Place, Position,
    entry::{Delivery, Entry, Flags, State},
};
use dunlin_model::{ArcStr, Qos, SubscriptionIds};
use triomphe::Arc;

/// Positions per chunk.
pub(crate) const CHUNK_LEN: u64 = 256;

/// The chunk a position lies in.
pub(crate) const fn chunk_index(position: Position) -> u64 {
    position / CHUNK_LEN
}

/// A chunk in memory.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) index: u64,
    /// Shared with a checkpoint that is being written; changed in place when it is not.
    body: Arc<Body>,
    /// Entries that are not closed.
    open: u16,
    /// Differs from what the last checkpoint wrote.
    pub(crate) dirty: bool,
    /// The key-value store has a version of it, or gets one by the checkpoint that is being written.
    pub(crate) stored: bool,
    /// The last checkpoint wrote it.
    fresh: bool,
}

/// What is stored of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// Where in the chunk `entries` begin; what lies before and behind them is closed.
    first: u16,
    entries: Vec<Entry>,
    rare: Option<Box<Rare>>,
}

/// What few entries have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rare {
    shared_filters: Vec<ArcStr>,
    id_lists: Vec<SubscriptionIds>,
}

impl Chunk {
    pub(crate) fn new(index: u64) -> Self {
        Self { index, body: Arc::new(Body::default()), open: 0, dirty: false, stored: false, fresh: false }
    }

    /// A chunk read from the key-value store. Entries outside of `head..tail` do not belong to the queue and are closed.
    pub(crate) fn from_body(index: u64, mut body: Body, head: Position, tail: Position) -> Self {
        let start = index * CHUNK_LEN + u64::from(body.first);
        for (position, entry) in (start..).zip(&mut body.entries) {
            if position < head || position >= tail {
                entry.state = State::Closed;
            }
        }
        let open = body.entries.iter().filter(|entry| entry.is_open()).count() as u16;
        Self { index, body: Arc::new(body), open, dirty: false, stored: true, fresh: false }
    }

    /// A chunk whose value cannot be read: nothing in it is open, and the key-value store is to forget it.
    pub(crate) fn damaged(index: u64) -> Self {
        Self { dirty: true, stored: true, ..Self::new(index) }
    }

    /// The first position.
    pub(crate) const fn start(&self) -> Position {
        self.index * CHUNK_LEN
    }

    /// The first position behind it.
    pub(crate) const fn end(&self) -> Position {
        self.start() + CHUNK_LEN
    }

    pub(crate) const fn is_all_closed(&self) -> bool {
        self.open == 0
    }

    /// The entry at a position, when it is open.
    pub(crate) fn open_entry(&self, position: Position) -> Option<&Entry> {
        self.body.entries.get(self.entry_index(position)?).filter(|entry| entry.is_open())
    }

    /// The first open entry at `from` or behind.
    pub(crate) fn next_open(&self, from: Position) -> Option<(Position, &Entry)> {
        if self.is_all_closed() {
            return None;
        }
        let first = self.start() + u64::from(self.body.first);
        let skipped = from.saturating_sub(first) as usize;
        let rest = self.body.entries.get(skipped..)?;
        let ahead = rest.iter().position(Entry::is_open)?;
        Some((first + (skipped + ahead) as u64, &rest[ahead]))
    }

    /// All open entries.
    pub(crate) fn open_entries(&self) -> impl Iterator<Item = &Entry> {
        self.body.entries.iter().filter(|entry| entry.is_open())
    }

    /// Adds an entry behind all others.
    pub(crate) fn push(&mut self, position: Position, delivery: &Delivery<'_>) {
        let slot = (position % CHUNK_LEN) as usize;
        let body = Arc::make_mut(&mut self.body);
        if body.entries.is_empty() {
            body.first = slot as u16;
        }
        let len = slot.saturating_sub(usize::from(body.first));
        debug_assert!(len >= body.entries.len(), "positions are given in order");
        body.entries.resize(len, Entry::CLOSED);
        let entry = body.entry(delivery);
        body.entries.push(entry);
        self.open += 1;
        self.dirty = true;
    }

    /// Closes an open entry and gives it back as it was.
    pub(crate) fn close(&mut self, position: Position) -> Option<Entry> {
        let entry = self.change(position, |entry| entry.state = State::Closed)?;
        self.open -= 1;
        Some(entry)
    }

    /// Notes that PUBREC came for a waiting QoS 2 entry, and gives the entry back as it was.
    pub(crate) fn receive(&mut self, position: Position) -> Option<Entry> {
        self.open_entry(position).filter(|entry| entry.is_waiting() && entry.qos() == Qos::ExactlyOnce)?;
        self.change(position, |entry| {
            entry.state = State::Received;
            entry.place = Place::default();
        })
    }

    /// Points a waiting entry that has its message at `from` to another place. Whether there is one.
    pub(crate) fn relocate(&mut self, position: Position, from: Place, place: Place) -> bool {
        let is_there = self.open_entry(position).is_some_and(|entry| entry.is_waiting() && entry.place == from);
        is_there && self.change(position, |entry| entry.place = place).is_some()
    }

    /// Forgets all entries, which must be closed.
    pub(crate) fn clear(&mut self) {
        debug_assert!(self.is_all_closed());
        match Arc::get_mut(&mut self.body) {
            Some(body) => {
                body.entries.clear();
                body.rare = None;
            }
            None => self.body = Arc::new(Body::default()),
        }
    }

    /// The content as it is now, for a checkpoint; a later change leaves that copy alone.
    pub(crate) fn freeze(&mut self) -> Arc<Body> {
        self.dirty = false;
        self.stored = true;
        self.fresh = true;
        Arc::clone(&self.body)
    }

    /// Whether the last checkpoint wrote it; once.
    pub(crate) fn take_fresh(&mut self) -> bool {
        std::mem::take(&mut self.fresh)
    }

    /// Nothing open is left to write: whether the key-value store has a version that must go.
    pub(crate) fn discard(&mut self) -> bool {
        self.dirty = false;
        std::mem::take(&mut self.stored)
    }

    pub(crate) fn subscription_ids(&self, entry: &Entry) -> SubscriptionIds {
        if !entry.flags.has(Flags::LIST) {
            return SubscriptionIds::from_id(entry.ids);
        }
        let lists = self.body.rare.as_ref().map_or(&[][..], |rare| &rare.id_lists);
        lists.get(entry.ids as usize).cloned().unwrap_or_default()
    }

    pub(crate) fn shared_filter(&self, entry: &Entry) -> Option<&ArcStr> {
        let index = usize::from(entry.shared).checked_sub(1)?;
        self.body.rare.as_ref()?.shared_filters.get(index)
    }

    fn entry_index(&self, position: Position) -> Option<usize> {
        let first = self.start() + u64::from(self.body.first);
        position.checked_sub(first).map(|index| index as usize)
    }

    fn change(&mut self, position: Position, change: impl FnOnce(&mut Entry)) -> Option<Entry> {
        let index = self.entry_index(position)?;
        let before = *self.open_entry(position)?;
        change(Arc::make_mut(&mut self.body).entries.get_mut(index)?);
        self.dirty = true;
        Some(before)
    }
}

impl Body {
    fn entry(&mut self, delivery: &Delivery<'_>) -> Entry {
        let mut flags = 0;
        flags |= match delivery.qos {
            Qos::AtMostOnce => Flags::QOS_0,
            Qos::AtLeastOnce => 0,
            Qos::ExactlyOnce => Flags::QOS_2,
        };
        if delivery.retain {
            flags |= Flags::RETAIN;
        }
        let ids = match &delivery.subscription_ids {
            SubscriptionIds::None => 0,
            SubscriptionIds::One(id) => *id,
            list @ SubscriptionIds::Many(_) => {
                flags |= Flags::LIST;
                index_of(&mut self.rare.get_or_insert_default().id_lists, list) as u32
            }
        };
        let shared = delivery.shared.map_or(0, |filter| {
            // At most one filter per entry, so the index is below 256.
            1 + index_of(&mut self.rare.get_or_insert_default().shared_filters, filter) as u16
        });
        Entry { place: delivery.place, ids, shared, state: State::Waiting, flags: Flags(flags) }
    }
}

/// Index of a value in a short list, where it is added if it is new.
fn index_of<T: Clone + PartialEq>(list: &mut Vec<T>, value: &T) -> usize {
    // What was added last is asked for most.
    list.iter().rposition(|known| known == value).unwrap_or_else(|| {
        list.push(value.clone());
        list.len() - 1
    })
}
