//! `peers`: the whole table of rows against peers, and against a saved baseline.

use super::broker_arguments::{BrokerArguments, COMMAND_HELP};
use super::comparison_text::comparison_text;
use super::output::print;
use super::target_arguments::OutputArguments;
use crate::compare::{ComparisonReport, Regression, Row, regressions, rows};
use crate::error::RunError;
use crate::stop_signal::StopSignal;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  dunlin-bench peers --a-cmd 'env DUNLIN_LISTENERS__TCP__DEFAULT__BIND=127.0.0.1:{port} target/release/dunlin' \\
      --b-cmd 'mosquitto -c dev/peers/mosquitto.conf -p {port}' --b-cmd 'rumqttd -c {config:dev/peers/rumqttd.toml}'
  dunlin-bench peers --quick --rows pairs-q1,fan-out-q0 --a-cmd '...' --b-cmd '...'
  dunlin-bench peers --a-cmd '...' --b-cmd '...' --json > baseline.json
  dunlin-bench peers --a-cmd '...' --b-cmd '...' --baseline baseline.json";

/// Measure all rows of the peer table: a few minutes with --quick, about half an hour without
#[derive(Debug, Args)]
#[command(after_help = format!("{COMMAND_HELP}\n\nRows: {}\n\n{EXAMPLES}", row_names()))]
pub(super) struct PeersArguments {
    /// Rows to measure, all by default
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    rows: Vec<String>,
    /// Short windows, small sizes and one pass: for a look
    #[arg(long)]
    quick: bool,
    /// Mark rows that are worse than in this report (written by --json), and fail
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// How much worse a row may be than in the baseline, in percent
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u8).range(1..=99))]
    threshold: u8,
    #[command(flatten)]
    brokers: BrokerArguments,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Debug, Serialize)]
struct PeersReport {
    quick: bool,
    rows: Vec<ComparisonReport>,
    regressions: Vec<Regression>,
}

/// What of a saved report is read again.
#[derive(Debug, Deserialize)]
struct Baseline {
    quick: bool,
    rows: Vec<ComparisonReport>,
}

fn row_names() -> String {
    rows(true).iter().map(|row| row.name).collect::<Vec<_>>().join(", ")
}

impl PeersArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        let baseline = self.baseline()?;
        let brokers = self.brokers.brokers()?;
        let comparison = self.brokers.comparison(&brokers, if self.quick { 1 } else { 3 }, self.output, stop)?;
        let mut report = PeersReport { quick: self.quick, rows: Vec::new(), regressions: Vec::new() };
        for row in self.rows()? {
            report.rows.push(comparison.run(row.name, &row.scenario, row.measures)?);
        }
        if let Some(baseline) = baseline {
            report.regressions = regressions(&report.rows, &baseline.rows, f64::from(self.threshold) / 100.0);
        }
        print(self.output, &report, |report| comparison_text(&report.rows, &report.regressions))?;
        Ok(report.rows.iter().all(ComparisonReport::first_passed) && report.regressions.is_empty())
    }

    fn rows(&self) -> Result<Vec<Row>, RunError> {
        let all = rows(self.quick);
        let is_known = |name: &&String| all.iter().any(|row| row.name == name.as_str());
        if let Some(unknown) = self.rows.iter().find(|name| !is_known(name)) {
            return Err(RunError::Usage(format!("no row {unknown}; there are {}", row_names())));
        }
        let is_wanted = |row: &Row| self.rows.is_empty() || self.rows.iter().any(|name| name == row.name);
        Ok(all.into_iter().filter(is_wanted).collect())
    }

    fn baseline(&self) -> Result<Option<Baseline>, RunError> {
        let Some(file) = &self.baseline else { return Ok(None) };
        let usage = |error: String| RunError::Usage(format!("--baseline {}: {error}", file.display()));
        let text = fs::read_to_string(file).map_err(|error| usage(error.to_string()))?;
        let baseline: Baseline = serde_json::from_str(&text).map_err(|error| usage(error.to_string()))?;
        if baseline.quick != self.quick {
            return Err(usage("measured with other sizes: give --quick to both runs or to none".to_owned()));
        }
        Ok(Some(baseline))
    }
}
