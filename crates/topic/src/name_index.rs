//! Names -> values, asked with a filter, a page at a time: the table behind retained messages.

use crate::name_order::OrderedName;
use crate::name_seek::{Verdict, examine, first_place};
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Bound;

/// A value that carries its own topic name.
pub trait Named {
    /// The name: bytes, because that is what the index compares. It must not change while the value is in an index.
    fn name(&self) -> &[u8];
}

/// A place in a [`NameIndex`] from which a later call goes on. It stays good whatever is added or removed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(Box<[u8]>);

/// Values in the order of their names, so that a subtree of topics is one range.
///
/// The value owns its name, so that an entry costs little more than the value itself.
#[derive(Clone, Debug)]
pub struct NameIndex<T> {
    values: BTreeSet<ByName<T>>,
}

#[derive(Clone, Debug)]
struct ByName<T>(T);

impl<T: Named> ByName<T> {
    fn key(&self) -> &OrderedName {
        OrderedName::new(self.0.name())
    }
}

impl<T: Named> Borrow<OrderedName> for ByName<T> {
    fn borrow(&self) -> &OrderedName {
        self.key()
    }
}

impl<T: Named> Ord for ByName<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(other.key())
    }
}

impl<T: Named> PartialOrd for ByName<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Named> PartialEq for ByName<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T: Named> Eq for ByName<T> {}

impl<T: Named> NameIndex<T> {
    /// An empty index.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: BTreeSet::new() }
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Puts a value under its name and gives back the one that was there.
    pub fn insert(&mut self, value: T) -> Option<T> {
        self.values.replace(ByName(value)).map(|old| old.0)
    }

    /// Takes out the value of this name.
    pub fn remove(&mut self, name: &str) -> Option<T> {
        self.values.take(OrderedName::new(name.as_bytes())).map(|old| old.0)
    }

    /// The value of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.values.get(OrderedName::new(name.as_bytes())).map(|value| &value.0)
    }

    /// Adds to `out` the next values whose names the filter selects, in order, and says where to go on; `None` is the
    /// end. See [`NameIndex::visit_page`] for the limits.
    pub fn page(
        &self,
        filter: &str,
        after: Option<&Cursor>,
        max_matches: usize,
        max_visited: usize,
        out: &mut Vec<T>,
    ) -> Option<Cursor>
    where
        T: Clone,
    {
        self.visit_page(filter, after, max_matches, max_visited, |value| {
            out.push(value.clone());
            true
        })
    }

    /// Calls `visit` for the next values whose names the filter selects, in order, and says where to go on; `None` is
    /// the end.
    ///
    /// At most `max_matches` values for which `visit` returns true are visited, and at most `max_visited` names are
    /// looked at (one at least), each for the price of one search in the tree; so a call is short however many names
    /// there are, and a page may be empty without being the last. Over all pages, every name that is there from the
    /// first call to the last is visited exactly once, whatever is added or removed in between.
    // [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.2-1]
    pub fn visit_page(
        &self,
        filter: &str,
        after: Option<&Cursor>,
        max_matches: usize,
        max_visited: usize,
        mut visit: impl FnMut(&T) -> bool,
    ) -> Option<Cursor> {
        let mut place = Vec::new();
        match after {
            Some(cursor) => place.extend_from_slice(&cursor.0),
            None => first_place(filter, &mut place),
        }
        let mut visits_left = max_visited.max(1);
        let mut matches_left = max_matches.max(1);
        loop {
            let mut jumped = false;
            for value in self.range_from(&place) {
                if visits_left == 0 || matches_left == 0 {
                    return Some(Cursor(value.name().into()));
                }
                visits_left -= 1;
                match examine(filter, value.name(), &mut place) {
                    Verdict::Match => matches_left -= usize::from(visit(value)),
                    Verdict::Seek => {
                        jumped = true;
                        break;
                    }
                    Verdict::End => return None,
                }
            }
            if !jumped {
                return None;
            }
        }
    }

    /// Calls `visit` for the next values of all names, those that begin with `$` included: at most `max_visited` (one
    /// at least). Says where to go on; `None` is the end.
    pub fn scan(&self, after: Option<&Cursor>, max_visited: usize, mut visit: impl FnMut(&T)) -> Option<Cursor> {
        let start: &[u8] = after.map_or(&[], |cursor| &cursor.0);
        let mut values = self.range_from(start);
        for value in values.by_ref().take(max_visited.max(1)) {
            visit(value);
        }
        values.next().map(|value| Cursor(value.name().into()))
    }

    fn range_from<'a>(&'a self, start: &[u8]) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let bounds = (Bound::Included(OrderedName::new(start)), Bound::Unbounded);
        self.values.range::<OrderedName, _>(bounds).map(|value| &value.0)
    }
}

impl<T: Named> Default for NameIndex<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
