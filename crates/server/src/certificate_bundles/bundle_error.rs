//! Why a bundle stays as it is.

use dunlin_tls::TlsError;
use std::io;
use std::path::PathBuf;

/// See the head of the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BundleError {
    /// It is called something that could be no folder.
    #[error(
        "`{0}` is no name of a bundle or a namespace: letters, digits, `-`, `_` and `.`, beginning with a letter or a digit, up to \
         200 of them"
    )]
    BadName(String),
    /// There is none.
    #[error("Bundle not found")]
    NotFound,
    /// What it is to have cannot be used.
    #[error("{0}")]
    Unusable(#[from] TlsError),
    /// The key is encrypted.
    #[error("key: it is encrypted: send its password with it, as `key_password`")]
    PasswordNeeded,
    /// There is no end to it.
    #[error("{file}: {bytes} bytes, where {max} are allowed")]
    TooLarge { file: &'static str, bytes: usize, max: usize },
    /// There are enough.
    #[error("there are {0} bundles: remove some first")]
    TooMany(usize),
    /// The disk does not take it.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}
