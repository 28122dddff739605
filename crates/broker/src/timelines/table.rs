//! Timelines by client id, in memory of a fixed size: the client that nothing happened to for longest is forgotten first.

use super::{ENTRIES_MAX, TimelineEntry, TimelineEvent};
use crate::slab::Slab;
use dunlin_model::{ClientId, Millis};
use std::collections::{HashMap, VecDeque};

/// No timeline.
const NONE: u32 = u32::MAX;

/// What a client costs beside its entries: its places in both tables.
const CLIENT_BYTES: usize = 128;

/// What one client may take: topics can be long.
const CLIENT_BYTES_MAX: usize = 16 << 10;

/// Entries that are looked at for one that happened before.
const LOOK_BACK: usize = 4;

/// See the head of the file.
pub(super) struct TimelineTable {
    timelines: Slab<Timeline>,
    by_client: HashMap<ClientId, u32>,
    newest: u32,
    oldest: u32,
    bytes: usize,
    bytes_max: usize,
}

struct Timeline {
    client_id: ClientId,
    entries: VecDeque<TimelineEntry>,
    bytes: usize,
    /// Its neighbours in the order in which something happened.
    newer: u32,
    older: u32,
}

impl TimelineTable {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { timelines: Slab::default(), by_client: HashMap::new(), newest: NONE, oldest: NONE, bytes: 0, bytes_max }
    }

    pub(super) fn has(&self, client_id: &str) -> bool {
        self.by_client.contains_key(client_id)
    }

    pub(super) fn of(&self, client_id: &str) -> Option<Vec<TimelineEntry>> {
        let timeline = self.timelines.get(*self.by_client.get(client_id)?)?;
        Some(timeline.entries.iter().cloned().collect())
    }

    pub(super) fn add(&mut self, client_id: &ClientId, entry: TimelineEntry) {
        let slot = match self.by_client.get(client_id) {
            Some(slot) => *slot,
            None => self.insert(client_id),
        };
        self.unlink(slot);
        self.link_newest(slot);
        let Some(timeline) = self.timelines.get_mut(slot) else { return };
        let before = timeline.bytes;
        timeline.add(entry);
        self.bytes = self.bytes + timeline.bytes - before;
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
        is_it: impl Fn(&TimelineEvent) -> bool,
    ) -> bool {
        let Some(slot) = self.by_client.get(client_id).copied() else { return false };
        let Some(timeline) = self.timelines.get_mut(slot) else { return false };
        let mut last = timeline.entries.iter_mut().rev().take(LOOK_BACK);
        let Some(entry) = last.find(|entry| is_it(&entry.event)) else { return false };
        entry.last_at = now;
        entry.count = entry.count.saturating_add(count);
        if self.newest != slot {
            self.unlink(slot);
            self.link_newest(slot);
        }
        true
    }

    /// Forgets a client; gives what was known of it.
    pub(super) fn remove(&mut self, client_id: &str) -> VecDeque<TimelineEntry> {
        let slot = self.by_client.get(client_id).copied();
        slot.and_then(|slot| self.forget(slot)).map(|timeline| timeline.entries).unwrap_or_default()
    }

    fn insert(&mut self, client_id: &ClientId) -> u32 {
        let bytes = CLIENT_BYTES + client_id.len();
        let client_id = client_id.clone();
        let entries = VecDeque::with_capacity(2);
        let timeline = Timeline { client_id: client_id.clone(), entries, bytes, newer: NONE, older: NONE };
        let (slot, _) = self.timelines.insert(timeline);
        self.by_client.insert(client_id, slot);
        self.bytes += bytes;
        self.link_newest(slot);
        slot
    }

    fn forget(&mut self, slot: u32) -> Option<Timeline> {
        self.unlink(slot);
        let timeline = self.timelines.remove(slot)?;
        self.by_client.remove(&timeline.client_id);
        self.bytes = self.bytes.saturating_sub(timeline.bytes);
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
    pub(super) fn in_order(&self) -> Vec<ClientId> {
        let next = |slot: &u32| self.timelines.get(*slot).map(|timeline| timeline.newer).filter(|slot| *slot != NONE);
        let first = Some(self.oldest).filter(|slot| *slot != NONE);
        let slots = std::iter::successors(first, next);
        slots.filter_map(|slot| self.timelines.get(slot)).map(|timeline| timeline.client_id.clone()).collect()
    }
}

impl Timeline {
    fn add(&mut self, entry: TimelineEntry) {
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > ENTRIES_MAX || (self.bytes > CLIENT_BYTES_MAX && self.entries.len() > 1) {
            let Some(first) = self.entries.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(first.bytes());
        }
    }
}
