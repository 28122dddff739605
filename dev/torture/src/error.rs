//! Why a run could not be made. What a broker does wrong is a [`crate::oracle::Violation`], not an error.

/// Errors of a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TortureError {
    /// The command line asks for something impossible.
    #[error("{0}")]
    Usage(String),
    /// A file, a socket, the poll or the process table did not obey.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl TortureError {
    /// The exit code of the program: 2 for usage, 1 for the rest.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }
}
