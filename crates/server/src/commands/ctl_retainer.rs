//! `dunlin ctl retainer`.

use super::{
    CommandError,
    ctl::{PATIENCE, number, word},
    ctl_topics::list,
    output::print,
};
use crate::control::ControlClient;
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  dunlin ctl retainer info
  dunlin ctl retainer topics 1 100                 the first hundred
  dunlin ctl retainer clean 'greenhouse/3/#'       forgets what that filter selects
  dunlin ctl retainer clean                        forgets everything";

/// Forgetting a million messages takes some seconds of the disk.
const CLEANING: Duration = Duration::from_secs(600);

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Say how many retained messages there are
    Info {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List topics that have a retained message
    Topics {
        /// The first one, from 1
        #[arg(requires = "limit", value_parser = clap::value_parser!(u64).range(1..))]
        start: Option<u64>,
        /// How many
        limit: Option<u64>,
        /// Print JSON, one object in each line
        #[arg(long)]
        json: bool,
    },
    /// Forget all retained messages, or those that a filter selects
    Clean {
        /// A topic or a filter
        filter: Option<String>,
    },
    /// The index of retained messages
    #[command(subcommand)]
    Reindex(Reindex),
}

#[derive(Subcommand, Debug)]
pub(super) enum Reindex {
    /// Say whether it is being made anew
    Status,
    /// Make it anew: it follows from the topics, and never needs it
    Start,
}

impl Command {
    pub(super) fn run(self, client: &ControlClient) -> Result<ExitCode, CommandError> {
        match self {
            Self::Info { json } => {
                let info = client.call("retainer.info", Value::Null, Some(PATIENCE))?;
                let text = format!("Number of retained messages: {}\n", number(&info, "count"));
                print(&if json { format!("{info:#}\n") } else { text })?;
            }
            Self::Topics { start: None, json, .. } => return list(client, "retainer.topics", json, "", line),
            Self::Topics { start: Some(start), limit, json } => part(client, start - 1, limit.unwrap_or(0), json)?,
            Self::Clean { filter } => {
                client.call("retainer.clean", json!({"filter": filter}), Some(CLEANING))?;
                print("ok\n")?;
            }
            Self::Reindex(Reindex::Status) => print("Reindexing is not running\n")?,
            Self::Reindex(Reindex::Start) => print("ok\n")?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints so many, the first ones left out.
fn part(client: &ControlClient, mut skip: u64, mut left: u64, json: bool) -> Result<(), CommandError> {
    while left > 0 {
        let part = client.call("retainer.topics", json!({"skip": skip, "limit": left}), Some(PATIENCE))?;
        let found = part.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let one = |topic: &Value| if json { format!("{topic}\n") } else { line(topic) };
        print(&found.iter().map(one).collect::<String>())?;
        if found.is_empty() || part.get("hasnext").and_then(Value::as_bool) != Some(true) {
            break;
        }
        skip = skip.saturating_add(found.len() as u64);
        left = left.saturating_sub(found.len() as u64);
    }
    Ok(())
}

/// Topics are chosen by clients: nothing in them may command a terminal.
fn line(topic: &Value) -> String {
    format!("{}\n", word(topic, "topic").escape_debug())
}
