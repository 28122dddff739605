//! The command line, one file per subcommand.

mod bench;
mod broker_arguments;
mod compare;
mod comparison_text;
mod connect;
mod disk;
mod durable;
mod intrude;
mod layer_arguments;
mod output;
mod peers;
mod publish;
mod scenario_arguments;
mod subscribe;
mod target_arguments;

use crate::error::RunError;
use crate::stop_signal::StopSignal;
use clap::{Parser, Subcommand};

/// Load generator for MQTT brokers, and a way to compare two of them.
///
/// Exit codes: 0 passed, 1 failed (a client failed, a message was lost, repeated or out of order, or a figure regressed),
/// 2 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "dunlin-bench", version, max_term_width = 120)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Conn(connect::ConnectArguments),
    Pub(publish::PublishArguments),
    Sub(subscribe::SubscribeArguments),
    Bench(bench::BenchArguments),
    Disk(disk::DiskArguments),
    Compare(compare::CompareArguments),
    Peers(peers::PeersArguments),
    Durable(durable::DurableArguments),
    Intrude(intrude::IntrudeArguments),
}

impl Cli {
    /// Does what the command line says. `true` when the run passed.
    ///
    /// # Errors
    /// The run could not be made.
    pub fn run(self) -> Result<bool, RunError> {
        let stop = StopSignal::install()?;
        match self.command {
            Command::Conn(arguments) => arguments.run(stop),
            Command::Pub(arguments) => arguments.run(stop),
            Command::Sub(arguments) => arguments.run(stop),
            Command::Bench(arguments) => arguments.run(stop),
            Command::Disk(arguments) => arguments.run(&stop),
            Command::Compare(arguments) => arguments.run(stop),
            Command::Peers(arguments) => arguments.run(stop),
            Command::Durable(arguments) => arguments.run(stop),
            Command::Intrude(arguments) => arguments.run(stop),
        }
    }
}
