//! Why users or rules cannot be changed.

use crate::MAX_USER_ID_BYTES;
use dunlin_access::InvalidRule;
use dunlin_passwords::PasswordError;
use dunlin_storage::metadata::MetadataError;

/// Why users cannot be changed. Nothing has changed then, unless the disk failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// There is a user of that name.
    #[error("the user exists already")]
    AlreadyExists,
    /// There is no user of that name.
    #[error("there is no such user")]
    NotFound,
    /// The name of a user is empty, or longer than MQTT can carry, or has characters that its mechanism does not allow.
    #[error(
        "a user id has 1 to {MAX_USER_ID_BYTES} bytes, and no characters that SASLprep forbids where SCRAM is used"
    )]
    InvalidUserId,
    /// Another version of the broker wrote what is stored of the user. It can be removed and added again.
    #[error("what is stored of the user cannot be read: another version wrote it")]
    Unreadable,
    /// The password cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
    /// The change could not be stored.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}

/// Why rules cannot be read or changed. Nothing has changed then, unless the disk failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleDatabaseError {
    /// There are rules for these already.
    #[error("there are rules already for {}", .0.join(", "))]
    AlreadyExist(Vec<String>),
    /// There are no rules for it.
    #[error("there are no rules for it")]
    NotFound,
    /// The client id or the user name is empty or longer than MQTT can carry.
    #[error("a client id and a user name have 1 to {MAX_USER_ID_BYTES} bytes")]
    InvalidSubject,
    /// More rules than one subject may have.
    #[error("{count} rules are too many: `max_rules` is {max}")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// One of them is no rule.
    #[error(transparent)]
    Invalid(#[from] InvalidRule),
    /// What is stored cannot be understood: another version wrote it.
    #[error("the stored rules of {subject} cannot be read: {problem}")]
    Stored {
        /// Whose rules.
        subject: String,
        /// What is wrong with them.
        problem: String,
    },
    /// The change could not be stored.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}
