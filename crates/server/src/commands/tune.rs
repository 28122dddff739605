//! `dunlin ctl tune`: what of this machine to change for the connections that are wanted. No node has to run.

mod check;
mod demand;
mod machine;
mod remedy;
#[cfg(test)]
mod tests;

use super::{
    CommandError,
    output::{bytes, count, print},
    ping,
};
use crate::configuration::Configuration;
use check::{Check, Unit, Verdict};
use clap::Args;
use demand::{Demand, Wanted};
use machine::Machine;
use serde_json::{Value, json};
use std::fmt::Write;
use std::num::NonZeroU64;
use std::path::Path;
use std::process::ExitCode;

/// What the help of the command ends with.
pub(super) const EXAMPLES: &str = "\
Nothing is changed. What is read: /proc/sys, the limits of the node's process, or of this one if no node runs on the data
folder, and of its control group. Run it where the node runs: in its container, as its user or as root.

Examples:
  dunlin ctl tune
  dunlin ctl tune --connections 1000000
  dunlin ctl tune --json | jq -r '.commands[]'

Exit codes: 0 nothing to change, 1 something to change, 2 wrong usage";

#[derive(Args, Debug)]
pub(super) struct TuneArguments {
    /// How many connections are wanted [default: what the listeners allow; 100000 if one has no limit]
    #[arg(long, value_name = "NUMBER")]
    connections: Option<NonZeroU64>,
}

impl TuneArguments {
    /// Compares, and prints what came of it. `config` is the configuration file that was named.
    pub(super) fn run(&self, data_dir: &Path, config: Option<&Path>, is_json: bool) -> Result<ExitCode, CommandError> {
        let configuration = Configuration::read(config)?;
        // Who cannot look whether a node runs is told of its own limits, and that they are.
        let process = ping::process(data_dir).ok().flatten();
        let machine = Machine::read(Path::new("/"), process);
        let demand = Demand::new(configuration.config(), self.connections);
        let checks = check::checks(&machine, &demand);
        let text = if is_json { as_json(&machine, &demand, &checks) } else { as_text(&machine, &demand, &checks) };
        print(&text)?;
        let has_lacks = checks.iter().any(|check| check.verdict().is_lack());
        Ok(if has_lacks { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

fn as_json(machine: &Machine, demand: &Demand, checks: &[Check]) -> String {
    let check = |check: &Check| {
        json!({
            "setting": check.setting,
            "is": check.is,
            "needs": check.needs,
            "verdict": check.verdict().word(),
            "reason": check.reason,
        })
    };
    let answer = json!({
        "connections": demand.connections,
        "connections_from": demand.wanted.word(),
        "process": machine.process,
        "checks": checks.iter().map(check).collect::<Vec<Value>>(),
        "commands": remedy::commands(checks),
    });
    format!("{answer:#}\n")
}

fn as_text(machine: &Machine, demand: &Demand, checks: &[Check]) -> String {
    let mut text = format!("For {} connections{}.\n", count(demand.connections), wanted_by(demand.wanted));
    let whose = match machine.process {
        Some(process) => format!("the node's, process {process}"),
        None => "this process's: no node runs on the data folder, or it belongs to another user".into(),
    };
    // Writing to a text cannot fail.
    let _ = writeln!(text, "Limits of open files and memory are {whose}.\n");
    let _ = writeln!(text, "{:<32}{:>14}{:>14}", "", "is", "needs");
    for check in checks {
        let is = check.is.map_or_else(|| "unknown".into(), |value| shown(value, check.unit));
        let needs = shown(check.needs, check.unit);
        let verdict = match check.verdict() {
            verdict @ (Verdict::TooLow | Verdict::TooHigh) => format!("  {}: {}", verdict.phrase(), check.reason),
            Verdict::Good | Verdict::Unknown => String::new(),
        };
        let _ = writeln!(text, "{:<32}{is:>14}{needs:>14}{verdict}", check.setting);
    }
    let commands = remedy::commands(checks);
    let advice = remedy::advice(checks);
    if commands.is_empty() && advice.is_empty() {
        text.push_str("\nNothing to change.\n");
    }
    if !commands.is_empty() {
        let _ = writeln!(text, "\nWhat to change, as root; in a container, on its host or where it is defined:\n");
        commands.iter().for_each(|command| text.extend(["  ", command, "\n"]));
    }
    advice.iter().for_each(|advice| text.extend(["\n", advice, "\n"]));
    text
}

const fn wanted_by(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::ByArgument => "",
        Wanted::ByListeners => ", which is what the listeners allow",
        Wanted::Assumed => ", an assumption: a listener has no limit (max_connections, or --connections here)",
    }
}

fn shown(value: u64, unit: Unit) -> String {
    match unit {
        _ if value == u64::MAX => "unlimited".into(),
        Unit::Number => count(value),
        Unit::Bytes => bytes(value),
    }
}
