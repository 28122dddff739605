//! Rules the other way round: what would be written for a value, to show what is in effect where nobody wrote anything.

use super::{
    AnyText, Bytes, Decimal, EachSecond, Flag, OneOf, Optional, OrEmpty, OrWord, Parsed, PerPeriod, Percent, Rule,
    Span, Whole, ZeroIsNone,
};
use crate::secret::Secret;
use dunlin_expression::Expression;
use dunlin_hocon::Value;
use dunlin_hocon::unit::Rate;
use dunlin_model::NodeId;
use std::fmt::{Debug, Display};
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

/// A rule whose values can be shown. What it shows, it reads as the same value.
pub(crate) trait Shown: Rule {
    /// What would be written for a value; `None` where that is nothing: the key is left out.
    fn shown(&self, value: &Self::Value) -> Option<Value>;

    /// Whether a text must not be shown as it was written.
    fn is_secret(&self, _text: &str) -> bool {
        false
    }
}

/// A type that has one way to be written.
pub(crate) trait Written {
    /// What would be written.
    fn written(&self) -> Value;

    /// See [`Shown::is_secret`].
    fn is_secret(_text: &str) -> bool {
        false
    }
}

impl Shown for Flag {
    fn shown(&self, value: &bool) -> Option<Value> {
        Some(Value::Bool(*value))
    }
}

impl Shown for AnyText {
    fn shown(&self, value: &String) -> Option<Value> {
        Some(Value::Text(value.clone()))
    }
}

impl<T: TryFrom<u64> + PartialOrd + Display> Shown for Whole<T> {
    fn shown(&self, value: &T) -> Option<Value> {
        Some(Value::Number(value.to_string()))
    }
}

impl Shown for Decimal {
    fn shown(&self, value: &f64) -> Option<Value> {
        Some(Value::Number(value.to_string()))
    }
}

impl Shown for Span {
    fn shown(&self, value: &Duration) -> Option<Value> {
        Some(Value::Text(span_text(*value)))
    }
}

impl<T: TryFrom<u64> + PartialOrd + Display + Copy + Into<u64>> Shown for Bytes<T> {
    fn shown(&self, value: &T) -> Option<Value> {
        Some(Value::Text(size_text((*value).into())))
    }
}

impl Shown for Percent {
    fn shown(&self, value: &f64) -> Option<Value> {
        // As its author would round it: a share of 0.07 is not quite 7 hundredths.
        Some(Value::Text(format!("{}%", (value * 1e6).round() / 1e4)))
    }
}

impl Shown for PerPeriod {
    fn shown(&self, value: &Rate) -> Option<Value> {
        Some(Value::Text(rate_text(*value)))
    }
}

impl Shown for EachSecond {
    fn shown(&self, value: &Rate) -> Option<Value> {
        Some(Value::Text(rate_text(*value)))
    }
}

impl<T: Copy + PartialEq> Shown for OneOf<T> {
    fn shown(&self, value: &T) -> Option<Value> {
        self.0.iter().find(|(_, other)| other == value).map(|(word, _)| word_value(word))
    }
}

impl<R: Shown> Shown for OrWord<R> {
    fn shown(&self, value: &Option<R::Value>) -> Option<Value> {
        match value {
            None => Some(word_value(self.0)),
            Some(value) => self.1.shown(value),
        }
    }

    fn is_secret(&self, text: &str) -> bool {
        self.1.is_secret(text)
    }
}

impl<T: Default + PartialEq, R: Shown<Value = Option<T>>> Shown for ZeroIsNone<R> {
    fn shown(&self, value: &Option<T>) -> Option<Value> {
        self.0.shown(value)
    }
}

impl<R: Shown> Shown for Optional<R> {
    fn shown(&self, value: &Option<R::Value>) -> Option<Value> {
        self.0.shown(value.as_ref()?)
    }

    fn is_secret(&self, text: &str) -> bool {
        self.0.is_secret(text)
    }
}

impl<R: Shown> Shown for OrEmpty<R> {
    fn shown(&self, value: &Option<R::Value>) -> Option<Value> {
        self.0.shown(value.as_ref()?)
    }

    fn is_secret(&self, text: &str) -> bool {
        !text.is_empty() && self.0.is_secret(text)
    }
}

impl<T: Debug + Written, F: Fn(&str) -> Option<T>> Shown for Parsed<T, F> {
    fn shown(&self, value: &T) -> Option<Value> {
        Some(value.written())
    }

    fn is_secret(&self, text: &str) -> bool {
        T::is_secret(text)
    }
}

impl Written for String {
    fn written(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Written for char {
    fn written(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl Written for PathBuf {
    fn written(&self) -> Value {
        Value::Text(self.display().to_string())
    }
}

impl Written for Expression {
    fn written(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl Written for NodeId {
    fn written(&self) -> Value {
        Value::Text(self.as_str().to_owned())
    }
}

impl Written for SocketAddr {
    fn written(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl Written for NonZeroU16 {
    fn written(&self) -> Value {
        Value::Number(self.to_string())
    }
}

/// The file that it is in, or nothing of it.
impl Written for Secret {
    fn written(&self) -> Value {
        Value::Text(self.shown())
    }

    fn is_secret(text: &str) -> bool {
        Self::new(text).is_hidden()
    }
}

/// A word as its author would write it: `false` and `2` without quotes.
fn word_value(word: &str) -> Value {
    match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        number if number.bytes().all(|b| b.is_ascii_digit()) => Value::Number(number.into()),
        text => Value::Text(text.into()),
    }
}

/// In the greatest unit that needs no fraction: `2h`, `1500ms`.
pub(crate) fn span_text(span: Duration) -> String {
    const UNITS: [(u128, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let millis = span.as_millis();
    match UNITS.iter().find(|(unit, _)| millis.is_multiple_of(*unit) && millis > 0) {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None if millis == 0 => "0s".into(),
        None => format!("{millis}ms"),
    }
}

/// In the greatest unit that needs no fraction: `64MB`, `268435455B`.
pub(crate) fn size_text(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    match UNITS.iter().find(|(unit, _)| bytes.is_multiple_of(*unit) && bytes > 0) {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

fn rate_text(rate: Rate) -> String {
    let period = span_text(rate.period);
    format!("{}/{}", rate.count, if period == "1s" { "s" } else { &period })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::num::NonZeroU64;

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same_value(millis in 0..u64::MAX / 2, bytes: u64, count in 1..u64::MAX) {
            let period = Duration::from_millis(millis.max(1));
            let rate = Rate { count: NonZeroU64::new(count).unwrap(), period };
            let text = |value: Option<Value>| value.unwrap().as_text().unwrap().to_owned();
            let span = Span::in_seconds(Duration::ZERO..=Duration::MAX);
            let shown = text(span.shown(&Duration::from_millis(millis)));
            prop_assert_eq!(span.read(&shown), Some(Duration::from_millis(millis)), "{}", shown);
            let size = Bytes(0..=u64::MAX);
            prop_assert_eq!(size.read(&text(size.shown(&bytes))), Some(bytes));
            prop_assert_eq!(PerPeriod.read(&text(PerPeriod.shown(&rate))), Some(rate));
        }
    }

    #[test]
    fn values_are_shown_as_people_write_them() {
        let span = |millis| span_text(Duration::from_millis(millis));
        assert_eq!(
            [0, 1500, 90_000, 900_000, 7_200_000, 172_800_000].map(span),
            ["0s", "1500ms", "90s", "15m", "2h", "2d"]
        );
        assert_eq!([0, 1536, 1024, 64 << 20].map(size_text), ["0B", "1536B", "1KB", "64MB"]);
        let limit = ZeroIsNone(OrWord("infinity", Whole(0..=9_u32)));
        assert_eq!(limit.shown(&None), Some(Value::Text("infinity".into())));
        assert_eq!(limit.shown(&Some(5)), Some(Value::Number("5".into())));
        assert_eq!(Optional(AnyText).shown(&None), None);
        assert_eq!(OneOf(&[("false", 0), ("2", 1)]).shown(&0), Some(Value::Bool(false)));
    }
}
