//! How much was sent, and how much was not, by reason.

use crate::Signal;
use dunlin_telemetry::{FamilyKind, MetricFamily, MetricPoint};
use std::sync::atomic::{AtomicU64, Ordering};

/// Why something did not reach the collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum DropReason {
    /// The collector takes less than there is.
    QueueFull,
    /// It could not be sent in time.
    ExportFailed,
    /// The collector does not want it.
    Rejected,
    /// The exporter was stopped, or another one with other settings took its place, before it was sent.
    Stopped,
}

impl DropReason {
    const ALL: [Self; 4] = [Self::QueueFull, Self::ExportFailed, Self::Rejected, Self::Stopped];

    const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::ExportFailed => "export_failed",
            Self::Rejected => "rejected",
            Self::Stopped => "stopped",
        }
    }
}

/// How many numbers, lines and spans were sent, and dropped. It outlives the exporters that count in it.
#[derive(Debug, Default)]
pub struct ExportCounts {
    exported: [AtomicU64; Signal::ALL.len()],
    dropped: [[AtomicU64; DropReason::ALL.len()]; Signal::ALL.len()],
}

impl ExportCounts {
    pub(crate) fn add_exported(&self, signal: Signal, count: u64) {
        self.exported[signal as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(crate) fn add_dropped(&self, signal: Signal, reason: DropReason, count: u64) {
        self.dropped[signal as usize][reason as usize].fetch_add(count, Ordering::Relaxed);
    }

    /// How many the collector has.
    #[must_use]
    pub fn exported(&self, signal: Signal) -> u64 {
        self.exported[signal as usize].load(Ordering::Relaxed)
    }

    /// How many it does not have, for whatever reason.
    #[must_use]
    pub fn dropped(&self, signal: Signal) -> u64 {
        self.dropped[signal as usize].iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// As counters with the labels `signal` and `reason`.
    #[must_use]
    pub fn families(&self) -> [MetricFamily; 2] {
        let of_signal = |signal: Signal| ("signal", signal.as_str().to_owned());
        let exported = |signal: Signal| MetricPoint {
            labels: vec![of_signal(signal)],
            value: (self.exported(signal) as f64).into(),
        };
        let dropped = |signal: Signal| {
            DropReason::ALL.into_iter().map(move |reason| MetricPoint {
                labels: vec![of_signal(signal), ("reason", reason.as_str().to_owned())],
                value: (self.dropped[signal as usize][reason as usize].load(Ordering::Relaxed) as f64).into(),
            })
        };
        let family = |name: &str, help: &str, points| MetricFamily {
            name: name.to_owned(),
            kind: FamilyKind::Counter,
            help: help.to_owned(),
            points,
        };
        [
            family(
                "dunlin_opentelemetry_exported",
                "Numbers, log lines and spans that a collector of OpenTelemetry has taken.",
                Signal::ALL.into_iter().map(exported).collect(),
            ),
            family(
                "dunlin_opentelemetry_dropped",
                "Numbers, log lines and spans that did not reach the collector, by reason.",
                Signal::ALL.into_iter().flat_map(dropped).collect(),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drop_has_its_reason() {
        let counts = ExportCounts::default();
        counts.add_exported(Signal::Logs, 7);
        counts.add_dropped(Signal::Logs, DropReason::QueueFull, 2);
        counts.add_dropped(Signal::Logs, DropReason::Rejected, 1);
        assert_eq!((counts.exported(Signal::Logs), counts.dropped(Signal::Logs)), (7, 3));
        assert_eq!((counts.exported(Signal::Metrics), counts.dropped(Signal::Traces)), (0, 0));
        let text = dunlin_telemetry::render_families(&counts.families());
        for line in [
            "dunlin_opentelemetry_exported{signal=\"logs\"} 7",
            "dunlin_opentelemetry_dropped{signal=\"logs\",reason=\"queue_full\"} 2",
            "dunlin_opentelemetry_dropped{signal=\"traces\",reason=\"export_failed\"} 0",
        ] {
            assert!(text.lines().any(|other| other == line), "{line}: {text}");
        }
    }
}
