//! Why there is no export, or no import.

use std::io;
use std::path::PathBuf;

/// Why there is no export, or no import.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("{0}: a name has letters, digits, `.`, `-` and `_`, and ends with .tar.gz")]
    BadName(String),
    #[error("there is no backup {0}")]
    NotFound(String),
    #[error("there is no set of tables {name}: {known} are known")]
    UnknownSet { name: String, known: String },
    #[error("the archive is not understood: {0}")]
    Malformed(String),
    #[error("the archive is too large: {0}")]
    TooLarge(String),
    #[error("{0}")]
    Refused(String),
    #[error("{}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
}

impl BackupError {
    /// For `map_err` of what is done with a file.
    pub(super) fn of_file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
