//! What the storage engine asks of a file system, small enough to be simulated: files of fixed length in one flat folder.
//!
//! [`RealDisk`] is a folder of the machine, [`FrozenDisk`] one that is only looked at. [`SimulatedDisk`] is memory that
//! forgets what was not synced, tears and reorders
//! writes at a crash, and fails when told to; whatever holds on it holds on a disk that behaves worse than real ones do.

mod frozen;
mod real;
mod simulated;

pub use frozen::FrozenDisk;
pub use real::{OpenDiskError, RealDisk};
pub use simulated::{DiskCounters, SimulatedDisk};

use std::io;
use std::sync::Arc;

/// A flat folder of files. Names hold no `/`.
///
/// Everything that changes the folder is durable when it returns; inside a file only [`DiskFile::sync_data`] makes it so.
pub trait Disk: Send + Sync {
    /// Names of all files, in no particular order.
    ///
    /// # Errors
    /// Any error of the file system.
    fn list(&self) -> io::Result<Vec<String>>;

    /// A new file of `length_bytes` zeros that were really written, so that later writes need no new blocks. The file, its
    /// length and its name are durable on return. A crash inside may leave no file, or a shorter one.
    ///
    /// # Errors
    /// `AlreadyExists` if there is one of that name, `StorageFull` if there is no room (nothing stays behind), others as they come.
    fn create(&self, name: &str, length_bytes: u64) -> io::Result<Arc<dyn DiskFile>>;

    /// An existing file, for reading and writing.
    ///
    /// # Errors
    /// `NotFound` if there is none of that name, others as they come.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file another name, replacing the file that has it. Open handles stay good. A crash inside leaves one or the other.
    ///
    /// # Errors
    /// `NotFound` if there is no file `from`, others as they come. After an error the rename may or may not have happened.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file. Open handles stay readable.
    ///
    /// # Errors
    /// `NotFound` if there is none of that name, others as they come.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Bytes that new files can still take.
    ///
    /// # Errors
    /// Any error of the file system.
    fn free_bytes(&self) -> io::Result<u64>;

    /// Bytes of the whole file system.
    ///
    /// # Errors
    /// Any error of the file system.
    fn total_bytes(&self) -> io::Result<u64>;
}

/// A file of fixed length. Offsets and lengths are in bytes; access beyond the end is an error.
pub trait DiskFile: Send + Sync {
    /// Length, fixed at creation.
    fn length_bytes(&self) -> u64;

    /// Writes all of `bytes`. Visible to readers at once, durable after the next [`DiskFile::sync_data`].
    ///
    /// # Errors
    /// Any error of the file system; then any part may have been written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// `UnexpectedEof` beyond the end, others as they come.
    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()>;

    /// Makes every write so far durable.
    ///
    /// # Errors
    /// Any error of the file system. Writes since the last success may then be lost for good although they can still be
    /// read, and a second try that succeeds proves nothing.
    fn sync_data(&self) -> io::Result<()>;
}

/// Whether an error says that the disk or the quota is used up.
#[must_use]
pub fn is_out_of_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The error both disks give for access beyond a file's fixed length.
fn check_range(length_bytes: u64, offset: u64, access_bytes: usize, kind: io::ErrorKind) -> io::Result<()> {
    let end = u64::try_from(access_bytes).ok().and_then(|access_bytes| offset.checked_add(access_bytes));
    if end.is_some_and(|end| end <= length_bytes) {
        return Ok(());
    }
    Err(io::Error::new(
        kind,
        format!("{access_bytes} bytes at {offset} are beyond the end of the file, {length_bytes}"),
    ))
}

#[cfg(test)]
mod tests;
