//! One line of the log, as text in EMQX's layout or as JSON.
//!
//! `2026-08-07T10:00:00.000000+02:00 [warning] clientid: c, msg: connection_shutdown, peername: 10.0.0.1:5000, reason: x`

use super::level::{Colour, colour, word};
use super::timestamp::Timestamp;
use dunlin_config::{LogFormatter, LogHandler};
use dunlin_opentelemetry::{LogRecord, Severity};
use dunlin_telemetry::AttributeValue;
use std::fmt::{Debug, Write};
use std::time::SystemTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

/// Fields that stand first, in this order, so that lines can be compared.
const FIRST_FIELDS: [&str; 4] = ["clientid", "msg", "peername", "username"];

/// The name that the log itself has for what a line says.
const MESSAGE: &str = "message";

/// What a line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LineFormat {
    formatter: LogFormatter,
    timestamp: Timestamp,
    has_colours: bool,
}

impl LineFormat {
    /// `has_colours` is for text that people look at while it is written.
    pub(super) const fn of(handler: &LogHandler, has_colours: bool) -> Self {
        Self { formatter: handler.formatter, timestamp: Timestamp::of(handler), has_colours }
    }
}

/// What happened, field by field.
#[derive(Debug)]
pub(super) struct Line {
    level: Level,
    fields: Vec<(&'static str, FieldValue)>,
}

#[derive(Clone, Debug, PartialEq)]
enum FieldValue {
    Text(String),
    /// A number or a truth value, which JSON writes in the same way.
    Plain(String),
}

impl Line {
    /// The line of an event.
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut line = Self { level: *event.metadata().level(), fields: Vec::new() };
        event.record(&mut line);
        if !line.fields.iter().any(|(name, _)| *name == "msg")
            && let Some((name, _)) = line.fields.iter_mut().find(|(name, _)| *name == MESSAGE)
        {
            *name = "msg";
        }
        let place = |name: &str| FIRST_FIELDS.iter().position(|first| *first == name).unwrap_or(FIRST_FIELDS.len());
        line.fields.sort_by_key(|(name, _)| place(name));
        line
    }

    /// The line with its end.
    pub(super) fn written(&self, format: LineFormat, moment: SystemTime) -> String {
        match format.formatter {
            LogFormatter::Text => self.text(format, moment),
            LogFormatter::Json => self.json(format.timestamp, moment),
        }
    }

    fn text(&self, format: LineFormat, moment: SystemTime) -> String {
        let word = word(self.level);
        let mut text = format.timestamp.text(moment);
        let Colour { begin, end } = if format.has_colours { colour(self.level) } else { Colour::NONE };
        // Writing to a string does not fail.
        let _written = write!(text, " {begin}[{word}]{end}");
        for (index, (name, value)) in self.fields.iter().enumerate() {
            let separator = if index == 0 { " " } else { ", " };
            let _written = match value {
                FieldValue::Text(value) if needs_quotes(value) => write!(text, "{separator}{name}: {value:?}"),
                FieldValue::Text(value) | FieldValue::Plain(value) => write!(text, "{separator}{name}: {value}"),
            };
        }
        text.push('\n');
        text
    }

    fn json(&self, timestamp: Timestamp, moment: SystemTime) -> String {
        let time = timestamp.text(moment);
        let time = if timestamp == Timestamp::Epoch { time } else { json_text(&time) };
        let mut text = format!("{{\"time\":{time},\"level\":\"{}\"", word(self.level));
        for (name, value) in &self.fields {
            let value = match value {
                FieldValue::Text(value) => json_text(value),
                FieldValue::Plain(value) => value.clone(),
            };
            let _written = write!(text, ",{}:{value}", json_text(name));
        }
        text.push_str("}\n");
        text
    }

    /// The line as a collector gets it: what happened, and all fields beside it.
    pub(super) fn exported(self, at: SystemTime) -> LogRecord {
        let severity = match self.level {
            Level::ERROR => Severity::Error,
            Level::WARN => Severity::Warning,
            Level::INFO => Severity::Info,
            Level::DEBUG | Level::TRACE => Severity::Debug,
        };
        let (mut body, mut attributes) = (String::new(), Vec::with_capacity(self.fields.len()));
        for (name, value) in self.fields {
            match value {
                FieldValue::Text(text) if name == "msg" => body = text,
                FieldValue::Text(text) => attributes.push((name, AttributeValue::Text(text))),
                FieldValue::Plain(text) => attributes.push((name, plain_value(text))),
            }
        }
        LogRecord { at, severity, body, attributes }
    }

    fn add(&mut self, field: &Field, value: FieldValue) {
        self.fields.push((field.name(), value));
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, FieldValue::Text(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, FieldValue::Text(value.into()));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.add(field, FieldValue::Text(value.to_string()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, FieldValue::Plain(value.to_string()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, FieldValue::Plain(value.to_string()));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add(field, FieldValue::Plain(value.to_string()));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, FieldValue::Plain(value.to_string()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for what is no number.
        let is_number = value.is_finite();
        let text = value.to_string();
        self.add(field, if is_number { FieldValue::Plain(text) } else { FieldValue::Text(text) });
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, FieldValue::Plain(value.to_string()));
    }
}

/// A number or a truth value that was written as text.
fn plain_value(text: String) -> AttributeValue {
    let whole = text.parse().map(AttributeValue::Whole).ok();
    let flag = || text.parse().map(AttributeValue::Flag).ok();
    let number = || text.parse().map(AttributeValue::Number).ok();
    whole.or_else(flag).or_else(number).unwrap_or(AttributeValue::Text(text))
}

/// Whether a value could be taken for the end of its line, or for the next field: clients choose what stands there.
fn needs_quotes(value: &str) -> bool {
    value.is_empty() || value.contains(", ") || value.contains('"') || value.chars().any(char::is_control)
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_config::TimeOffset;
    use std::time::{Duration, UNIX_EPOCH};

    fn line(fields: &[(&'static str, FieldValue)]) -> Line {
        Line { level: Level::WARN, fields: fields.to_vec() }
    }

    fn format(formatter: LogFormatter) -> LineFormat {
        LineFormat::of(&LogHandler { formatter, time_offset: TimeOffset::Utc, ..LogHandler::default() }, false)
    }

    #[test]
    fn lines_have_the_layout_of_emqx() {
        let moment = UNIX_EPOCH + Duration::from_micros(1_709_251_199_000_042);
        let text = |value: &str| FieldValue::Text(value.into());
        let fields = [
            ("clientid", text("c")),
            ("msg", text("frame_error")),
            ("reason", text("no, more: x")),
            ("bytes", FieldValue::Plain("5".into())),
            ("is_new", FieldValue::Plain("true".into())),
            ("hint", text("a\nb")),
            ("cause", text("")),
        ];
        assert_eq!(
            line(&fields).written(format(LogFormatter::Text), moment),
            "2024-02-29T23:59:59.000042Z [warning] clientid: c, msg: frame_error, reason: \"no, more: x\", bytes: 5, \
             is_new: true, hint: \"a\\nb\", cause: \"\"\n"
        );
        assert_eq!(
            line(&fields).written(format(LogFormatter::Json), moment),
            "{\"time\":1709251199000042,\"level\":\"warning\",\"clientid\":\"c\",\"msg\":\"frame_error\",\
             \"reason\":\"no, more: x\",\"bytes\":5,\"is_new\":true,\"hint\":\"a\\nb\",\"cause\":\"\"}\n"
        );
    }

    /// Whatever a client calls itself, a line of text stays one line, and a line of JSON is JSON.
    #[test]
    fn nobody_can_write_lines_of_their_own() {
        for hostile in ["a\n2026 [error] msg: b", "\r\n", "\u{1b}[2J", "\"}", "x, msg: y", "\u{85}", "ü"] {
            let line = line(&[("clientid", FieldValue::Text(hostile.into()))]);
            let text = line.written(format(LogFormatter::Text), UNIX_EPOCH);
            assert!(!text.trim_end_matches('\n').chars().any(char::is_control), "{text:?}");
            assert!(!text.contains(", msg: y\n"), "{text:?}");
            let json = line.written(format(LogFormatter::Json), UNIX_EPOCH);
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(read["clientid"], hostile);
            assert_eq!(json.matches('\n').count(), 1);
        }
    }
}
