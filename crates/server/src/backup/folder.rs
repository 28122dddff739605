//! The folder of backups: `backup` in the data folder.

use super::BackupError;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

const FOLDER: &str = "backup";
const END: &str = ".tar.gz";
const NAME_BYTES_MAX: usize = 200;

/// For the owner alone: there are secrets in it.
const MODE: u32 = 0o600;

/// The largest archive, in bytes.
const ARCHIVE_BYTES_MAX: u64 = 64 << 20;

/// Backups that are kept, at most; then some have to be removed first.
const BACKUPS_MAX: usize = 1_000;

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackupFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// Seconds since 1970.
    pub(crate) created_at: u64,
}

/// See the head of the file.
pub(crate) struct BackupFolder(PathBuf);

impl BackupFolder {
    /// That of a data folder.
    pub(crate) fn below(data_dir: &Path) -> Self {
        Self(data_dir.join(FOLDER))
    }

    /// All backups, the latest first.
    pub(crate) fn list(&self) -> Vec<BackupFile> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut found: Vec<_> = names.filter_map(|name| self.find(&name).ok()).collect();
        found.sort_by(|one, other| (other.created_at, &other.name).cmp(&(one.created_at, &one.name)));
        found
    }

    /// A backup by its name.
    pub(crate) fn find(&self, name: &str) -> Result<BackupFile, BackupError> {
        let path = self.path(name)?;
        let facts = match path.symlink_metadata() {
            Ok(facts) if facts.is_file() => facts,
            _ => return Err(BackupError::NotFound(name.to_owned())),
        };
        let created_at = facts.modified().ok().and_then(|moment| moment.duration_since(UNIX_EPOCH).ok());
        let created_at = created_at.unwrap_or_default().as_secs();
        Ok(BackupFile { name: name.to_owned(), path, bytes: facts.len(), created_at })
    }

    /// What is in a backup.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, BackupError> {
        read_archive_file(&self.find(name)?.path)
    }

    /// Keeps a backup, in the place of one of this name. It is whole or not there.
    pub(crate) fn keep(&self, name: &str, archive: &[u8]) -> Result<BackupFile, BackupError> {
        let path = self.path(name)?;
        if archive.len() as u64 > ARCHIVE_BYTES_MAX {
            return Err(BackupError::TooLarge(format!(
                "{} bytes, where {ARCHIVE_BYTES_MAX} are allowed",
                archive.len()
            )));
        }
        fs::create_dir_all(&self.0).map_err(BackupError::of_file(&self.0))?;
        if self.list().len() >= BACKUPS_MAX {
            return Err(BackupError::Refused(format!("there are {BACKUPS_MAX} backups: remove some first")));
        }
        let unfinished = self.0.join(format!("{name}.part"));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(MODE).open(&unfinished)?;
            file.write_all(archive)?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(BackupError::of_file(&path))?;
        self.find(name)
    }

    /// Removes a backup.
    pub(crate) fn delete(&self, name: &str) -> Result<(), BackupError> {
        let path = self.find(name)?.path;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(BackupError::File { path, source: error }),
            _ => Ok(()),
        }
    }

    /// A name is one of a file here, and nothing else.
    fn path(&self, name: &str) -> Result<PathBuf, BackupError> {
        let is_good = name.len() <= NAME_BYTES_MAX
            && name.ends_with(END)
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if is_good { Ok(self.0.join(name)) } else { Err(BackupError::BadName(name.escape_debug().to_string())) }
    }
}

/// Reads a file that should be an archive.
pub(crate) fn read_archive_file(path: &Path) -> Result<Vec<u8>, BackupError> {
    use std::io::Read as _;
    let failed = || BackupError::of_file(path);
    let mut archive = Vec::new();
    let file = File::open(path).map_err(failed())?;
    file.take(ARCHIVE_BYTES_MAX + 1).read_to_end(&mut archive).map_err(failed())?;
    if archive.len() as u64 > ARCHIVE_BYTES_MAX {
        return Err(BackupError::TooLarge(format!("more than {ARCHIVE_BYTES_MAX} bytes")));
    }
    Ok(archive)
}
