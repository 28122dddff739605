//! Arguments of the comparing subcommands: which brokers, how often.

use super::target_arguments::{ClientArguments, OutputArguments};
use crate::compare::{BrokerCommand, Comparison, tell_apart};
use crate::error::RunError;
use crate::stop_signal::StopSignal;
use clap::Args;

pub(super) const COMMAND_HELP: &str = "A command starts a broker in the foreground, without a shell. Placeholders: {port} is a free port of 127.0.0.1, {dir} an \
    empty folder that is removed afterwards, {config:FILE} a copy of FILE with these two filled in.";

/// Brokers to compare.
#[derive(Debug, Args)]
#[command(next_help_heading = "Brokers")]
pub(super) struct BrokerArguments {
    /// Command that starts the broker that has to be better
    #[arg(long, alias = "dunlin-cmd", value_name = "COMMAND")]
    a_cmd: String,
    /// Command that starts a peer; may be given several times
    #[arg(long, value_name = "COMMAND")]
    b_cmd: Vec<String>,
    /// Passes over all brokers; the median counts
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=100))]
    passes: Option<u8>,
    #[command(flatten)]
    clients: ClientArguments,
}

impl BrokerArguments {
    /// The brokers, first the one that has to be better.
    pub(super) fn brokers(&self) -> Result<Vec<BrokerCommand>, RunError> {
        let lines = std::iter::once(&self.a_cmd).chain(&self.b_cmd);
        Ok(tell_apart(lines.map(|line| BrokerCommand::parse(line)).collect::<Result<_, _>>()?))
    }

    /// A comparison of `brokers`.
    pub(super) fn comparison<'a>(
        &self,
        brokers: &'a [BrokerCommand],
        default_passes: u8,
        output: OutputArguments,
        stop: StopSignal,
    ) -> Result<Comparison<'a>, RunError> {
        Ok(Comparison {
            brokers,
            passes: usize::from(self.passes.unwrap_or(default_passes)),
            version: self.clients.protocol.version(),
            credentials: self.clients.credentials()?,
            data_folder: None,
            intruders: None,
            stop,
            quiet: output.quiet,
        })
    }
}
