//! `dunlin ctl authz rules`: the rules of the built-in database of a running node.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, word},
    output::{Progress, more, print},
    page_arguments::PageArguments,
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
SUBJECT is username:NAME, clientid:ID or all. RULE is three words, PERMISSION ACTION TOPIC, or JSON with everything that a rule
can have. Rules of a client id are asked first, then those of its user name, then those of all; the first one that is about what
a client does counts. A change is on disk before it is said to be made, and counts at once, for clients too that are connected.

Examples:
  dunlin ctl authz rules set username:ann 'allow all users/ann/#' 'deny publish alarms/#'
  dunlin ctl authz rules set all '{\"permission\": \"allow\", \"action\": \"subscribe\", \"topic\": \"news\", \"qos\": [0]}'
  dunlin ctl authz rules show username:ann
  dunlin ctl authz rules list clientid --like meter-
  dunlin ctl authz rules del username:ann
  dunlin ctl authz rules import rules.json
  dunlin ctl authz rules clear

A file to import is a list such as [{\"username\": \"ann\", \"rules\": [{\"permission\": …}]}, {\"clientid\": …}, {\"all\": true, …}].";

/// Subjects of a file that are sent at a time.
const PORTION_SUBJECTS: usize = 100;

#[derive(Subcommand, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) enum Command {
    /// List those who have rules of their own, page by page
    List(ListArguments),
    /// Show the rules of one
    Show {
        /// username:NAME, clientid:ID or all
        #[arg(value_parser = subject)]
        subject: Value,
    },
    /// Give somebody these rules, instead of those it has
    Set {
        /// username:NAME, clientid:ID or all
        #[arg(value_parser = subject)]
        subject: Value,
        /// `allow publish t/#`, or JSON
        #[arg(required = true, value_parser = rule)]
        rules: Vec<Value>,
    },
    /// Take all rules from one
    Del {
        /// username:NAME, clientid:ID or all
        #[arg(value_parser = subject)]
        subject: Value,
    },
    /// Give everybody in a file the rules it says, instead of those they have
    Import {
        /// JSON
        file: PathBuf,
    },
    /// Take all rules from everybody
    Clear,
}

#[derive(Args, Debug)]
pub(super) struct ListArguments {
    /// clientid or username
    subjects: Subjects,
    /// Only those with this in their names
    #[arg(long, value_name = "TEXT")]
    like: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Subjects {
    Clientid,
    Username,
}

impl Subjects {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Clientid => "clientid",
            Self::Username => "username",
        }
    }
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let text = match self {
            Self::List(arguments) => arguments.text(client)?,
            Self::Show { subject } => {
                let shown = client.call("authz.rules.show", subject, Some(PATIENCE))?;
                client.shown(&shown, || rules(&shown, ""))
            }
            Self::Set { subject, rules } => {
                let list = json!({"list": [{"subject": subject, "rules": rules}]});
                client.call("authz.rules.set", list, Some(PATIENCE))?;
                client.told("ok\n")
            }
            Self::Del { subject } => {
                client.call("authz.rules.delete", subject, Some(PATIENCE))?;
                client.told("ok\n")
            }
            Self::Import { file } => import(client, &file)?,
            Self::Clear => {
                client.call("authz.rules.clear", json!({}), Some(PATIENCE))?;
                client.told("ok\n")
            }
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ListArguments {
    fn text(self, client: &Asker) -> Result<String, CommandError> {
        let Self { subjects, like, page: PageArguments { page, limit } } = self;
        let name = subjects.as_str();
        let wanted = json!({"subjects": name, "paging": {"like": like, "page": page, "limit": limit}});
        let answer = client.call("authz.rules.list", wanted, Some(PATIENCE))?;
        let listed = answer.get("data").and_then(Value::as_array).into_iter().flatten();
        let block = |entry: &Value| format!("{name}:{}\n{}", word(entry, name).escape_debug(), rules(entry, "  "));
        Ok(client.shown(&answer, || listed.map(block).collect::<String>() + &more(&answer)))
    }
}

fn import(client: &Asker, file: &Path) -> Result<String, CommandError> {
    let told = |problem: &str| CommandError::Told(format!("{}: {problem}", file.display()));
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|source| CommandError::Unreadable { path: file.to_owned(), source })?;
    let list: Vec<Map<String, Value>> =
        serde_json::from_str(&text).map_err(|error| told(&format!("it is no list of objects: {error}")))?;
    let mut entries = Vec::with_capacity(list.len());
    for (mut subject, number) in list.into_iter().zip(1..) {
        let rules = subject.remove("rules");
        let rules = rules.ok_or_else(|| told(&format!("entry {number} has no `rules`")))?;
        entries.push(json!({"subject": subject, "rules": rules}));
    }
    let mut progress = Progress::of("subjects", entries.len());
    for (index, portion) in entries.chunks(PORTION_SUBJECTS).enumerate() {
        let answer = client.call("authz.rules.set", json!({"list": portion}), Some(PATIENCE));
        answer.map_err(|error| {
            progress.clear();
            let (first, last) = (index * PORTION_SUBJECTS + 1, index * PORTION_SUBJECTS + portion.len());
            told(&format!("entries {first} to {last}: {error}; those before are in effect"))
        })?;
        progress.add(portion.len());
    }
    progress.clear();
    let total = entries.len();
    Ok(client.shown(&json!({"total": total}), || format!("{total} subjects have these rules now\n")))
}

/// `username:NAME`, `clientid:ID` or `all`, as the broker takes it.
fn subject(text: &str) -> Result<Value, String> {
    match text.split_once(':') {
        None if text == "all" => Ok(json!({"all": true})),
        Some((kind @ ("username" | "clientid"), name)) if !name.is_empty() => Ok(json!({kind: name})),
        _ => Err("it is username:NAME, clientid:ID or all".to_owned()),
    }
}

/// Three words, of which the last one may have blanks, or JSON. The broker says whether it is a rule.
fn rule(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"));
    }
    let mut words = text.trim_start().splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(permission), Some(action), Some(topic)) if !topic.is_empty() => {
            Ok(json!({"permission": permission, "action": action, "topic": topic}))
        }
        _ => Err("it is PERMISSION ACTION TOPIC, such as `allow publish t/#`, or JSON".to_owned()),
    }
}

/// Each on a line, as JSON: a topic in it cannot command a terminal.
fn rules(subject: &Value, indent: &str) -> String {
    let rules = subject.get("rules").and_then(Value::as_array).into_iter().flatten();
    rules.map(|rule| format!("{indent}{}\n", visible(rule))).collect()
}

/// JSON with nothing but what every terminal shows.
fn visible(value: &Value) -> String {
    let text = value.to_string();
    text.chars()
        .map(|letter| if letter.is_control() { letter.escape_debug().to_string() } else { letter.into() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_named_with_their_kind() {
        assert_eq!(subject("username:a:b"), Ok(json!({"username": "a:b"})));
        assert_eq!(subject("clientid:c"), Ok(json!({"clientid": "c"})));
        assert_eq!(subject("all"), Ok(json!({"all": true})));
        for bad in ["", "ann", "username:", "all:x", "user:ann"] {
            assert!(subject(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rules_are_words_or_json() {
        let words = json!({"permission": "allow", "action": "publish", "topic": "a b/#"});
        assert_eq!(rule("allow publish a b/#"), Ok(words));
        assert_eq!(rule(" {\"permission\": \"deny\"}"), Ok(json!({"permission": "deny"})));
        for bad in ["", "allow", "allow publish", "allow publish ", "{"] {
            assert!(rule(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_topic_cannot_command_a_terminal() {
        let shown = rules(&json!({"rules": [{"topic": "a\u{1b}[2J\u{9b}"}]}), "");
        assert!(!shown.trim_end().contains(char::is_control), "{shown:?}");
    }
}
