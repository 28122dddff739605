//! A map that forgets what was not used lately, so that it stays within a limit.

use hashbrown::HashMap;
use std::hash::Hash;

/// Two generations: what is used moves to the young one; when that is full, the old one is dropped and the young one
/// becomes old. Constant time, at most twice the limit of one generation, and nothing used within the last
/// `generation_limit` insertions is forgotten.
#[derive(Clone, Debug)]
pub(crate) struct RecentMap<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation_limit: usize,
}

impl<K: Hash + Eq + Copy, V: Copy> RecentMap<K, V> {
    pub(crate) fn new(generation_limit: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation_limit }
    }

    pub(crate) fn get(&mut self, key: K) -> Option<V> {
        if let Some(value) = self.young.get(&key) {
            return Some(*value);
        }
        let value = self.old.remove(&key)?;
        self.insert(key, value);
        Some(value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.generation_limit && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_its_limit_and_keeps_what_is_used() {
        let mut map = RecentMap::new(10);
        map.insert(u32::MAX, 7);
        for key in 0..1_000 {
            map.insert(key, 0);
            assert_eq!(map.get(u32::MAX), Some(7), "after {key}");
            assert!(map.len() <= 20, "{}", map.len());
        }
        assert_eq!(map.get(0), None);
        assert_eq!(map.get(999), Some(0));
    }
}
