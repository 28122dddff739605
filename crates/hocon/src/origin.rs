//! Where a value came from.

use std::fmt;
use std::sync::Arc;

/// Where a value came from. Shown as `dunlin.conf:12`, `environment variable DUNLIN_A__B` or `default`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody set it.
    #[default]
    Default,
    /// A text.
    File {
        /// Its name.
        name: Arc<str>,
        /// Counted from 1.
        line: u32,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: Arc<str>,
    },
}

impl Origin {
    /// A line of a file, counted from 1.
    #[must_use]
    pub fn file(name: &str, line: u32) -> Self {
        Self::File { name: name.into(), line }
    }

    /// An environment variable.
    #[must_use]
    pub fn variable(name: &str) -> Self {
        Self::Variable { name: name.into() }
    }

    /// The line, for a value of a file.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        match self {
            Self::File { line, .. } => Some(*line),
            Self::Default | Self::Variable { .. } => None,
        }
    }

    /// The file, for a value of one.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        match self {
            Self::File { name, .. } => Some(name),
            Self::Default | Self::Variable { .. } => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Variable { name } => write!(f, "environment variable {name}"),
        }
    }
}
