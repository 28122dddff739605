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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_logs_stay_and_a_kept_folder_too() {
        let parent = tempfile::tempdir().unwrap();
        let mut folder = RunFolder::new(Some(parent.path())).unwrap();
        for number in 0..10 {
            fs::write(folder.next_log(&format!("broker-{number}")).unwrap(), "").unwrap();
        }
        let kept = folder.keep();
        let mut names: Vec<_> =
            fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(
            names,
            ["broker-4.log", "broker-5.log", "broker-6.log", "broker-7.log", "broker-8.log", "broker-9.log", "data"]
        );
        drop(RunFolder::new(Some(parent.path())).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }
}
