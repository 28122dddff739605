//! `opentelemetry`: what a collector of OpenTelemetry gets, and where it is.

mod exporter;
mod traces;

pub use exporter::{Exporter, ExporterProtocol};
pub use traces::{EndToEndTracing, OpenTelemetryTraces, TraceMode};

use super::log::{LEVELS, LogLevel};
use crate::rule::{Flag, OneOf, Span, Whole};
use crate::section::Section;
use std::time::Duration;

/// `opentelemetry`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpenTelemetry {
    /// `metrics`: counters and gauges.
    pub metrics: OpenTelemetryMetrics,
    /// `logs`: lines of the log.
    pub logs: OpenTelemetryLogs,
    /// `traces`: spans.
    pub traces: OpenTelemetryTraces,
    /// `exporter`: where the collector is.
    pub exporter: Exporter,
}

/// `metrics`: counters and gauges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTelemetryMetrics {
    /// `enable`, default false.
    pub enable: bool,
    /// `interval`: how often they are sent, 1 s to 1 day, default 10 s.
    pub interval: Duration,
}

/// `logs`: lines of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenTelemetryLogs {
    /// `enable`, default false.
    pub enable: bool,
    /// `level`: less important lines are not sent, default warning. It does not depend on the levels of `log`.
    pub level: LogLevel,
    /// How they are gathered.
    pub batches: ExportBatches,
}

/// How lines or spans are gathered before they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportBatches {
    /// `max_queue_size`: so many wait at most, 1 to 1,000,000, default 2,048. What comes then is dropped, and counted.
    pub max_queue_size: usize,
    /// `exporting_timeout`: how long it is tried to send a batch, 1 ms to 1 day, default 30 s.
    pub exporting_timeout: Duration,
    /// `scheduled_delay`: what there is, is sent after so long, and earlier once the queue is half full. 1 ms to 1 day, default 1 s
    /// for lines and 5 s for spans.
    pub scheduled_delay: Duration,
}

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

impl Default for OpenTelemetryMetrics {
    fn default() -> Self {
        Self { enable: false, interval: Duration::from_secs(10) }
    }
}

impl Default for OpenTelemetryLogs {
    fn default() -> Self {
        Self { enable: false, level: LogLevel::Warning, batches: ExportBatches::every(SECOND) }
    }
}

impl ExportBatches {
    const fn every(scheduled_delay: Duration) -> Self {
        Self { max_queue_size: 2048, exporting_timeout: Duration::from_secs(30), scheduled_delay }
    }

    fn read(section: &mut Section<'_>, default: Self) -> Self {
        let span = Span::in_millis(MILLISECOND..=DAY);
        Self {
            max_queue_size: section.value("max_queue_size", &Whole(1..=1_000_000), default.max_queue_size),
            exporting_timeout: section.value("exporting_timeout", &span, default.exporting_timeout),
            scheduled_delay: section.value("scheduled_delay", &span, default.scheduled_delay),
        }
    }
}

impl OpenTelemetry {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        // EMQX 5.0 had numbers only.
        section.without_effect("enable", ": write `opentelemetry.metrics.enable`");
        section.value("type", &OneOf(&[("generic", ())]), ());
        Self {
            metrics: section.child("metrics", OpenTelemetryMetrics::read),
            logs: section.child("logs", OpenTelemetryLogs::read),
            traces: section.child("traces", OpenTelemetryTraces::read),
            exporter: section.child("exporter", Exporter::read),
        }
    }
}

impl OpenTelemetryMetrics {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        section.alias("scheduled_delay", "interval");
        Self {
            enable: section.value("enable", &Flag, default.enable),
            interval: section.value("interval", &Span::in_millis(SECOND..=DAY), default.interval),
        }
    }
}

impl OpenTelemetryLogs {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        Self {
            enable: section.value("enable", &Flag, default.enable),
            level: section.value("level", &OneOf(LEVELS), default.level),
            batches: ExportBatches::read(section, default.batches),
        }
    }
}
