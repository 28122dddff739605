//! The figures that brokers are compared by.

use crate::figures::{bytes, short};
use crate::scenario::ScenarioReport;
use crate::traffic::TrafficReport;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A figure of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Deliveries per second of broker CPU.
    MessagesPerCpuSecond,
    /// Deliveries a second.
    MessagesPerSecond,
    /// Median latency in milliseconds.
    LatencyP50,
    /// 99th percentile of latency in milliseconds.
    LatencyP99,
    /// Resident memory of the broker at the end of the window.
    ResidentBytes,
    /// Growth per idle connection.
    BytesPerConnection,
    /// Broker CPU per connect, in microseconds.
    CpuPerConnect,
    /// Filters subscribed in a second.
    FiltersPerSecond,
    /// Broker CPU per filter, in microseconds.
    CpuPerFilter,
    /// Growth per filter.
    BytesPerFilter,
    /// Retained messages delivered in a second.
    RetainedPerSecond,
    /// Broker CPU per stored retained message, in microseconds.
    CpuPerStore,
    /// Growth per retained message.
    BytesPerRetained,
    /// Publishes acknowledged in a second.
    AcknowledgedPerSecond,
    /// Median time from publish to acknowledgement in milliseconds.
    AcknowledgementP50,
    /// 99th percentile of the time from publish to acknowledgement in milliseconds.
    AcknowledgementP99,
    /// 99.9th percentile of the time from publish to acknowledgement in milliseconds.
    AcknowledgementP999,
    /// Longest time from publish to acknowledgement in milliseconds.
    AcknowledgementMax,
    /// Files written through to the disk, times a second.
    SyncsPerSecond,
    /// Acknowledged messages for each of these.
    MessagesPerSync,
    /// Bytes that the whole device wrote for each acknowledged message.
    DeviceBytesPerMessage,
    /// Messages a second that sessions got when they came back.
    DrainedPerSecond,
    /// Messages per second of broker CPU that sessions got when they came back.
    DrainedPerCpuSecond,
    /// 99th percentile of the latency between bystanders of a drain, in milliseconds.
    BystanderP99,
}

/// Which way a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

const TRAFFIC: &[Measure] = &[
    Measure::MessagesPerCpuSecond,
    Measure::MessagesPerSecond,
    Measure::LatencyP50,
    Measure::LatencyP99,
    Measure::ResidentBytes,
];
const IDLE: &[Measure] = &[Measure::BytesPerConnection, Measure::CpuPerConnect];
const SUBSCRIPTIONS: &[Measure] = &[
    Measure::MessagesPerCpuSecond,
    Measure::MessagesPerSecond,
    Measure::LatencyP99,
    Measure::FiltersPerSecond,
    Measure::CpuPerFilter,
    Measure::BytesPerFilter,
];
const RETAINED: &[Measure] = &[Measure::RetainedPerSecond, Measure::CpuPerStore, Measure::BytesPerRetained];

const OFFLINE: &[Measure] = &[
    Measure::AcknowledgedPerSecond,
    Measure::MessagesPerCpuSecond,
    Measure::AcknowledgementP50,
    Measure::AcknowledgementP99,
    Measure::AcknowledgementP999,
    Measure::AcknowledgementMax,
    Measure::SyncsPerSecond,
    Measure::MessagesPerSync,
    Measure::DeviceBytesPerMessage,
    Measure::DrainedPerSecond,
    Measure::DrainedPerCpuSecond,
    Measure::ResidentBytes,
];
const ONLINE: &[Measure] = &[
    Measure::MessagesPerSecond,
    Measure::MessagesPerCpuSecond,
    Measure::LatencyP50,
    Measure::LatencyP99,
    Measure::AcknowledgementP50,
    Measure::AcknowledgementP99,
    Measure::SyncsPerSecond,
    Measure::MessagesPerSync,
    Measure::DeviceBytesPerMessage,
    Measure::ResidentBytes,
];
const DRAIN: &[Measure] = &[Measure::DrainedPerCpuSecond, Measure::DrainedPerSecond, Measure::BystanderP99];

impl Measure {
    /// All figures of a report, the main one first.
    #[must_use]
    pub fn all_of(report: &ScenarioReport) -> &'static [Self] {
        match report {
            ScenarioReport::Traffic(_) => TRAFFIC,
            ScenarioReport::Idle(_) => IDLE,
            ScenarioReport::Subscriptions(_) => SUBSCRIPTIONS,
            ScenarioReport::Retained(_) => RETAINED,
            ScenarioReport::Durable(report) if report.online => ONLINE,
            ScenarioReport::Durable(_) => OFFLINE,
            ScenarioReport::Drain(_) => DRAIN,
        }
    }

    /// The figure in a report; `None` when it has none, or the broker's process was not known.
    #[must_use]
    pub fn of(self, report: &ScenarioReport) -> Option<f64> {
        match report {
            ScenarioReport::Traffic(report) => self.of_traffic(report),
            ScenarioReport::Idle(report) => match self {
                Self::BytesPerConnection => {
                    let only_step = || report.steps.last().and_then(|step| step.bytes_per_connection);
                    report.slope_bytes_per_connection.or_else(only_step)
                }
                Self::CpuPerConnect => report.steps.last()?.broker_microseconds_per_connect,
                _ => None,
            },
            ScenarioReport::Subscriptions(report) => match self {
                Self::FiltersPerSecond => Some(report.filters_per_second),
                Self::CpuPerFilter => report.broker_microseconds_per_filter,
                Self::BytesPerFilter => report.bytes_per_filter,
                _ => self.of_traffic(&report.publish),
            },
            ScenarioReport::Retained(report) => match self {
                Self::RetainedPerSecond => Some(report.delivered_per_second),
                Self::CpuPerStore => report.broker_microseconds_per_store,
                Self::BytesPerRetained => report.bytes_per_message,
                _ => None,
            },
            ScenarioReport::Durable(report) => match self {
                Self::SyncsPerSecond => report.syncs_per_second(),
                Self::MessagesPerSync => report.messages_per_sync(),
                Self::DeviceBytesPerMessage => report.device_bytes_per_message(),
                Self::DrainedPerSecond => Some(report.drain.as_ref()?.received_per_second),
                Self::DrainedPerCpuSecond => report.drain.as_ref()?.per_broker_cpu_second,
                _ => self.of_traffic(&report.publish),
            },
            ScenarioReport::Drain(report) => match self {
                Self::DrainedPerSecond => Some(report.drain.received_per_second),
                Self::DrainedPerCpuSecond => report.drain.per_broker_cpu_second,
                Self::BystanderP99 => report.bystander.map(|latency| latency.p99_ms),
                _ => self.of_traffic(&report.fill),
            },
        }
    }

    fn of_traffic(self, report: &TrafficReport) -> Option<f64> {
        match self {
            Self::MessagesPerCpuSecond => report.per_broker_cpu_second,
            Self::MessagesPerSecond => Some(report.received_per_second),
            Self::LatencyP50 => report.latency.map(|latency| latency.p50_ms),
            Self::LatencyP99 => report.latency.map(|latency| latency.p99_ms),
            Self::ResidentBytes => report.usage.broker_resident_bytes.map(|resident| resident as f64),
            Self::AcknowledgedPerSecond => Some(report.acknowledged_per_second),
            Self::AcknowledgementP50 => report.acknowledgement_latency.map(|latency| latency.p50_ms),
            Self::AcknowledgementP99 => report.acknowledgement_latency.map(|latency| latency.p99_ms),
            Self::AcknowledgementP999 => report.acknowledgement_latency.map(|latency| latency.p999_ms),
            Self::AcknowledgementMax => report.acknowledgement_latency.map(|latency| latency.max_ms),
            _ => None,
        }
    }

    /// Which way it is better.
    #[must_use]
    pub fn direction(self) -> Direction {
        match self {
            Self::MessagesPerCpuSecond
            | Self::MessagesPerSecond
            | Self::FiltersPerSecond
            | Self::RetainedPerSecond
            | Self::AcknowledgedPerSecond
            | Self::MessagesPerSync
            | Self::DrainedPerSecond
            | Self::DrainedPerCpuSecond => Direction::Higher,
            _ => Direction::Lower,
        }
    }

    /// Name with its unit, for tables.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::MessagesPerCpuSecond => "msgs / broker-CPU-s",
            Self::MessagesPerSecond => "msgs / s",
            Self::LatencyP50 => "p50 ms",
            Self::LatencyP99 => "p99 ms",
            Self::ResidentBytes => "memory",
            Self::BytesPerConnection => "bytes / connection",
            Self::CpuPerConnect => "CPU us / connect",
            Self::FiltersPerSecond => "filters / s",
            Self::CpuPerFilter => "CPU us / filter",
            Self::BytesPerFilter => "bytes / filter",
            Self::RetainedPerSecond => "retained / s",
            Self::CpuPerStore => "CPU us / store",
            Self::BytesPerRetained => "bytes / retained",
            Self::AcknowledgedPerSecond => "acks / s",
            Self::AcknowledgementP50 => "ack p50 ms",
            Self::AcknowledgementP99 => "ack p99 ms",
            Self::AcknowledgementP999 => "ack p99.9 ms",
            Self::AcknowledgementMax => "ack max ms",
            Self::SyncsPerSecond => "syncs / s",
            Self::MessagesPerSync => "msgs / sync",
            Self::DeviceBytesPerMessage => "device bytes / msg",
            Self::DrainedPerSecond => "drained / s",
            Self::DrainedPerCpuSecond => "drained / broker-CPU-s",
            Self::BystanderP99 => "bystander p99 ms",
        }
    }

    /// A value of this figure as text.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::ResidentBytes => bytes(value),
            Self::BytesPerConnection | Self::BytesPerFilter | Self::BytesPerRetained | Self::DeviceBytesPerMessage => {
                format!("{value:.0}")
            }
            Self::LatencyP50
            | Self::LatencyP99
            | Self::AcknowledgementP50
            | Self::AcknowledgementP99
            | Self::AcknowledgementP999
            | Self::AcknowledgementMax
            | Self::BystanderP99 => format!("{value:.3}"),
            _ => short(value),
        }
    }

    /// How many times as good `first` is as `second`; `None` when one of them is 0 or below.
    #[must_use]
    pub fn advantage(self, first: f64, second: f64) -> Option<f64> {
        if first <= 0.0 || second <= 0.0 {
            return None;
        }
        Some(if self.direction() == Direction::Higher { first / second } else { second / first })
    }
}
