//! A store in memory, for tests. It can be told to fail, and to crash.

use super::batch::{KeyValueBatch, Resolved};
use super::{KeyValue, KeyValueError, KeyValueVisit};
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::Arc;

/// Keys and values in memory. Clones share them.
#[derive(Debug, Clone)]
pub struct MemoryKeyValue {
    state: Arc<RwLock<State>>,
}

#[derive(Debug)]
struct State {
    spaces: BTreeMap<&'static str, BTreeMap<Vec<u8>, Vec<u8>>>,
    random: fastrand::Rng,
    /// The commit that will fail, counted from the next; 0: none.
    failing_commit: u64,
    has_failed: bool,
}

impl MemoryKeyValue {
    /// An empty store. The seed decides what becomes of commits that fail.
    #[must_use]
    pub fn new(seed: u64, spaces: &[&'static str]) -> Self {
        let spaces = spaces.iter().map(|space| (*space, BTreeMap::new())).collect();
        let random = fastrand::Rng::with_seed(seed);
        Self { state: Arc::new(RwLock::new(State { spaces, random, failing_commit: 0, has_failed: false })) }
    }

    /// The `nth` commit from now (1 is the next) fails; all of it has happened or nothing. Everything fails from then on
    /// until [`MemoryKeyValue::crash`].
    pub fn fail_commit(&self, nth: u64) {
        self.state.write().failing_commit = nth;
    }

    /// Opens the store again after a crash: everything that was committed is there.
    pub fn crash(&self) {
        let mut state = self.state.write();
        state.failing_commit = 0;
        state.has_failed = false;
    }
}

impl State {
    fn space(&self, space: &'static str) -> Result<&BTreeMap<Vec<u8>, Vec<u8>>, KeyValueError> {
        if self.has_failed {
            return Err(failed());
        }
        self.spaces.get(space).ok_or(KeyValueError::UnknownSpace { space })
    }

    fn resolve<'a>(&self, batch: &'a KeyValueBatch) -> Result<Resolved<'a>, KeyValueError> {
        let resolved = batch.resolve(|space, prefix, add| {
            let keys = self.space(space)?.range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded));
            keys.take_while(|(key, _)| key.starts_with(prefix)).for_each(|(key, _)| add(key));
            Ok(())
        })?;
        for (space, _) in resolved.keys() {
            self.space(space)?;
        }
        Ok(resolved)
    }

    fn apply(&mut self, resolved: Resolved<'_>) {
        for ((space, key), value) in resolved {
            let Some(values) = self.spaces.get_mut(space) else { continue };
            match value {
                Some(value) => values.insert(key.into_owned(), value.to_vec()),
                None => values.remove(key.as_ref()),
            };
        }
    }
}

fn failed() -> KeyValueError {
    KeyValueError::Failed { source: Box::new(io::Error::other("the store in memory was told to fail")) }
}

impl KeyValue for MemoryKeyValue {
    fn get(&self, space: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError> {
        Ok(self.state.read().space(space)?.get(key).cloned())
    }

    fn scan(&self, space: &'static str, from: &[u8], visit: KeyValueVisit<'_>) -> Result<(), KeyValueError> {
        let state = self.state.read();
        for (key, value) in state.space(space)?.range::<[u8], _>((Bound::Included(from), Bound::Unbounded)) {
            if visit(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn commit(&self, batch: &KeyValueBatch) -> Result<(), KeyValueError> {
        let state = &mut *self.state.write();
        let resolved = state.resolve(batch)?;
        if state.has_failed {
            return Err(failed());
        }
        state.has_failed = state.failing_commit == 1;
        state.failing_commit = state.failing_commit.saturating_sub(1);
        if !state.has_failed || state.random.bool() {
            state.apply(resolved);
        }
        if state.has_failed { Err(failed()) } else { Ok(()) }
    }

    fn compact(&self) -> Result<(), KeyValueError> {
        Ok(())
    }

    fn size_bytes(&self) -> Result<u64, KeyValueError> {
        let state = self.state.read();
        let entries = state.spaces.values().flatten();
        Ok(entries.map(|(key, value)| (key.len() + value.len()) as u64).sum())
    }
}
