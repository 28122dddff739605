//! What keeps access control from being what the configuration says.

use std::fmt;

/// What keeps access control from being what the configuration says: one line, with the key and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessError {
    key: String,
    problem: String,
}

impl AccessError {
    /// `problem` begins with the part of the key below `key`, if there is one, and says what to do.
    pub(crate) fn new(key: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { key: key.into(), problem: problem.to_string() }
    }

    /// The key that it is about, such as `authorization.sources`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

impl std::error::Error for AccessError {}
