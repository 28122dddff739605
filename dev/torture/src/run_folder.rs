//! The folder of a run: the broker's data, and the output of its last processes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Output of older processes is removed.
const LOGS_KEPT: usize = 6;

/// Removed when dropped, unless it is kept.
#[derive(Debug)]
pub struct RunFolder {
    folder: TempDir,
    logs: Vec<PathBuf>,
}

impl RunFolder {
    /// Makes an empty folder in `parent`, or in the system's folder for such things.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(parent: Option<&Path>) -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("dunlin-torture-");
        let folder = match parent {
            Some(parent) => builder.tempdir_in(parent)?,
            None => builder.tempdir()?,
        };
        fs::create_dir(folder.path().join("data"))?;
        Ok(Self { folder, logs: Vec::new() })
    }

    /// Where the broker keeps its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The file for the output of the next process.
    ///
    /// # Errors
    /// An old one cannot be removed.
    pub fn next_log(&mut self, name: &str) -> io::Result<PathBuf> {
        if self.logs.len() == LOGS_KEPT {
            fs::remove_file(self.logs.remove(0))?;
        }
        let log = self.folder.path().join(format!("{name}.log"));
        self.logs.push(log.clone());
        Ok(log)
    }

    /// Leaves the folder where it is, and says where.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }
}
