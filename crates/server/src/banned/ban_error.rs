//! Why bans were not changed.

use dunlin_banned::NotBanned;
use dunlin_storage::metadata::MetadataError;

/// Why bans were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BanError {
    /// The ban cannot be added.
    #[error(transparent)]
    NotBanned(#[from] NotBanned),
    /// The change is not on disk.
    #[error("the change could not be written: {0}")]
    Metadata(#[from] MetadataError),
}
