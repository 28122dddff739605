//! Why a run could not be made or did not pass.

/// Errors of a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The command line asks for something impossible.
    #[error("{0}")]
    Usage(String),
    /// The operating system refused a socket or the poll.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Clients could not connect, or lost their connection.
    #[error("{failed} client(s) failed; the first: {first}")]
    Clients {
        /// How many.
        failed: usize,
        /// Error of the first one.
        first: String,
    },
    /// Nothing moved any more.
    #[error("no progress while {0}")]
    Stalled(&'static str),
    /// A broker process could not be started or watched.
    #[error("{0}")]
    Broker(String),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl RunError {
    /// The exit code of the program: 2 for usage, 1 for the rest.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage(_)) { 2 } else { 1 }
    }
}
