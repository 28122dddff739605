//! What a run is told.

use crate::oracle::Overlaps;
use dunlin_bench::compare::BrokerCommand;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// How a broker ends at the end of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Ending {
    /// SIGKILL: what torture is for.
    Kill,
    /// SIGTERM: a broker that keeps its state over a restart passes.
    Term,
    /// The broker runs on and all connections are cut: every broker passes, or the oracle is wrong.
    Never,
}

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Starts the broker.
    pub command: BrokerCommand,
    /// Has the running broker compact its store, where it can.
    pub compact_command: Option<BrokerCommand>,
    /// How many cycles.
    pub cycles: u32,
    /// Decides everything that is decided by chance.
    pub seed: u64,
    /// Shortest and longest cycle, in milliseconds.
    pub duration_ms: RangeInclusive<u64>,
    /// Check after each so many cycles, at least 1, and after the last one.
    pub check_every: u32,
    /// How each broker ends.
    pub ending: Ending,
    /// What overlapping subscriptions get.
    pub overlaps: Overlaps,
    /// Go on after a violation.
    pub keep_going: bool,
    /// Where the folder of the run is made.
    pub folder: Option<PathBuf>,
}
