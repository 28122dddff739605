//! Bytes that a block device has written, from /sys.
//!
//! What a process hands to the kernel is not what a disk writes: a byte that is changed twice before a sync is written once, a
//! small sync still writes whole blocks and the journal of the file system, and `write_bytes` of `/proc/PID/io` counts a large
//! folio for each small write. The device counts what it was really told to write, of everybody who uses it.

use rustix::fs::{fstat, major, minor, syncfs};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A sector in `/sys/dev/block/*/stat`, whatever the device's own sectors are (Documentation/block/stat.rst of Linux).
const SECTOR_BYTES: u64 = 512;

/// The device, or partition, that holds a folder.
#[derive(Clone, Debug)]
pub struct BlockDevice {
    folder: Arc<File>,
    statistics: PathBuf,
}

impl BlockDevice {
    /// The device of `folder`. `None` where no single device can be told: memory, network and overlay file systems, btrfs.
    #[must_use]
    pub fn of_folder(folder: &Path) -> Option<Self> {
        let folder = File::open(folder).ok()?;
        let number = fstat(&folder).ok()?.st_dev;
        let statistics = PathBuf::from(format!("/sys/dev/block/{}:{}/stat", major(number), minor(number)));
        let device = Self { folder: Arc::new(folder), statistics };
        device.bytes_written().map(|_| device)
    }

    /// Bytes written since the system started, by anybody; `None` where that cannot be read.
    #[must_use]
    pub fn bytes_written(&self) -> Option<u64> {
        written_sectors(&fs::read_to_string(&self.statistics).ok()?).map(|sectors| sectors * SECTOR_BYTES)
    }

    /// Has everything written that the file system still holds back in memory, so that what was written before does not count
    /// afterwards.
    ///
    /// # Errors
    /// The disk fails.
    pub fn settle(&self) -> io::Result<()> {
        Ok(syncfs(&*self.folder)?)
    }
}

/// Field 7: write sectors.
fn written_sectors(statistics: &str) -> Option<u64> {
    statistics.split_ascii_whitespace().nth(6)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn written_sectors_are_the_seventh_field() {
        let line = " 2466008 70032 79656410 5415219 8973746 421028 378503368 2147991 1 778768 7982463 882347\n";
        assert_eq!(written_sectors(line), Some(378_503_368));
        assert_eq!(written_sectors("1 2 3"), None);
    }

    #[test]
    fn a_synced_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let Some(device) = BlockDevice::of_folder(folder.path()) else {
            println!("skipped: the temporary folder is not on a block device");
            return;
        };
        let before = device.bytes_written().unwrap();
        let mut file = File::create(folder.path().join("file")).unwrap();
        file.write_all(&[7; 100_000]).unwrap();
        device.settle().unwrap();
        assert!(device.bytes_written().unwrap() >= before + 100_000);
    }

    #[test]
    fn memory_is_no_device() {
        assert!(BlockDevice::of_folder(Path::new("/proc")).is_none());
        assert!(BlockDevice::of_folder(Path::new("/no/such/folder")).is_none());
    }
}
