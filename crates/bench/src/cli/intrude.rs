//! `intrude`: clients with a wrong password.

use super::output::print;
use super::scenario_arguments::seconds;
use super::target_arguments::{OutputArguments, TargetArguments};
use crate::clock::now_ns;
use crate::error::RunError;
use crate::figures::name_value_table;
use crate::intruders::{IntruderReport, Intruders};
use crate::stop_signal::StopSignal;
use clap::Args;
use std::thread;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Try to log in with a wrong password at an even rate, until Ctrl-C. Half of them use --username, half a name that nobody has
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dunlin-bench intrude --username alice
  dunlin-bench intrude --rate 200 --duration 60 --json")]
pub(super) struct IntrudeArguments {
    /// Logins a second
    #[arg(long, default_value_t = 1000.0)]
    rate: f64,
    /// End after so many seconds
    #[arg(long)]
    duration: Option<f64>,
    #[command(flatten)]
    target: TargetArguments,
    #[command(flatten)]
    output: OutputArguments,
}

impl IntrudeArguments {
    pub(super) fn run(&self, stop: StopSignal) -> Result<bool, RunError> {
        if !(self.rate.is_finite() && self.rate > 0.0) {
            return Err(RunError::Usage("--rate must be above 0".to_owned()));
        }
        let duration = self.duration.map(|value| seconds("--duration", value)).transpose()?;
        let mut context = self.target.context(self.output, stop)?;
        let start_ns = now_ns();
        let intruders = Intruders::start(context.target.clone(), self.rate);
        loop {
            let now = now_ns();
            let elapsed = Duration::from_nanos(now - start_ns);
            if context.stop.is_set() || duration.is_some_and(|duration| elapsed >= duration) {
                break;
            }
            context.progress.tick(now, || format!("{} s", elapsed.as_secs()));
            thread::park_timeout(LOOK_EVERY);
        }
        context.progress.clear();
        let report = intruders.end();
        print(self.output, &report, text)?;
        Ok(report.fault().is_none())
    }
}

fn text(report: &IntruderReport) -> String {
    let line = |name: &str, value: String| (name.to_owned(), value);
    let mut lines = vec![
        line("logins a second", format!("{:.0} of {:.0}", report.per_second, report.per_second_wanted)),
        line("refused", report.refused.to_string()),
        line("let in", report.let_in.to_string()),
        line("unanswered", report.unanswered.to_string()),
    ];
    lines.extend(report.fault().map(|fault| line("FAILED", fault)));
    name_value_table(&lines)
}
