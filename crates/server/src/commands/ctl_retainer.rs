//! `dunlin ctl retainer`.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    ctl_topics::list,
    output::print,
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  dunlin ctl retainer info
  dunlin ctl retainer topics 1 100                 the first hundred
  dunlin ctl retainer clean 'greenhouse/3/#'       forgets what that filter selects
  dunlin ctl retainer clean                        forgets everything
  dunlin ctl retainer reindex status
  dunlin ctl retainer reindex start";

/// Forgetting a million messages takes some seconds of the disk.
const CLEANING: Duration = Duration::from_secs(600);

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Say how many retained messages there are
    Info,
    /// List topics that have a retained message
    Topics {
        /// The first one, from 1
        #[arg(requires = "limit", value_parser = clap::value_parser!(u64).range(1..))]
        start: Option<u64>,
        /// How many
        limit: Option<u64>,
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
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::Info => {
                let info = client.call("retainer.info", Value::Null, Some(PATIENCE))?;
                let text = format!("Number of retained messages: {}\n", number(&info, "count"));
                client.show(&info, || text)?;
            }
            Self::Topics { start: None, .. } => return list(client, "retainer.topics", "", line),
            Self::Topics { start: Some(start), limit } => part(client, start - 1, limit.unwrap_or(0))?,
            Self::Clean { filter } => {
                client.call("retainer.clean", json!({"filter": filter}), Some(CLEANING))?;
                client.done("ok\n")?;
            }
            Self::Reindex(Reindex::Status) => {
                client.show(&json!({"is_running": false}), || "Reindexing is not running\n".to_owned())?;
            }
            Self::Reindex(Reindex::Start) => client.done("ok\n")?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints so many, the first ones left out.
fn part(client: &Asker, mut skip: u64, mut left: u64) -> Result<(), CommandError> {
    while left > 0 {
        let part = client.call("retainer.topics", json!({"skip": skip, "limit": left}), Some(PATIENCE))?;
        let found = part.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        print(&found.iter().map(|topic| client.line(topic, line)).collect::<String>())?;
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
