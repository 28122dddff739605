//! A place where log lines go: which ones, and what they look like.

use super::TimeOffset;
use super::time_offset::time_offset;
use crate::rule::{Bytes, Flag, OneOf, OrWord, Whole, path};
use crate::section::Section;
use std::path::{Path, PathBuf};

/// What `log.console` and each `log.file.<name>` have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHandler {
    /// `enable` (also `enabled`). The default follows [`LogDestination`](super::LogDestination); a file that has a name of its own
    /// is enabled.
    pub enable: bool,
    /// `level`: the least important lines that are written, default `warning`.
    pub level: LogLevel,
    /// `formatter`: shape of a line, default `text`.
    pub formatter: LogFormatter,
    /// `timestamp_format`, default `auto`.
    pub timestamp_format: TimestampFormat,
    /// `time_offset` of timestamps that people read, default `system`.
    pub time_offset: TimeOffset,
}

/// `log.file.<name>`: a file that is put aside when it has become long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLog {
    /// What it shares with the console.
    pub handler: LogHandler,
    /// `path` (also `file` and `to`). Default `dunlin.log`, or `<name>.log` of a handler with a name of its own, in the folder
    /// that `DUNLIN_LOG_DIR` or `EMQX_LOG_DIR` names, else in `log` below the data folder.
    pub path: PathBuf,
    /// `rotation_count` (also `rotation`): files that are kept, the present one included, 1 to 128, default 10.
    pub rotation_count: u8,
    /// `rotation_size` (also `max_size`) in bytes at which the file is put aside, default 50 MB. `None` = never (written
    /// `infinity`).
    pub rotation_size_bytes: Option<u64>,
}

/// Importance of a log line, least first, as in syslog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `debug`, also written `all`.
    Debug,
    /// `info`.
    Info,
    /// `notice`.
    Notice,
    /// `warning`.
    Warning,
    /// `error`.
    Error,
    /// `critical`.
    Critical,
    /// `alert`.
    Alert,
    /// `emergency`.
    Emergency,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormatter {
    /// `text`: time, level, then `key: value`.
    Text,
    /// `json`: one object per line.
    Json,
}

/// What the time of a line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `auto`: `rfc3339` in text, `epoch` in JSON.
    Auto,
    /// `epoch`: microseconds since 1970.
    Epoch,
    /// `rfc3339`: `2026-08-07T10:00:00.000000+02:00`.
    Rfc3339,
}

pub(in crate::settings) const LEVELS: &[(&str, LogLevel)] = &[
    ("debug", LogLevel::Debug),
    ("info", LogLevel::Info),
    ("notice", LogLevel::Notice),
    ("warning", LogLevel::Warning),
    ("error", LogLevel::Error),
    ("critical", LogLevel::Critical),
    ("alert", LogLevel::Alert),
    ("emergency", LogLevel::Emergency),
    ("all", LogLevel::Debug),
];
const FORMATTERS: &[(&str, LogFormatter)] = &[("text", LogFormatter::Text), ("json", LogFormatter::Json)];
const TIMESTAMP_FORMATS: &[(&str, TimestampFormat)] =
    &[("auto", TimestampFormat::Auto), ("epoch", TimestampFormat::Epoch), ("rfc3339", TimestampFormat::Rfc3339)];

/// In EMQX, how payloads look in lines of the level `debug`.
const PAYLOAD_ENCODE: &str = "payload_encode";

/// Keys of every handler of EMQX that nothing here answers to: they protect a log that has a queue, or tune Erlang's formatter.
const WITHOUT_COUNTERPART: [&str; 10] = [
    "with_mfa",
    "single_line",
    "chars_limit",
    "sync_mode_qlen",
    "drop_mode_qlen",
    "flush_qlen",
    "overload_kill",
    "burst_limit",
    "supervisor_reports",
    "max_depth",
];

/// Takes those keys of a handler that do nothing here.
pub(super) fn take_keys_without_effect(section: &mut Section<'_>) {
    section.without_counterpart(&WITHOUT_COUNTERPART);
    section.without_effect(PAYLOAD_ENCODE, ": payloads are never in the log; a trace shows them");
}

/// Whether a key is one of a handler that does nothing here.
pub(super) fn is_without_effect(key: &str) -> bool {
    key == PAYLOAD_ENCODE || WITHOUT_COUNTERPART.contains(&key)
}

impl Default for LogHandler {
    fn default() -> Self {
        Self {
            enable: true,
            level: LogLevel::Warning,
            formatter: LogFormatter::Text,
            timestamp_format: TimestampFormat::Auto,
            time_offset: TimeOffset::System,
        }
    }
}

impl LogHandler {
    /// Reads it over `default`.
    pub(super) fn read(section: &mut Section<'_>, default: Self) -> Self {
        section.alias("enabled", "enable");
        take_keys_without_effect(section);
        Self {
            enable: section.value("enable", &Flag, default.enable),
            level: section.value("level", &OneOf(LEVELS), default.level),
            formatter: section.value("formatter", &OneOf(FORMATTERS), default.formatter),
            timestamp_format: section.value("timestamp_format", &OneOf(TIMESTAMP_FORMATS), default.timestamp_format),
            time_offset: section.value("time_offset", &time_offset(), default.time_offset),
        }
    }
}

impl FileLog {
    /// The defaults of a handler of this name.
    pub(super) fn in_folder(name: &str, folder: &Path, enable: bool) -> Self {
        let file_name = if name == super::files::DEFAULT_NAME { "dunlin" } else { name };
        Self {
            handler: LogHandler { enable, ..LogHandler::default() },
            path: folder.join(format!("{file_name}.log")),
            rotation_count: 10,
            rotation_size_bytes: Some(50 << 20),
        }
    }

    /// Reads it over `default`.
    pub(super) fn read(section: &mut Section<'_>, default: Self) -> Self {
        for (old, key) in [("file", "path"), ("to", "path"), ("max_size", "rotation_size")] {
            section.alias(old, key);
        }
        let rotation_size = OrWord("infinity", Bytes(1..=u64::MAX));
        Self {
            rotation_count: read_rotation_count(section, default.rotation_count),
            path: section.value("path", &path(), default.path),
            rotation_size_bytes: section.value("rotation_size", &rotation_size, default.rotation_size_bytes),
            handler: LogHandler::read(section, default.handler),
        }
    }
}

/// `rotation_count`, which was `rotation { enable, count }` in EMQX 5.0.
fn read_rotation_count(section: &mut Section<'_>, default: u8) -> u8 {
    let count = Whole(1..=128);
    if section.peek("rotation").is_some_and(|node| node.value.as_object().is_some()) {
        let default = section.without_showing(|section| {
            section.child("rotation", |rotation| {
                rotation.ignored(&["enable"]);
                rotation.value("count", &count, default)
            })
        });
        return section.value("rotation_count", &count, default);
    }
    section.alias("rotation", "rotation_count");
    section.value("rotation_count", &count, default)
}
