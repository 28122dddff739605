//! A line of the log on its way to the collector.

use dunlin_telemetry::AttributeValue;
use std::time::SystemTime;

/// How important a line is, in the numbers of OpenTelemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Severity {
    /// `debug`.
    Debug = 5,
    /// `info`.
    Info = 9,
    /// `warning`.
    Warning = 13,
    /// `error`.
    Error = 17,
}

impl Severity {
    /// Its name in the log: `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    /// When.
    pub at: SystemTime,
    /// How important.
    pub severity: Severity,
    /// What happened: the value of `msg`.
    pub body: String,
    /// All other fields.
    pub attributes: Vec<(&'static str, AttributeValue)>,
}
