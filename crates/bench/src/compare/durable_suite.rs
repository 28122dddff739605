//! The rows of durable sessions against several brokers and the raw disk.
//!
//! A pass goes over all rows, each row over all brokers, and the raw disk follows at once: what is put in relation was
//! measured within the same minute. Relations are those of one pass; their median counts.

use super::comparison::{Outcome, median};
use super::durable_rows::{CLEAN, DRAIN, OFFLINE, ONLINE, PACED};
use super::{Comparison, ComparisonReport, Direction, Measure, Row};
use crate::error::RunError;
use crate::load::LatencySummary;
use crate::raw_disk::{RawDisk, RawDiskFigures};
use crate::scenario::ScenarioReport;
use crate::wire::PublishHead;
use dunlin_model::{ProtocolVersion, Qos};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Batches at which the raw disk is shown.
const BATCHES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];
/// With fewer syncs a second, acknowledgements do not wait for the disk: they come by the thousand a second in every row.
const SYNCS_PER_SECOND_MIN: f64 = 20.0;
/// Payload of all rows, see [`crate::traffic::Load`].
const PAYLOAD_BYTES: usize = 64;

/// What is run.
#[derive(Debug)]
pub struct DurableSuite<'a> {
    /// The brokers; the bars are those of the first.
    pub comparison: &'a Comparison<'a>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the raw disk is measured.
    pub folder: &'a Path,
    /// Time for each measurement of the raw disk.
    pub disk_duration: Duration,
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct DurableSuiteReport {
    /// The rows.
    pub rows: Vec<ComparisonReport>,
    /// Bytes of a message on the raw disk: those of its PUBLISH.
    pub message_bytes: usize,
    /// The raw disk: for each batch size the pass with the median rate.
    pub disk: Vec<RawDiskFigures>,
    /// What the first broker has to reach.
    pub bars: Vec<Bar>,
}

/// A figure with its limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// What it is.
    pub name: &'static str,
    /// The median of the passes; `None` when it could not be measured.
    pub value: Option<f64>,
    /// The least it has to be, or the most.
    pub limit: f64,
    /// Which of both.
    pub direction: Direction,
}

impl Bar {
    /// Whether the limit is kept; `None` when the figure is not known.
    #[must_use]
    pub fn is_kept(&self) -> Option<bool> {
        let value = self.value?;
        Some(if self.direction == Direction::Higher { value >= self.limit } else { value <= self.limit })
    }
}

/// Relations of each pass.
#[derive(Debug, Default)]
struct Relations {
    /// Of the pass that is being made, until its clean sessions are measured.
    online_rate: Option<f64>,
    share_of_disk: Vec<f64>,
    acknowledgement_to_sync: Vec<f64>,
    online_to_clean: Vec<f64>,
    drained: Vec<f64>,
}

impl DurableSuite<'_> {
    /// Measures all.
    ///
    /// # Errors
    /// Ctrl-C, a command line that cannot be used, or a folder that cannot be written to. What a broker fails at is noted in
    /// its row.
    pub fn run(&self) -> Result<DurableSuiteReport, RunError> {
        let message_bytes = message_bytes();
        let comparison = self.comparison;
        let mut disk = RawDisk::create(self.folder)?;
        let mut raw = |batch| disk.measure(batch, message_bytes, self.disk_duration, &comparison.stop);
        let mut outcomes: Vec<Vec<Outcome>> = self.rows.iter().map(|_| comparison.no_outcomes()).collect();
        let mut lines: Vec<Vec<RawDiskFigures>> = vec![Vec::new(); BATCHES.len()];
        let mut relations = Relations::default();
        for pass in 1..=comparison.passes {
            relations.online_rate = None;
            for (row, outcomes) in self.rows.iter().zip(&mut outcomes) {
                for (index, (broker, outcome)) in comparison.brokers.iter().zip(outcomes).enumerate() {
                    let report = comparison.pass_over(broker, row.name, &row.scenario, pass, outcome)?;
                    if let Some(report) = report.filter(|_| index == 0) {
                        relations.add(row.name, report, &mut raw)?;
                    }
                }
            }
            for (batch, line) in BATCHES.iter().zip(&mut lines) {
                line.push(raw(*batch)?);
            }
        }
        let report = |(row, outcomes): (&Row, Vec<Outcome>)| ComparisonReport::new(row.name, outcomes, row.measures);
        Ok(DurableSuiteReport {
            rows: self.rows.iter().zip(outcomes).map(report).collect(),
            message_bytes,
            disk: lines.into_iter().filter_map(middle).collect(),
            bars: bars(relations),
        })
    }
}

impl DurableSuiteReport {
    /// Names of brokers whose acknowledgements did not wait for the disk.
    #[must_use]
    pub fn unsynced_brokers(&self) -> Vec<&str> {
        let offline = self.rows.iter().filter(|row| [OFFLINE, PACED].contains(&row.name.as_str()));
        let outcomes = offline.flat_map(|row| &row.outcomes).filter(|outcome| outcome.reports.iter().any(is_unsynced));
        let names: BTreeSet<_> = outcomes.map(|outcome| outcome.broker.as_str()).collect();
        names.into_iter().collect()
    }

    /// The first broker made every pass without a fault. Bars are shown and not judged: a machine may be too slow for them.
    #[must_use]
    pub fn first_passed(&self) -> bool {
        self.rows.iter().all(ComparisonReport::first_passed)
    }
}

impl Relations {
    /// Adds what a pass of the first broker gives; `raw` measures the raw disk at a batch size, now.
    fn add(
        &mut self,
        row: &str,
        report: &ScenarioReport,
        raw: &mut impl FnMut(f64) -> Result<RawDiskFigures, RunError>,
    ) -> Result<(), RunError> {
        match row {
            OFFLINE => {
                if let Some((batch, rate)) = batch(report).zip(Measure::AcknowledgedPerSecond.of(report)) {
                    self.share_of_disk.push(rate / raw(batch)?.messages_per_second);
                }
            }
            PACED if !is_unsynced(report) => {
                let sync = raw(1.0)?.sync;
                let acknowledgement = Measure::AcknowledgementP99.of(report);
                let relation = |(ack, sync): (f64, LatencySummary)| ack / sync.p99_ms;
                self.acknowledgement_to_sync.extend(acknowledgement.zip(sync).map(relation));
            }
            ONLINE if !is_unsynced(report) => self.online_rate = Measure::MessagesPerSecond.of(report),
            CLEAN => {
                let clean_rate = Measure::MessagesPerSecond.of(report).filter(|rate| *rate > 0.0);
                self.online_to_clean.extend(self.online_rate.zip(clean_rate).map(|(online, clean)| online / clean));
            }
            DRAIN => self.drained.extend(Measure::DrainedPerCpuSecond.of(report)),
            _ => {}
        }
        Ok(())
    }
}

/// The mean batch: messages for each sync. `None` when syncs were not counted, or when acknowledgements do not wait for them.
fn batch(report: &ScenarioReport) -> Option<f64> {
    Measure::MessagesPerSync.of(report).filter(|batch| *batch >= 1.0 && !is_unsynced(report))
}

/// Syncs were counted and are too few for acknowledgements to wait for them, so that there is nothing to relate to a disk.
fn is_unsynced(report: &ScenarioReport) -> bool {
    Measure::SyncsPerSecond.of(report).is_some_and(|syncs| syncs < SYNCS_PER_SECOND_MIN)
}

fn bars(relations: Relations) -> Vec<Bar> {
    let bar = |name, values, limit, direction| Bar { name, value: median(values), limit, direction };
    vec![
        bar("message rate / raw disk at equal batch", relations.share_of_disk, 0.6, Direction::Higher),
        bar("ack p99 at 5,000/s / p99 of one raw sync", relations.acknowledgement_to_sync, 3.0, Direction::Lower),
        bar("online persistent / clean sessions, msgs/s", relations.online_to_clean, 0.3, Direction::Higher),
        bar("drained msgs / broker-CPU-s", relations.drained, 100_000.0, Direction::Higher),
    ]
}

/// The pass with the median rate.
fn middle(mut passes: Vec<RawDiskFigures>) -> Option<RawDiskFigures> {
    passes.sort_by(|a, b| a.messages_per_second.total_cmp(&b.messages_per_second));
    passes.get(passes.len() / 2).copied()
}

/// Bytes of one PUBLISH of the rows.
fn message_bytes() -> usize {
    PublishHead::new("bench/durable/00", Qos::AtLeastOnce, false, PAYLOAD_BYTES, ProtocolVersion::V4).len_bytes()
        + PAYLOAD_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Usage;
    use crate::scenario::DurableReport;
    use crate::traffic::TrafficReport;

    /// A broker that acknowledged 10,000 messages in a second, with this many syncs.
    fn report(syncs: u64) -> ScenarioReport {
        let usage = Usage { seconds: 1.0, broker_syncs: Some(syncs), ..Usage::default() };
        let latency = LatencySummary { p99_ms: 3.0, ..LatencySummary::default() };
        let publish = TrafficReport {
            acknowledged: 10_000,
            acknowledged_per_second: 10_000.0,
            received_per_second: 10_000.0,
            acknowledgement_latency: Some(latency),
            usage,
            ..TrafficReport::default()
        };
        ScenarioReport::Durable(DurableReport { publish, ..DurableReport::default() })
    }

    fn relations(syncs: u64) -> Relations {
        // A disk that syncs 125 times a second, in 2 ms at the 99th percentile.
        let mut raw = |batch| {
            let sync = Some(LatencySummary { p99_ms: 2.0, ..LatencySummary::default() });
            Ok(RawDiskFigures { messages_per_second: batch * 125.0, sync, ..RawDiskFigures::default() })
        };
        let mut relations = Relations::default();
        for row in [OFFLINE, PACED, ONLINE, CLEAN] {
            relations.add(row, &report(syncs), &mut raw).unwrap();
        }
        relations
    }

    #[test]
    fn a_broker_is_related_to_the_disk_at_its_own_batch() {
        let relations = relations(100);
        assert_eq!(relations.share_of_disk, [0.8]);
        assert_eq!((relations.acknowledgement_to_sync, relations.online_to_clean), (vec![1.5], vec![1.0]));
    }

    #[test]
    fn a_broker_that_does_not_wait_for_the_disk_is_not_related_to_it() {
        let relations = relations(1);
        assert!(bars(relations).iter().all(|bar| bar.is_kept().is_none()));
    }

    #[test]
    fn a_bar_knows_its_direction() {
        let bars = bars(Relations {
            share_of_disk: vec![0.5, 0.7, 0.9],
            acknowledgement_to_sync: vec![3.5],
            ..Relations::default()
        });
        let kept: Vec<_> = bars.iter().map(Bar::is_kept).collect();
        assert_eq!(kept, [Some(true), Some(false), None, None]);
    }

    #[test]
    fn the_raw_disk_is_shown_by_its_median_pass() {
        let pass = |messages_per_second| RawDiskFigures { messages_per_second, ..RawDiskFigures::default() };
        assert_eq!(middle(vec![pass(9.0), pass(1.0), pass(5.0)]), Some(pass(5.0)));
        assert_eq!(middle(Vec::new()), None);
    }
}
