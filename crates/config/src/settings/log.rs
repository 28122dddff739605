//! `log`: what the node writes about itself.

use crate::rule::{Flag, OneOf};
use crate::section::Section;

/// `log.console`: the log on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleLog {
    /// `enable`, default true.
    pub enable: bool,
    /// `level`: the least important lines that are written, default `warning`.
    pub level: LogLevel,
    /// `formatter`: shape of a line, default `text`.
    pub formatter: LogFormatter,
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

const LEVELS: &[(&str, LogLevel)] = &[
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

/// `to`, which EMQX's images set by the variables `EMQX_LOG__TO` and `EMQX_DEFAULT_LOG_HANDLER`: whether a file is among it.
const DESTINATIONS: &[(&str, bool)] = &[("console", false), ("default", false), ("file", true), ("both", true)];

impl Default for ConsoleLog {
    fn default() -> Self {
        Self { enable: true, level: LogLevel::Warning, formatter: LogFormatter::Text }
    }
}

impl ConsoleLog {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        section.alias("console_handler", "console");
        let to = section.peek("to");
        let has_file = section.value("to", &OneOf(DESTINATIONS), false);
        if let (true, Some(node)) = (has_file, to) {
            section.warn_value("to", node, "a file is not supported yet; the log goes to standard output");
        }
        section.not_supported(&["file", "file_handlers", "audit", "throttling"]);
        section.child("console", |console| {
            let default = Self::default();
            console.alias("enabled", "enable");
            console.not_supported(&[
                "time_offset",
                "timestamp_format",
                "payload_encode",
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
            ]);
            Self {
                enable: console.value("enable", &Flag, default.enable),
                level: console.value("level", &OneOf(LEVELS), default.level),
                formatter: console.value("formatter", &OneOf(FORMATTERS), default.formatter),
            }
        })
    }
}
