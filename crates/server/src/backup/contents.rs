//! What is in an archive.

use super::{BackupError, StoredRow};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders below the data folder whose files the configuration may name.
pub(super) const FOLDERS: [&str; 3] = ["authz", "certs", "certs2"];

/// Files of these folders, at most.
pub(super) const FILES_MAX: usize = 1_000;

/// The largest of them, in bytes.
pub(super) const FILE_BYTES_MAX: u64 = 4 << 20;

/// The pair that a node makes itself: another node makes another one.
const SELF_SIGNED: &str = "certs/self-signed";

/// How deep these folders are looked at.
const DEPTH_MAX: usize = 8;

/// Who has written an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    Dunlin,
    Emqx,
}

/// What is in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) product: Product,
    pub(super) version: String,
    /// HOCON.
    pub(super) configuration: Option<String>,
    pub(super) rows: Vec<StoredRow>,
    /// By their paths below the data folder.
    pub(super) files: BTreeMap<PathBuf, Vec<u8>>,
    /// What of it nothing can be done with here, in words.
    pub(super) left_out: Vec<String>,
}

/// The files of [`FOLDERS`]. Links are not followed.
pub(super) fn files_below(data_dir: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>, BackupError> {
    let mut files = BTreeMap::new();
    for folder in FOLDERS {
        collect(data_dir, Path::new(folder), DEPTH_MAX, &mut files)?;
    }
    Ok(files)
}

fn collect(
    data_dir: &Path,
    folder: &Path,
    depth_left: usize,
    files: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> Result<(), BackupError> {
    let Ok(entries) = fs::read_dir(data_dir.join(folder)) else { return Ok(()) };
    for entry in entries.flatten() {
        let below = folder.join(entry.file_name());
        let path = entry.path();
        let Ok(facts) = entry.path().symlink_metadata() else { continue };
        if below == Path::new(SELF_SIGNED) {
            continue;
        }
        if facts.is_dir() && depth_left > 0 {
            collect(data_dir, &below, depth_left - 1, files)?;
        } else if facts.is_file() {
            if files.len() >= FILES_MAX || facts.len() > FILE_BYTES_MAX {
                return Err(BackupError::TooLarge(format!("{} and its neighbours", path.display())));
            }
            let content = fs::read(&path).map_err(BackupError::of_file(&path))?;
            files.insert(below, content);
        }
    }
    Ok(())
}
