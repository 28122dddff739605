//! One scenario against several brokers, in interleaved passes.

use super::{BrokerCommand, BrokerProcess, IntruderProcess, Measure};
use crate::block_device::BlockDevice;
use crate::error::RunError;
use crate::intruders::IntruderReport;
use crate::layers::Layers;
use crate::progress::Progress;
use crate::scenario::{Scenario, ScenarioReport};
use crate::stop_signal::StopSignal;
use crate::target::Target;
use crate::traffic::RunContext;
use crate::wire::Credentials;
use dunlin_model::ProtocolVersion;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Brokers to compare; the first is the one that has to be better.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The brokers.
    pub brokers: &'a [BrokerCommand],
    /// Passes over all brokers. The broker changes after each run (A B A B ...), because the speed of a machine changes
    /// within minutes.
    pub passes: usize,
    /// Protocol version of all clients.
    pub version: ProtocolVersion,
    /// User name and password of all clients.
    pub credentials: Credentials,
    /// Where the brokers' folders are made; `None` is where temporary files go, which may be memory.
    pub data_folder: Option<PathBuf>,
    /// Logins with a wrong password while the first broker is measured.
    pub intruders: Option<IntruderPlan>,
    /// Ctrl-C.
    pub stop: StopSignal,
    /// No progress line.
    pub quiet: bool,
}

/// Logins with a wrong password beside a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntruderPlan {
    /// So many a second.
    pub per_second: f64,
    /// While the other brokers are measured, a second process of theirs is attacked, which serves nobody. What the attack
    /// costs the machine is then the same for all, and what is left is what it costs clients of the attacked broker.
    pub decoy: bool,
}

/// What one broker did in all passes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Name of the broker.
    pub broker: String,
    /// Reports of the passes that could be made.
    pub reports: Vec<ScenarioReport>,
    /// Those with a wrong password, for each pass in which there were some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intruders: Vec<IntruderReport>,
    /// Why passes could not be made, or did not pass the checks.
    pub failures: Vec<String>,
}

/// One figure of all brokers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The figure.
    pub measure: Measure,
    /// Median of the passes for each broker.
    pub values: Vec<Option<f64>>,
    /// How many times as good the first broker is as the best of the others that passed the checks.
    pub advantage: Option<f64>,
}

/// One scenario against all brokers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonReport {
    /// What was measured.
    pub name: String,
    /// Per broker.
    pub outcomes: Vec<Outcome>,
    /// Per figure.
    pub lines: Vec<Line>,
}

impl Comparison<'_> {
    /// Measures. A broker that fails a pass is noted and does not end the comparison.
    ///
    /// `measures` picks figures; empty takes all of the scenario.
    ///
    /// # Errors
    /// Ctrl-C, or a command line that cannot be used.
    pub fn run(&self, name: &str, scenario: &Scenario, measures: &[Measure]) -> Result<ComparisonReport, RunError> {
        let mut outcomes = self.no_outcomes();
        for pass in 1..=self.passes {
            for (index, (broker, outcome)) in self.brokers.iter().zip(&mut outcomes).enumerate() {
                let label = format!("{name}, {}, pass {pass} of {}: ", broker.name(), self.passes);
                let attacked = match self.intruders {
                    Some(_) if index == 0 => Attacked::This,
                    Some(plan) if plan.decoy => Attacked::Decoy,
                    _ => Attacked::Nobody,
                };
                let result = self.pass(broker, scenario, &label, attacked, outcome);
                note(pass, result, outcome)?;
            }
        }
        Ok(ComparisonReport::new(name, outcomes, measures))
    }

    /// An empty outcome for each broker.
    pub(super) fn no_outcomes(&self) -> Vec<Outcome> {
        let named = |broker: &BrokerCommand| Outcome { broker: broker.name().to_owned(), ..Outcome::default() };
        self.brokers.iter().map(named).collect()
    }

    /// Measures a broker once, adds to its outcome, and returns the report if the pass could be made.
    pub(super) fn pass_over<'o>(
        &self,
        broker: &BrokerCommand,
        name: &str,
        scenario: &Scenario,
        pass: usize,
        outcome: &'o mut Outcome,
    ) -> Result<Option<&'o ScenarioReport>, RunError> {
        let label = format!("{name}, {}, pass {pass} of {}: ", broker.name(), self.passes);
        let result = self.pass(broker, scenario, &label, Attacked::Nobody, outcome);
        note(pass, result, outcome)
    }

    fn pass(
        &self,
        broker: &BrokerCommand,
        scenario: &Scenario,
        label: &str,
        attacked: Attacked,
        outcome: &mut Outcome,
    ) -> Result<ScenarioReport, RunError> {
        let start = || BrokerProcess::start(broker, self.data_folder.as_deref(), &self.stop);
        let process = start()?;
        let decoy = if attacked == Attacked::Decoy { Some(start()?) } else { None };
        let target = Target {
            address: process.address(),
            layers: Layers::default(),
            version: self.version,
            credentials: self.credentials.clone(),
            pid: Some(process.pid()),
            device: self.data_folder.as_deref().and_then(BlockDevice::of_folder),
        };
        let mut progress = Progress::new(self.quiet);
        progress.set_label(label);
        let plan = self.intruders.filter(|_| attacked != Attacked::Nobody);
        let address = decoy.as_ref().map_or(target.address, BrokerProcess::address);
        let intruders = plan.map(|plan| IntruderProcess::start(address, &target, plan.per_second)).transpose()?;
        let report = scenario.run(&mut RunContext { target, stop: self.stop.clone(), progress });
        if let Some(intruders) = intruders {
            let intruders = intruders.end()?;
            outcome.failures.extend(intruders.fault());
            outcome.intruders.push(intruders);
        }
        report
    }
}

/// Whom intruders attack during a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attacked {
    Nobody,
    This,
    Decoy,
}

/// Adds what came of a pass.
fn note(
    pass: usize,
    result: Result<ScenarioReport, RunError>,
    outcome: &mut Outcome,
) -> Result<Option<&ScenarioReport>, RunError> {
    match result {
        Ok(report) => {
            if !report.passed() {
                outcome.failures.push(format!("pass {pass}: {}", report.checks()));
            }
            outcome.reports.push(report);
            Ok(outcome.reports.last())
        }
        Err(error @ (RunError::Interrupted | RunError::Usage(_))) => Err(error),
        Err(error) => {
            outcome.failures.push(format!("pass {pass}: {error}"));
            Ok(None)
        }
    }
}

impl ComparisonReport {
    /// The figures of `outcomes`; no `measures` takes all of the scenario.
    pub(super) fn new(name: &str, outcomes: Vec<Outcome>, measures: &[Measure]) -> Self {
        Self { name: name.to_owned(), lines: lines(&outcomes, measures), outcomes }
    }

    /// Figures in which the first broker reaches less than `ratio` of the best of the others.
    #[must_use]
    pub fn below(&self, ratio: f64) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.advantage.is_none_or(|advantage| advantage < ratio)).collect()
    }

    /// The first broker made every pass without a fault.
    #[must_use]
    pub fn first_passed(&self) -> bool {
        self.outcomes.first().is_none_or(|outcome| outcome.failures.is_empty())
    }
}

fn lines(outcomes: &[Outcome], measures: &[Measure]) -> Vec<Line> {
    let of_scenario = outcomes.iter().find_map(|outcome| outcome.reports.first()).map_or(&[][..], Measure::all_of);
    let measures = if measures.is_empty() { of_scenario } else { measures };
    let line = |&measure: &Measure| {
        let values: Vec<_> = outcomes.iter().map(|outcome| median_of(measure, &outcome.reports)).collect();
        let eligible = outcomes.iter().zip(&values).skip(1).filter(|(outcome, _)| outcome.failures.is_empty());
        let first = values.first().copied().flatten();
        let advantages = eligible.filter_map(|(_, value)| measure.advantage(first?, (*value)?));
        Line { measure, advantage: advantages.reduce(f64::min), values }
    };
    measures.iter().map(line).collect()
}

fn median_of(measure: Measure, reports: &[ScenarioReport]) -> Option<f64> {
    median(reports.iter().filter_map(|report| measure.of(report)).collect())
}

/// The middle value, or the mean of the two middle ones; `None` of nothing.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { (values[middle - 1] + upper) / 2.0 })
}

/// Names that differ: brokers of the same program get a number.
#[must_use]
pub fn tell_apart(brokers: Vec<BrokerCommand>) -> Vec<BrokerCommand> {
    let names: Vec<String> = brokers.iter().map(|broker| broker.name().to_owned()).collect();
    let numbered = |(index, broker): (usize, BrokerCommand)| {
        let name = &names[index];
        if names.iter().filter(|other| *other == name).count() < 2 {
            return broker;
        }
        let number = names[..=index].iter().filter(|other| *other == name).count();
        broker.named(&format!("{name}-{number}"))
    };
    brokers.into_iter().enumerate().map(numbered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::TrafficReport;

    fn outcome(rates: &[f64], failures: &[&str]) -> Outcome {
        let report = |&rate: &f64| {
            ScenarioReport::Traffic(TrafficReport { per_broker_cpu_second: Some(rate), ..TrafficReport::default() })
        };
        Outcome {
            broker: "b".to_owned(),
            reports: rates.iter().map(report).collect(),
            failures: failures.iter().map(|&text| text.to_owned()).collect(),
            ..Outcome::default()
        }
    }

    #[test]
    fn the_advantage_is_over_the_best_broker_that_passed() {
        let outcomes = [
            outcome(&[300.0, 100.0, 200.0], &[]),
            outcome(&[50.0], &[]),
            outcome(&[100.0], &[]),
            outcome(&[900.0], &["lost"]),
        ];
        let lines = lines(&outcomes, &[Measure::MessagesPerCpuSecond]);
        assert_eq!(lines[0].values, [Some(200.0), Some(50.0), Some(100.0), Some(900.0)]);
        assert_eq!(lines[0].advantage, Some(2.0));
    }

    #[test]
    fn less_is_better_turns_the_ratio() {
        assert_eq!(Measure::LatencyP99.advantage(0.1, 0.3).map(|value| value.round()), Some(3.0));
        assert_eq!(Measure::LatencyP99.advantage(0.0, 0.3), None);
        assert_eq!(median(vec![4.0, 1.0]), Some(2.5));
    }

    #[test]
    fn brokers_of_one_program_get_numbers() {
        let commands = ["x/dunlin -a", "mosquitto", "y/dunlin"].map(|line| BrokerCommand::parse(line).unwrap());
        let names: Vec<_> = tell_apart(commands.into()).iter().map(|broker| broker.name().to_owned()).collect();
        assert_eq!(names, ["dunlin-1", "mosquitto", "dunlin-2"]);
    }
}
