//! The store on disk: fjall, a log-structured merge tree.

use super::batch::KeyValueBatch;
use super::{KeyValue, KeyValueError, KeyValueVisit};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::Path;

/// Blocks of tables that are kept in memory, all spaces together.
const CACHE_BYTES: u64 = 4 << 20;

/// What a space collects in memory before it writes a table.
const MEMTABLE_BYTES: u64 = 2 << 20;

/// What the engine's own journals may take on disk before it writes tables; the least it allows.
const JOURNAL_BYTES: u64 = 64 << 20;

/// Files of tables that stay open.
const OPEN_FILES: usize = 64;

/// A folder with one fjall database, one keyspace per space. Small buffers: what it holds is written by checkpoints, and an
/// idle broker must stay small.
pub struct FjallKeyValue {
    database: Database,
    spaces: BTreeMap<&'static str, Keyspace>,
    /// Commits come one after the other, because clearing a prefix reads first.
    commit: Mutex<()>,
}

impl FjallKeyValue {
    /// Opens the store of a folder, a new one if there is none. Spaces that are not named are left alone.
    ///
    /// # Errors
    /// [`KeyValueError::InUse`] if it is open already, [`KeyValueError::Failed`] if it cannot be read.
    pub fn open(folder: &Path, spaces: &[&'static str]) -> Result<Self, KeyValueError> {
        let database = Database::builder(folder)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .max_cached_files(Some(OPEN_FILES))
            .worker_threads(1)
            .open()?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let spaces = spaces.iter().map(|space| Ok((*space, database.keyspace(space, options)?)));
        let spaces = spaces.collect::<Result<_, fjall::Error>>()?;
        Ok(Self { database, spaces, commit: Mutex::new(()) })
    }

    fn space(&self, space: &'static str) -> Result<&Keyspace, KeyValueError> {
        self.spaces.get(space).ok_or(KeyValueError::UnknownSpace { space })
    }
}

impl KeyValue for FjallKeyValue {
    fn get(&self, space: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError> {
        let space = self.space(space)?;
        if key.is_empty() {
            // fjall panics at it.
            return Ok(None);
        }
        Ok(space.get(key)?.map(|value| value.to_vec()))
    }

    fn scan(&self, space: &'static str, from: &[u8], visit: KeyValueVisit<'_>) -> Result<(), KeyValueError> {
        for entry in self.space(space)?.range(from..) {
            let (key, value) = entry.into_inner()?;
            if visit(&key, &value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn commit(&self, batch: &KeyValueBatch) -> Result<(), KeyValueError> {
        let _one_at_a_time = self.commit.lock();
        let resolved = batch.resolve(|space, prefix, add| {
            for entry in self.space(space)?.prefix(prefix) {
                add(&entry.key()?);
            }
            Ok(())
        })?;
        let mut writes = self.database.batch().durability(Some(PersistMode::SyncAll));
        for ((space, key), value) in resolved {
            let space = self.space(space)?;
            match value {
                Some(value) => writes.insert(space, &*key, value),
                None => writes.remove(space, &*key),
            }
        }
        Ok(writes.commit()?)
    }

    fn compact(&self) -> Result<(), KeyValueError> {
        for space in self.spaces.values() {
            space.rotate_memtable_and_wait()?;
            space.major_compact()?;
        }
        Ok(())
    }

    fn size_bytes(&self) -> Result<u64, KeyValueError> {
        Ok(self.database.disk_space()?)
    }
}

impl From<fjall::Error> for KeyValueError {
    fn from(error: fjall::Error) -> Self {
        match error {
            fjall::Error::Locked => Self::InUse,
            // Unwrapped, so that a full disk is recognised.
            fjall::Error::Io(source) => Self::Failed { source: Box::new(source) },
            source => Self::Failed { source: Box::new(source) },
        }
    }
}

impl std::fmt::Debug for FjallKeyValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("FjallKeyValue").field("spaces", &self.spaces.keys()).finish_non_exhaustive()
    }
}
