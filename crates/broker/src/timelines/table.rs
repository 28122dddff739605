//! Timelines by client id, in memory of a fixed size: the client that nothing happened to for longest is forgotten first.

use super::{ClientTimeline, TimelineEvent};
use crate::slab::Slab;
use dunlin_model::Millis;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// No timeline.
const NONE: u32 = u32::MAX;

/// What a client costs beside its name and its entries: its places in both tables.
const CLIENT_BYTES: usize = size_of::<Timeline>() + 16;

/// See the head of the file.
pub(super) struct TimelineTable {
    timelines: Slab<Timeline>,
    by_client: HashTable<u32>,
    hasher: DefaultHashBuilder,
    newest: u32,
    oldest: u32,
    bytes: usize,
    bytes_max: usize,
}

struct Timeline {
    client_id: Box<str>,
    entries: ClientTimeline,
    /// Its neighbours in the order in which something happened.
    newer: u32,
    older: u32,
}

impl TimelineTable {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            timelines: Slab::default(),
            by_client: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            newest: NONE,
            oldest: NONE,
            bytes: 0,
            bytes_max,
        }
    }

    fn slot_of(&self, client_id: &str) -> Option<u32> {
        let is_it = |slot: &u32| self.timelines.get(*slot).is_some_and(|timeline| *timeline.client_id == *client_id);
        self.by_client.find(self.hasher.hash_one(client_id), is_it).copied()
    }

    pub(super) fn has(&self, client_id: &str) -> bool {
        self.slot_of(client_id).is_some()
    }

    pub(super) fn of(&self, client_id: &str) -> Option<&ClientTimeline> {
        Some(&self.timelines.get(self.slot_of(client_id)?)?.entries)
    }

    pub(super) fn add(&mut self, client_id: &str, now: Millis, event: &TimelineEvent<'_>) {
        self.change(client_id, |timeline| timeline.add(now, event));
    }

    /// Takes over what is known of a client.
    pub(super) fn append(&mut self, client_id: &str, entries: &ClientTimeline) {
        self.change(client_id, |timeline| timeline.append(entries));
    }

    fn change(&mut self, client_id: &str, change: impl FnOnce(&mut ClientTimeline)) {
        let slot = self.slot_of(client_id).unwrap_or_else(|| self.insert(client_id));
        self.unlink(slot);
        self.link_newest(slot);
        let Some(timeline) = self.timelines.get_mut(slot) else { return };
        let before = timeline.entries.capacity();
        change(&mut timeline.entries);
        self.bytes = self.bytes + timeline.entries.capacity() - before;
        while self.bytes > self.bytes_max && self.oldest != NONE {
            self.forget(self.oldest);
        }
    }

    /// Counts what happened again, where one of the last entries has it; false where none has.
    pub(super) fn count_again(
        &mut self,
        client_id: &str,
        now: Millis,
        count: u64,
        is_it: impl Fn(&TimelineEvent<'_>) -> bool,
    ) -> bool {
        let Some(slot) = self.slot_of(client_id) else { return false };
        let Some(timeline) = self.timelines.get_mut(slot) else { return false };
        if !timeline.entries.count_again(now, count, is_it) {
            return false;
        }
        if self.newest != slot {
            self.unlink(slot);
            self.link_newest(slot);
        }
        true
    }

    /// Forgets a client; gives what was known of it.
    pub(super) fn remove(&mut self, client_id: &str) -> Option<ClientTimeline> {
        let slot = self.slot_of(client_id)?;
        self.forget(slot).map(|timeline| timeline.entries)
    }

    fn insert(&mut self, client_id: &str) -> u32 {
        let timeline =
            Timeline { client_id: client_id.into(), entries: ClientTimeline::default(), newer: NONE, older: NONE };
        self.bytes += timeline.bytes();
        let (slot, _) = self.timelines.insert(timeline);
        let hash_of = |slot: &u32| {
            self.timelines.get(*slot).map_or(0, |timeline| self.hasher.hash_one::<&str>(&timeline.client_id))
        };
        self.by_client.insert_unique(self.hasher.hash_one(client_id), slot, hash_of);
        self.link_newest(slot);
        slot
    }

    fn forget(&mut self, slot: u32) -> Option<Timeline> {
        self.unlink(slot);
        let timeline = self.timelines.remove(slot)?;
        let hash = self.hasher.hash_one::<&str>(&timeline.client_id);
        if let Ok(place) = self.by_client.find_entry(hash, |other| *other == slot) {
            place.remove();
        }
        self.bytes = self.bytes.saturating_sub(timeline.bytes());
        Some(timeline)
    }

    fn unlink(&mut self, slot: u32) {
        let Some(timeline) = self.timelines.get_mut(slot) else { return };
        let (newer, older) = (timeline.newer, timeline.older);
        (timeline.newer, timeline.older) = (NONE, NONE);
        match self.timelines.get_mut(newer) {
            Some(neighbour) => neighbour.older = older,
            None => self.newest = older,
        }
        match self.timelines.get_mut(older) {
            Some(neighbour) => neighbour.newer = newer,
            None => self.oldest = newer,
        }
    }

    fn link_newest(&mut self, slot: u32) {
        let second = std::mem::replace(&mut self.newest, slot);
        if let Some(timeline) = self.timelines.get_mut(slot) {
            timeline.older = second;
        }
        match self.timelines.get_mut(second) {
            Some(neighbour) => neighbour.newer = slot,
            None => self.oldest = slot,
        }
    }

    /// What it takes, by its own account.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Clients it knows, oldest first, by its list.
    #[cfg(test)]
    pub(super) fn in_order(&self) -> Vec<String> {
        let next = |slot: &u32| self.timelines.get(*slot).map(|timeline| timeline.newer).filter(|slot| *slot != NONE);
        let first = Some(self.oldest).filter(|slot| *slot != NONE);
        let slots = std::iter::successors(first, next);
        slots.filter_map(|slot| self.timelines.get(slot)).map(|timeline| timeline.client_id.to_string()).collect()
    }
}

impl Timeline {
    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        CLIENT_BYTES + self.client_id.len() + self.entries.capacity()
    }
}
