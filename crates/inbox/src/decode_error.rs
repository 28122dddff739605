//! Why stored bytes cannot be read.

/// Why stored bytes cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// They end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// A command this version does not know; a newer one may have written it.
    #[error("unknown kind of command ({0})")]
    UnknownCommand(u8),
    /// A format this version does not know.
    #[error("written by a newer version (format {found}); this one reads up to format {supported}")]
    NewerFormat {
        /// The format it is written in.
        found: u8,
        /// The newest format that can be read.
        supported: u8,
    },
    /// They are not what was written.
    #[error("the checksum does not match")]
    Checksum,
    /// A field has a value that is never written.
    #[error("invalid {0}")]
    Invalid(&'static str),
}
