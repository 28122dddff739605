//! A regular expression for names.

use crate::InvalidBan;
use regex::{Regex, RegexBuilder};
use std::cmp::Ordering;
use std::fmt;

/// The longest expression, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1024;

/// What a compiled expression, and what is remembered while it runs, may take: for each expression, in bytes.
const MAX_COMPILED_BYTES: usize = 64 * 1024;

/// A regular expression for names, compiled. It names every text in which it is found: `^` and `$` have to be written.
///
/// Looking takes time in proportion to the text and never more, so there are no look-arounds and no back-references.
#[derive(Clone)]
pub struct NamePattern(Regex);

impl NamePattern {
    /// Reads an expression.
    ///
    /// # Errors
    /// It is none, or too large.
    pub fn parse(expression: &str) -> Result<Self, InvalidBan> {
        if expression.len() > MAX_PATTERN_BYTES {
            return Err(InvalidBan::TooLong);
        }
        let mut builder = RegexBuilder::new(expression);
        let built = builder.size_limit(MAX_COMPILED_BYTES).dfa_size_limit(MAX_COMPILED_BYTES).build();
        built.map(Self).map_err(|error| InvalidBan::Pattern {
            expression: expression.to_owned(),
            problem: last_line(&error.to_string()),
        })
    }

    /// Whether it names this text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The last line says what is wrong; those before draw where.
fn last_line(problem: &str) -> String {
    let last = problem.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    last.trim().trim_start_matches("error: ").to_owned()
}

impl PartialEq for NamePattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for NamePattern {}

impl PartialOrd for NamePattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for NamePattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl fmt::Debug for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_anywhere_unless_it_says_where() {
        let matches = |expression: &str, text| NamePattern::parse(expression).map(|pattern| pattern.is_match(text));
        assert_eq!(matches("meter", "my-meter-7"), Ok(true));
        assert_eq!(matches("^meter", "my-meter-7"), Ok(false));
        assert_eq!(matches("^meter-[0-9]+$", "meter-12"), Ok(true));
    }

    #[test]
    fn what_is_no_pattern_or_too_large_a_one_is_refused() {
        for bad in ["(", "a{1000}{1000}", "(?=a)", r"(a)\1"] {
            let error = NamePattern::parse(bad).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(bad) && !error.contains('\n'), "{bad}: {error}");
        }
        assert_eq!(NamePattern::parse(&"a".repeat(MAX_PATTERN_BYTES + 1)), Err(InvalidBan::TooLong));
    }
}
