//! `compare`: one scenario against two or more brokers.

use super::broker_arguments::{BrokerArguments, COMMAND_HELP};
use super::comparison_text::comparison_text;
use super::output::print;
use super::scenario_arguments::ScenarioArguments;
use super::target_arguments::OutputArguments;
use crate::compare::Comparison;
use crate::error::RunError;
use crate::stop_signal::StopSignal;
use clap::Args;

const EXAMPLES: &str = "Examples:
  dunlin-bench compare pairs --qos 1 --a-cmd 'new/dunlin --port {port}' --b-cmd 'old/dunlin --port {port}'
  dunlin-bench compare fan-out --a-cmd '...' --b-cmd 'mosquitto -c dev/peers/mosquitto.conf -p {port}' --passes 5
  dunlin-bench compare latency --username u --password p --intruders 1000 --a-cmd '...' --b-cmd '...'";

/// Measure one scenario against several brokers, in turn and each with a fresh process
#[derive(Debug, Args)]
#[command(after_help = format!("{COMMAND_HELP}\n\n{EXAMPLES}"))]
pub(super) struct CompareArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    #[command(flatten)]
    brokers: BrokerArguments,
    /// So many logins a second with a wrong password while the first broker is measured
    #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    intruders: Option<u32>,
    #[command(flatten)]
    output: OutputArguments,
}

impl CompareArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        let brokers = self.brokers.brokers()?;
        let comparison = Comparison {
            intruders_per_second: self.intruders.map(f64::from),
            ..self.brokers.comparison(&brokers, 3, self.output, stop)?
        };
        let report = comparison.run(self.scenario.name(), &self.scenario.scenario()?, &[])?;
        print(self.output, &report, |report| comparison_text(std::slice::from_ref(report), &[]))?;
        Ok(report.first_passed())
    }
}
