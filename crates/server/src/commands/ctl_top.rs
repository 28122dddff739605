//! `dunlin ctl top`: what a node does just now, refreshed on a terminal.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    output::{bytes, count, print, span},
};
use clap::Args;
use rustix::event::{Timespec, poll};
use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) const EXAMPLES: &str = "\
Ctrl-C ends it. Rates are those of the last interval.

Examples:
  dunlin ctl top
  dunlin ctl top --interval 5
  dunlin ctl top --once                 one look, for scripts
  dunlin ctl top --once --json";

/// The other screen of a terminal, from its first line; and back to what was there before.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Counters whose rates are shown, with what they are called.
const RATES: [(&str, &str); 8] = [
    ("messages.received", "messages in"),
    ("messages.sent", "messages out"),
    ("messages.dropped", "dropped"),
    ("delivery.dropped", "not delivered"),
    ("bytes.received", "bytes in"),
    ("bytes.sent", "bytes out"),
    ("client.connected", "connected"),
    ("client.disconnected", "disconnected"),
];

/// Gauges that are shown.
const GAUGES: [&str; 9] = [
    "connections",
    "live_connections",
    "sessions",
    "subscriptions",
    "subscriptions.shared",
    "topics",
    "retained",
    "delayed",
    "durable_subscriptions",
];

/// Arguments of `dunlin ctl top`.
#[derive(Args, Debug)]
pub(super) struct TopArguments {
    /// Seconds between two looks
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=3600))]
    interval: u16,
    /// Look once, after one interval, and end
    #[arg(long)]
    once: bool,
}

/// What a node said at one moment.
struct Look {
    status: Value,
    stats: Value,
    metrics: Value,
}

impl Look {
    fn take(client: &Asker) -> Result<Self, CommandError> {
        let ask = |command: &str| client.call(command, json!({}), Some(PATIENCE));
        Ok(Self { status: ask("node.status")?, stats: ask("node.stats")?, metrics: ask("node.metrics")? })
    }

    fn uptime_ms(&self) -> u64 {
        number(&self.status, "uptime_ms")
    }

    /// How often something happened each second since an earlier look.
    fn rate(&self, name: &str, since: &Self) -> u64 {
        let passed = self.uptime_ms().saturating_sub(since.uptime_ms()).max(1);
        let more = number(&self.metrics, name).saturating_sub(number(&since.metrics, name));
        u64::try_from(u128::from(more) * 1000 / u128::from(passed)).unwrap_or(u64::MAX)
    }

    fn json(&self, since: &Self) -> Value {
        let rates: serde_json::Map<String, Value> =
            RATES.iter().map(|(name, _)| ((*name).to_owned(), self.rate(name, since).into())).collect();
        json!({"node": self.status, "stats": self.stats, "rates_per_second": rates})
    }

    fn text(&self, since: &Self) -> String {
        let mut text = format!(
            "{} {} {}, up {}    {}\n\n",
            word(&self.status, "node"),
            word(&self.status, "version"),
            word(&self.status, "status"),
            span(self.uptime_ms()),
            word(&self.status, "datetime"),
        );
        for name in GAUGES {
            let gauge = |end: &str| count(number(&self.stats, &format!("{name}.{end}")));
            text += &format!("{name:22} {:>14}   highest {:>14}\n", gauge("count"), gauge("max"));
        }
        text.push('\n');
        for (name, label) in RATES {
            let (rate, total) = (self.rate(name, since), number(&self.metrics, name));
            let shown = |value| if name.starts_with("bytes.") { bytes(value) } else { count(value) };
            text += &format!("{label:22} {:>14}/s   total {:>14}\n", shown(rate), shown(total));
        }
        text
    }
}

impl TopArguments {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        let is_stopped = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&is_stopped))?;
        }
        let screen = (!self.once && !client.is_json() && io::stdout().is_terminal()).then(Screen::enter).transpose()?;
        let mut before = Look::take(client)?;
        loop {
            wait(self.interval, &is_stopped);
            if is_stopped.load(Ordering::Relaxed) {
                return Ok(ExitCode::SUCCESS);
            }
            let now = Look::take(client)?;
            let text = if client.is_json() { format!("{}\n", now.json(&before)) } else { now.text(&before) };
            print(&if screen.is_some() { format!("{CLEAR}{text}") } else { text })?;
            if self.once {
                return Ok(ExitCode::SUCCESS);
            }
            before = now;
        }
    }
}

/// A second at a time, because a signal may come between a look at the flag and the wait.
fn wait(seconds: u16, is_stopped: &AtomicBool) {
    for _ in 0..seconds {
        if !is_stopped.load(Ordering::Relaxed) {
            // A signal ends it early.
            let _ = poll(&mut [], Some(&Timespec { tv_sec: 1, tv_nsec: 0 }));
        }
    }
}

/// The other screen of the terminal; what was there before is there again when it is dropped.
struct Screen;

impl Screen {
    fn enter() -> io::Result<Self> {
        print(ENTER).map(|()| Self)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = print(LEAVE);
    }
}
