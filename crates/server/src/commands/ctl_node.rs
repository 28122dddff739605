//! `dunlin ctl status` and `dunlin ctl broker`.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word, words},
};
use crate::calendar;
use crate::observing::SYSDESCR;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

pub(super) const BROKER_EXAMPLES: &str = "\
Examples:
  dunlin ctl broker
  dunlin ctl broker stats
  dunlin ctl broker metrics --json | jq '.[\"messages.received\"]'";

#[derive(Args, Debug)]
pub(super) struct BrokerArguments {
    #[command(subcommand)]
    command: Option<BrokerCommand>,
}

#[derive(Subcommand, Debug)]
enum BrokerCommand {
    /// Show broker statistics of clients, topics, subscribers
    Stats,
    /// Show broker metrics
    Metrics,
}

/// `Node 'dunlin@127.0.0.1' 0.1.0 is started`. A node that does not serve clients is a failure.
pub(super) fn status(client: &Asker) -> Result<ExitCode, CommandError> {
    let status = client.call("node.status", json!({}), Some(PATIENCE))?;
    client.show(&status, || {
        let [node, version, phase] = ["node", "version", "status"].map(|key| word(&status, key));
        let mut text = format!("Node '{node}' {version} is {phase}\n");
        for key in words(&status, "needs_restart") {
            text += &format!("warning: `{key}` was changed and is in effect after a restart of the node\n");
        }
        text
    })?;
    Ok(if word(&status, "status") == "started" { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl BrokerArguments {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self.command {
            None => broker(client),
            Some(BrokerCommand::Stats) => figures(client, "node.stats"),
            Some(BrokerCommand::Metrics) => figures(client, "node.metrics"),
        }
    }
}

fn broker(client: &Asker) -> Result<ExitCode, CommandError> {
    let status = client.call("node.status", json!({}), Some(PATIENCE))?;
    let uptime = calendar::uptime(Duration::from_millis(number(&status, "uptime_ms")));
    let rows = [
        ("sysdescr", SYSDESCR),
        ("version", word(&status, "version")),
        ("datetime", word(&status, "datetime")),
        ("uptime", &uptime),
    ];
    client.show(&status, || rows.map(|(name, value)| format!("{name:10}: {value}\n")).concat())?;
    Ok(ExitCode::SUCCESS)
}

fn figures(client: &Asker, command: &str) -> Result<ExitCode, CommandError> {
    let figures = client.call(command, json!({}), Some(PATIENCE))?;
    client.show(&figures, || rows(&figures))?;
    Ok(ExitCode::SUCCESS)
}

/// `connections.count               : 2`, ordered by name.
fn rows(figures: &Value) -> String {
    let mut rows: Vec<_> = figures.as_object().into_iter().flatten().collect();
    rows.sort_by_key(|(name, _)| *name);
    rows.into_iter().map(|(name, value)| format!("{name:30}: {value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_below_each_other() {
        let text = rows(&json!({"sessions.count": 12, "connections.count": 2}));
        assert_eq!(text, "connections.count             : 2\nsessions.count                : 12\n");
    }
}
