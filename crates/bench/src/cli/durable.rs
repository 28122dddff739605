//! `durable`: the table of durable sessions against peers and the raw disk.

use super::broker_arguments::{BrokerArguments, COMMAND_HELP};
use super::comparison_text::comparison_text;
use super::disk::disk_table;
use super::output::print;
use super::target_arguments::OutputArguments;
use crate::compare::{Bar, Comparison, Direction, DurableRow, DurableSuite, DurableSuiteReport, Measure, durable_rows};
use crate::error::RunError;
use crate::figures::{known, short, table};
use crate::raw_disk::is_memory;
use crate::stop_signal::StopSignal;
use clap::Args;
use serde::Serialize;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  dunlin-bench durable --dir /var/tmp --a-cmd 'env DUNLIN_NODE__DATA_DIR={dir}/data DUNLIN_LISTENERS__TCP__DEFAULT__BIND=127.0.0.1:{port} target/release/dunlin' \\
      --b-cmd 'mosquitto -c {config:dev/peers/mosquitto-durable.conf} -p {port}' --b-cmd 'nats-server -c {config:dev/peers/nats.conf}'
  dunlin-bench durable --quick --dir /var/tmp --a-cmd '...'                                  all rows and bars of one broker
  dunlin-bench durable --rows offline-1x1,clean-1x1,drain --dir /var/tmp --a-cmd '...'      some of them
  dunlin-bench durable --dir /var/tmp --a-cmd '...' --json > durable.json";

/// Measure durable sessions of several brokers and the raw disk, in turn: less than ten minutes, about one with --quick
///
/// Rows NxM have N publishers with M unacknowledged publishes each, QoS 1: to sessions that are offline, or as a yardstick to
/// clean sessions. Device bytes are those of the whole device that holds --dir: run nothing else that writes to it.
#[derive(Debug, Args)]
#[command(after_help = format!("{COMMAND_HELP}\n\nRows: {}\n\n{EXAMPLES}", row_names()))]
pub(super) struct DurableArguments {
    /// Rows to measure, all by default
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    rows: Vec<String>,
    /// Short windows, a short queue and one pass: for a look
    #[arg(long)]
    quick: bool,
    /// Folder on the disk to measure; it is made when missing, and what the brokers write in it is removed
    #[arg(long)]
    dir: PathBuf,
    #[command(flatten)]
    brokers: BrokerArguments,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Debug, Serialize)]
struct DurableTable {
    quick: bool,
    /// The folder is in memory: the figures are not those of a disk.
    is_memory: bool,
    #[serde(flatten)]
    suite: DurableSuiteReport,
}

fn row_names() -> String {
    durable_rows(true).iter().map(|row| row.row.name).collect::<Vec<_>>().join(", ")
}

impl DurableArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        fs::create_dir_all(&self.dir)
            .map_err(|error| RunError::Usage(format!("--dir {}: {error}", self.dir.display())))?;
        let brokers = self.brokers.brokers()?;
        let comparison = self.brokers.comparison(&brokers, if self.quick { 1 } else { 3 }, self.output, stop)?;
        let comparison = Comparison { data_folder: Some(self.dir.clone()), ..comparison };
        let suite = DurableSuite {
            comparison: &comparison,
            rows: self.rows()?,
            folder: &self.dir,
            disk_duration: Duration::from_millis(if self.quick { 300 } else { 1000 }),
        };
        let table = DurableTable { quick: self.quick, is_memory: is_memory(&self.dir), suite: suite.run()? };
        print(self.output, &table, text)?;
        Ok(table.suite.first_passed())
    }

    fn rows(&self) -> Result<Vec<DurableRow>, RunError> {
        let all = durable_rows(self.quick);
        let is_known = |name: &&String| all.iter().any(|row| row.row.name == name.as_str());
        if let Some(unknown) = self.rows.iter().find(|name| !is_known(name)) {
            return Err(RunError::Usage(format!("no row {unknown}; there are {}", row_names())));
        }
        let is_wanted = |row: &DurableRow| self.rows.is_empty() || self.rows.iter().any(|name| name == row.row.name);
        Ok(all.into_iter().filter(is_wanted).collect())
    }
}

fn text(report: &DurableTable) -> String {
    let suite = &report.suite;
    let mut text = comparison_text(&suite.rows, &[]);
    text.push_str(&format!(
        "\nraw disk, {} bytes each message, append and fdatasync of a batch:\n",
        suite.message_bytes
    ));
    text.push_str(&disk_table(&suite.disk));
    if report.is_memory {
        text.push_str("! the folder is in memory (tmpfs): a sync costs nothing there and means nothing\n");
    }
    text.push_str("\nwhat the first broker has to reach; a message rate is judged by the smaller of its yardsticks:\n");
    text.push_str(&bar_table(&suite.bars));
    for broker in &suite.unsynced_brokers {
        text.push_str(&format!(
            "! {broker} acknowledges without waiting for the disk: a crash loses what it acknowledged\n"
        ));
    }
    if !is_known(suite, Measure::SyncsPerSecond) {
        text.push_str("! syncs were not counted: that needs perf and the right to trace (mostly root)\n");
    }
    if is_known(suite, Measure::DeviceBytesPerMessage) {
        text.push_str("device bytes are those of the whole device: of everybody who wrote to it\n");
    }
    text
}

fn bar_table(bars: &[Bar]) -> String {
    let rows: Vec<_> = bars
        .iter()
        .map(|bar| {
            let word = if bar.direction == Direction::Higher { "at least" } else { "at most" };
            let verdict = match (bar.limit, bar.is_kept()) {
                (None, _) => "",
                (_, Some(true)) => "ok",
                (_, Some(false)) => "MISSED",
                (_, None) => "not measured",
            };
            vec![
                bar.figure.clone(),
                bar.yardstick.clone(),
                known(bar.value, short),
                known(bar.yardstick_value, short),
                known(bar.relation, |relation| format!("{relation:.2}")),
                bar.limit.map_or_else(String::new, |limit| format!("{word} {limit:.2}")),
                verdict.to_owned(),
            ]
        })
        .collect();
    table(&["figure", "yardstick", "figure", "yardstick", "relation", "bar", ""], 2, &rows)
}

/// Whether a figure that needs rights or a kind of disk is there wherever it could be.
fn is_known(suite: &DurableSuiteReport, measure: Measure) -> bool {
    let mut lines = suite.rows.iter().flat_map(|row| &row.lines).filter(|line| line.measure == measure);
    lines.all(|line| line.values.iter().any(Option::is_some))
}
