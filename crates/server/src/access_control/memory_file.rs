//! A file that is on no disk, for libraries that take a key from a file only.

use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// A file that is on no disk, and gone when this is dropped. Only this process can name it.
#[derive(Debug)]
pub(super) struct MemoryFile(File);

impl MemoryFile {
    /// One with this text.
    pub(super) fn new(text: &str) -> io::Result<Self> {
        let mut file = File::from(memfd_create("dunlin-pem", MemfdFlags::CLOEXEC)?);
        file.write_all(text.as_bytes())?;
        Ok(Self(file))
    }

    /// Where it can be opened, from its beginning, as long as this is there.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn it_is_read_by_its_path_again_and_again_and_then_gone() {
        let file = MemoryFile::new("key").unwrap();
        let path = file.path();
        for _ in 0..2 {
            assert_eq!(fs::read_to_string(&path).unwrap(), "key");
        }
        drop(file);
        assert_ne!(fs::read_to_string(path).ok().as_deref(), Some("key"));
    }
}
