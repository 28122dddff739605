//! `{data_dir}/configs/cluster.hocon`: what API and command line changed. Replaced as a whole, with copies of what it was.

use crate::calendar;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const FOLDER: &str = "configs";
const NAME: &str = "cluster.hocon";

/// EMQX keeps as many.
const BACKUPS_MAX: usize = 10;

/// The file as it was read.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ClusterFile {
    path: PathBuf,
    text: Option<String>,
}

/// Not the text: it has secrets in it.
impl fmt::Debug for ClusterFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ClusterFile {
    /// Where it is in a data folder.
    pub(super) fn path_in(data_dir: &Path) -> PathBuf {
        data_dir.join(FOLDER).join(NAME)
    }

    /// Reads it; one that does not exist has no text.
    ///
    /// # Errors
    /// Of the file system.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { path: path.to_owned(), text })
    }

    /// Whether it still says the same.
    ///
    /// # Errors
    /// Of the file system.
    pub(super) fn is_unchanged(&self) -> io::Result<bool> {
        Ok(Self::read(&self.path)? == *self)
    }

    /// With another text, not written yet.
    pub(super) fn with_text(&self, text: &str) -> Self {
        Self { path: self.path.clone(), text: Some(text.to_owned()) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it says; `None` if it does not exist.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Writes the text, all of it or nothing, also if the machine stops in between. What the file had before is kept beside it.
    /// Gives back where.
    ///
    /// # Errors
    /// Of the file system; the file is as it was then.
    pub(super) fn write(&self) -> io::Result<Option<PathBuf>> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let backup = self.back_up(folder)?;
        let mut new = tempfile::NamedTempFile::with_prefix_in(NAME, folder)?;
        new.write_all(self.text().unwrap_or_default().as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(&self.path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()?;
        Ok(backup)
    }

    fn back_up(&self, folder: &Path) -> io::Result<Option<PathBuf>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let backup = folder.join(format!("{NAME}.{}.bak", calendar::file_stamp(calendar::now())));
        fs::copy(&self.path, &backup)?;
        let mut backups = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            if name.to_str().is_some_and(|name| name.starts_with(NAME) && name.ends_with(".bak")) {
                backups.push(folder.join(name));
            }
        }
        backups.sort();
        for old in &backups[..backups.len().saturating_sub(BACKUPS_MAX)] {
            // One more than wanted is no reason to refuse a change.
            let _ = fs::remove_file(old);
        }
        Ok(Some(backup))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_was_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = ClusterFile::path_in(folder.path());
        let none = ClusterFile::read(&path).unwrap();
        assert_eq!(none.text(), None);
        assert_eq!(none.with_text("a = 1\n").write().unwrap(), None);
        let first = ClusterFile::read(&path).unwrap();
        assert_eq!(first.text(), Some("a = 1\n"));
        let backup = first.with_text("a = 2\n").write().unwrap().expect("there was one");
        assert_eq!(fs::read_to_string(backup).unwrap(), "a = 1\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "a = 2\n");
    }

    #[test]
    fn ten_copies_are_enough() {
        let folder = tempfile::tempdir().unwrap();
        let path = ClusterFile::path_in(folder.path());
        let file = ClusterFile::read(&path).unwrap().with_text("");
        file.write().unwrap();
        let configs = path.parent().unwrap();
        for number in 0..12 {
            fs::write(configs.join(format!("{NAME}.2020.01.01.00.00.00.{number:03}.bak")), "").unwrap();
        }
        file.write().unwrap();
        let count = fs::read_dir(configs).unwrap().count();
        assert_eq!(count, BACKUPS_MAX + 1, "and the file itself");
        assert!(!configs.join(format!("{NAME}.2020.01.01.00.00.00.000.bak")).exists(), "the oldest goes first");
    }

    #[test]
    fn a_folder_that_takes_nothing_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FOLDER), "a file where a folder should be").unwrap();
        let file = ClusterFile { path: ClusterFile::path_in(folder.path()), text: Some(String::new()) };
        assert!(file.write().is_err());
    }
}
