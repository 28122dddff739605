//! A key-value store that loses power together with the disk, and fails once when told to.

use dunlin_inbox::space;
use dunlin_storage::disk::SimulatedDisk;
use dunlin_storage::key_value::{KeyValue, KeyValueBatch, KeyValueError, KeyValueVisit, MemoryKeyValue};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// See the top of the file.
pub(crate) struct UnreliableKeyValue {
    inner: MemoryKeyValue,
    disk: SimulatedDisk,
    /// Calls until one fails; 0: none will.
    commits: AtomicU64,
    reads: AtomicU64,
}

impl UnreliableKeyValue {
    pub(crate) fn new(seed: u64, disk: &SimulatedDisk) -> Self {
        let inner = MemoryKeyValue::new(seed, &space::ALL);
        Self { inner, disk: disk.clone(), commits: AtomicU64::new(0), reads: AtomicU64::new(0) }
    }

    /// The `nth` commit from now fails. An odd one of all has happened nevertheless.
    pub(crate) fn fail_commit(&self, nth: u64) {
        self.commits.store(nth, Ordering::Relaxed);
    }

    /// The `nth` look-up from now fails.
    pub(crate) fn fail_read(&self, nth: u64) {
        self.reads.store(nth, Ordering::Relaxed);
    }

    /// Nothing fails any more.
    pub(crate) fn calm(&self) {
        self.fail_commit(0);
        self.fail_read(0);
    }

    fn check_power(&self) -> Result<(), KeyValueError> {
        if self.disk.is_without_power() { Err(failed()) } else { Ok(()) }
    }
}

fn strikes(countdown: &AtomicU64) -> bool {
    let left = countdown.load(Ordering::Relaxed);
    countdown.store(left.saturating_sub(1), Ordering::Relaxed);
    left == 1
}

fn failed() -> KeyValueError {
    KeyValueError::Failed { source: Box::new(io::Error::other("told to fail, or without power")) }
}

impl KeyValue for UnreliableKeyValue {
    fn get(&self, space: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError> {
        self.check_power()?;
        if strikes(&self.reads) { Err(failed()) } else { self.inner.get(space, key) }
    }

    fn scan(&self, space: &'static str, from: &[u8], visit: KeyValueVisit<'_>) -> Result<(), KeyValueError> {
        self.check_power()?;
        self.inner.scan(space, from, visit)
    }

    fn commit(&self, batch: &KeyValueBatch) -> Result<(), KeyValueError> {
        self.check_power()?;
        if !strikes(&self.commits) {
            return self.inner.commit(batch);
        }
        // Whether a commit that failed has happened is a coin; what the disk did so far is as good as one.
        if self.disk.counters().operations.is_multiple_of(2) {
            self.inner.commit(batch)?;
        }
        Err(failed())
    }

    fn compact(&self) -> Result<(), KeyValueError> {
        self.inner.compact()
    }

    fn size_bytes(&self) -> Result<u64, KeyValueError> {
        self.inner.size_bytes()
    }
}
