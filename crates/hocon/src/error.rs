//! What can be wrong with a text, in words for its author.

use std::fmt;
use std::sync::Arc;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoconErrorKind {
    /// The text is no HOCON.
    Syntax,
    /// An `include` leads nowhere, to itself, or too deep.
    Include,
    /// A `${substitution}` leads nowhere or to itself, or values are joined that cannot be.
    Substitution,
    /// One of [`Limits`](crate::Limits) is reached.
    Limit,
}

/// Why a text cannot be read. Shown in one line: place, what is wrong, what would be right, and the text of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoconError {
    /// What kind of thing is wrong.
    pub kind: HoconErrorKind,
    /// Name of the text.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    /// The text of the line, cut where it is long; the value is left out where the key looks like that of a secret.
    pub text: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right; may be empty.
    pub remedy: String,
}

impl fmt::Display for HoconError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        write!(f, " (column {}", self.column)?;
        if !self.text.is_empty() {
            write!(f, " of `{}`", self.text)?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for HoconError {}

/// An error whose place is not yet translated to line and column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: HoconErrorKind,
    /// Byte offset in its text.
    pub(crate) offset: usize,
    pub(crate) problem: String,
    pub(crate) remedy: String,
}

impl Fault {
    pub(crate) fn syntax(offset: usize, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind: HoconErrorKind::Syntax, offset, problem: problem.into(), remedy: remedy.into() }
    }

    pub(crate) fn include(offset: usize, problem: impl Into<String>) -> Self {
        Self { kind: HoconErrorKind::Include, offset, problem: problem.into(), remedy: String::new() }
    }

    pub(crate) fn substitution(offset: usize, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind: HoconErrorKind::Substitution, offset, problem: problem.into(), remedy: remedy.into() }
    }

    pub(crate) fn limit(offset: usize, problem: impl Into<String>) -> Self {
        Self { kind: HoconErrorKind::Limit, offset, problem: problem.into(), remedy: String::new() }
    }
}
