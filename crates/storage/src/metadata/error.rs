//! What can go wrong with metadata.

use crate::disk::OpenDiskError;
use crate::log::{AppendError, Location, OpenLogError, SyncError};

/// Why a store of metadata cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenMetadataError {
    /// The folder.
    #[error(transparent)]
    Disk(#[from] OpenDiskError),
    /// The log.
    #[error(transparent)]
    Log(#[from] OpenLogError),
    /// A newer version of the broker wrote it.
    #[error("the metadata was written by a newer version (format {version}); this one reads up to {supported}")]
    NewerFormat {
        /// The format it has.
        version: u8,
        /// The newest format this code reads.
        supported: u8,
    },
    /// A frame is whole and makes no sense.
    #[error("the metadata cannot be understood at {at}: {problem}")]
    Malformed {
        /// Where.
        at: Location,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The disk is full. Nothing has changed.
    #[error("the disk is full: {0}")]
    NoSpace(AppendError),
    /// The change could not be written.
    #[error(transparent)]
    Append(AppendError),
    /// The disk did not confirm what was written.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl From<AppendError> for MetadataError {
    fn from(error: AppendError) -> Self {
        if matches!(error, AppendError::NoSpace(_)) { Self::NoSpace(error) } else { Self::Append(error) }
    }
}
