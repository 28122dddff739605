//! Why something is no ban.

use crate::{MAX_PATTERN_BYTES, MAX_WHO_BYTES};

/// Why something is no ban.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBan {
    /// `as` is none of the known words.
    #[error("`as` is one of clientid, username, peerhost, clientid_re, username_re and peerhost_net, not `{0}`")]
    Kind(String),
    /// A field has to be there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field is something else than it has to be.
    #[error("`{field}` is {expected}")]
    Field {
        /// Its name.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// There is no such field.
    #[error("there is no field `{0}`")]
    UnknownField(String),
    /// `who` is empty.
    #[error("`who` is empty")]
    Nobody,
    /// `who` is too long.
    #[error(
        "`who` is longer than {MAX_WHO_BYTES} bytes, or {MAX_PATTERN_BYTES} bytes where it is a regular expression"
    )]
    TooLong,
    /// No address.
    #[error("`{0}` is no address")]
    Address(String),
    /// No network.
    #[error("`{0}` is no network such as 192.0.2.0/24")]
    Network(String),
    /// No regular expression, or too large a one.
    #[error("`{expression}` is no regular expression that can be used here: {problem}")]
    Pattern {
        /// What was written.
        expression: String,
        /// What is wrong, in one line.
        problem: String,
    },
    /// It would be over before it began.
    #[error("`until` is in the past")]
    Over,
}
