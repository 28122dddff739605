//! `disk`: what the disk gives without a broker.

use super::output::print;
use super::scenario_arguments::seconds;
use super::target_arguments::OutputArguments;
use crate::error::RunError;
use crate::figures::{bytes, known, short, table};
use crate::load::LatencySummary;
use crate::raw_disk::{RawDisk, RawDiskFigures, is_memory};
use crate::stop_signal::StopSignal;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// Append batches of messages to a file and fdatasync each: the most a durable broker can get from this disk
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dunlin-bench disk --dir /var/lib/dunlin
  dunlin-bench disk --dir /mnt/data --batches 1,64,4096 --size 1024 --json")]
pub(super) struct DiskArguments {
    /// Folder on the disk to measure; the file in it has no name and is gone afterwards
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Messages in one batch
    #[arg(long, value_delimiter = ',', default_value = "1,10,100,1000")]
    batches: Vec<u32>,
    /// Bytes of one message
    #[arg(long, default_value_t = 100)]
    size: usize,
    /// Seconds for each batch size
    #[arg(long, default_value_t = 3.0)]
    duration: f64,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Debug, Serialize)]
struct DiskReport {
    message_bytes: usize,
    /// The folder is in memory: the figures are not those of a disk.
    is_memory: bool,
    batches: Vec<RawDiskFigures>,
}

impl DiskArguments {
    pub(super) fn run(&self, stop: &StopSignal) -> Result<bool, RunError> {
        let duration = seconds("--duration", self.duration)?;
        let mut disk = RawDisk::create(&self.dir)?;
        let mut report = DiskReport { message_bytes: self.size, is_memory: is_memory(&self.dir), batches: Vec::new() };
        for &batch in &self.batches {
            report.batches.push(disk.measure(f64::from(batch), self.size as f64, duration, stop)?);
        }
        print(self.output, &report, text)?;
        Ok(true)
    }
}

fn text(report: &DiskReport) -> String {
    let mut text = disk_table(&report.batches);
    if report.is_memory {
        text.push_str("! the folder is in memory (tmpfs): a sync costs nothing there and means nothing\n");
    }
    text
}

/// One line for each batch size.
pub(super) fn disk_table(figures: &[RawDiskFigures]) -> String {
    let header = ["batch", "bytes", "messages/s", "syncs/s", "sync p50 ms", "p99 ms", "p99.9 ms", "max ms"];
    let rows: Vec<_> = figures
        .iter()
        .map(|line| {
            let time = |pick: fn(LatencySummary) -> f64| known(line.sync.map(pick), |value| format!("{value:.3}"));
            vec![
                short(line.batch),
                bytes(line.batch_bytes as f64),
                short(line.messages_per_second),
                short(line.syncs_per_second),
                time(|sync| sync.p50_ms),
                time(|sync| sync.p99_ms),
                time(|sync| sync.p999_ms),
                time(|sync| sync.max_ms),
            ]
        })
        .collect();
    table(&header, 0, &rows)
}
