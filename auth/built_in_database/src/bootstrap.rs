//! `bootstrap_file`: users that are there from the beginning.

use crate::{
    ImportError, ImportFile, ImportFormat, ImportReport, MAX_IMPORT_BYTES, OnExisting, PasswordForm, PasswordUsers,
};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Why the users of a `bootstrap_file` are not there. The node can go on without them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// Its name ends neither in `.csv` nor in `.json`.
    #[error("the name of {} ends neither in .csv nor in .json", .0.display())]
    UnknownFormat(PathBuf),
    /// It cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It was read, and its users cannot be imported.
    #[error("{}: {source}", .file.display())]
    Import {
        /// The file.
        file: PathBuf,
        /// Why.
        source: ImportError,
    },
}

impl PasswordUsers {
    /// Adds the users of a `bootstrap_file`. Those that exist already are kept, so that it can be read at every start.
    ///
    /// # Errors
    /// [`BootstrapError`]; none of its users has been added, unless it was the disk that failed.
    pub fn bootstrap(&self, file: &Path, passwords: PasswordForm) -> Result<ImportReport, BootstrapError> {
        let format = ImportFormat::of_file(file).ok_or_else(|| BootstrapError::UnknownFormat(file.to_owned()))?;
        let bytes = read(file).map_err(|source| BootstrapError::Io { file: file.to_owned(), source })?;
        let imported = self.import(&ImportFile { format, passwords, bytes: &bytes }, OnExisting::Keep, |_| {});
        imported.map_err(|source| BootstrapError::Import { file: file.to_owned(), source })
    }
}

/// A file, or so much of it as shows that it is too long.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_IMPORT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
