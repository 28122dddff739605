//! The tables, in memory.

use super::batch::MetadataBatch;
use super::frame::{Step, Steps, read_frame};
use std::collections::BTreeMap;
use std::ops::Bound;

/// What an entry takes in a snapshot beside its key and its value, in bytes.
const ENTRY_BYTES: u64 = 9;

/// Keys and values in named tables. Keys sort as bytes. A table without keys is none.
#[derive(Default, PartialEq, Eq)]
pub struct MetadataTables {
    tables: BTreeMap<Box<str>, Table>,
    /// What a snapshot takes, roughly.
    bytes: u64,
}

pub(super) type Table = BTreeMap<Box<[u8]>, Box<[u8]>>;

impl MetadataTables {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, table: &str, key: &[u8]) -> Option<&[u8]> {
        Some(self.tables.get(table)?.get(key)?)
    }

    /// Keys and values of a table in order, from `from` on.
    pub fn entries<'a>(&'a self, table: &str, from: &[u8]) -> impl DoubleEndedIterator<Item = (&'a [u8], &'a [u8])> {
        let table = self.tables.get(table);
        let entries = table.map(|table| table.range::<[u8], _>((Bound::Included(from), Bound::Unbounded)));
        entries.into_iter().flatten().map(|(key, value)| (&**key, &**value))
    }

    /// How many keys a table has.
    #[must_use]
    pub fn len(&self, table: &str) -> usize {
        self.tables.get(table).map_or(0, Table::len)
    }

    /// Whether a table has no keys.
    #[must_use]
    pub fn is_empty(&self, table: &str) -> bool {
        self.len(table) == 0
    }

    /// The names of all tables, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(|name| &**name)
    }

    /// What a snapshot takes, roughly.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn apply(&mut self, batch: &MetadataBatch) {
        // A batch is written by this code, and read by it a moment later.
        if let Ok((_, steps)) = read_frame(batch.as_frame()) {
            self.apply_steps(steps);
        }
    }

    /// Makes the changes of a frame, as far as it can be read.
    pub(super) fn apply_steps(&mut self, steps: Steps<'_>) {
        let mut name = "";
        for step in steps.map_while(Result::ok) {
            match step {
                Step::Table(table) => name = table,
                Step::Set(key, value) => self.set(name, key, value),
                Step::Remove(key) => self.remove(name, key),
                Step::Clear => self.clear(name),
            }
        }
    }

    fn set(&mut self, name: &str, key: &[u8], value: &[u8]) {
        if !self.tables.contains_key(name) {
            self.tables.insert(name.into(), Table::new());
        }
        let Some(table) = self.tables.get_mut(name) else { return };
        self.bytes += entry_bytes(key, value);
        // Whoever replaces a value keeps the key that is there.
        if let Some(place) = table.get_mut(key) {
            self.bytes -= entry_bytes(key, place);
            *place = value.into();
        } else {
            table.insert(key.into(), value.into());
        }
    }

    fn remove(&mut self, name: &str, key: &[u8]) {
        let Some(table) = self.tables.get_mut(name) else { return };
        if let Some(value) = table.remove(key) {
            self.bytes -= entry_bytes(key, &value);
        }
        if table.is_empty() {
            self.tables.remove(name);
        }
    }

    fn clear(&mut self, name: &str) {
        let removed = self.tables.remove(name).unwrap_or_default();
        self.bytes -= removed.iter().map(|(key, value)| entry_bytes(key, value)).sum::<u64>();
    }
}

fn entry_bytes(key: &[u8], value: &[u8]) -> u64 {
    ENTRY_BYTES + key.len() as u64 + value.len() as u64
}

/// Without keys and values, which are secret.
impl std::fmt::Debug for MetadataTables {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_map().entries(self.tables.iter().map(|(name, table)| (name, table.len()))).finish()
    }
}
