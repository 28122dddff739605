//! Why a password cannot be hashed, or an algorithm cannot be set up.

use thiserror::Error;

use crate::{MAX_BCRYPT_ROUNDS, MAX_DERIVED_KEY_BYTES, MAX_ITERATIONS, MAX_PASSWORD_BYTES, MIN_BCRYPT_ROUNDS};

/// Why a password cannot be hashed, or an algorithm cannot be set up. No message holds a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// The password is longer than MQTT can carry.
    #[error("a password has at most {MAX_PASSWORD_BYTES} bytes, not {0}")]
    TooLong(usize),
    /// A password that is to be stored as it is, but is no text.
    #[error("a password that is stored in clear must be text")]
    NotText,
    /// RFC 4013 does not allow the text: a character that is no text, or a mix of writing directions.
    #[error("the text has characters that SASLprep does not allow")]
    NotPrepared,
    /// Nothing is left of the text, or nothing was given.
    #[error("the text is empty")]
    Empty,
    /// Not the length that this algorithm needs.
    #[error("expected {expected_bytes} bytes, not {actual_bytes}")]
    Length {
        /// What is needed.
        expected_bytes: usize,
        /// What was given.
        actual_bytes: usize,
    },
    /// The name of a digest that is not known.
    #[error("unknown digest `{0}`")]
    UnknownDigest(String),
    /// A cost of bcrypt out of range.
    #[error("bcrypt takes {MIN_BCRYPT_ROUNDS} to {MAX_BCRYPT_ROUNDS} rounds, not {0}")]
    Rounds(u32),
    /// A number of iterations out of range.
    #[error("expected 1 to {MAX_ITERATIONS} iterations, not {0}")]
    Iterations(u32),
    /// A length of the derived key out of range.
    #[error("a derived key has 1 to {MAX_DERIVED_KEY_BYTES} bytes, not {0}")]
    DerivedKey(usize),
}
