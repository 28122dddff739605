//! `dunlin ctl store`: the store of a running broker.

use super::{
    CommandError,
    asker::Asker,
    ctl::{number, word},
    output::{bytes, count, span},
};
use clap::Subcommand;
use serde_json::{Value, json};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

/// The broker waits 60 s for its store; a command that another client asked for may come before.
const PATIENCE: Duration = Duration::from_secs(90);

pub(super) const EXAMPLES: &str = "\
Examples:
  dunlin ctl store info
  dunlin ctl store verify && echo whole
  dunlin ctl store compact --json";

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Show what is stored, and how the log stands
    Info,
    /// Read every frame of the log while the broker runs: 0 all whole, 1 damage found
    Verify,
    /// Give back log segments of which little is needed, compact the key-value store; may take minutes
    Compact,
}

/// A row of the table: what it is called, its key, how its number is written.
type Row = (&'static str, &'static str, fn(u64) -> String);

const ROWS: &[Row] = &[
    ("Durable sessions", "sessions", count),
    ("Queued messages", "queued_messages", count),
    ("Queued bytes", "queued_bytes", bytes),
    ("Live references", "live_references", count),
    ("Log segments", "log_segments", count),
    ("Spare segments", "spare_segments", count),
    ("Log on disk", "log_bytes", bytes),
    ("Since checkpoint", "log_bytes_since_checkpoint", bytes),
    ("Checkpoint age", "checkpoint_age_ms", span),
    ("Key-value store", "key_value_bytes", bytes),
    ("Syncs since start", "syncs", count),
    ("Lost queue parts", "lost_chunks", count),
];

/// Rows that are words: what they are called, their keys.
const WORDS: &[(&str, &str)] =
    &[("Health", "health"), ("Log ends at", "log_end"), ("Checkpoint at", "checkpoint_position")];

/// What verifying found so far.
#[derive(Default)]
struct Found {
    segments: u64,
    frames: u64,
    bytes: u64,
    bad_count: u64,
    bad: Vec<Value>,
}

impl Command {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self {
            Self::Info => {
                let info = client.call("store.info", json!({}), Some(PATIENCE))?;
                client.show(&info, || table(&info))?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Verify => verify(client),
            Self::Compact => {
                let compacted = client.call("store.compact", json!({}), None)?;
                client.show(&compacted, || comparison(&compacted))?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

fn verify(client: &Asker) -> Result<ExitCode, CommandError> {
    let mut found = Found::default();
    let mut after = 0;
    let shows_progress = io::stderr().is_terminal();
    loop {
        let segment = client.call("store.verify", json!({"after": after}), Some(PATIENCE))?;
        if segment.is_null() {
            break;
        }
        after = number(&segment, "segment");
        found.segments += 1;
        found.frames += number(&segment, "frames");
        found.bytes += number(&segment, "bytes");
        found.bad_count += number(&segment, "bad_count");
        if let Some(bad) = segment.get("bad").and_then(Value::as_array) {
            found.bad.extend(bad.iter().cloned());
        }
        if shows_progress {
            // Progress that cannot be shown is no failure.
            let _ = write!(io::stderr(), "\rsegment {after}: {} to go   ", number(&segment, "remaining"));
        }
    }
    if shows_progress {
        let _ = write!(io::stderr(), "\r{:40}\r", "");
    }
    let Found { segments, frames, bytes, bad_count, bad } = &found;
    let answer = json!({"segments": segments, "frames": frames, "bytes": bytes, "bad_count": bad_count, "bad": bad});
    client.show(&answer, || found.text())?;
    Ok(if found.bad_count == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Found {
    fn text(&self) -> String {
        let mut text = String::new();
        for bad in &self.bad {
            let [segment, offset, length] = ["segment", "offset", "bytes"].map(|key| number(bad, key));
            text += &format!("damaged: {length} bytes at {segment}:{offset}\n");
        }
        let untold = self.bad_count.saturating_sub(self.bad.len() as u64);
        if untold > 0 {
            text += &format!("damaged: {untold} more places\n");
        }
        let verdict = match self.bad_count {
            0 => "everything is whole".to_owned(),
            1 => "1 place is damaged".to_owned(),
            places => format!("{places} places are damaged"),
        };
        let (segments, frames, bytes) = (count(self.segments), count(self.frames), bytes(self.bytes));
        text + &format!("Segments: {segments}, frames: {frames}, {bytes}: {verdict}\n")
    }
}

fn table(info: &Value) -> String {
    let mut text = String::new();
    for (title, key) in WORDS {
        text += &format!("{title:18} {}\n", word(info, key));
    }
    for (title, key, show) in ROWS {
        text += &format!("{title:18} {}\n", show(number(info, key)));
    }
    for alarm in info.get("alarms").and_then(Value::as_array).into_iter().flatten() {
        text += &format!("{:18} {}: {}\n", "Alarm", word(alarm, "name"), word(alarm, "message"));
    }
    text
}

fn comparison(compacted: &Value) -> String {
    let mut text = String::new();
    let side = |side: &str, key: &str| number(compacted.get(side).unwrap_or(&Value::Null), key);
    for (title, key) in [
        ("Log on disk", "log_bytes"),
        ("Since checkpoint", "log_bytes_since_checkpoint"),
        ("Key-value store", "key_value_bytes"),
    ] {
        text += &format!("{title:18} {} -> {}\n", bytes(side("before", key)), bytes(side("after", key)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_place_by_place() {
        let bad = vec![json!({"segment": 3, "offset": 4096, "bytes": 32})];
        let found = Found { segments: 2, frames: 1234, bytes: 2048, bad_count: 3, bad };
        assert_eq!(
            found.text(),
            "damaged: 32 bytes at 3:4096\ndamaged: 2 more places\n\
             Segments: 2, frames: 1,234, 2.0 KiB: 3 places are damaged\n"
        );
    }

    #[test]
    fn the_table_has_a_line_for_each_figure() {
        let text = table(&json!({"health": "good", "sessions": 1200, "checkpoint_age_ms": 61_000}));
        assert!(text.contains("Health             good\n"), "{text}");
        assert!(
            text.contains("Durable sessions   1,200\n") && text.contains("Checkpoint age     1 min 1 s\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), ROWS.len() + WORDS.len());
        let text = table(&json!({"alarms": [{"name": "durable_store_full", "message": "no room"}]}));
        assert!(text.ends_with("Alarm              durable_store_full: no room\n"), "{text}");
    }
}
