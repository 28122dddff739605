//! Rules: what text a key accepts, and the value it stands for.
//!
//! ```
//! use dunlin_hocon::rule::{OrWord, Rule, Span};
//! use std::time::Duration;
//!
//! let timeout = OrWord("infinity", Span::in_millis(Duration::ZERO..=Duration::from_secs(86_400)));
//! assert_eq!(timeout.read("5h30m"), Some(Some(Duration::from_secs(19_800))));
//! assert_eq!(timeout.read("infinity"), Some(None));
//! assert_eq!(timeout.read("soon"), None);
//! ```

use crate::unit::{self, BareUnit, Rate};
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::time::Duration;

/// What text a key accepts.
pub trait Rule {
    /// The value the text stands for.
    type Value;

    /// The value, or `None` if the text is not allowed.
    fn read(&self, text: &str) -> Option<Self::Value>;

    /// What is allowed, to complete "must be …".
    fn allowed(&self) -> String;
}

/// `true` or `false`, and HOCON's other spellings of them.
pub struct Flag;

impl Rule for Flag {
    type Value = bool;

    fn read(&self, text: &str) -> Option<bool> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" => Some(true),
            "false" | "off" | "no" => Some(false),
            _ => None,
        }
    }

    fn allowed(&self) -> String {
        "true or false".into()
    }
}

/// Any text.
pub struct AnyText;

impl Rule for AnyText {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        Some(text.into())
    }

    fn allowed(&self) -> String {
        "text".into()
    }
}

/// A whole number within a range.
pub struct Whole<T>(pub RangeInclusive<T>);

impl<T: TryFrom<u64> + PartialOrd + Display> Rule for Whole<T> {
    type Value = T;

    fn read(&self, text: &str) -> Option<T> {
        T::try_from(unit::whole(text)?).ok().filter(|number| self.0.contains(number))
    }

    fn allowed(&self) -> String {
        format!("a whole number from {} to {}", self.0.start(), self.0.end())
    }
}

/// A number, with or without a fraction, within a range.
pub struct Decimal(pub RangeInclusive<f64>);

impl Rule for Decimal {
    type Value = f64;

    fn read(&self, text: &str) -> Option<f64> {
        text.trim().parse().ok().filter(|number| self.0.contains(number))
    }

    fn allowed(&self) -> String {
        format!("a number from {} to {}", self.0.start(), self.0.end())
    }
}

/// A duration within a range.
pub struct Span {
    bare: BareUnit,
    range: RangeInclusive<Duration>,
}

impl Span {
    /// A bare number counts milliseconds.
    #[must_use]
    pub const fn in_millis(range: RangeInclusive<Duration>) -> Self {
        Self { bare: BareUnit::Milliseconds, range }
    }

    /// A bare number counts seconds.
    #[must_use]
    pub const fn in_seconds(range: RangeInclusive<Duration>) -> Self {
        Self { bare: BareUnit::Seconds, range }
    }
}

impl Rule for Span {
    type Value = Duration;

    fn read(&self, text: &str) -> Option<Duration> {
        unit::duration(text, self.bare).filter(|span| self.range.contains(span))
    }

    fn allowed(&self) -> String {
        let bare = if self.bare == BareUnit::Seconds { "seconds" } else { "milliseconds" };
        let (start, end) = (self.range.start(), self.range.end());
        format!("a duration from {start:?} to {end:?} such as `15s` or `1m30s` (a bare number counts {bare})")
    }
}

/// A size in bytes within a range.
pub struct Bytes<T>(pub RangeInclusive<T>);

impl<T: TryFrom<u64> + PartialOrd + Display> Rule for Bytes<T> {
    type Value = T;

    fn read(&self, text: &str) -> Option<T> {
        T::try_from(unit::size_bytes(text)?).ok().filter(|size| self.0.contains(size))
    }

    fn allowed(&self) -> String {
        format!("a size from {} to {} bytes such as `512B`, `16KB` or `1MB`", self.0.start(), self.0.end())
    }
}

/// A share of the whole, read as a fraction of one, within a range.
pub struct Percent(pub RangeInclusive<f64>);

impl Rule for Percent {
    type Value = f64;

    fn read(&self, text: &str) -> Option<f64> {
        unit::percent(text).filter(|share| self.0.contains(share))
    }

    fn allowed(&self) -> String {
        format!("a percentage from {}% to {}% such as `80%`", self.0.start() * 100.0, self.0.end() * 100.0)
    }
}

/// A rate.
pub struct PerPeriod;

impl Rule for PerPeriod {
    type Value = Rate;

    fn read(&self, text: &str) -> Option<Rate> {
        unit::rate(text)
    }

    fn allowed(&self) -> String {
        "a rate such as `1000/s` or `100/10s`".into()
    }
}

/// One of a few words.
pub struct OneOf<T: 'static>(pub &'static [(&'static str, T)]);

impl<T: Copy> Rule for OneOf<T> {
    type Value = T;

    fn read(&self, text: &str) -> Option<T> {
        self.0.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }

    fn allowed(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|(word, _)| format!("`{word}`")).collect();
        format!("one of {}", words.join(", "))
    }
}

/// A word that means "no limit" or "off", read as `None`, or what another rule allows.
pub struct OrWord<R>(pub &'static str, pub R);

impl<R: Rule> Rule for OrWord<R> {
    type Value = Option<R::Value>;

    fn read(&self, text: &str) -> Option<Option<R::Value>> {
        if text == self.0 { Some(None) } else { self.1.read(text).map(Some) }
    }

    fn allowed(&self) -> String {
        format!("`{}` or {}", self.0, self.1.allowed())
    }
}

/// Another rule where zero means "no limit" or "off", read as `None`.
pub struct ZeroIsNone<R>(pub R);

impl<T: Default + PartialEq, R: Rule<Value = Option<T>>> Rule for ZeroIsNone<R> {
    type Value = Option<T>;

    fn read(&self, text: &str) -> Option<Option<T>> {
        self.0.read(text).map(|value| value.filter(|number| *number != T::default()))
    }

    fn allowed(&self) -> String {
        format!("{}; 0 means the same as none", self.0.allowed())
    }
}

/// A value that has its own parser.
pub struct Parsed<T, F> {
    parse: F,
    allowed: &'static str,
    value: PhantomData<T>,
}

impl<T, F: Fn(&str) -> Option<T>> Parsed<T, F> {
    /// A rule of a function that gives the value, and what it allows, to complete "must be …".
    pub const fn new(parse: F, allowed: &'static str) -> Self {
        Self { parse, allowed, value: PhantomData }
    }
}

impl<T: Debug, F: Fn(&str) -> Option<T>> Rule for Parsed<T, F> {
    type Value = T;

    fn read(&self, text: &str) -> Option<T> {
        (self.parse)(text)
    }

    fn allowed(&self) -> String {
        self.allowed.into()
    }
}
