//! Why an expression cannot be read, and why it has no value.

use thiserror::Error;

use crate::{MAX_DEPTH, MAX_SOURCE_BYTES, MAX_VALUE_BYTES};

/// Why an expression cannot be read, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind} (at byte {offset})")]
pub struct ParseError {
    /// Where, in bytes from the start of the expression.
    pub offset: usize,
    /// What is wrong there.
    pub kind: ParseErrorKind,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Longer than [`MAX_SOURCE_BYTES`].
    #[error("an expression has at most {MAX_SOURCE_BYTES} bytes")]
    TooLong,
    /// Calls and lists within each other, deeper than [`MAX_DEPTH`].
    #[error("calls and lists are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// A character that starts nothing.
    #[error("unexpected character `{}`", .0.escape_debug())]
    Character(char),
    /// A quote that is not closed.
    #[error("a quote without an end")]
    UnclosedQuote,
    /// A number that cannot be represented.
    #[error("the number is too large")]
    Number,
    /// Something else was due.
    #[error("expected {0}")]
    Expected(&'static str),
    /// No function has this name.
    #[error("unknown function `{name}`{}", did_you_mean(*nearest))]
    UnknownFunction {
        /// The name as written.
        name: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
    /// A function was given more or fewer arguments than it takes.
    #[error("`{function}` takes {least} to {most} arguments, not {given}")]
    ArgumentCount {
        /// The function.
        function: &'static str,
        /// The fewest it takes.
        least: usize,
        /// The most it takes.
        most: usize,
        /// How many there are.
        given: usize,
    },
    /// A regular expression that is none, asks for backtracking, or is too large.
    #[error("the regular expression is not usable: {0}")]
    Pattern(String),
    /// A constant that names no digest.
    #[error("unknown digest `{}`{}", name.escape_debug(), did_you_mean(*nearest))]
    UnknownDigest {
        /// The name as written.
        name: String,
        /// The name that was probably meant.
        nearest: Option<&'static str>,
    },
}

/// Why an expression has no value for given bindings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// A name has no value.
    #[error("`{0}` has no value")]
    Unbound(String),
    /// A function was given something it cannot work with.
    #[error("argument {position} of `{function}` is not {expected}")]
    Argument {
        /// The function.
        function: &'static str,
        /// Which argument, from 1.
        position: usize,
        /// What it must be.
        expected: &'static str,
    },
    /// A function failed.
    #[error("`{function}`: {reason}")]
    Function {
        /// The function.
        function: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// A value, also on the way to the result, is too large.
    #[error("a value is larger than {limit_bytes} bytes")]
    TooLarge {
        /// How large it may be, [`MAX_VALUE_BYTES`] in an expression.
        limit_bytes: usize,
    },
    /// The result is needed as text, and is a list or bytes that are no text.
    #[error("the result is not text")]
    NotText,
}

impl EvaluateError {
    pub(crate) const VALUE_TOO_LARGE: Self = Self::TooLarge { limit_bytes: MAX_VALUE_BYTES };
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

/// The known name that `name` was probably meant to be.
pub(crate) fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let most_edits = (name.chars().count() / 3).max(1);
    let edits = known.map(|candidate| (strsim::osa_distance(name, candidate), candidate));
    edits.filter(|(edits, _)| *edits <= most_edits).min_by_key(|(edits, _)| *edits).map(|(_, candidate)| candidate)
}
