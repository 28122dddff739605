//! Files that were read, and whether they have changed since: length, time, inode, and the content where these cannot tell.

use aws_lc_rs::digest::{Digest, SHA256, digest};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file changed so shortly before it was read may change again under the same time stamp.
const UNSETTLED: Duration = Duration::from_secs(2);

/// A larger file is no certificate, and no revocation list that could be looked at during handshakes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Every file one load has read, and what it was then.
#[derive(Debug)]
pub struct ReadFiles {
    files: Vec<ReadFile>,
    now: SystemTime,
}

#[derive(Debug)]
struct ReadFile {
    path: PathBuf,
    /// `None`: it could not be read.
    seen: Option<Seen>,
}

#[derive(Clone, Debug)]
struct Seen {
    stamp: Stamp,
    content: Digest,
    /// Nothing can have changed the content without changing the stamp.
    is_settled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length_bytes: u64,
    modified_at: (i64, i64),
    device_and_inode: (u64, u64),
}

impl ReadFiles {
    /// Nothing read yet, at this time.
    #[must_use]
    pub fn new(now: SystemTime) -> Self {
        Self { files: Vec::new(), now }
    }

    /// Reads a file and keeps in mind what it was.
    ///
    /// # Errors
    /// As the operating system says; also for what is not a file, and for one of more than 64 MiB.
    pub fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let result = read_with_stamp(path);
        let seen = result.as_ref().ok().map(|(bytes, stamp)| Seen {
            stamp: *stamp,
            content: digest(&SHA256, bytes),
            is_settled: stamp.is_settled(self.now),
        });
        self.files.push(ReadFile { path: path.into(), seen });
        result.map(|(bytes, _)| bytes)
    }

    /// Whether a file is no longer what was read. A file that cannot be read now counts as changed, once.
    #[must_use]
    pub fn have_changed(&self) -> bool {
        self.files.iter().any(ReadFile::has_changed)
    }

    /// Whether both loads found the same bytes in the same files.
    #[must_use]
    pub fn same_content(&self, other: &Self) -> bool {
        let content = |file: &ReadFile| file.seen.as_ref().map(|seen| seen.content.as_ref().to_vec());
        self.files.len() == other.files.len()
            && self.files.iter().zip(&other.files).all(|(a, b)| a.path == b.path && content(a) == content(b))
    }
}

impl ReadFile {
    fn has_changed(&self) -> bool {
        let stamp = fs::metadata(&self.path).ok().map(|metadata| Stamp::of(&metadata));
        match (&self.seen, stamp) {
            (None, None) => false,
            (Some(seen), Some(stamp)) if seen.stamp == stamp => {
                !seen.is_settled
                    && fs::read(&self.path)
                        .map_or(true, |bytes| digest(&SHA256, &bytes).as_ref() != seen.content.as_ref())
            }
            // A file nobody may read has a stamp all the same: only reading it tells.
            (None, Some(_)) => open(&self.path).is_ok(),
            _ => true,
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            length_bytes: metadata.len(),
            modified_at: (metadata.mtime(), metadata.mtime_nsec()),
            device_and_inode: (metadata.dev(), metadata.ino()),
        }
    }

    fn is_settled(&self, now: SystemTime) -> bool {
        let seconds = u64::try_from(self.modified_at.0).unwrap_or(0);
        let modified_at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        now.duration_since(modified_at).is_ok_and(|age| age > UNSETTLED)
    }
}

fn read_with_stamp(path: &Path) -> io::Result<(Vec<u8>, Stamp)> {
    let mut file = open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::new();
    Read::by_ref(&mut file).take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok((bytes, Stamp::of(&metadata)))
}

/// Opens what may be read.
fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    if metadata.len() > FILE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    Ok(file)
}
