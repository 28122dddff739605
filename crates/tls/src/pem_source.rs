//! Where PEM text comes from: a file, or the value itself.

use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use std::fmt;
use std::path::{Path, PathBuf};

/// Certificates, a key or revocation lists: in a file, or written out in the configuration.
#[derive(Clone, PartialEq, Eq)]
pub enum PemSource {
    /// A file.
    File(PathBuf),
    /// The text itself.
    Inline(String),
    /// Text that came with a request to keep it.
    Request(String),
}

impl PemSource {
    /// Reads a configured value as EMQX does: what looks like PEM is PEM, everything else is a path.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        if value.trim_start().starts_with("-----BEGIN ") {
            Self::Inline(value.into())
        } else {
            Self::File(value.into())
        }
    }

    /// The bytes; a file is noted in `files`, so that a change of it can be seen.
    ///
    /// # Errors
    /// [`TlsError::Unreadable`] names `key`, the file and what the operating system said.
    pub fn read(&self, key: &'static str, files: &mut ReadFiles) -> Result<Vec<u8>, TlsError> {
        match self {
            Self::Inline(text) | Self::Request(text) => Ok(text.clone().into_bytes()),
            Self::File(path) => {
                let unreadable = |source| TlsError::Unreadable { key, file: path.clone(), source };
                files.read(path).map_err(unreadable)
            }
        }
    }
}

impl From<&Path> for PemSource {
    fn from(path: &Path) -> Self {
        Self::File(path.into())
    }
}

/// The file, or the word that the text is in the configuration.
impl fmt::Display for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Inline(_) => f.write_str("the PEM text in the configuration"),
            Self::Request(_) => f.write_str("the request"),
        }
    }
}

/// Never the text: it may be a key.
impl fmt::Debug for PemSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
