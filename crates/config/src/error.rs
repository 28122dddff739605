//! What can be wrong with a configuration, in words for its author.

use dunlin_hocon::ValueError;
use std::fmt;

/// One thing that is wrong. The text names the place, the key, the value and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is no HOCON, or an `include` or `${substitution}` leads nowhere.
    #[error("{place}: {message}")]
    Syntax {
        /// File and line.
        place: String,
        /// What the reader stumbled over.
        message: String,
    },
    /// A key that does not exist.
    #[error("{place}: unknown key `{key}`{}", suggestion(nearest.as_deref()))]
    UnknownKey {
        /// File and line, or the environment variable.
        place: String,
        /// Full path of the key.
        key: String,
        /// Full path of the key that looks most like it.
        nearest: Option<String>,
    },
    /// A key of EMQX 4, which has another name and often another form today.
    #[error("{place}: `{key}` is a key of EMQX 4; {advice}")]
    OldKey {
        /// File and line, or the environment variable.
        place: String,
        /// Full path of the key.
        key: String,
        /// What to write instead.
        advice: String,
    },
    /// A value of the wrong type or outside its range.
    #[error("{place}: `{key}` is {value}, but must be {allowed}")]
    InvalidValue {
        /// File and line, or the environment variable.
        place: String,
        /// Full path of the key.
        key: String,
        /// The value as it was written.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// A key that an entry of a list cannot do without.
    #[error("{place}: `{key}` is missing; it must be {allowed}")]
    MissingKey {
        /// File and line of the entry, or the environment variable.
        place: String,
        /// Full path of the key.
        key: String,
        /// What is allowed.
        allowed: String,
    },
    /// Values that are good alone but not together.
    #[error("{place}: `{key}`: {message}")]
    Conflict {
        /// File.
        place: String,
        /// Full path of one of the keys.
        key: String,
        /// What does not go together.
        message: String,
    },
}

impl From<ValueError> for ConfigError {
    fn from(error: ValueError) -> Self {
        let ValueError { origin, key, value, allowed } = error;
        Self::InvalidValue { place: origin.to_string(), key, value, allowed }
    }
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default()
}

/// Everything that is wrong with a configuration: at least one [`ConfigError`], shown one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    pub(crate) const fn new(errors: Vec<ConfigError>) -> Self {
        Self(errors)
    }

    /// The errors.
    #[must_use]
    pub fn as_slice(&self) -> &[ConfigError] {
        &self.0
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// A key that was read but does not do what its author may expect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// Full path of the key.
    pub key: String,
    /// File and line, or the environment variable.
    pub place: String,
    /// What happens instead.
    pub message: String,
    /// Nothing at all happens.
    pub has_no_effect: bool,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
