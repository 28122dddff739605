//! `dunlin ctl topic-metrics`: what happens to the messages of single topics.

use super::{CommandError, asker::Asker, ctl::PATIENCE, ctl::word};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
Up to 512 topics are counted, until they are removed or the node stops.

Examples:
  dunlin ctl topic-metrics add factory/line1/state
  dunlin ctl topic-metrics list
  dunlin ctl topic-metrics show factory/line1/state --json
  dunlin ctl topic-metrics reset factory/line1/state
  dunlin ctl topic-metrics del factory/line1/state";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// List topics that are counted, with their counters
    List,
    /// Show one topic
    Show {
        /// The topic
        topic: String,
    },
    /// Count a topic
    Add {
        /// A topic without wildcards
        topic: String,
    },
    /// Count a topic no longer
    Del {
        /// The topic
        topic: String,
    },
    /// Begin with 0 again
    Reset {
        /// The topic [default: all of them]
        topic: Option<String>,
    },
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::List => {
                let topics = client.call("topic_metrics.list", json!({}), Some(PATIENCE))?;
                let text: String = topics.as_array().into_iter().flatten().map(block).collect();
                let text = if text.is_empty() { "No topics.\n".to_owned() } else { text };
                client.show(&topics, || text)?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Show { topic } => {
                let topics = client.call("topic_metrics.list", json!({}), Some(PATIENCE))?;
                let found = topics.as_array().into_iter().flatten().find(|object| word(object, "topic") == topic);
                let found = found.ok_or_else(|| CommandError::Told(format!("the topic {topic} is not counted")))?;
                client.show(found, || block(found))?;
                return Ok(ExitCode::SUCCESS);
            }
            Self::Add { topic } => client.call("topic_metrics.add", json!({"topic": topic}), Some(PATIENCE))?,
            Self::Del { topic } => client.call("topic_metrics.del", json!({"topic": topic}), Some(PATIENCE))?,
            Self::Reset { topic } => client.call("topic_metrics.reset", json!({"topic": topic}), Some(PATIENCE))?,
        };
        client.done("ok\n")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A topic, and a row for each of its figures.
fn block(object: &Value) -> String {
    let rows = object.get("metrics").and_then(Value::as_object).into_iter().flatten();
    let rows: String = rows.map(|(name, value)| format!("  {name:24}: {value}\n")).collect();
    format!("{}\n{rows}", word(object, "topic").escape_debug())
}
