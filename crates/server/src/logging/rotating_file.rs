//! A log file that is started anew when it has become long; older ones are kept up to a number.
//!
//! `dunlin.log` is written to; `dunlin.log.1` is the one before, `dunlin.log.9` the oldest.

use parking_lot::Mutex;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// EMQX's `rotation_size`, in bytes.
const FILE_BYTES_MAX: u64 = 50 << 20;

/// EMQX's `rotation_count`: files in all.
const FILES_MAX: usize = 10;

/// The file; it is made when it gets its first line.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    bytes_max: u64,
    current: Mutex<Option<Current>>,
}

#[derive(Debug)]
struct Current {
    file: File,
    bytes: u64,
}

impl RotatingFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, bytes_max: FILE_BYTES_MAX, current: Mutex::new(None) }
    }

    fn numbered(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }

    fn rotate(&self) -> io::Result<()> {
        for number in (1..FILES_MAX - 1).rev() {
            rename_if_there(&self.numbered(number), &self.numbered(number + 1))?;
        }
        rename_if_there(&self.path, &self.numbered(1))
    }
}

/// The log writes whole lines; each goes into one file as a whole.
impl Write for &RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut current = self.current.lock();
        let length = line.len() as u64;
        if current.as_ref().is_some_and(|current| current.bytes > 0 && current.bytes + length > self.bytes_max) {
            *current = None;
            self.rotate()?;
        }
        let open = match &mut *current {
            Some(open) => open,
            closed => closed.insert(Current::open(&self.path)?),
        };
        open.file.write_all(line)?;
        open.bytes += length;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
        let log = RotatingFile { bytes_max: 8, ..RotatingFile::new(path.clone()) };
        for number in 0..12 {
            (&log).write_all(format!("line{number:02}\n").as_bytes()).unwrap();
        }
        assert_eq!(names(path.parent().unwrap()).len(), FILES_MAX);
        assert_eq!(fs::read_to_string(&path).unwrap(), "line11\n");
        assert_eq!(fs::read_to_string(log.numbered(1)).unwrap(), "line10\n");
        assert_eq!(fs::read_to_string(log.numbered(9)).unwrap(), "line02\n");
    }

    #[test]
    fn a_file_that_is_there_is_continued_and_a_long_line_stays_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dunlin.log");
        fs::write(&path, "old\n").unwrap();
        let log = RotatingFile { bytes_max: 8, ..RotatingFile::new(path.clone()) };
        (&log).write_all(b"new\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\nnew\n");
        (&log).write_all(b"longer than allowed\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "longer than allowed\n");
        assert_eq!(names(folder.path()), ["dunlin.log", "dunlin.log.1"]);
    }
}
