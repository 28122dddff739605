//! How a rule names a client id, a user name and the like.

use regex::{Regex, RegexBuilder};
use std::fmt;

/// What a compiled expression, and what is remembered while it runs, may take: for each expression, in bytes.
const MAX_REGEX_BYTES: usize = 256 * 1_024;

/// A regular expression that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{expression}` is no regular expression that can be used here: {problem}")]
pub struct InvalidRegex {
    /// The expression.
    pub expression: String,
    /// What is wrong with it, in one line.
    pub problem: String,
}

/// How a rule names a client id, a user name and the like: by itself, or by a regular expression.
///
/// An expression takes time in proportion to the text and never more, whatever the text is; so there are no look-arounds
/// and no back-references in it. It is not anchored: `^` and `$` have to be written.
#[derive(Clone)]
pub enum TextPattern {
    /// This text.
    Exact(Box<str>),
    /// Every text in which this expression is found.
    Regex(Box<Regex>),
}

impl TextPattern {
    /// The pattern for this text alone.
    #[must_use]
    pub fn exact(text: &str) -> Self {
        Self::Exact(text.into())
    }

    /// The pattern for every text in which an expression is found.
    ///
    /// # Errors
    /// It is no regular expression, or one that would be too big.
    pub fn regex(expression: &str) -> Result<Self, InvalidRegex> {
        RegexBuilder::new(expression)
            .size_limit(MAX_REGEX_BYTES)
            .dfa_size_limit(MAX_REGEX_BYTES)
            .build()
            .map(|regex| Self::Regex(Box::new(regex)))
            .map_err(|error| InvalidRegex { expression: expression.to_owned(), problem: one_line(&error) })
    }

    /// Whether it names this text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => &**exact == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// The last line says what is wrong; those before draw where.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(one), Self::Exact(other)) => one == other,
            (Self::Regex(one), Self::Regex(other)) => one.as_str() == other.as_str(),
            _ => false,
        }
    }
}

impl Eq for TextPattern {}

impl fmt::Debug for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => write!(f, "{text:?}"),
            Self::Regex(regex) => write!(f, "{{re, {:?}}}", regex.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_named_whole_and_expressions_are_found_anywhere() {
        let exact = TextPattern::exact("meter");
        assert!(exact.is_match("meter") && !exact.is_match("meter-1") && !exact.is_match("Meter"));
        let found = TextPattern::regex("ete").expect("an expression");
        assert!(found.is_match("meter") && !found.is_match("mter"));
        let anchored = TextPattern::regex("^dash$").expect("an expression");
        assert!(anchored.is_match("dash") && !anchored.is_match("dashboard"));
    }

    #[test]
    fn expressions_that_are_wrong_too_big_or_slow_are_refused_in_one_line() {
        for expression in ["(", "(?=a)", r"(a)\1", "(a{1000}){1000}", "a{2,1}"] {
            let error = TextPattern::regex(expression).expect_err(expression);
            let text = error.to_string();
            assert!(text.contains(expression) && text.lines().count() == 1 && !error.problem.is_empty(), "{text}");
        }
    }

    /// What a back-tracking engine would never come back from.
    #[test]
    fn no_text_makes_an_expression_slow() {
        let pattern = TextPattern::regex("^(a+)+$").expect("an expression");
        assert!(!pattern.is_match(&format!("{}!", "a".repeat(65_534))));
    }
}
