//! What can go wrong with a log.

use std::io;

/// Why a log cannot be opened. Damage is no reason: it is set aside and reported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenLogError {
    /// The log was written by a newer version of the broker.
    #[error("{file} was written by a newer version (format {version}); this one reads up to {supported}")]
    NewerFormat {
        /// The file that says so.
        file: String,
        /// The format it has.
        version: u32,
        /// The newest format this code reads.
        supported: u32,
    },
    /// The disk failed.
    #[error("cannot read or write {file}: {source}")]
    Io {
        /// The file, or `.` for the folder.
        file: String,
        /// What the disk said.
        source: io::Error,
    },
}

impl OpenLogError {
    /// To be used as `map_err(OpenLogError::io("the file"))`.
    pub(super) fn io(file: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io { file, source }
    }
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// A new segment is needed and the disk has no room for it. Nothing was changed: try again when there is.
    #[error("the disk has no room for another log segment: {0}")]
    NoSpace(#[source] io::Error),
    /// A new segment is needed and could not be made. Nothing was changed.
    #[error("cannot begin another log segment: {0}")]
    NoSegment(#[source] io::Error),
    /// No segment can hold a payload of this size. Nothing was changed.
    #[error("a payload of {bytes} bytes does not fit into a log segment")]
    TooLarge {
        /// Bytes of the payload.
        bytes: u64,
    },
    /// The current segment has no room for the payload: it is larger than what was reserved. Nothing was changed.
    #[error("a payload of {bytes} bytes was not reserved")]
    NotReserved {
        /// Bytes of the payload.
        bytes: u64,
    },
    /// A payload has at least one byte. Nothing was changed.
    #[error("a payload of the log has at least one byte")]
    Empty,
    /// The disk failed; the log is poisoned from now on. Nothing that was appended since the last sync is certain.
    #[error("cannot write to the log: {0}")]
    Io(#[source] io::Error),
    /// The disk failed earlier. Only opening the log again tells what is on disk.
    #[error("the log takes nothing any more because the disk failed: {cause}")]
    Poisoned {
        /// What the disk said then.
        cause: String,
    },
}

/// Why it is not certain that what was appended is on disk. It never will be: trying again proves nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The disk failed; the log is poisoned from now on.
    #[error("cannot sync the log: {0}")]
    Io(#[source] io::Error),
    /// The disk failed earlier. Only opening the log again tells what is on disk.
    #[error("the log takes nothing any more because the disk failed: {cause}")]
    Poisoned {
        /// What the disk said then.
        cause: String,
    },
}
