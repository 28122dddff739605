//! The monitor: a sample of the node every ten seconds, a week of them, kept over a restart.
//!
//! They are in a file of text, one sample a line, that is written anew every ten minutes and at the end: what a crash loses is
//! ten minutes of a picture. It would be no better off among the metadata, where each change is synced.

use crate::calendar;
use dunlin_broker::{Metric, Readings};
use dunlin_telemetry::{History, Sample};
use parking_lot::Mutex;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use tracing::warn;

/// `{data_dir}/monitor`
const FILE: &str = "monitor";

/// The first line: other formats are not read.
const HEADER: &str = "dunlin monitor 1";

/// Milliseconds between samples. They are taken at whole tens of seconds, as EMQX does.
const SAMPLE_MS: Millis = 10_000;

/// Milliseconds between two writings of the file.
const WRITE_MS: Millis = 10 * 60 * 1000;

/// A file that is longer was not written here.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// Milliseconds since the Unix epoch.
type Millis = u64;

/// How the numbers of a node went.
pub struct Monitor {
    path: PathBuf,
    readings: Readings,
    state: Mutex<State>,
}

struct State {
    history: History,
    /// When the last sample was taken, and what had been counted then.
    before: Counted,
    written_at: Millis,
}

/// Counters at one moment.
#[derive(Clone, Copy, Default)]
struct Counted {
    at: Millis,
    received: u64,
    sent: u64,
    dropped: u64,
    persisted: u64,
    received_bytes: u64,
    sent_bytes: u64,
}

/// How the node is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Now, and what has happened since the last sample.
    pub sample: Sample,
    /// How long ago that was, in milliseconds.
    pub span_ms: Millis,
}

impl Rates {
    /// Something that was counted, for each second.
    #[must_use]
    pub fn per_second(&self, count: u64) -> u64 {
        count.saturating_mul(1000).checked_div(self.span_ms).unwrap_or(0)
    }
}

impl Monitor {
    /// Reads what was written before. A file that cannot be understood is left out: nothing hangs on it.
    pub(crate) fn open(data_dir: &Path, readings: Readings) -> Self {
        let path = data_dir.join(FILE);
        let history = match read(&path) {
            Ok(history) => history,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    warn!(msg = "monitor_not_read", path = %path.display(), %error);
                }
                History::default()
            }
        };
        let now = wall_clock();
        let state = State { history, before: counted(&readings, now), written_at: now };
        Self { path, readings, state: Mutex::new(state) }
    }

    /// Takes a sample if it is time, and writes the file if that is due.
    pub(super) fn tick(&self) {
        let now = wall_clock();
        let mut state = self.state.lock();
        if now / SAMPLE_MS != state.before.at / SAMPLE_MS {
            let at = now / SAMPLE_MS * SAMPLE_MS;
            let counted = counted(&self.readings, now);
            let sample = self.sample(&state.before, &counted, at);
            state.history.add(sample);
            state.before = counted;
        }
        let is_due = now.abs_diff(state.written_at) >= WRITE_MS;
        drop(state);
        if is_due {
            self.write();
        }
    }

    /// Writes the file; one that cannot be written is told of.
    pub(super) fn write(&self) {
        let mut state = self.state.lock();
        state.written_at = wall_clock();
        let text = written(&state.history);
        drop(state);
        let beside = self.path.with_extension("new");
        if let Err(error) = fs::write(&beside, text).and_then(|()| fs::rename(&beside, &self.path)) {
            warn!(msg = "monitor_not_written", path = %self.path.display(), %error);
        }
    }

    /// Samples of the last so many milliseconds, oldest first.
    #[must_use]
    pub fn latest(&self, span_ms: Millis) -> Vec<Sample> {
        let from = wall_clock().saturating_sub(span_ms);
        self.state.lock().history.since(from).copied().collect()
    }

    /// How the node is now, and what happens each second.
    #[must_use]
    pub fn now(&self) -> Rates {
        let now = wall_clock();
        let before = self.state.lock().before;
        let counted = counted(&self.readings, now);
        Rates { sample: self.sample(&before, &counted, now), span_ms: now.saturating_sub(before.at) }
    }

    /// Forgets all samples.
    pub fn clear(&self) {
        self.state.lock().history.clear();
        self.write();
    }

    fn sample(&self, before: &Counted, now: &Counted, at: Millis) -> Sample {
        let gauges = self.readings.gauges();
        let gauge = |name: &str| gauges.iter().find(|gauge| gauge.name == name).map_or(0, |gauge| gauge.count);
        Sample {
            at,
            connections: gauge("connections"),
            live_connections: gauge("live_connections"),
            topics: gauge("topics"),
            subscriptions: gauge("subscriptions"),
            retained: gauge("retained"),
            sessions: gauge("sessions"),
            received: now.received.saturating_sub(before.received),
            sent: now.sent.saturating_sub(before.sent),
            dropped: now.dropped.saturating_sub(before.dropped),
            persisted: now.persisted.saturating_sub(before.persisted),
            received_bytes: now.received_bytes.saturating_sub(before.received_bytes),
            sent_bytes: now.sent_bytes.saturating_sub(before.sent_bytes),
        }
    }
}

fn counted(readings: &Readings, at: Millis) -> Counted {
    let sum = |metrics: &[Metric]| metrics.iter().map(|metric| readings.metric(*metric)).sum();
    Counted {
        at,
        received: readings.metric(Metric::MessagesReceived),
        sent: readings.metric(Metric::MessagesSent),
        // As EMQX counts `messages.dropped`.
        dropped: sum(&[
            Metric::MessagesDroppedAwaitPubrelTimeout,
            Metric::MessagesDroppedBanned,
            Metric::MessagesDroppedNoSubscribers,
            Metric::MessagesDroppedQuotaExceeded,
            Metric::MessagesDroppedReceiveMaximum,
        ]),
        persisted: readings.metric(Metric::MessagesPersisted),
        received_bytes: readings.metric(Metric::BytesReceived),
        sent_bytes: readings.metric(Metric::BytesSent),
    }
}

fn written(history: &History) -> String {
    let mut text = format!("{HEADER}\n");
    for sample in history.since(0) {
        let numbers: Vec<_> = sample.numbers().iter().map(u64::to_string).collect();
        text.push_str(&numbers.join(" "));
        text.push('\n');
    }
    text
}

fn read(path: &Path) -> io::Result<History> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::Error::other("it is too long"));
    }
    let text = fs::read_to_string(path)?;
    let mut lines = text.lines();
    if lines.next() != Some(HEADER) {
        return Err(io::Error::other("it has another format"));
    }
    let mut history = History::default();
    for line in lines {
        let numbers: Vec<u64> = line.split(' ').map_while(|number| number.parse().ok()).collect();
        let Ok(numbers) = numbers.try_into() else { return Err(io::Error::other(format!("a bad line: {line}"))) };
        history.add(Sample::of_numbers(numbers));
    }
    Ok(history)
}

/// What people see on the clock: samples of before and after a restart have to fit together.
fn wall_clock() -> Millis {
    let since = calendar::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut history = History::default();
        for at in [10_000, 20_000] {
            history.add(Sample { at, connections: 5, sent_bytes: u64::MAX, ..Sample::default() });
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        fs::write(&path, written(&history)).expect("it is written");
        let again = read(&path).expect("it is read");
        assert!(again.since(0).eq(history.since(0)));
        for broken in
            ["", "dunlin monitor 2\n", "dunlin monitor 1\n1 2 3\n", "dunlin monitor 1\n1 2 3 4 5 6 7 8 9 10 11 12 x\n"]
        {
            fs::write(&path, broken).expect("it is written");
            assert!(read(&path).is_err(), "{broken}");
        }
    }
}
