//! `dunlin ctl log`: levels and handlers of the log of a running node.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, word},
    output::print,
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Set the overall log level
    #[command(name = "set-level")]
    SetLevel {
        /// debug, info, notice, warning, error, critical, alert or emergency
        level: String,
    },
    /// Show the primary log level, or set it: less important lines go nowhere
    #[command(name = "primary-level")]
    PrimaryLevel {
        /// debug, info, notice, warning, error, critical, alert or emergency
        level: Option<String>,
    },
    /// Log handlers: where lines go
    #[command(subcommand)]
    Handlers(HandlersCommand),
    /// The same as handlers, in the words of newer EMQX
    #[command(subcommand)]
    Outputs(OutputsCommand),
}

#[derive(Subcommand, Debug)]
pub(super) enum HandlersCommand {
    /// Show log handlers
    List,
    /// Start a log handler
    Start {
        /// console, file, or the name of another file of the log
        handler: String,
    },
    /// Stop a log handler
    Stop {
        /// console, file, or the name of another file of the log
        handler: String,
    },
    /// Set the log level of a log handler
    #[command(name = "set-level")]
    SetLevel {
        /// console, file, or the name of another file of the log
        handler: String,
        /// debug, info, notice, warning, error, critical, alert or emergency
        level: String,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum OutputsCommand {
    /// Show log outputs
    List,
    /// Enable a log output
    Enable {
        /// console, file, or the name of another file of the log
        output: String,
    },
    /// Disable a log output
    Disable {
        /// console, file, or the name of another file of the log
        output: String,
    },
    /// Set the log level of a log output
    #[command(name = "set-level")]
    SetLevel {
        /// console, file, or the name of another file of the log
        output: String,
        /// debug, info, notice, warning, error, critical, alert or emergency
        level: String,
    },
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let text = match self {
            Self::SetLevel { level } => set_level(client, "log.set_level", &json!({"level": level}))?,
            Self::PrimaryLevel { level } => set_level(client, "log.primary_level", &json!({"level": level}))?,
            Self::Handlers(command) => command.text(client)?,
            Self::Outputs(command) => command.text(client)?,
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl HandlersCommand {
    fn text(self, client: &Asker) -> Result<String, CommandError> {
        Ok(match self {
            Self::List => list(client, |handler| {
                let [id, level, destination] = ["id", "level", "destination"].map(|key| word(handler, key));
                let status = if is_started(handler) { "started" } else { "stopped" };
                format!("LogHandler(id={id}, level={level}, destination={destination}, status={status})\n")
            })?,
            Self::Start { handler } => {
                client.call("log.start_handler", json!({"handler": handler}), Some(PATIENCE))?;
                client.told(format!("log handler {handler} started\n"))
            }
            Self::Stop { handler } => {
                client.call("log.stop_handler", json!({"handler": handler}), Some(PATIENCE))?;
                client.told(format!("log handler {handler} stopped\n"))
            }
            Self::SetLevel { handler, level } => {
                set_level(client, "log.set_handler_level", &json!({"handler": handler, "level": level}))?
            }
        })
    }
}

impl OutputsCommand {
    fn text(self, client: &Asker) -> Result<String, CommandError> {
        Ok(match self {
            Self::List => list(client, |output| {
                let [name, level, destination] = ["id", "level", "destination"].map(|key| word(output, key));
                let status = if is_started(output) { "enabled" } else { "disabled" };
                format!("LogOutput(name={name}, level={level}, destination={destination}, status={status})\n")
            })?,
            Self::Enable { output } => {
                client.call("log.start_handler", json!({"handler": output}), Some(PATIENCE))?;
                client.told(format!("log output {output} enabled\n"))
            }
            Self::Disable { output } => {
                client.call("log.stop_handler", json!({"handler": output}), Some(PATIENCE))?;
                client.told(format!("log output {output} disabled\n"))
            }
            Self::SetLevel { output, level } => {
                set_level(client, "log.set_handler_level", &json!({"handler": output, "level": level}))?
            }
        })
    }
}

/// Changes a level, or asks for it; the level alone is the answer.
fn set_level(client: &Asker, command: &str, arguments: &Value) -> Result<String, CommandError> {
    let answer = client.call(command, arguments.clone(), Some(PATIENCE))?;
    Ok(client.shown(&answer, || format!("{}\n", word(&answer, "level"))))
}

fn list(client: &Asker, line: fn(&Value) -> String) -> Result<String, CommandError> {
    let handlers = client.call("log.handlers", json!({}), Some(PATIENCE))?;
    Ok(client.shown(&handlers, || handlers.as_array().into_iter().flatten().map(line).collect()))
}

fn is_started(handler: &Value) -> bool {
    handler.get("started").and_then(Value::as_bool).unwrap_or(false)
}
