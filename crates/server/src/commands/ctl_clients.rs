//! `dunlin ctl clients`: who is connected to a running node, and whose sessions wait.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    ctl_client_stats::StatsArguments,
    output::print,
};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

pub(super) const EXAMPLES: &str = "\
Sessions that wait for their clients are listed too, with connected=false.

Examples:
  dunlin ctl clients list
  dunlin ctl clients list --like-clientid meter- --connected
  dunlin ctl clients list --json | jq -r .clientid     one object in each line
  dunlin ctl clients show meter-7 --json
  dunlin ctl clients timeline meter-7                  what has happened to it lately
  dunlin ctl clients stats clients.csv                 what each does and what waits for it, as a table
  dunlin ctl clients kick meter-7                      end its connection and its session";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// List all clients
    List(ListArguments),
    /// Show a client
    Show {
        /// Its client id
        clientid: String,
    },
    /// What has happened to a client lately, also to one that has left or was not let in
    Timeline {
        /// Its client id
        clientid: String,
    },
    /// Write the figures of all clients into a file, as CSV
    Stats(StatsArguments),
    /// End a client's connection and its session
    Kick {
        /// Its client id
        clientid: String,
    },
}

#[derive(Args, Debug)]
pub(super) struct ListArguments {
    /// Only those with this in their client id
    #[arg(long, value_name = "TEXT")]
    like_clientid: Option<String>,
    /// Only those with this in their user name
    #[arg(long, value_name = "TEXT")]
    like_username: Option<String>,
    /// Only those that have a connection
    #[arg(long, conflicts_with = "disconnected")]
    connected: bool,
    /// Only sessions that wait for their clients
    #[arg(long)]
    disconnected: bool,
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::List(arguments) => arguments.run(client),
            Self::Show { clientid } => {
                let found = client.call("clients.show", json!({"clientid": clientid}), Some(PATIENCE))?;
                if found.is_null() {
                    return Err(not_found());
                }
                client.show(&found, || line(&found))?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Timeline { clientid } => {
                let found = client.call("clients.timeline", json!({"clientid": clientid}), Some(PATIENCE))?;
                let Some(entries) = found.as_array() else { return Err(not_found()) };
                client.show(&found, || entries.iter().map(entry_line).collect())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Stats(arguments) => arguments.run(client),
            Self::Kick { clientid } => {
                let kicked = client.call("clients.kick", json!({"clientid": clientid}), Some(PATIENCE))?;
                if kicked != json!(true) {
                    return Err(not_found());
                }
                client.done("ok\n")?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// As EMQX says it.
pub(super) fn not_found() -> CommandError {
    CommandError::Told("Not Found.".into())
}

impl ListArguments {
    fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let Self { like_clientid, like_username, connected, disconnected } = self;
        let state = if connected { Some(true) } else { disconnected.then_some(false) };
        let mut wanted = Map::new();
        let conditions = [
            ("like_clientid", like_clientid.map(Value::from)),
            ("like_username", like_username.map(Value::from)),
            ("connected", state.map(Value::from)),
        ];
        wanted.extend(conditions.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        let mut is_empty = true;
        for_each_part(client, wanted, |clients| {
            is_empty &= clients.is_empty();
            Ok(print(&clients.iter().map(|found| client.line(found, line)).collect::<String>())?)
        })?;
        if is_empty && !client.is_json() {
            print("No clients.\n")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Asks for all clients that are like that, part by part.
pub(super) fn for_each_part(
    client: &Asker,
    mut wanted: Map<String, Value>,
    mut take: impl FnMut(&[Value]) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    loop {
        let part = client.call("clients.list", Value::Object(wanted.clone()), Some(PATIENCE))?;
        take(part.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default())?;
        let Some(next) = part.get("next").and_then(Value::as_object) else { return Ok(()) };
        wanted.extend(next.clone());
    }
}

/// `2026-08-07T10:00:00.123+00:00 dropped x12 reason=delivery.dropped.queue_full topic=t/1`
fn entry_line(entry: &Value) -> String {
    let mut line = format!("{} {}", word(entry, "at"), word(entry, "event"));
    if let Some(count) = entry.get("count").and_then(Value::as_u64).filter(|count| *count > 1) {
        line.push_str(&format!(" x{count}"));
    }
    for (key, value) in entry.as_object().into_iter().flatten() {
        if ["at", "event", "count"].contains(&key.as_str()) {
            continue;
        }
        match value.as_str() {
            // Topics are chosen by clients.
            Some(text) => line.push_str(&format!(" {key}={}", text.escape_debug())),
            None => line.push_str(&format!(" {key}={value}")),
        }
    }
    line.push('\n');
    line
}

/// A client as EMQX prints it. Names are chosen by clients: nothing in them may command a terminal.
fn line(client: &Value) -> String {
    let text = |key: &str| client.get(key).and_then(Value::as_str).unwrap_or("undefined").escape_debug().to_string();
    let flag = |key: &str| client.get(key).and_then(Value::as_bool).unwrap_or(false);
    let count =
        |key: &str| client.get(key).and_then(Value::as_u64).map_or_else(|| "undefined".into(), |n| n.to_string());
    let millis = |key: &str| {
        let moment = client.get(key).and_then(Value::as_str).and_then(|text| text.parse::<jiff::Timestamp>().ok());
        moment.map_or_else(|| "undefined".to_owned(), |moment| moment.as_millisecond().to_string())
    };
    let peername = match client.get("ip_address").and_then(Value::as_str) {
        Some(address) => format!("{address}:{}", number(client, "port")),
        None => "undefined".to_owned(),
    };
    let disconnected = match client.get("disconnected_at") {
        Some(_) => format!(", disconnected_at={}", millis("disconnected_at")),
        None => String::new(),
    };
    format!(
        "Client({}, username={}, peername={peername}, clean_start={}, keepalive={}, session_expiry_interval={}, \
         subscriptions={}, inflight={}, awaiting_rel={}, delivered_msgs={}, enqueued_msgs={}, dropped_msgs={}, \
         connected={}, created_at={}, connected_at={}{disconnected})\n",
        word(client, "clientid").escape_debug(),
        text("username"),
        flag("clean_start"),
        count("keepalive"),
        number(client, "expiry_interval"),
        number(client, "subscriptions_cnt"),
        number(client, "inflight_cnt"),
        number(client, "awaiting_rel_cnt"),
        count("send_msg"),
        number(client, "mqueue_len"),
        count("mqueue_dropped"),
        flag("connected"),
        millis("created_at"),
        millis("connected_at"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_line() {
        let entry = json!({
            "at": "2026-08-07T10:00:00.000+00:00", "event": "dropped", "count": 12,
            "reason": "delivery.dropped.queue_full", "topic": "a b\u{1b}",
        });
        let text = "2026-08-07T10:00:00.000+00:00 dropped x12 reason=delivery.dropped.queue_full topic=a b\\u{1b}\n";
        assert_eq!(entry_line(&entry), text);
        let entry = json!({"at": "2026", "event": "connected", "count": 1, "session_present": true});
        assert_eq!(entry_line(&entry), "2026 connected session_present=true\n");
    }

    #[test]
    fn a_line_is_what_scripts_know() {
        let mut client = json!({
            "clientid": "c\u{1b}1", "username": null, "ip_address": "127.0.0.1", "port": 53344, "clean_start": true,
            "keepalive": 60, "expiry_interval": 7, "subscriptions_cnt": 1, "inflight_cnt": 2, "awaiting_rel_cnt": 3,
            "mqueue_len": 4, "mqueue_dropped": 5, "send_msg": 6, "connected": true,
            "created_at": "1970-01-01T00:00:00.007+00:00", "connected_at": "1970-01-01T00:00:01.000+00:00",
        });
        let start = "Client(c\\u{1b}1, username=undefined, peername=127.0.0.1:53344, clean_start=true, keepalive=60, \
                     session_expiry_interval=7, subscriptions=1, inflight=2, awaiting_rel=3, delivered_msgs=6, \
                     enqueued_msgs=4, dropped_msgs=5, connected=true, created_at=7, connected_at=1000";
        assert_eq!(line(&client), format!("{start})\n"));
        client["disconnected_at"] = "1970-01-01T00:00:02Z".into();
        assert_eq!(line(&client), format!("{start}, disconnected_at=2000)\n"));
    }
}
