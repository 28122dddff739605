//! `dunlin ctl cluster`: a node that is on its own.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, word},
};
use clap::Subcommand;
use serde_json::json;
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
Examples:
  dunlin ctl cluster status
  dunlin ctl cluster status --json";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Which nodes there are
    Status,
    /// Join the cluster of another node, which cannot be done yet
    #[command(hide = true)]
    Join { node: String },
    /// Leave the cluster, which cannot be done yet
    #[command(hide = true)]
    Leave,
    /// Remove a node, which cannot be done yet
    #[command(hide = true)]
    ForceLeave { node: String },
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let why = "a node has no cluster to join here yet";
        match self {
            Self::Status => {
                let status = client.call("node.status", json!({}), Some(PATIENCE))?;
                let node = word(&status, "node");
                client.show(&json!({"running_nodes": [node], "stopped_nodes": []}), || {
                    format!("Cluster status: #{{running_nodes => ['{node}'],stopped_nodes => []}}\n")
                })?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Join { .. } => Err(CommandError::Told(format!("Failed to join the cluster: {why}"))),
            Self::Leave | Self::ForceLeave { .. } => {
                Err(CommandError::Told(format!("Failed to leave the cluster: {why}")))
            }
        }
    }
}
