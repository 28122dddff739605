//! `bench`: one scenario against one broker.

use super::output::{print, scenario_text};
use super::scenario_arguments::ScenarioArguments;
use super::target_arguments::{OutputArguments, TargetArguments};
use crate::error::RunError;
use crate::stop_signal::StopSignal;
use clap::Args;

/// Measure one scenario against a running broker
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dunlin-bench bench pairs --qos 1 --pid $(pidof dunlin)
  dunlin-bench bench pairs --qos 1 --window 1 --backlog 1        no batching possible
  dunlin-bench bench pairs --pubs 1000 --qos 1 --rate 10000      paced, like devices
  dunlin-bench bench latency                                     1000 messages a second
  dunlin-bench bench idle --steps 2000,16000 --subs-per-conn 1 --pid 4711
  dunlin-bench bench idle --steps 2000,9000 --tls --insecure --tls-version 1.2 --pid 4711
  dunlin-bench bench pairs --qos 1 --tls --cafile ca.pem --host broker.example.com
  dunlin-bench bench pairs --ws                                  --tls --ws is wss
  dunlin-bench bench durable --pid $(pidof dunlin)               to offline sessions; --online to connected ones
  dunlin-bench bench drain --count 100000 --pid $(pidof dunlin)
  dunlin-bench bench subs --filters 200000 --json")]
pub(super) struct BenchArguments {
    #[command(flatten)]
    scenario: ScenarioArguments,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    output: OutputArguments,
}

impl BenchArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        let mut context = self.target.context(self.output, stop)?;
        let report = self.scenario.scenario()?.run(&mut context)?;
        print(self.output, &report, scenario_text)?;
        Ok(report.passed())
    }
}
