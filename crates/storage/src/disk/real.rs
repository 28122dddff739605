//! The real file system: one folder, held by an exclusive lock for as long as the [`RealDisk`] lives.

use super::{Disk, DiskFile, check_range};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file whose lock marks the folder as taken. It is never listed.
pub(super) const LOCK_FILE: &str = "lock";

/// Bytes of zeros written at a time when a file is created.
const ZEROS_BYTES: usize = 1 << 20;

/// Bytes of zeros written before it is waited until the disk has them: what is synced to other files meanwhile waits behind
/// no more than this.
const ZEROS_UNSYNCED_BYTES: u64 = 2 << 20;

/// A folder of the machine's file system.
#[derive(Debug)]
pub struct RealDisk {
    folder: PathBuf,
    /// The folder itself, opened to sync its entries.
    entries: File,
    /// Locked until it is dropped, by the process's end at the latest.
    _lock: File,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenDiskError {
    /// Another process, or another `RealDisk` of this one, has it.
    #[error("the folder {} is in use by another broker: each needs a data folder of its own", .folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The file system refused.
    #[error("cannot use the folder {}: {source}", .folder.display())]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

impl RealDisk {
    /// Takes the folder, which is created if it does not exist.
    ///
    /// # Errors
    /// [`OpenDiskError::InUse`] while another process has it, [`OpenDiskError::Io`] if it cannot be created or opened.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, OpenDiskError> {
        let folder = folder.into();
        match Self::take(&folder) {
            Ok(Some((entries, lock))) => Ok(Self { folder, entries, _lock: lock }),
            Ok(None) => Err(OpenDiskError::InUse { folder }),
            Err(source) => Err(OpenDiskError::Io { folder, source }),
        }
    }

    /// The open folder and its lock, or nothing if the lock is taken.
    fn take(folder: &Path) -> io::Result<Option<(File, File)>> {
        create_folder(folder)?;
        let entries = File::open(folder)?;
        let lock =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(LOCK_FILE))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some((entries, lock))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn path(&self, name: &str) -> io::Result<PathBuf> {
        if name.is_empty() || name.starts_with('.') || name.contains('/') || name == LOCK_FILE {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{name}` is no name for a file")));
        }
        Ok(self.folder.join(name))
    }

    fn fill_with_zeros(file: &File, length_bytes: u64) -> io::Result<()> {
        let zeros = vec![0; ZEROS_BYTES.min(usize::try_from(length_bytes).unwrap_or(ZEROS_BYTES))];
        let mut offset = 0;
        while offset < length_bytes {
            let portion = usize::try_from(length_bytes - offset).unwrap_or(ZEROS_BYTES).min(zeros.len());
            file.write_all_at(&zeros[..portion], offset)?;
            offset += portion as u64;
            if offset.is_multiple_of(ZEROS_UNSYNCED_BYTES) {
                file.sync_data()?;
            }
        }
        file.sync_all()
    }
}

/// Names of the files of a folder, without the lock's.
pub(super) fn list_files(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string()
            && name != LOCK_FILE
            && entry.file_type()?.is_file()
        {
            names.push(name);
        }
    }
    Ok(names)
}

/// Creates the folder, for nobody else to look into, and makes each new level durable in the one above.
fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(above)?;
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !folder.is_dir() => return Err(error),
        _ => {}
    }
    File::open(above)?.sync_all()
}

impl Disk for RealDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        list_files(&self.folder)
    }

    fn create(&self, name: &str, length_bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let path = self.path(name)?;
        if self.free_bytes()? < length_bytes {
            // Found out by writing, it would take from everybody else what little is left.
            return Err(io::ErrorKind::StorageFull.into());
        }
        // What clients send is nobody else's business.
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        match Self::fill_with_zeros(&file, length_bytes).and_then(|()| self.entries.sync_all()) {
            Ok(()) => Ok(Arc::new(RealFile { file, length_bytes })),
            Err(error) => {
                // Best effort: the first error is the one to tell, and a leftover is found at the next start.
                _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(name)?)?;
        let length_bytes = file.metadata()?.len();
        Ok(Arc::new(RealFile { file, length_bytes }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from)?, self.path(to)?)?;
        self.entries.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name)?)?;
        self.entries.sync_all()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let statistics = rustix::fs::fstatvfs(&self.entries)?;
        Ok(statistics.f_bavail.saturating_mul(statistics.f_frsize))
    }

    fn total_bytes(&self) -> io::Result<u64> {
        let statistics = rustix::fs::fstatvfs(&self.entries)?;
        Ok(statistics.f_blocks.saturating_mul(statistics.f_frsize))
    }
}

struct RealFile {
    file: File,
    length_bytes: u64,
}

impl DiskFile for RealFile {
    fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        check_range(self.length_bytes, offset, bytes.len(), io::ErrorKind::InvalidInput)?;
        self.file.write_all_at(bytes, offset)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        check_range(self.length_bytes, offset, bytes.len(), io::ErrorKind::UnexpectedEof)?;
        self.file.read_exact_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
