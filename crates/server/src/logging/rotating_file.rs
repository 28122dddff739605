//! A log file that is started anew when it has become long; older ones are kept up to a number.
//!
//! `dunlin.log` is written to; `dunlin.log.1` is the one before, `dunlin.log.9` the oldest.

use parking_lot::Mutex;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file; it is made when it is opened or gets its first line.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    files_max: usize,
    bytes_max: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Current>,
    /// The last line could not be written; said once.
    is_failing: bool,
}

#[derive(Debug)]
struct Current {
    file: File,
    bytes: u64,
}

impl RotatingFile {
    /// Up to `files_max` files, at least this one; each of up to `bytes_max` bytes, or without end.
    pub(super) fn new(path: PathBuf, files_max: u8, bytes_max: Option<u64>) -> Self {
        let files_max = usize::from(files_max).max(1);
        Self { path, files_max, bytes_max: bytes_max.unwrap_or(u64::MAX), state: Mutex::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it, so that it is known whether it can be written.
    ///
    /// # Errors
    /// Of the file system.
    pub(super) fn open(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        if state.current.is_none() {
            state.current = Some(Current::open(&self.path)?);
        }
        Ok(())
    }

    /// Writes a line as a whole into one file. A log that cannot be written keeps nobody from working: that is said once on standard
    /// error, and each line is tried.
    pub(super) fn write_line(&self, line: &str) {
        let mut state = self.state.lock();
        let written = self.try_write(&mut state, line.as_bytes());
        let was_failing = std::mem::replace(&mut state.is_failing, written.is_err());
        match written {
            Err(error) if !was_failing => eprintln!("dunlin: cannot write the log {}: {error}", self.path.display()),
            Ok(()) if was_failing => eprintln!("dunlin: the log {} can be written again", self.path.display()),
            _ => {}
        }
    }

    fn try_write(&self, state: &mut State, line: &[u8]) -> io::Result<()> {
        let length = line.len() as u64;
        let is_full = |current: &Current| current.bytes > 0 && current.bytes.saturating_add(length) > self.bytes_max;
        if state.current.as_ref().is_some_and(is_full) {
            state.current = None;
            self.rotate()?;
        }
        let open = match &mut state.current {
            Some(open) => open,
            closed => closed.insert(Current::open(&self.path)?),
        };
        open.file.write_all(line)?;
        open.bytes += length;
        Ok(())
    }

    fn numbered(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    fn rotate(&self) -> io::Result<()> {
        if self.files_max == 1 {
            return fs::remove_file(&self.path);
        }
        for number in (1..self.files_max - 1).rev() {
            rename_if_there(&self.numbered(number), &self.numbered(number + 1))?;
        }
        rename_if_there(&self.path, &self.numbered(1))
    }
}

impl Current {
    fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { file, bytes })
    }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn long_files_are_put_aside_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/dunlin.log");
        let log = RotatingFile::new(path.clone(), 10, Some(8));
        for number in 0..12 {
            log.write_line(&format!("line{number:02}\n"));
        }
        assert_eq!(names(path.parent().unwrap()).len(), 10);
        assert_eq!(fs::read_to_string(&path).unwrap(), "line11\n");
        assert_eq!(fs::read_to_string(log.numbered(1)).unwrap(), "line10\n");
        assert_eq!(fs::read_to_string(log.numbered(9)).unwrap(), "line02\n");
    }

    #[test]
    fn one_file_begins_anew_and_one_without_end_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes_max, expected) in [("one", Some(8), "line02\n"), ("endless", None, "line00\nline01\nline02\n")]
        {
            let log = RotatingFile::new(folder.path().join(name), 1, bytes_max);
            (0..3).for_each(|number| log.write_line(&format!("line{number:02}\n")));
            assert_eq!(fs::read_to_string(log.path()).unwrap(), expected);
        }
        assert_eq!(names(folder.path()), ["endless", "one"]);
    }

    #[test]
    fn a_file_that_is_there_is_continued_and_a_long_line_stays_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dunlin.log");
        fs::write(&path, "old\n").unwrap();
        let log = RotatingFile::new(path.clone(), 10, Some(8));
        log.write_line("new\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\nnew\n");
        log.write_line("longer than allowed\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "longer than allowed\n");
        assert_eq!(names(folder.path()), ["dunlin.log", "dunlin.log.1"]);
    }

    #[test]
    fn a_folder_that_is_there_again_gets_lines_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/dunlin.log");
        fs::write(folder.path().join("log"), "in the way").unwrap();
        let log = RotatingFile::new(path.clone(), 10, Some(8));
        assert!(log.open().is_err());
        log.write_line("lost\n");
        fs::remove_file(folder.path().join("log")).unwrap();
        log.write_line("kept\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept\n");
    }
}
