//! What can go wrong with a store.

use crate::{
    disk::OpenDiskError,
    key_value::KeyValueError,
    log::{AppendError, OpenLogError, SyncError},
};
use dunlin_inbox::{ApplyError, DecodeError};

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    /// The folder.
    #[error(transparent)]
    Disk(#[from] OpenDiskError),
    /// The log.
    #[error(transparent)]
    Log(#[from] OpenLogError),
    /// The key-value store.
    #[error(transparent)]
    KeyValue(#[from] KeyValueError),
    /// What is stored cannot be understood: damaged, or written by a newer version.
    #[error("{what}: {source}")]
    Decode {
        /// What was being read.
        what: &'static str,
        /// Why.
        source: DecodeError,
    },
    /// Replaying the log, or the checkpoint after it, failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why something was not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk is full. Nothing has changed.
    #[error("the disk is full")]
    NoSpace,
    /// The log could not be written.
    #[error(transparent)]
    Append(AppendError),
    /// The disk did not confirm what was written.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The key-value store failed.
    #[error(transparent)]
    KeyValue(#[from] KeyValueError),
    /// A log segment could not be read.
    #[error("cannot read a log segment: {0}")]
    Read(std::io::Error),
    /// A log segment could not be given back.
    #[error("cannot give a log segment back: {0}")]
    Retire(std::io::Error),
    /// A command was refused.
    #[error(transparent)]
    Apply(ApplyError),
    /// A frame could not be finished before: what was applied of it is not in the log.
    #[error("nothing is stored any more until the store is opened again: a frame could not be finished")]
    Broken,
    /// The checkpoint before was not written, or not ended: what it holds would be lost to a later one.
    #[error("the checkpoint before has not ended")]
    CheckpointOpen,
}

impl From<AppendError> for StoreError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::NoSpace(_) => Self::NoSpace,
            other => Self::Append(other),
        }
    }
}
