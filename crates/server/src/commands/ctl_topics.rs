//! `dunlin ctl topics`, `dunlin ctl subscriptions` and `dunlin ctl exclusive`.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    ctl_clients::not_found,
    output::print,
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) const TOPICS_EXAMPLES: &str = "\
Topics are filters that somebody is subscribed to.

Examples:
  dunlin ctl topics list
  dunlin ctl topics show 'meters/+/power'";

pub(super) const SUBSCRIPTIONS_EXAMPLES: &str = "\
A client that is subscribed this way is told nothing; the subscription is one like those it made itself.

Examples:
  dunlin ctl subscriptions list
  dunlin ctl subscriptions show meter-7 --json
  dunlin ctl subscriptions add meter-7 'commands/meter-7/#' 1
  dunlin ctl subscriptions del meter-7 'commands/meter-7/#'";

pub(super) const EXCLUSIVE_EXAMPLES: &str = "\
Topics that one client has for itself (`$exclusive/…`).

Examples:
  dunlin ctl exclusive list
  dunlin ctl exclusive delete line/1        ends that subscription, so that another client can have the topic";

#[derive(Subcommand, Debug)]
pub(super) enum Topics {
    /// List all topics
    List,
    /// Show a topic
    Show {
        /// The filter
        topic: String,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum Subscriptions {
    /// List all subscriptions
    List,
    /// Show subscriptions of a client
    Show {
        /// Its client id
        clientid: String,
    },
    /// Subscribe on behalf of a client
    Add {
        /// Its client id
        clientid: String,
        /// The filter, as the client would write it
        topic: String,
        /// 0, 1 or 2
        #[arg(value_parser = clap::value_parser!(u8).range(0..=2))]
        qos: u8,
    },
    /// Give a subscription up on behalf of a client
    Del {
        /// Its client id
        clientid: String,
        /// The filter
        topic: String,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum Exclusive {
    /// List topics that a client has for itself
    List,
    /// End the exclusive subscription to a topic
    Delete {
        /// The topic
        topic: String,
    },
}

impl Topics {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::List => list(client, "topics.list", "No topics.\n", topic_line),
            Self::Show { topic } => {
                let found = client.call("topics.show", json!({"topic": topic}), Some(PATIENCE))?;
                if found.is_null() {
                    return Err(not_found());
                }
                client.show(&found, || topic_line(&found))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

impl Subscriptions {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::List => list(client, "subscriptions.list", "No subscriptions.\n", subscription_line),
            Self::Show { clientid } => {
                let found = client.call("subscriptions.show", json!({"clientid": clientid}), Some(PATIENCE))?;
                let Some(found) = found.as_array() else { return Err(not_found()) };
                print(&found.iter().map(|facts| client.line(facts, subscription_line)).collect::<String>())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Add { clientid, topic, qos } => {
                let wish = json!({"clientid": clientid, "topic": topic, "qos": qos});
                done(client, &client.call("subscriptions.add", wish, Some(PATIENCE))?)
            }
            Self::Del { clientid, topic } => {
                let wish = json!({"clientid": clientid, "topic": topic});
                done(client, &client.call("subscriptions.del", wish, Some(PATIENCE))?)
            }
        }
    }
}

impl Exclusive {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::List => list(client, "exclusive.list", "No topics.\n", exclusive_line),
            Self::Delete { topic } => {
                let ended = client.call("exclusive.delete", json!({"topic": topic}), Some(PATIENCE))?;
                if ended != json!(true) {
                    return Err(not_found());
                }
                client.done("ok\n")?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// The answer to what was done for a client, as EMQX says it.
fn done(client: &Asker, answer: &Value) -> Result<ExitCode, CommandError> {
    if answer.is_null() {
        return Err(CommandError::Told("Error: Channel not found!".into()));
    }
    client.done("ok\n")?;
    Ok(ExitCode::SUCCESS)
}

/// Prints everything, a part at a time.
pub(super) fn list(
    client: &Asker,
    command: &str,
    none: &str,
    line: fn(&Value) -> String,
) -> Result<ExitCode, CommandError> {
    let mut skip = 0;
    loop {
        let part = client.call(command, json!({"skip": skip}), Some(PATIENCE))?;
        let found = part.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        skip += found.len();
        print(&found.iter().map(|facts| client.line(facts, line)).collect::<String>())?;
        if found.is_empty() || part.get("hasnext").and_then(Value::as_bool) != Some(true) {
            break;
        }
    }
    if skip == 0 && !client.is_json() {
        print(none)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Filters and names are chosen by clients: nothing in them may command a terminal.
fn topic_line(topic: &Value) -> String {
    format!("{} -> {}\n", word(topic, "topic").escape_debug(), word(topic, "node"))
}

fn exclusive_line(topic: &Value) -> String {
    format!("{} -> {}\n", word(topic, "topic").escape_debug(), word(topic, "clientid").escape_debug())
}

fn subscription_line(facts: &Value) -> String {
    format!(
        "{} -> topic:{} qos:{} nl:{} rh:{} rap:{}\n",
        word(facts, "clientid").escape_debug(),
        word(facts, "topic").escape_debug(),
        number(facts, "qos"),
        number(facts, "nl"),
        number(facts, "rh"),
        number(facts, "rap"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_scripts_know() {
        let facts = json!({"clientid": "c1", "topic": "t/1", "qos": 1, "nl": 0, "rh": 2, "rap": 1, "node": "n@h"});
        assert_eq!(subscription_line(&facts), "c1 -> topic:t/1 qos:1 nl:0 rh:2 rap:1\n");
        assert_eq!((topic_line(&facts), exclusive_line(&facts)), ("t/1 -> n@h\n".into(), "t/1 -> c1\n".into()));
        assert_eq!(topic_line(&json!({"topic": "\u{1b}[2J", "node": "n@h"})), "\\u{1b}[2J -> n@h\n");
    }
}
