//! What the sources of rules said to one client a short while ago.

use crate::{Action, Permission};
use dunlin_model::Millis;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// `authorization.cache`, without what is left out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictCacheSettings {
    /// `max_size`: how many verdicts are kept for a client.
    pub max_size: u32,
    /// `ttl`: how long they hold, in milliseconds.
    pub ttl_ms: u64,
}

impl Default for VerdictCacheSettings {
    fn default() -> Self {
        Self { max_size: 32, ttl_ms: 60_000 }
    }
}

/// What the sources of rules said to one client a short while ago. One that is not used is a pointer; a look-up allocates
/// nothing. When it is full, the oldest verdict goes.
#[derive(Clone, Default)]
pub struct VerdictCache(Option<Box<Entries>>);

/// A verdict that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedVerdict {
    /// What was asked for.
    pub action: Action,
    /// A name or a filter.
    pub topic: Box<str>,
    /// What was said.
    pub permission: Permission,
    /// Until when it holds, in milliseconds since the Unix epoch.
    pub expires_at: Millis,
}

#[derive(Clone, Default)]
struct Entries {
    /// A ring, once it is full: the next to go is at `oldest`.
    ring: Vec<CachedVerdict>,
    oldest: usize,
    /// Places in the ring by the hash of action and topic.
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl VerdictCache {
    /// What was said of this, if it holds still.
    #[must_use]
    pub fn get(&self, action: Action, topic: &str, now: Millis) -> Option<Permission> {
        let entries = self.0.as_deref()?;
        let entry = &entries.ring[entries.find(action, topic)?];
        (now < entry.expires_at).then_some(entry.permission)
    }

    /// Keeps what was said.
    pub fn put(
        &mut self,
        settings: VerdictCacheSettings,
        action: Action,
        topic: &str,
        permission: Permission,
        now: Millis,
    ) {
        if settings.max_size == 0 || settings.ttl_ms == 0 {
            return;
        }
        let expires_at = now.saturating_add(settings.ttl_ms);
        let entries = self.0.get_or_insert_default();
        if let Some(place) = entries.find(action, topic) {
            let entry = &mut entries.ring[place];
            (entry.permission, entry.expires_at) = (permission, expires_at);
            return;
        }
        entries.insert(settings.max_size, CachedVerdict { action, topic: topic.into(), permission, expires_at });
    }

    /// Forgets everything and gives back the memory.
    pub fn clear(&mut self) {
        self.0 = None;
    }

    /// How many verdicts are kept, those that hold no longer among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_deref().map_or(0, |entries| entries.ring.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that are kept, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &CachedVerdict> {
        self.0.iter().flat_map(|entries| &entries.ring)
    }
}

impl Entries {
    fn find(&self, action: Action, topic: &str) -> Option<usize> {
        let is_it = |place: &u32| {
            self.ring.get(*place as usize).is_some_and(|entry| entry.action == action && &*entry.topic == topic)
        };
        self.index.find(self.hasher.hash_one((action, topic)), is_it).map(|place| *place as usize)
    }

    fn insert(&mut self, max_size: u32, entry: CachedVerdict) {
        let Self { ring, oldest, index, hasher } = self;
        let hash_of = |entry: &CachedVerdict| hasher.hash_one((entry.action, &*entry.topic));
        let hash = hash_of(&entry);
        let place = if ring.len() < max_size as usize {
            ring.push(entry);
            ring.len() - 1
        } else {
            // A reader of settings may have made the ring smaller since; then it stays as big as it is.
            let place = *oldest % ring.len();
            *oldest = (place + 1) % ring.len();
            if let Ok(found) = index.find_entry(hash_of(&ring[place]), |other| *other as usize == place) {
                found.remove();
            }
            ring[place] = entry;
            place
        };
        // A ring has at most `max_size` places, which is a `u32`.
        index.insert_unique(hash, place as u32, |place| hash_of(&ring[*place as usize]));
    }
}

impl std::fmt::Debug for VerdictCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
