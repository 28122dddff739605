//! The rows of durable sessions against several brokers and the raw disk.
//!
//! A pass goes over all rows, each row over all brokers, and the raw disk follows at once: what is put in relation was
//! measured within the same minute. Relations are those of one pass; their median counts.

use super::comparison::{Outcome, median};
use super::durable_rows::{CLEAN, DRAIN, OFFLINE, ONLINE, PACED};
use super::{Comparison, ComparisonReport, Direction, Measure, Row};
use crate::error::RunError;
use crate::raw_disk::{RawDisk, RawDiskFigures};
use crate::scenario::ScenarioReport;
use crate::wire::PublishHead;
use dunlin_model::{ProtocolVersion, Qos};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Batches at which the raw disk is shown.
const BATCHES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];
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
        let mut disk = RawDisk::create(self.folder)?;
        let mut outcomes: Vec<Vec<Outcome>> = self.rows.iter().map(|_| self.comparison.no_outcomes()).collect();
        let mut lines: Vec<Vec<RawDiskFigures>> = vec![Vec::new(); BATCHES.len()];
        let mut relations = Relations::default();
        for pass in 1..=self.comparison.passes {
            let mut online_rate = None;
            for (row, outcomes) in self.rows.iter().zip(&mut outcomes) {
                let made = outcomes.first().map_or(0, |first| first.reports.len());
                self.comparison.pass_over_all(row.name, &row.scenario, pass, outcomes)?;
                // Of the first broker, when this pass could be made.
                let Some(report) = outcomes.first().and_then(|first| first.reports.get(made)) else { continue };
                let mut raw = |batch| disk.measure(batch, message_bytes, self.disk_duration, &self.comparison.stop);
                match row.name {
                    OFFLINE => relations.share_of_disk.extend(share_of_disk(report, &mut raw)?),
                    PACED => relations.acknowledgement_to_sync.extend(acknowledgement_to_sync(report, &mut raw)?),
                    ONLINE => online_rate = Measure::MessagesPerSecond.of(report),
                    CLEAN => {
                        let clean_rate = Measure::MessagesPerSecond.of(report).filter(|rate| *rate > 0.0);
                        relations
                            .online_to_clean
                            .extend(online_rate.zip(clean_rate).map(|(online, clean)| online / clean));
                    }
                    DRAIN => relations.drained.extend(Measure::DrainedPerCpuSecond.of(report)),
                    _ => {}
                }
            }
            for (batch, line) in BATCHES.iter().zip(&mut lines) {
                line.push(disk.measure(*batch, message_bytes, self.disk_duration, &self.comparison.stop)?);
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
    /// The first broker made every pass without a fault. Bars are shown and not judged: a machine may be too slow for them.
    #[must_use]
    pub fn first_passed(&self) -> bool {
        self.rows.iter().all(ComparisonReport::first_passed)
    }
}

/// Acknowledgements a second, to the messages a second of the raw disk at the broker's mean batch. `None` when syncs were not
/// counted or there were none.
fn share_of_disk(
    report: &ScenarioReport,
    raw: &mut impl FnMut(f64) -> Result<RawDiskFigures, RunError>,
) -> Result<Option<f64>, RunError> {
    let batch = Measure::MessagesPerSync.of(report).filter(|batch| *batch >= 1.0 && is_plausible(*batch));
    let Some((batch, rate)) = batch.zip(Measure::AcknowledgedPerSecond.of(report)) else { return Ok(None) };
    Ok(Some(rate / raw(batch)?.messages_per_second))
}

/// A broker that syncs now and then, but whose acknowledgements do not wait for it, has no batch to compare.
fn is_plausible(batch: f64) -> bool {
    const BATCH_MAX: f64 = 100_000.0;
    batch <= BATCH_MAX
}

/// 99th percentile of the acknowledgement, to that of one raw sync of one message.
fn acknowledgement_to_sync(
    report: &ScenarioReport,
    raw: &mut impl FnMut(f64) -> Result<RawDiskFigures, RunError>,
) -> Result<Option<f64>, RunError> {
    let sync = raw(1.0)?.sync;
    let acknowledgement = Measure::AcknowledgementP99.of(report);
    Ok(sync.zip(acknowledgement).map(|(sync, acknowledgement)| acknowledgement / sync.p99_ms))
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
