//! What can be wrong with an `acl.conf`, in words for its author.

use std::fmt;

/// Why an `acl.conf` cannot be read. Shown in one line: place, what is wrong, what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclFileError {
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub remedy: String,
}

impl fmt::Display for AclFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}; {}", self.line, self.column, self.problem, self.remedy)
    }
}

impl std::error::Error for AclFileError {}

/// An error whose place is not yet translated to line and column.
#[derive(Debug)]
pub(super) struct Fault {
    /// In bytes.
    offset: usize,
    problem: String,
    remedy: String,
}

impl Fault {
    pub(super) fn new(offset: usize, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { offset, problem: problem.into(), remedy: remedy.into() }
    }

    pub(super) fn in_text(self, text: &str) -> AclFileError {
        let before = text.get(..self.offset).unwrap_or(text);
        let start_of_line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        AclFileError {
            line: count(before.matches('\n').count().saturating_add(1)),
            column: count(before[start_of_line..].chars().count().saturating_add(1)),
            problem: self.problem,
            remedy: self.remedy,
        }
    }
}
