//! Metadata: what people and programs have set up while the node ran, such as users, rules and keys. Little, changed seldom,
//! asked for often, and never to be lost.
//!
//! Named tables of keys and values are held in memory, where they are read; each change is one frame of a log, and is on disk
//! before it can be seen. Now and then the whole of the tables goes into the log as a snapshot, and what is before it is
//! given back. Nothing runs in the background, and nothing but the tables takes memory.

mod batch;
mod error;
mod frame;
mod replay;
mod snapshot;
mod tables;

pub use batch::MetadataBatch;
pub use error::{MetadataError, OpenMetadataError};
pub use tables::MetadataTables;

use crate::disk::{Disk, RealDisk};
use crate::log::{Location, Log, LogSettings, Recovery};
use parking_lot::{Mutex, RwLock};
use replay::Replay;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;

/// Length of a segment of the log. Small, because most nodes have little metadata; larger frames get their own.
const SEGMENT_BYTES: u32 = 256 << 10;

/// A snapshot is not worth its while before so much has been written.
const SNAPSHOT_AFTER_BYTES: u64 = 1 << 20;

/// Named tables of keys and values that survive whatever happens to the process.
///
/// Any thread may use it. Reading takes a lock that is never held while the disk is waited for; [`Self::change`] waits for
/// the disk, so it is no call for an event loop.
pub struct MetadataStore {
    /// Changed only by whoever holds `writer`.
    tables: RwLock<MetadataTables>,
    writer: Mutex<Writer>,
}

/// The log, and what has gone into it.
struct Writer {
    log: Log,
    bytes_since_snapshot: u64,
    /// What came of the last snapshot.
    snapshot_failure: Option<String>,
}

impl MetadataStore {
    /// Opens the store in a folder, which is created if it does not exist.
    ///
    /// # Errors
    /// As [`Self::open`]; and the folder is in use, or cannot be created.
    pub fn open_folder(folder: &Path) -> Result<(Self, Recovery), OpenMetadataError> {
        Self::open(Arc::new(RealDisk::open(folder)?))
    }

    /// Opens the store of a disk, a new one if there is none.
    ///
    /// Damage never stops it from opening. It is in the [`Recovery`], where nothing is reported that a later snapshot has
    /// made good; what is reported is lost, and somebody should look at it: a user who was removed may be back.
    ///
    /// # Errors
    /// The disk fails, or a newer version wrote what is there.
    pub fn open(disk: Arc<dyn Disk>) -> Result<(Self, Recovery), OpenMetadataError> {
        // Whatever is hard to guess from outside.
        let salt = RandomState::new().hash_one(0_u8);
        let settings = LogSettings { segment_bytes: SEGMENT_BYTES, salt };
        let mut replay = Replay::default();
        let (log, recovery) = Log::open(disk, settings, Location::START, &mut |at, frame| replay.frame(at, frame))?;
        let replayed = replay.finish(recovery)?;
        let writer = Writer { log, bytes_since_snapshot: replayed.bytes_since_snapshot, snapshot_failure: None };
        Ok((Self { tables: RwLock::new(replayed.tables), writer: Mutex::new(writer) }, replayed.recovery))
    }

    /// Looks at the tables, as they are at one moment. `look` must not call this store.
    pub fn read<T>(&self, look: impl FnOnce(&MetadataTables) -> T) -> T {
        look(&self.tables.read())
    }

    /// Makes a change: `decide` looks at the tables as they are and says what is to become of them. All of it is made, or
    /// nothing; on return it is on disk. Changes come one after the other, so that what was decided upon is still true when
    /// it is made. `decide` must not call this store.
    ///
    /// # Errors
    /// What `decide` says, and nothing has changed then. [`MetadataError::NoSpace`]: nothing has changed. Others: the disk
    /// failed; whether the change was made is unknown until the store is opened again, and until then nothing changes.
    pub fn change<T, E: From<MetadataError>>(
        &self,
        decide: impl FnOnce(&MetadataTables, &mut MetadataBatch) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = self.writer.lock();
        let mut batch = MetadataBatch::default();
        let decided = decide(&self.tables.read(), &mut batch)?;
        if batch.is_empty() {
            return Ok(decided);
        }
        writer.append(batch.as_frame())?;
        self.tables.write().apply(&batch);
        // Nobody can want to write to the tables meanwhile, so that this keeps no reader waiting.
        writer.snapshot_if_due(&self.tables.read());
        Ok(decided)
    }

    /// Bytes on disk.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        self.writer.lock().log.bytes_on_disk()
    }

    /// Why the last snapshot could not be written, if so. Nothing is lost by that, but the log goes on growing.
    #[must_use]
    pub fn snapshot_failure(&self) -> Option<String> {
        self.writer.lock().snapshot_failure.clone()
    }
}

impl Writer {
    /// Appends a frame and waits until it is on disk.
    fn append(&mut self, frame: &[u8]) -> Result<(), MetadataError> {
        self.log.reserve(frame.len())?;
        self.log.append(frame)?;
        self.log.sync()?;
        self.bytes_since_snapshot = self.bytes_since_snapshot.saturating_add(frame.len() as u64);
        Ok(())
    }

    /// Writes a snapshot when as much has been written since the last one as there is to write.
    fn snapshot_if_due(&mut self, tables: &MetadataTables) {
        if self.bytes_since_snapshot < SNAPSHOT_AFTER_BYTES.max(tables.bytes()) {
            return;
        }
        self.snapshot_failure = snapshot::write(&mut self.log, tables).err().map(|error| error.to_string());
        // After a failure not with each change that follows: the next try comes when as much has been written again.
        self.bytes_since_snapshot = 0;
    }
}

impl std::fmt::Debug for MetadataStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("MetadataStore").field("tables", &*self.tables.read()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
