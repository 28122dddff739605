//! Clients that come too often.

#[cfg(test)]
mod tests;

/// When a client comes too often: `flapping_detect` without what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlappingLimit {
    /// `window_time` in milliseconds.
    pub window_ms: u64,
    /// `max_count`: so many times in that time are too often; at least 1.
    pub max_count: u32,
}

/// Sets of clients that are kept count of; a power of two.
const SETS: usize = 2_048;

/// Clients in a set.
const WAYS: usize = 8;

/// How often clients came, for those that came last: 16,384 of them, in 384 KiB that are taken with the first. Where more come
/// within the window, those are forgotten whose window began first; so a client that flaps is found for as long as it comes
/// back before some thousand others.
///
/// Clients go by a hash of their names, which must be seeded so that nobody can choose two that are the same.
#[derive(Debug, Default)]
pub struct FlappingTable {
    /// Empty until somebody is counted.
    entries: Box<[Entry]>,
}

/// A client in its window; nobody has a count of 0.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    hash: u64,
    /// In milliseconds.
    began_at: u64,
    count: u32,
}

impl FlappingTable {
    /// A client comes. True when that is once too often; it is counted from the beginning then.
    pub fn count(&mut self, hash: u64, now_ms: u64, limit: FlappingLimit) -> bool {
        if self.entries.is_empty() {
            self.entries = vec![Entry::default(); SETS * WAYS].into_boxed_slice();
        }
        let first = (hash as usize % SETS) * WAYS;
        let Some(set) = self.entries.get_mut(first..first + WAYS) else { return false };
        let is_its = |entry: &Entry| entry.count > 0 && entry.hash == hash;
        let place = set.iter().position(is_its).unwrap_or_else(|| {
            let oldest = set.iter().enumerate().min_by_key(|(_, entry)| (entry.count > 0, entry.began_at));
            oldest.map_or(0, |(place, _)| place)
        });
        let Some(entry) = set.get_mut(place) else { return false };
        if !is_its(entry) || now_ms.saturating_sub(entry.began_at) >= limit.window_ms {
            *entry = Entry { hash, began_at: now_ms, count: 0 };
        }
        entry.count = entry.count.saturating_add(1);
        let is_flapping = entry.count >= limit.max_count;
        if is_flapping {
            *entry = Entry::default();
        }
        is_flapping
    }
}
