//! The rows of the table that shows where a broker stands among its peers.

use super::Measure;
use crate::scenario::{
    IdleSettings, RetainedSettings, Scenario, SubscriptionsSettings, fan_in, fan_out, pairs, shared,
};
use crate::traffic::{Load, TrafficPlan};
use dunlin_model::Qos;
use std::time::Duration;

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name, for `--rows` and the baseline.
    pub name: &'static str,
    /// What is measured.
    pub scenario: Scenario,
    /// The figures that are shown, the main one first.
    pub measures: &'static [Measure],
}

const RATE: &[Measure] = &[Measure::MessagesPerCpuSecond, Measure::MessagesPerSecond];
const PACED: &[Measure] = &[Measure::MessagesPerCpuSecond, Measure::LatencyP99];
const LATENCY: &[Measure] = &[Measure::LatencyP50, Measure::LatencyP99];
const IDLE: &[Measure] = &[Measure::BytesPerConnection, Measure::CpuPerConnect];
const SUBSCRIPTIONS: &[Measure] = &[Measure::MessagesPerCpuSecond, Measure::CpuPerFilter, Measure::BytesPerFilter];
const RETAINED: &[Measure] = &[Measure::RetainedPerSecond, Measure::CpuPerStore, Measure::BytesPerRetained];

/// All rows; `quick` shortens windows and sizes, for a look and not for the record.
#[must_use]
pub fn rows(quick: bool) -> Vec<Row> {
    let size = Sizes::new(quick);
    let traffic = |name, plan: TrafficPlan, measures, change: &dyn Fn(Load) -> Load| Row {
        name,
        scenario: Scenario::Traffic(plan, change(size.load())),
        measures,
    };
    let at = |qos| move |load: Load| Load { qos, subscribe_qos: qos, ..load };
    let single = |qos| move |load: Load| Load { window: 1, backlog: 1, ..at(qos)(load) };
    let paced = |per_second| move |load: Load| Load { per_second: Some(per_second), ..at(Qos::AtLeastOnce)(load) };
    vec![
        traffic("pairs-q0", pairs(100), RATE, &at(Qos::AtMostOnce)),
        traffic("pairs-q1", pairs(100), RATE, &at(Qos::AtLeastOnce)),
        traffic("pairs-q2", pairs(100), RATE, &at(Qos::ExactlyOnce)),
        traffic("unbatched-q0", pairs(100), RATE, &single(Qos::AtMostOnce)),
        traffic("unbatched-q1", pairs(100), RATE, &single(Qos::AtLeastOnce)),
        traffic("fan-in-q1", fan_in(500, 5), RATE, &at(Qos::AtLeastOnce)),
        traffic("fan-out-q0", fan_out(1, 1000), RATE, &at(Qos::AtMostOnce)),
        traffic("fan-out-q1", fan_out(1, 1000), RATE, &at(Qos::AtLeastOnce)),
        traffic("shared-q1", shared(100, 10), RATE, &at(Qos::AtLeastOnce)),
        size.subscriptions(),
        traffic("paced-q1", pairs(1000), PACED, &paced(10_000.0)),
        traffic("latency", pairs(100), LATENCY, &paced(1000.0)),
        size.idle("idle-0-subscriptions", 0),
        size.idle("idle-1-subscription", 1),
        size.retained("retained-q0", Qos::AtMostOnce),
        size.retained("retained-q1", Qos::AtLeastOnce),
    ]
}

/// How long and how many.
struct Sizes {
    warmup: Duration,
    duration: Duration,
    idle_steps: Vec<usize>,
    filters: usize,
    retained: usize,
}

impl Sizes {
    fn new(quick: bool) -> Self {
        if quick {
            Self {
                warmup: Duration::from_millis(500),
                duration: Duration::from_secs(2),
                idle_steps: vec![1000, 5000],
                filters: 50_000,
                retained: 20_000,
            }
        } else {
            let Load { warmup, duration, .. } = Load::default();
            Self { warmup, duration, idle_steps: vec![2000, 6000, 10_000, 16_000], filters: 200_000, retained: 100_000 }
        }
    }

    fn load(&self) -> Load {
        Load { warmup: self.warmup, duration: self.duration, ..Load::default() }
    }

    fn idle(&self, name: &'static str, subscriptions: usize) -> Row {
        let settings =
            IdleSettings { steps: self.idle_steps.clone(), subscriptions, concurrency: 100, per_second: None };
        Row { name, scenario: Scenario::Idle(settings), measures: IDLE }
    }

    fn subscriptions(&self) -> Row {
        let load = Load { qos: Qos::AtLeastOnce, subscribe_qos: Qos::AtLeastOnce, ..self.load() };
        let settings = SubscriptionsSettings { filters: self.filters, clients: 1000, publishers: 100, load };
        Row { name: "subs-q1", scenario: Scenario::Subscriptions(settings), measures: SUBSCRIPTIONS }
    }

    fn retained(&self, name: &'static str, qos: Qos) -> Row {
        let settings = RetainedSettings {
            count: self.retained,
            publishers: 100,
            payload_bytes: 64,
            qos,
            window: 16,
            // The broker is thrown away after the pass.
            keep: true,
        };
        Row { name, scenario: Scenario::Retained(settings), measures: RETAINED }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique() {
        let rows = rows(true);
        assert_eq!(rows.iter().map(|row| row.name).collect::<HashSet<_>>().len(), rows.len());
    }
}
