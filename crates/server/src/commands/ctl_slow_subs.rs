//! `dunlin ctl slow-subs`: whose deliveries take longest, and of which topics.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    output::print,
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
Deliveries are timed where `slow_subs.enable` is on; what counts as slow is `slow_subs.threshold`.

Examples:
  dunlin ctl slow-subs list                         slowest first
  dunlin ctl slow-subs list --json | jq -r .clientid
  dunlin ctl slow-subs clean";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// List subscriptions that were served slowly, slowest first
    List,
    /// Forget all of them
    Clean,
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::List => {
                let slow = client.call("slow_subs.list", json!({}), Some(PATIENCE))?;
                let slow = slow.as_array().map(Vec::as_slice).unwrap_or_default();
                let text: String = slow.iter().map(|one| client.line(one, line)).collect();
                print(if slow.is_empty() && !client.is_json() { "No slow subscriptions.\n" } else { &text })?;
            }
            Self::Clean => {
                client.call("slow_subs.clean", json!({}), Some(PATIENCE))?;
                client.done("ok\n")?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Names are chosen by clients: nothing in them may command a terminal.
fn line(slow: &Value) -> String {
    format!(
        "SlowSub(clientid={}, topic={}, timespan={}ms, last_update_time={})\n",
        word(slow, "clientid").escape_debug(),
        word(slow, "topic").escape_debug(),
        number(slow, "timespan"),
        number(slow, "last_update_time"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_command_a_terminal() {
        let slow = json!({"clientid": "c\u{1b}", "topic": "t/1", "timespan": 700, "last_update_time": 9});
        assert_eq!(line(&slow), "SlowSub(clientid=c\\u{1b}, topic=t/1, timespan=700ms, last_update_time=9)\n");
    }
}
