//! `compare`: one scenario against two or more brokers.

use super::broker_arguments::{BrokerArguments, COMMAND_HELP};
use super::comparison_text::comparison_text;
use super::output::print;
use super::scenario_arguments::ScenarioArguments;
use super::target_arguments::OutputArguments;
use crate::compare::{Comparison, IntruderPlan, Measure};
use crate::error::RunError;
use crate::stop_signal::StopSignal;
use clap::Args;
use std::io::Write;

const EXAMPLES: &str = "Examples:
  dunlin-bench compare pairs --qos 1 --a-cmd 'new/dunlin --port {port}' --b-cmd 'old/dunlin --port {port}'
  dunlin-bench compare fan-out --a-cmd '...' --b-cmd 'mosquitto -c dev/peers/mosquitto.conf -p {port}' --passes 5
  dunlin-bench compare latency --username u --password p --intruders 1000 --a-cmd '...' --b-cmd '...'
  dunlin-bench compare pairs --rate 20000 --figure latency-p50 --at-least 0.9 --a-cmd '...' --b-cmd '...'";

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
    /// While the others are measured, the intruders attack a second process of theirs: the machine has the same to do for all
    #[arg(long, requires = "intruders")]
    decoy: bool,
    /// Show only this figure; may be given several times
    #[arg(long, value_name = "FIGURE", value_enum)]
    figure: Vec<Measure>,
    /// Fail when the first broker reaches less than this part of the best other in any figure that is shown
    #[arg(long, value_name = "RATIO")]
    at_least: Option<f64>,
    #[command(flatten)]
    output: OutputArguments,
}

impl CompareArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        let brokers = self.brokers.brokers()?;
        let comparison = Comparison {
            intruders: self.intruders.map(|rate| IntruderPlan { per_second: f64::from(rate), decoy: self.decoy }),
            ..self.brokers.comparison(&brokers, 3, self.output, stop)?
        };
        let report = comparison.run(self.scenario.name(), &self.scenario.scenario()?, &self.figure)?;
        print(self.output, &report, |report| comparison_text(std::slice::from_ref(report), &[]))?;
        let below = self.at_least.map_or_else(Vec::new, |ratio| report.below(ratio));
        for line in &below {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "! {} of the first broker is below --at-least", line.measure.label());
        }
        Ok(report.first_passed() && below.is_empty())
    }
}
