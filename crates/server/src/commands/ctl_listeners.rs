//! `dunlin ctl listeners` and `dunlin ctl pem_cache`.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
};
use crate::control::ControlError;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
Examples:
  dunlin ctl listeners
  dunlin ctl listeners --json
  dunlin ctl listeners stop tcp:default             until it is started by hand, or the node is
  dunlin ctl listeners start tcp:default
  dunlin ctl listeners restart tcp:default
  dunlin ctl listeners enable ws:default false      closed now, and at every start";

pub(super) const PEM_CACHE_EXAMPLES: &str = "\
Examples:
  dunlin ctl pem_cache clean all
  dunlin ctl pem_cache clean node dunlin@127.0.0.1";

#[derive(Args, Debug)]
pub(super) struct ListenersArguments {
    #[command(subcommand)]
    command: Option<ListenersCommand>,
}

#[derive(Subcommand, Debug)]
enum ListenersCommand {
    /// Stop a listener, and close its connections
    Stop(ListenerId),
    /// Start a listener
    Start(ListenerId),
    /// Restart a listener
    Restart(ListenerId),
    /// Start or stop a listener now and at every start
    Enable {
        /// Identifier: `tcp:default`
        id: String,
        /// true or false
        #[arg(action = clap::ArgAction::Set, value_name = "true|false")]
        enable: bool,
    },
}

#[derive(Args, Debug)]
struct ListenerId {
    /// Identifier: `tcp:default`
    id: String,
}

#[derive(Subcommand, Debug)]
pub(super) enum PemCacheCommand {
    /// Read certificates and keys anew, so that new connections get new ones
    #[command(subcommand)]
    Clean(Place),
}

#[derive(Subcommand, Debug)]
pub(super) enum Place {
    /// On all nodes
    All,
    /// On one node
    Node {
        /// Its name: `dunlin@127.0.0.1`
        node: String,
    },
}

impl ListenersArguments {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let (verb, done, id) = match self.command {
            None => return list(client),
            Some(ListenersCommand::Stop(ListenerId { id })) => ("stop", "Stop", id),
            Some(ListenersCommand::Start(ListenerId { id })) => ("start", "Started", id),
            Some(ListenersCommand::Restart(ListenerId { id })) => ("restart", "Restarted", id),
            Some(ListenersCommand::Enable { id, enable }) => return enable_listener(client, &id, enable),
        };
        // A listener that stops closes its connections first.
        match client.call(&format!("listeners.{verb}"), json!({"id": id}), None) {
            Ok(_) => {
                client.done(&format!("{done} {id} listener successfully.\n"))?;
                Ok(ExitCode::SUCCESS)
            }
            Err(ControlError::Refused(why)) => {
                Err(CommandError::Told(format!("Failed to {verb} {id} listener: {why}")))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl PemCacheCommand {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let Self::Clean(place) = self;
        if let Place::Node { node } = &place {
            let status = client.call("node.status", json!({}), Some(PATIENCE))?;
            let here = word(&status, "node");
            if node != here {
                return Err(CommandError::Told(format!("there is no node '{node}': this one is '{here}', alone")));
            }
        }
        let cleaned = client.call("pem_cache.clean", json!({}), Some(PATIENCE))?;
        let of_node = match &place {
            Place::All => String::new(),
            Place::Node { node } => format!("{node} "),
        };
        let listeners = number(&cleaned, "listeners");
        let failed: Vec<_> = list_of(&cleaned, "failed");
        if !failed.is_empty() {
            return Err(CommandError::Told(format!(
                "{of_node}PEM cache clean failed: {listeners} listeners have read their certificates anew, the others keep the earlier \
                 ones: {}",
                failed.join("; ")
            )));
        }
        client.show(&cleaned, || {
            format!("{of_node}PEM cache clean OK: {listeners} listeners have read their certificates anew\n")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What is in the configuration already is in effect afterwards, too: a listener may have been stopped or started by hand.
fn enable_listener(client: &Asker, id: &str, enable: bool) -> Result<ExitCode, CommandError> {
    let listeners = client.call("listeners", json!({}), Some(PATIENCE))?;
    let found = listeners.as_array().into_iter().flatten().find(|listener| word(listener, "id") == id);
    let found = found.ok_or_else(|| CommandError::Told(format!("Not found listener: {id}")))?;
    let is = |key: &str| found.get(key).and_then(Value::as_bool).unwrap_or(false);
    let refused = |why: &str| CommandError::Told(format!("Update listener: {id} failed, Reason: {why}"));
    let outcome = if is("enable") != enable {
        let text = format!("listeners.{}.enable = {enable}", id.replace(':', "."));
        client.call("conf.load", json!({"name": "dunlin ctl listeners", "text": text}), None)
    } else if is("running") != enable {
        client.call(if enable { "listeners.start" } else { "listeners.stop" }, json!({"id": id}), None)
    } else {
        Ok(Value::Null)
    };
    let change = outcome.map_err(|error| match error {
        ControlError::Refused(why) => refused(&why),
        other => other.into(),
    })?;
    if let Some(why) = list_of(&change, "failed").first() {
        return Err(refused(why));
    }
    client.done(&format!("Updated 'enable' to: '{enable}' successfully.\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// The texts of a list in an answer.
fn list_of<'a>(answer: &'a Value, key: &str) -> Vec<&'a str> {
    answer.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn list(client: &Asker) -> Result<ExitCode, CommandError> {
    let listeners = client.call("listeners", json!({}), Some(PATIENCE))?;
    let blocks = || listeners.as_array().into_iter().flatten().map(block).collect();
    client.show(&listeners, blocks)?;
    Ok(ExitCode::SUCCESS)
}

/// A listener as EMQX prints it; figures only while it runs.
fn block(listener: &Value) -> String {
    let is = |key| listener.get(key).and_then(Value::as_bool).unwrap_or(false);
    let mut rows = vec![
        ("listen_on", word(listener, "listen_on").to_owned()),
        ("acceptors", number(listener, "acceptors").to_string()),
        ("proxy_protocol", is("proxy_protocol").to_string()),
        // Written so by EMQX, and scripts look for it.
        ("enbale", is("enable").to_string()),
        ("running", is("running").to_string()),
    ];
    if is("running") {
        let max = listener.get("max_conns").and_then(Value::as_u64);
        rows.push(("current_conn", number(listener, "current_conn").to_string()));
        rows.push(("max_conns", max.map_or_else(|| "infinity".into(), |max| max.to_string())));
        rows.push(("shutdown_count", shutdown_count(listener)));
    }
    let rows: String = rows.into_iter().map(|(key, value)| format!("  {key:16}: {value}\n")).collect();
    format!("{}\n{rows}", word(listener, "id"))
}

/// `[{tcp_closed,12},{keepalive_timeout,3}]`.
fn shutdown_count(listener: &Value) -> String {
    let counts = listener.get("shutdown_count").and_then(Value::as_array).into_iter().flatten();
    let counts: Vec<_> = counts
        .filter_map(|entry| Some(format!("{{{},{}}}", entry.get(0)?.as_str()?, entry.get(1)?.as_u64()?)))
        .collect();
    format!("[{}]", counts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_what_scripts_know() {
        let mut listener = json!({
            "id": "tcp:default", "listen_on": "0.0.0.0:1883", "acceptors": 1, "proxy_protocol": false, "enable": true,
            "running": true, "current_conn": 2, "max_conns": null,
            "shutdown_count": [["tcp_closed", 12], ["keepalive_timeout", 3]],
        });
        let running = "\
tcp:default
  listen_on       : 0.0.0.0:1883
  acceptors       : 1
  proxy_protocol  : false
  enbale          : true
  running         : true
  current_conn    : 2
  max_conns       : infinity
  shutdown_count  : [{tcp_closed,12},{keepalive_timeout,3}]
";
        assert_eq!(block(&listener), running);
        listener["running"] = false.into();
        assert_eq!(block(&listener).lines().last(), Some("  running         : false"));
    }
}
