//! `dunlin ctl conf`: the configuration of a running node, shown and changed.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, word, words},
};
use crate::configuration::{ChangeMode, What};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

const ABOUT: &str = "\
Examples:
  dunlin ctl conf show listeners.tcp.default
  dunlin ctl conf show mqtt --origins
  dunlin ctl conf load --merge changes.hocon
  echo 'log.console.level = info' | dunlin ctl conf load -
  dunlin ctl conf remove log.console.level
  dunlin ctl conf reload
  dunlin ctl conf show_keys --set
  dunlin ctl conf cluster_sync status

What counts, the strongest first: the environment (DUNLIN_A__B), dunlin.conf, data/configs/cluster.hocon,
base.hocon beside dunlin.conf, the default.
`load` and `remove` change cluster.hocon and keep a copy of it; what the stronger ones set is refused, with its place.";

#[derive(Subcommand, Debug)]
#[command(after_help = ABOUT)]
pub(super) enum Command {
    /// Print what is in effect, defaults included, under the given key or all of it; secrets are not shown
    Show {
        /// `mqtt`, `listeners.tcp.default`
        key: Option<String>,
        /// Only what somebody set, whether it has an effect or not
        #[arg(long)]
        set: bool,
        /// A line for each value, with the file and line or the variable that it came from
        #[arg(long, conflicts_with = "json")]
        origins: bool,
    },
    /// Print the root keys
    #[command(name = "show_keys", alias = "show-keys")]
    ShowKeys {
        /// Only those that somebody set
        #[arg(long)]
        set: bool,
    },
    /// Load a HOCON file: what it says counts now and at every start
    Load {
        #[command(flatten)]
        mode: Mode,
        /// The file; `-` is standard input
        path: PathBuf,
    },
    /// Remove a key that was changed at run time: what lies below counts again
    Remove {
        /// `mqtt.max_inflight`
        key: String,
    },
    /// Read dunlin.conf again, as SIGHUP does
    Reload {
        #[command(flatten)]
        mode: Mode,
    },
    /// Whether all nodes have the same configuration
    #[command(name = "cluster_sync", alias = "cluster-sync", subcommand)]
    ClusterSync(ClusterSync),
}

#[derive(Args, Debug)]
pub(super) struct Mode {
    /// Keep what was changed before, key by key (the default)
    #[arg(long, conflicts_with = "replace")]
    merge: bool,
    /// Forget what was changed before under each root key that is mentioned
    #[arg(long)]
    replace: bool,
}

#[derive(Subcommand, Debug)]
pub(super) enum ClusterSync {
    /// Show the state of all nodes
    Status,
}

impl Mode {
    const fn mode(&self) -> ChangeMode {
        if self.replace { ChangeMode::Replace } else { ChangeMode::Merge }
    }
}

const fn what(set: bool) -> What {
    if set { What::Set } else { What::Effective }
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        // A change may restart listeners, which closes their connections first.
        let change = match self {
            Self::Show { key, set, origins } => {
                let shown = client.call("conf.show", json!({"key": key, "what": what(set)}), Some(PATIENCE))?;
                let values = shown.get("values").unwrap_or(&Value::Null);
                let text = word(&shown, if origins { "places" } else { "text" });
                client.show(values, || text.to_owned())?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::ShowKeys { set } => {
                let keys = client.call("conf.keys", json!({"what": what(set)}), Some(PATIENCE))?;
                let names: Vec<_> = keys.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                client.show(&keys, || format!("[{}]\n", names.join(",")))?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::ClusterSync(ClusterSync::Status) => return cluster_sync(client),
            Self::Load { mode, path } => {
                let (name, text) = read(path)?;
                let arguments = json!({"mode": mode.mode(), "name": name, "text": text});
                client.call("conf.load", arguments, None)?
            }
            Self::Remove { key } => client.call("conf.remove", json!({"key": key}), None)?,
            Self::Reload { mode } => client.call("conf.reload", json!({"mode": mode.mode()}), None)?,
        };
        client.show(&change, || report(&change))?;
        Ok(if words(&change, "failed").is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A text and its name; read here, because the node may not be allowed to.
fn read(path: PathBuf) -> Result<(String, String), CommandError> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(("standard input".into(), text));
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((path.display().to_string(), text)),
        Err(source) => Err(CommandError::Unreadable { path, source }),
    }
}

/// One node always agrees with itself.
fn cluster_sync(client: &Asker) -> Result<ExitCode, CommandError> {
    let status = client.call("node.status", json!({}), Some(PATIENCE))?;
    let node = word(&status, "node");
    client.show(&json!({"synchronized": true, "running_nodes": [node], "stopped_nodes": []}), || {
        let line = "-----------------------------------------------\n";
        format!("{line}All configuration synchronized successfully: '{node}' is the only node\n{line}")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What became of a change, key by key.
fn report(change: &Value) -> String {
    let mut text = String::new();
    for (key, what) in [
        ("live", "is in effect now"),
        ("new_connections", "is in effect for clients that connect from now on"),
        ("restart", "is in effect after a restart of the node"),
    ] {
        for name in words(change, key) {
            text += &format!("{name} {what}\n");
        }
    }
    for listener in words(change, "listeners") {
        text += &format!("listener {listener}\n");
    }
    for warning in words(change, "warnings") {
        text += &format!("warning: {warning}\n");
    }
    if let Some(backup) = change.get("backup").and_then(Value::as_str) {
        text += &format!("what cluster.hocon was before is in {backup}\n");
    }
    let failed = words(change, "failed");
    for failure in &failed {
        text += &format!("[error] {failure}\n");
    }
    text + if failed.is_empty() { "ok\n" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_every_key() {
        let change = json!({
            "live": ["log.console.level"], "new_connections": ["mqtt.max_inflight"], "listeners": ["tcp:default was restarted"],
            "restart": ["retainer.enable"], "failed": [], "warnings": ["x"], "backup": "a.bak",
        });
        assert_eq!(
            report(&change),
            "log.console.level is in effect now\n\
             mqtt.max_inflight is in effect for clients that connect from now on\n\
             retainer.enable is in effect after a restart of the node\n\
             listener tcp:default was restarted\n\
             warning: x\n\
             what cluster.hocon was before is in a.bak\n\
             ok\n"
        );
        assert_eq!(report(&json!({"failed": ["tcp:default: no"]})), "[error] tcp:default: no\n");
    }
}
