//! `durable`: the table of durable sessions against peers and the raw disk.

use super::broker_arguments::{BrokerArguments, COMMAND_HELP};
use super::comparison_text::comparison_text;
use super::disk::disk_table;
use super::output::print;
use super::target_arguments::OutputArguments;
use crate::compare::{Bar, Comparison, Direction, DurableSuite, DurableSuiteReport, Measure, Row, durable_rows};
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
  dunlin-bench durable --quick --rows offline-q1,drain-q1 --dir /var/tmp --a-cmd '...'";

/// Measure durable sessions of several brokers and the raw disk, in turn: some ten minutes, one or two with --quick
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
    durable_rows(true).iter().map(|row| row.name).collect::<Vec<_>>().join(", ")
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
            disk_duration: Duration::from_millis(if self.quick { 500 } else { 2000 }),
        };
        let table = DurableTable { quick: self.quick, is_memory: is_memory(&self.dir), suite: suite.run()? };
        print(self.output, &table, text)?;
        Ok(table.suite.first_passed())
    }

    fn rows(&self) -> Result<Vec<Row>, RunError> {
        let all = durable_rows(self.quick);
        let is_known = |name: &&String| all.iter().any(|row| row.name == name.as_str());
        if let Some(unknown) = self.rows.iter().find(|name| !is_known(name)) {
            return Err(RunError::Usage(format!("no row {unknown}; there are {}", row_names())));
        }
        let is_wanted = |row: &Row| self.rows.is_empty() || self.rows.iter().any(|name| name == row.name);
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
    text.push('\n');
    text.push_str(&bar_table(&suite.bars));
    for broker in suite.unsynced_brokers() {
        text.push_str(&format!(
            "! {broker} acknowledges without waiting for the disk: a crash loses what it acknowledged\n"
        ));
    }
    if !syncs_are_known(suite) {
        text.push_str("! syncs were not counted: that needs perf and the right to trace (mostly root)\n");
    }
    text
}

fn bar_table(bars: &[Bar]) -> String {
    let rows: Vec<_> = bars
        .iter()
        .map(|bar| {
            let limit = if bar.direction == Direction::Higher { "at least" } else { "at most" };
            let verdict = match bar.is_kept() {
                Some(true) => "ok",
                Some(false) => "MISSED",
                None => "not measured",
            };
            let cells = [bar.name, &known(bar.value, short), &format!("{limit} {}", short(bar.limit)), verdict];
            cells.map(str::to_owned).to_vec()
        })
        .collect();
    table(&["first broker", "median", "bar", ""], 1, &rows)
}

fn syncs_are_known(suite: &DurableSuiteReport) -> bool {
    let mut lines = suite.rows.iter().flat_map(|row| &row.lines).filter(|line| line.measure == Measure::SyncsPerSecond);
    lines.all(|line| line.values.iter().any(Option::is_some))
}
