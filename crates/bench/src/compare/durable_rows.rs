//! The rows of the table of durable sessions.

use super::{Measure, Row};
use crate::scenario::{DrainSettings, DurableSettings, Scenario, pairs};
use crate::traffic::Load;
use dunlin_model::Qos;
use std::time::Duration;

/// Publishers, and sessions or subscribers, of all rows but the drain.
const PAIRS: usize = 100;
/// Messages a second of the paced row.
const PACED_PER_SECOND: f64 = 5000.0;

/// Offline sessions, as fast as the window allows.
pub(super) const OFFLINE: &str = "offline-q1";
/// Offline sessions at an even pace.
pub(super) const PACED: &str = "offline-q1-5000/s";
/// Online persistent sessions.
pub(super) const ONLINE: &str = "online-q1";
/// The same with clean sessions.
pub(super) const CLEAN: &str = "clean-q1";
/// One session comes back to a long queue.
pub(super) const DRAIN: &str = "drain-q1";

const OFFLINE_MEASURES: &[Measure] = &[
    Measure::AcknowledgedPerSecond,
    Measure::MessagesPerCpuSecond,
    Measure::AcknowledgementP50,
    Measure::AcknowledgementP99,
    Measure::AcknowledgementP999,
    Measure::AcknowledgementMax,
    Measure::SyncsPerSecond,
    Measure::MessagesPerSync,
    Measure::BytesWrittenPerMessage,
    Measure::DrainedPerSecond,
    Measure::DrainedPerCpuSecond,
];
const PACED_MEASURES: &[Measure] = &[
    Measure::AcknowledgementP50,
    Measure::AcknowledgementP99,
    Measure::AcknowledgementP999,
    Measure::AcknowledgementMax,
    Measure::MessagesPerCpuSecond,
    Measure::SyncsPerSecond,
];
const ONLINE_MEASURES: &[Measure] = &[
    Measure::MessagesPerSecond,
    Measure::MessagesPerCpuSecond,
    Measure::LatencyP99,
    Measure::AcknowledgementP99,
    Measure::MessagesPerSync,
    Measure::BytesWrittenPerMessage,
];
const CLEAN_MEASURES: &[Measure] =
    &[Measure::MessagesPerSecond, Measure::MessagesPerCpuSecond, Measure::LatencyP99, Measure::AcknowledgementP99];
const DRAIN_MEASURES: &[Measure] = &[Measure::DrainedPerCpuSecond, Measure::DrainedPerSecond, Measure::BystanderP99];

/// All rows; `quick` shortens windows and the queue, for a look and not for the record.
#[must_use]
pub fn durable_rows(quick: bool) -> Vec<Row> {
    let (warmup, duration, queue) = if quick {
        (Duration::from_millis(500), Duration::from_secs(2), 20_000)
    } else {
        (Duration::from_secs(1), Duration::from_secs(5), 100_000)
    };
    let load = Load { qos: Qos::AtLeastOnce, subscribe_qos: Qos::AtLeastOnce, warmup, duration, ..Load::default() };
    let paced = Load { per_second: Some(PACED_PER_SECOND), ..load };
    // The broker is thrown away after the pass.
    let keep = true;
    let durable = |name, online, load: &Load, measures| Row {
        name,
        scenario: Scenario::Durable(DurableSettings { pairs: PAIRS, online, load: load.clone(), keep }),
        measures,
    };
    vec![
        durable(OFFLINE, false, &load, OFFLINE_MEASURES),
        durable(PACED, false, &paced, PACED_MEASURES),
        durable(ONLINE, true, &load, ONLINE_MEASURES),
        Row { name: CLEAN, scenario: Scenario::Traffic(pairs(PAIRS), load.clone()), measures: CLEAN_MEASURES },
        Row {
            name: DRAIN,
            scenario: Scenario::Drain(DrainSettings { count: queue, publishers: PAIRS, load, keep }),
            measures: DRAIN_MEASURES,
        },
    ]
}
