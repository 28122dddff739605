//! The lock of a data folder: one node at a time works on it.
//!
//! `{data_dir}/dunlin.pid` is locked (flock) for as long as the node runs and has its process id in it. The lock is what
//! counts: a file that a killed node left behind is taken over, whatever process has its number today.

use rustix::event::{Timespec, poll};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Name of the file in the data folder.
const FILE_NAME: &str = "dunlin.pid";

/// Somebody who only looks whether a node runs holds the lock for a moment: so often it is tried again …
const ATTEMPTS: u32 = 10;

/// … after this pause.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };

/// Why a data folder cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockDataFolderError {
    /// A node works on it.
    #[error(
        "the data folder {} is in use by another broker{}: each needs a data folder of its own",
        .data_dir.display(),
        .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The folder.
        data_dir: PathBuf,
        /// Its process.
        pid: Option<u32>,
    },
    /// The file system refused.
    #[error("cannot use the data folder {}: {source}", .data_dir.display())]
    Io {
        /// The folder.
        data_dir: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// The lock. Dropping it removes the file and lets the folder go.
#[derive(Debug)]
pub(crate) struct DataFolderLock {
    path: PathBuf,
    _file: File,
}

impl DataFolderLock {
    /// Takes a folder, which is created if it does not exist.
    ///
    /// # Errors
    /// [`LockDataFolderError`].
    pub(crate) fn take(data_dir: &Path) -> Result<Self, LockDataFolderError> {
        let failed = |source| LockDataFolderError::Io { data_dir: data_dir.to_owned(), source };
        create_data_folder(data_dir).map_err(failed)?;
        let path = data_dir.join(FILE_NAME);
        let mut owner = None;
        for _ in 0..ATTEMPTS {
            match try_take(&path).map_err(failed)? {
                Attempt::Taken(file) => return Ok(Self { path, _file: file }),
                Attempt::Vanished => {}
                Attempt::Held { pid } => {
                    owner = pid;
                    if pid.is_some_and(is_alive) {
                        break;
                    }
                    // Nothing is waited for but time.
                    let _ = poll(&mut [], Some(&PAUSE));
                }
            }
        }
        Err(LockDataFolderError::InUse { data_dir: data_dir.to_owned(), pid: owner })
    }

    /// The process that works on a folder, if one does; `Some(None)` if it does not say who it is.
    ///
    /// # Errors
    /// Of the file system, other than that there is no such file.
    pub(crate) fn owner(data_dir: &Path) -> io::Result<Option<Option<u32>>> {
        let file = match File::open(data_dir.join(FILE_NAME)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(pid_in(&file))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for DataFolderLock {
    fn drop(&mut self) {
        // Still locked: nobody else can have made a file of this name. What cannot be removed is taken over by the next one.
        let _ = fs::remove_file(&self.path);
    }
}

enum Attempt {
    Taken(File),
    /// The one who had it removed it between our opening and our locking it.
    Vanished,
    Held {
        pid: Option<u32>,
    },
}

/// Creates a data folder that does not exist. What is in it is for nobody else to read: messages, names and passwords of clients, keys.
/// A folder that is there has the mode that its owner gave it.
///
/// # Errors
/// Of the operating system.
pub(crate) fn create_data_folder(data_dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir)
}

fn try_take(path: &Path) -> io::Result<Attempt> {
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Attempt::Held { pid: pid_in(&file) }),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) if there.ino() == ours.ino() && there.dev() == ours.dev() => {}
        Ok(_) => return Ok(Attempt::Vanished),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Attempt::Vanished),
        Err(error) => return Err(error),
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(Attempt::Taken(file))
}

fn pid_in(mut file: &File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn is_alive(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("data");
        assert_eq!(DataFolderLock::owner(&data_dir).unwrap(), None);
        let lock = DataFolderLock::take(&data_dir).unwrap();
        assert_eq!(DataFolderLock::owner(&data_dir).unwrap(), Some(Some(std::process::id())));
        let error = DataFolderLock::take(&data_dir).unwrap_err();
        assert!(matches!(error, LockDataFolderError::InUse { pid, .. } if pid == Some(std::process::id())), "{error}");
        drop(lock);
        assert_eq!(fs::read_dir(&data_dir).unwrap().count(), 0);
        DataFolderLock::take(&data_dir).unwrap();
    }

    #[test]
    fn a_file_that_was_left_behind_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        // Process 1 always runs.
        fs::write(folder.path().join(FILE_NAME), "1\n").unwrap();
        assert_eq!(DataFolderLock::owner(folder.path()).unwrap(), None);
        let _lock = DataFolderLock::take(folder.path()).unwrap();
        let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
        assert_eq!(text, format!("{}\n", std::process::id()));
    }

    #[test]
    fn whoever_only_looks_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "").unwrap();
        let looking = File::open(&path).unwrap();
        looking.lock_shared().unwrap();
        std::thread::scope(|scope| {
            let taking = scope.spawn(|| DataFolderLock::take(folder.path()));
            drop(looking);
            taking.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = DataFolderLock::take(&file.join("data")).unwrap_err();
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }
}
