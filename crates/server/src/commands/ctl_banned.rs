//! `dunlin ctl banned`: who is kept out of a running node.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    output::{more, print},
    page_arguments::PageArguments,
};
use crate::banned::now_secs;
use clap::{Args, Subcommand};
use dunlin_banned::moment_text;
use dunlin_hocon::unit::{BareUnit, duration};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

pub(super) const EXAMPLES: &str = "\
AS is one of clientid, username, peerhost, clientid_re, username_re and peerhost_net. A ban is on disk before it is said to be
there. Clients that it is about have to go: their connections end, and for a clientid the session ends too.

Examples:
  dunlin ctl banned list
  dunlin ctl banned list --as peerhost_net --json
  dunlin ctl banned add clientid meter-7 --reason \"sends nonsense\" --for 1h
  dunlin ctl banned add peerhost_net 192.0.2.0/24 --until 2030-01-01T00:00:00Z
  dunlin ctl banned add clientid_re '^test-[0-9]+$'
  dunlin ctl banned del clientid meter-7
  dunlin ctl banned clear";

/// `by` of a ban, unless somebody says otherwise.
const AUTHOR: &str = "ctl";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// List who is banned, page by page
    List(ListArguments),
    /// Ban somebody
    Add(AddArguments),
    /// Let somebody in again
    Del {
        /// clientid, username, peerhost, clientid_re, username_re or peerhost_net
        #[arg(value_name = "AS")]
        kind: String,
        /// The name, address, network or expression that is banned
        who: String,
    },
    /// Let everybody in again
    Clear,
}

#[derive(Args, Debug)]
pub(super) struct ListArguments {
    /// Only those who are named by this
    #[arg(long = "as", value_name = "AS")]
    kind: Option<String>,
    /// Only those with this in their name, address or expression
    #[arg(long, value_name = "TEXT")]
    like: Option<String>,
    /// Only those who were banned by this one
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

#[derive(Args, Debug)]
pub(super) struct AddArguments {
    /// clientid, username, peerhost, clientid_re, username_re or peerhost_net
    #[arg(value_name = "AS")]
    kind: String,
    /// The name, address, network or expression to ban
    who: String,
    /// Why, for people
    #[arg(long, default_value = "")]
    reason: String,
    /// Who bans
    #[arg(long, default_value = AUTHOR, value_name = "NAME")]
    by: String,
    /// Until when (RFC 3339), or infinity [default: infinity]
    #[arg(long, value_name = "MOMENT", conflicts_with = "for_span")]
    until: Option<String>,
    /// For how long: 90s, 10m, 1h, 7d
    #[arg(long = "for", value_name = "SPAN", value_parser = parse_span)]
    for_span: Option<Duration>,
    /// In the place of a ban about the same
    #[arg(long)]
    replace: bool,
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let text = match self {
            Self::List(arguments) => arguments.text(client)?,
            Self::Add(arguments) => arguments.text(client)?,
            Self::Del { kind, who } => {
                client.call("banned.delete", json!({"as": kind, "who": who}), Some(PATIENCE))?;
                client.told(format!("{kind} {} is not banned any more\n", who.escape_debug()))
            }
            Self::Clear => {
                let cleared = client.call("banned.clear", json!({}), Some(PATIENCE))?;
                client.shown(&cleared, || format!("{} bans removed\n", number(&cleared, "count")))
            }
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl ListArguments {
    fn text(self, client: &Asker) -> Result<String, CommandError> {
        let Self { kind, like, by, page: PageArguments { page, limit } } = self;
        let wanted = json!({"as": kind, "like": like, "by": by, "page": page, "limit": limit});
        let answer = client.call("banned.list", wanted, Some(PATIENCE))?;
        let bans = answer.get("data").and_then(Value::as_array);
        let text = || bans.into_iter().flatten().map(line).collect::<String>() + &more(&answer);
        Ok(client.shown(&answer, text))
    }
}

impl AddArguments {
    fn text(self, client: &Asker) -> Result<String, CommandError> {
        let Self { kind, who, reason, by, until, for_span, replace } = self;
        let end = |span: Duration| moment_text(now_secs().saturating_add(span.as_secs()));
        let until = until.or_else(|| for_span.map(end));
        let ban = json!({"as": kind, "who": who, "reason": reason, "by": by, "until": until});
        let added = client.call("banned.add", json!({"ban": ban, "replace": replace}), Some(PATIENCE))?;
        Ok(client.shown(&added, || line(&added)))
    }
}

/// Whole seconds, at least one.
fn parse_span(text: &str) -> Result<Duration, String> {
    let span = duration(text, BareUnit::Seconds).filter(|span| span.as_secs() > 0);
    span.ok_or_else(|| "it is a span of time such as 90s, 10m, 1h or 7d".to_owned())
}

/// Names are chosen by clients: nothing in them may command a terminal.
fn line(ban: &Value) -> String {
    let fields = ["as", "who", "by", "reason", "at", "until"];
    let shown = fields.map(|field| format!("{field}={}", word(ban, field).escape_debug()));
    format!("Banned({})\n", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_command_a_terminal() {
        let ban = json!({
            "as": "clientid", "who": "a\u{1b}[2J\n", "by": "ctl", "reason": "", "at": "2026-08-07T10:00:00Z",
            "until": "infinity",
        });
        assert_eq!(
            line(&ban),
            "Banned(as=clientid, who=a\\u{1b}[2J\\n, by=ctl, reason=, at=2026-08-07T10:00:00Z, until=infinity)\n"
        );
    }

    #[test]
    fn spans_have_units() {
        assert_eq!(parse_span("10m"), Ok(Duration::from_secs(600)));
        for bad in ["", "0s", "soon", "100ms"] {
            assert!(parse_span(bad).is_err(), "{bad}");
        }
    }
}
