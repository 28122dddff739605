//! The rows of durable sessions against several brokers and the raw disk.
//!
//! A pass goes over all rows, each row over all brokers, and the raw disk follows at once: what is put in relation was
//! measured within the same minute. Relations are those of one pass; their median counts.

use super::comparison::Outcome;
use super::durable_bars::{Bar, Batch, PacedDisk, Relations, is_unsynced, publish_bytes};
use super::durable_rows::{DurableRow, PACED_PER_SECOND, Role};
use super::{BrokerCommand, Comparison, ComparisonReport, Row};
use crate::error::RunError;
use crate::progress::Progress;
use crate::raw_disk::{RawDisk, RawDiskFigures};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Batches at which the raw disk is shown.
const BATCHES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];

/// A pace needs longer than back to back syncs to meet the disk's slow moments.
const PACED_DURATIONS: u32 = 3;

/// What is run.
#[derive(Debug)]
pub struct DurableSuite<'a> {
    /// The brokers; the bars are those of the first.
    pub comparison: &'a Comparison<'a>,
    /// The rows.
    pub rows: Vec<DurableRow>,
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
    /// Bytes of a message on the raw disk where it is shown by batches: those of its PUBLISH.
    pub message_bytes: usize,
    /// The raw disk: for each batch size the pass with the median rate.
    pub disk: Vec<RawDiskFigures>,
    /// What the first broker has to reach.
    pub bars: Vec<Bar>,
    /// Brokers whose acknowledgements did not wait for the disk.
    pub unsynced_brokers: Vec<String>,
}

/// A suite at work.
struct Work<'a> {
    suite: &'a DurableSuite<'a>,
    disk: RawDisk,
    relations: Relations,
    /// Runs of a broker made so far, and to be made in all.
    runs: (usize, usize),
}

impl DurableSuite<'_> {
    /// Measures all.
    ///
    /// # Errors
    /// Ctrl-C, a command line that cannot be used, or a folder that cannot be written to. What a broker fails at is noted in
    /// its row.
    pub fn run(&self) -> Result<DurableSuiteReport, RunError> {
        let comparison = self.comparison;
        let runs_of_pass: usize = self.rows.iter().map(|row| self.brokers_of(row).len()).sum();
        let mut work = Work {
            suite: self,
            disk: RawDisk::create(self.folder)?,
            relations: Relations::default(),
            runs: (0, runs_of_pass * comparison.passes),
        };
        let mut outcomes: Vec<Vec<Outcome>> = self.rows.iter().map(|_| comparison.no_outcomes()).collect();
        let mut lines: Vec<Vec<RawDiskFigures>> = vec![Vec::new(); BATCHES.len()];
        for pass in 1..=comparison.passes {
            work.relations.begin_pass();
            for (row, outcomes) in self.rows.iter().zip(&mut outcomes) {
                work.measure_row(row, pass, outcomes)?;
            }
            for (messages, line) in BATCHES.iter().zip(&mut lines) {
                line.push(work.measure_disk(Batch { messages: *messages, message_bytes: publish_bytes() as f64 })?);
            }
        }
        let report = |(row, outcomes): (&DurableRow, Vec<Outcome>)| {
            ComparisonReport::new(row.row.name, outcomes, row.row.measures)
        };
        let unsynced_brokers = self.unsynced_brokers(&outcomes);
        Ok(DurableSuiteReport {
            rows: self.rows.iter().zip(outcomes).map(report).collect(),
            message_bytes: publish_bytes(),
            disk: lines.into_iter().filter_map(middle).collect(),
            bars: work.relations.bars(),
            unsynced_brokers,
        })
    }

    fn brokers_of(&self, row: &DurableRow) -> &[BrokerCommand] {
        let brokers = self.comparison.brokers;
        if row.is_for_peers() { brokers } else { brokers.get(..1).unwrap_or_default() }
    }

    fn unsynced_brokers(&self, outcomes: &[Vec<Outcome>]) -> Vec<String> {
        let rows = self.rows.iter().zip(outcomes);
        let offline = rows.filter(|(row, _)| matches!(row.role, Role::Offline(_) | Role::Paced));
        let unsynced = offline.flat_map(|(_, outcomes)| outcomes).filter(|it| it.reports.iter().any(is_unsynced));
        let names: BTreeSet<_> = unsynced.map(|outcome| outcome.broker.clone()).collect();
        names.into_iter().collect()
    }
}

impl Work<'_> {
    fn measure_row(&mut self, row: &DurableRow, pass: usize, outcomes: &mut [Outcome]) -> Result<(), RunError> {
        let suite = self.suite;
        let DurableRow { row: Row { name, scenario, .. }, role } = row;
        for (index, (broker, outcome)) in suite.brokers_of(row).iter().zip(outcomes).enumerate() {
            let single = Batch { messages: 1.0, message_bytes: publish_bytes() as f64 };
            let is_timed = index == 0 && *role == Role::Paced;
            let disk_before = if is_timed { Some(self.measure_pace(single)?) } else { None };
            self.runs.0 += 1;
            let label = format!("{} of {}: {name}", self.runs.0, self.runs.1);
            let report = suite.comparison.pass_over(broker, &label, scenario, pass, outcome)?;
            let Some(report) = report.filter(|_| index == 0) else { continue };
            if let Some(disk_before) = disk_before {
                let disk_after = self.measure_pace(single)?;
                self.relations.add_paced(report, [disk_before, disk_after]);
            } else if let Some(batch) = self.relations.add(*role, report) {
                let figures = self.measure_disk(batch)?;
                self.relations.add_disk(*role, batch, &figures);
            }
        }
        Ok(())
    }

    /// Single syncs, and messages at the pace of the paced row for as long as that row takes.
    fn measure_pace(&mut self, single: Batch) -> Result<PacedDisk, RunError> {
        let sync = self.measure_disk(single)?.sync;
        let Comparison { stop, .. } = self.suite.comparison;
        let duration = self.suite.disk_duration * PACED_DURATIONS;
        let message = self.disk.measure_paced(PACED_PER_SECOND, publish_bytes(), duration, stop)?;
        Ok(PacedDisk { sync, message })
    }

    fn measure_disk(&mut self, batch: Batch) -> Result<RawDiskFigures, RunError> {
        let Comparison { stop, quiet, .. } = self.suite.comparison;
        let mut progress = Progress::new(*quiet);
        progress.tick(0, || format!("raw disk, {:.1} messages a sync", batch.messages));
        self.disk.measure(batch.messages, batch.message_bytes, self.suite.disk_duration, stop)
    }
}

impl DurableSuiteReport {
    /// The first broker made every pass without a fault. Bars are shown and not judged: a machine may be too slow for them.
    #[must_use]
    pub fn first_passed(&self) -> bool {
        self.rows.iter().all(ComparisonReport::first_passed)
    }
}

/// The pass with the median rate.
fn middle(mut passes: Vec<RawDiskFigures>) -> Option<RawDiskFigures> {
    passes.sort_by(|a, b| a.messages_per_second.total_cmp(&b.messages_per_second));
    passes.get(passes.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_raw_disk_is_shown_by_its_median_pass() {
        let pass = |messages_per_second| RawDiskFigures { messages_per_second, ..RawDiskFigures::default() };
        assert_eq!(middle(vec![pass(9.0), pass(1.0), pass(5.0)]), Some(pass(5.0)));
        assert_eq!(middle(Vec::new()), None);
    }
}
