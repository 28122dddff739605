//! Filters -> values, asked with a topic name: the table behind routes.

use crate::{has_wildcard, wildcard_trie::WildcardTrie};
use arcstr::ArcStr;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// A map from topic filters to values that finds all filters selecting a name.
///
/// Filters without wildcards are one hash look-up; those with wildcards lie in a tree of levels. Filters must be valid
/// ([`validate_filter`](crate::validate_filter)); others do no harm but select nothing sensible. Memory follows the
/// filters that are in it: a tree node of 48 bytes for each distinct path of levels, and the texts of levels beyond 22
/// bytes.
#[derive(Clone, Debug)]
pub struct FilterIndex<V> {
    exact: HashTable<Exact<V>>,
    wildcard: WildcardTrie<V>,
    hasher: DefaultHashBuilder,
}

#[derive(Clone, Debug)]
struct Exact<V> {
    filter: ArcStr,
    value: V,
}

/// Where a walk over a [`FilterIndex`] goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterPlace {
    is_wildcard: bool,
    index: usize,
}

impl FilterPlace {
    /// Where it begins.
    pub const FIRST: Self = Self { is_wildcard: false, index: 0 };
}

/// Below this capacity a table is not worth shrinking.
const SMALL_CAPACITY: usize = 64;

impl<V> FilterIndex<V> {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        let hasher = DefaultHashBuilder::default();
        Self { exact: HashTable::new(), wildcard: WildcardTrie::new(hasher.clone()), hasher }
    }

    /// Number of filters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exact.len() + self.wildcard.len()
    }

    /// Whether there is no filter.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of exactly this filter.
    #[must_use]
    pub fn get(&self, filter: &str) -> Option<&V> {
        if has_wildcard(filter) { self.wildcard.get(filter) } else { self.get_exact(filter) }
    }

    fn get_exact(&self, filter: &str) -> Option<&V> {
        let hash = self.hasher.hash_one(filter);
        self.exact.find(hash, |entry| entry.filter == filter).map(|entry| &entry.value)
    }

    /// The value of exactly this filter, to change.
    #[must_use]
    pub fn get_mut(&mut self, filter: &str) -> Option<&mut V> {
        if has_wildcard(filter) {
            return self.wildcard.get_mut(filter);
        }
        let hash = self.hasher.hash_one(filter);
        self.exact.find_mut(hash, |entry| entry.filter == filter).map(|entry| &mut entry.value)
    }

    /// The value of exactly this filter, put there first if there is none.
    pub fn get_or_insert_with(&mut self, filter: &str, make: impl FnOnce() -> V) -> &mut V {
        if has_wildcard(filter) {
            return self.wildcard.get_or_insert_with(filter, make);
        }
        let Self { exact, hasher, .. } = self;
        let entry = exact.entry(
            hasher.hash_one(filter),
            |entry| entry.filter == filter,
            |entry| hasher.hash_one(entry.filter.as_str()),
        );
        &mut entry.or_insert_with(|| Exact { filter: filter.into(), value: make() }).into_mut().value
    }

    /// Takes a filter out.
    pub fn remove(&mut self, filter: &str) -> Option<V> {
        if has_wildcard(filter) {
            return self.wildcard.remove(filter);
        }
        let Self { exact, hasher, .. } = self;
        let (removed, _) = exact.find_entry(hasher.hash_one(filter), |entry| entry.filter == filter).ok()?.remove();
        // A quarter full after a drop of three quarters: the next halving is far away, so this does not flap.
        if exact.capacity() > SMALL_CAPACITY && exact.len() < exact.capacity() / 4 {
            exact.shrink_to(exact.len() * 2, |entry| hasher.hash_one(entry.filter.as_str()));
        }
        Some(removed.value)
    }

    /// Calls `visit` for the value of every filter that selects the topic name, in no particular order.
    // [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.2-1], [MQTT-4.7.3-4]
    pub fn for_each_match<'a>(&'a self, topic: &str, mut visit: impl FnMut(&'a V)) {
        if let Some(value) = self.get_exact(topic) {
            visit(value);
        }
        self.wildcard.for_each_match(topic, visit);
    }

    /// Looks at `max_visited` places from one on, calls `visit` for the filters there, and says where to go on; `None` is the end.
    /// While no filter is added or removed every one has its turn once; those that are added or removed between two calls may
    /// make others come twice or not at all.
    pub fn visit_from(
        &self,
        place: FilterPlace,
        max_visited: usize,
        mut visit: impl FnMut(ArcStr, &V),
    ) -> Option<FilterPlace> {
        let FilterPlace { is_wildcard, index } = place;
        let end = index.saturating_add(max_visited);
        if !is_wildcard {
            let places = self.exact.num_buckets();
            for entry in (index..end.min(places)).filter_map(|index| self.exact.get_bucket(index)) {
                visit(entry.filter.clone(), &entry.value);
            }
            let is_over = end >= places;
            return Some(FilterPlace { is_wildcard: is_over, index: if is_over { 0 } else { end } });
        }
        let places = self.wildcard.places();
        for (filter, value) in (index..end.min(places)).filter_map(|index| self.wildcard.at(index)) {
            visit(filter.into(), value);
        }
        (end < places).then_some(FilterPlace { is_wildcard, index: end })
    }

    /// All filters and their values, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (ArcStr, &V)> {
        let exact = self.exact.iter().map(|entry| (entry.filter.clone(), &entry.value));
        exact.chain(self.wildcard.iter().map(|(filter, value)| (filter.into(), value)))
    }
}

impl<V> Default for FilterIndex<V> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
