//! `dunlin ctl trace` and `dunlin ctl traces`: all that happens to a client, a topic or an address, in a file.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    output::print,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
A trace shows the packets of a client, what was decided about it and what it did not get; or the messages of a topic on their way.
Passwords are never shown. It ends by itself; its file, {data_dir}/trace/trace_NAME.log, stays until the trace is deleted.

Examples:
  dunlin ctl traces start slow clientid meter-7
  dunlin ctl traces start orders topic 'orders/#' 600 json
  dunlin ctl traces list
  dunlin ctl traces stop slow
  dunlin ctl traces delete slow
  dunlin ctl trace start client meter-7 meter.log
  dunlin ctl trace list
  dunlin ctl trace stop client meter-7";

/// How long a trace of `ctl trace` lasts, in seconds, as in EMQX.
const SPAN_SECS: u64 = 1800;

/// `trace`: by what is traced.
#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// List what is traced
    List,
    /// Trace a client, a topic or an address for half an hour
    Start(StartArguments),
    /// End it
    Stop {
        /// client, topic or ip_address
        #[arg(value_name = "TYPE")]
        kind: String,
        /// Which
        value: String,
    },
}

#[derive(Args, Debug)]
pub(super) struct StartArguments {
    /// client, topic or ip_address
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Which
    value: String,
    /// Its name without folder and ending becomes that of the trace
    file: String,
    /// For EMQX's scripts: all levels are traced
    #[arg(default_value = "debug")]
    level: String,
    /// text or json
    #[arg(default_value = "text")]
    formatter: String,
}

/// `traces`: by name.
#[derive(Subcommand, Debug)]
pub(super) enum NamedCommand {
    /// List traces
    List,
    /// Begin a trace
    Start {
        /// Its name
        name: String,
        /// client, topic or ip_address
        #[arg(value_name = "TYPE")]
        kind: String,
        /// Which
        value: String,
        /// Seconds
        #[arg(default_value_t = SPAN_SECS)]
        duration: u64,
        /// text or json
        #[arg(default_value = "text")]
        formatter: String,
    },
    /// End a trace; its file stays
    Stop {
        /// Its name
        name: String,
    },
    /// Delete a trace and its file
    Delete {
        /// Its name
        name: String,
    },
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let text = match self {
            Self::List => {
                let traces = running(client)?;
                let line = |trace: &Value| {
                    let (kind, value) = (word(trace, "type"), word(trace, "value"));
                    format!("Trace({kind}={value}, level=debug, destination={:?})\n", word(trace, "path"))
                };
                let text = || lines_or(traces.iter().map(line).collect(), "Trace is empty\n");
                client.shown(&json!(traces), text)
            }
            Self::Start(StartArguments { kind, value, file, level: _, formatter }) => {
                let name = name_of_file(&file);
                let wanted = json!({
                    "name": name, "type": kind, "value": value, "duration_secs": SPAN_SECS, "formatter": formatter,
                });
                let begun = client.call("traces.start", wanted, Some(PATIENCE))?;
                let path = word(&begun, "path");
                client.shown(&begun, || format!("trace {kind} {value} successfully\nIt is written to {path}\n"))
            }
            Self::Stop { kind, value } => {
                let known = if kind == "client" { "clientid" } else { &kind };
                let is_it = |trace: &&Value| word(trace, "type") == known && word(trace, "value") == value;
                let traces = running(client)?;
                let name = traces.iter().find(is_it).map(|trace| word(trace, "name").to_owned());
                let name =
                    name.ok_or_else(|| CommandError::Told(format!("stop tracing {kind} {value} error: not_found")))?;
                client.call("traces.stop", json!({ "name": name }), Some(PATIENCE))?;
                client.told(format!("stop tracing {kind} {value} successfully\n"))
            }
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl NamedCommand {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let text = match self {
            Self::List => {
                let traces = client.call("traces.list", json!({}), Some(PATIENCE))?;
                let line = |trace: &Value| {
                    let [name, kind, value, status] = ["name", "type", "value", "status"].map(|key| word(trace, key));
                    format!("Trace({name}: {kind}={value}, {status}, LogSize:{})\n", number(trace, "log_bytes"))
                };
                let lines = || traces.as_array().into_iter().flatten().map(line).collect();
                client.shown(&traces, || lines_or(lines(), "Cluster Trace is empty\n"))
            }
            Self::Start { name, kind, value, duration, formatter } => {
                let wanted = json!({
                    "name": name, "type": kind, "value": value, "duration_secs": duration, "formatter": formatter,
                });
                let begun = client.call("traces.start", wanted, Some(PATIENCE))?;
                client.shown(&begun, || format!("cluster_trace {name} {kind} {value} successfully\n"))
            }
            Self::Stop { name } => {
                client.call("traces.stop", json!({ "name": name }), Some(PATIENCE))?;
                client.told(format!("Stop cluster_trace {name} successfully\n"))
            }
            Self::Delete { name } => {
                client.call("traces.delete", json!({ "name": name }), Some(PATIENCE))?;
                client.told(format!("Del cluster_trace {name} successfully\n"))
            }
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The lines, or what stands for none of them.
fn lines_or(lines: String, empty: &str) -> String {
    if lines.is_empty() { empty.to_owned() } else { lines }
}

fn running(client: &Asker) -> Result<Vec<Value>, CommandError> {
    let traces = client.call("traces.list", json!({}), Some(PATIENCE))?;
    let is_running = |trace: &&Value| word(trace, "status") == "running";
    Ok(traces.as_array().into_iter().flatten().filter(is_running).cloned().collect())
}

/// `/tmp/meter 7.log` makes `meter_7`; what begins with no letter gets one.
fn name_of_file(file: &str) -> String {
    let file = file.rsplit('/').next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let is_kept = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let name: String = stem.chars().map(|letter| if is_kept(letter) { letter } else { '_' }).collect();
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) { name } else { format!("t{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_its_name() {
        let names = ["/tmp/meter 7.log", "trace", "1.log", ".hidden", "a/b/"].map(name_of_file);
        assert_eq!(names, ["meter_7", "trace", "t1", "t", "t"]);
    }
}
