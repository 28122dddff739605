//! A folder that is looked at and not changed.

use super::{
    Disk, DiskFile, OpenDiskError, check_range,
    real::{LOCK_FILE, list_files},
};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder of the machine's file system that is only read. Changes of its files are accepted and forgotten, so that a
/// procedure that repairs what it reads can run without repairing anything; new files are refused.
///
/// While it lives no [`super::RealDisk`] can take the folder; several `FrozenDisk`s can.
#[derive(Debug)]
pub struct FrozenDisk {
    folder: PathBuf,
    /// Locked until it is dropped; none where the folder was never in use, or is a copy without the lock's file.
    _lock: Option<File>,
}

impl FrozenDisk {
    /// Takes a folder that exists.
    ///
    /// # Errors
    /// [`OpenDiskError::InUse`] while a broker has it, [`OpenDiskError::Io`] if it cannot be read.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, OpenDiskError> {
        let folder = folder.into();
        match take(&folder) {
            Ok(lock) => Ok(Self { folder, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(OpenDiskError::InUse { folder }),
            Err(TryLockError::Error(source)) => Err(OpenDiskError::Io { folder, source }),
        }
    }
}

fn take(folder: &Path) -> Result<Option<File>, TryLockError> {
    fs::read_dir(folder).map_err(TryLockError::Error)?;
    match File::open(folder.join(LOCK_FILE)) {
        Ok(lock) => {
            lock.try_lock_shared()?;
            Ok(Some(lock))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TryLockError::Error(error)),
    }
}

impl Disk for FrozenDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        list_files(&self.folder)
    }

    fn create(&self, name: &str, _length_bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        Err(io::Error::new(
            io::ErrorKind::ReadOnlyFilesystem,
            format!("`{name}` is not created: the folder is only read"),
        ))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = File::open(self.folder.join(name))?;
        let length_bytes = file.metadata()?.len();
        Ok(Arc::new(FrozenFile { file, length_bytes }))
    }

    fn rename(&self, _from: &str, _to: &str) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, _name: &str) -> io::Result<()> {
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(0)
    }

    fn total_bytes(&self) -> io::Result<u64> {
        Ok(0)
    }
}

struct FrozenFile {
    file: File,
    length_bytes: u64,
}

impl DiskFile for FrozenFile {
    fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        check_range(self.length_bytes, offset, bytes.len(), io::ErrorKind::InvalidInput)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        check_range(self.length_bytes, offset, bytes.len(), io::ErrorKind::UnexpectedEof)?;
        self.file.read_exact_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    #[test]
    fn changes_are_accepted_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), b"before").unwrap();
        let disk = FrozenDisk::open(folder.path()).unwrap();
        let file = disk.open("a").unwrap();
        file.write_at(0, b"after!").unwrap();
        file.sync_data().unwrap();
        disk.rename("a", "b").unwrap();
        disk.remove("a").unwrap();
        assert!(disk.create("c", 1).is_err());
        assert_eq!(disk.list().unwrap(), ["a"]);
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"before");
        let mut read = [0; 6];
        file.read_at(0, &mut read).unwrap();
        assert_eq!(&read, b"before");
    }

    #[test]
    fn the_folder_is_shared_with_readers_and_not_with_a_broker() {
        let folder = tempfile::tempdir().unwrap();
        let broker = RealDisk::open(folder.path()).unwrap();
        assert!(matches!(FrozenDisk::open(folder.path()), Err(OpenDiskError::InUse { .. })));
        drop(broker);
        let first = FrozenDisk::open(folder.path()).unwrap();
        let second = FrozenDisk::open(folder.path()).unwrap();
        assert!(matches!(RealDisk::open(folder.path()), Err(OpenDiskError::InUse { .. })));
        drop((first, second));
        RealDisk::open(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_that_does_not_exist_is_not_created() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("none");
        assert!(matches!(FrozenDisk::open(&folder), Err(OpenDiskError::Io { .. })));
        assert!(!folder.exists());
    }
}
