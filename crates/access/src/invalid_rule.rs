//! What is wrong with a rule that came from a database or with a client.

use std::fmt;

/// Why a rule of a database, or one that came with a client, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRule {
    /// Which of several it is, counted from 1.
    pub number: Option<usize>,
    /// The column or key.
    pub field: String,
    /// What is wrong with its value.
    pub problem: String,
    /// What would be right.
    pub remedy: &'static str,
}

impl InvalidRule {
    pub(crate) fn new(field: &str, problem: impl Into<String>, remedy: &'static str) -> Self {
        Self { number: None, field: field.to_owned(), problem: problem.into(), remedy }
    }

    pub(crate) fn numbered(mut self, number: usize) -> Self {
        self.number = Some(number);
        self
    }
}

impl fmt::Display for InvalidRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.number {
            write!(f, "rule {number}: ")?;
        }
        write!(f, "`{}` {}; {}", self.field, self.problem, self.remedy)
    }
}

impl std::error::Error for InvalidRule {}
