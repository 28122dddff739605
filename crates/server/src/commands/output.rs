//! Output, and numbers for people.

use serde_json::Value;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often [`Waiting`] moves.
const TICK: Duration = Duration::from_millis(125);
const TICKS_OF_SECOND: u64 = 8;
const SPINNER: [char; 4] = ['|', '/', '-', '\\'];

/// Prints on standard output.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// What is said below a page that is not the last one, by its `meta`.
pub(super) fn more(answer: &Value) -> String {
    let meta = answer.get("meta").unwrap_or(&Value::Null);
    let next = meta.get("page").and_then(Value::as_u64).unwrap_or(1) + 1;
    match (meta.get("hasnext").and_then(Value::as_bool), meta.get("count").and_then(Value::as_u64)) {
        (Some(true), Some(count)) => format!("more of {count}: --page {next}\n"),
        (Some(true), None) => format!("more: --page {next}\n"),
        _ => String::new(),
    }
}

/// How far work is that takes long, on standard error where that is a terminal.
pub(super) struct Progress {
    of_what: &'static str,
    done: usize,
    total: usize,
    is_shown: bool,
}

impl Progress {
    /// So many are to be done.
    pub(super) fn of(of_what: &'static str, total: usize) -> Self {
        Self { of_what, done: 0, total, is_shown: io::stderr().is_terminal() }
    }

    /// So many more are done.
    pub(super) fn add(&mut self, count: usize) {
        self.done += count;
        if self.is_shown {
            // Progress that cannot be shown is no failure.
            let _ = write!(io::stderr(), "\r{} of {} {}   ", self.done, self.total, self.of_what);
        }
    }

    /// So many more are done, of which nobody knew before.
    pub(super) fn grow(&mut self, count: usize) {
        self.total += count;
        self.add(count);
    }

    /// Leaves the line to what is printed next.
    pub(super) fn clear(&self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r{:40}\r", "");
        }
    }
}

/// A line that says how long something has been going on, on standard error where that is a terminal.
pub(super) struct Waiting {
    /// Its end ends the thread.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Something begins that one answer tells the end of.
    pub(super) fn begin(what: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Self { stop: None, thread: None };
        }
        let (stop, stopped) = sync_channel::<()>(1);
        let show = move || {
            for tick in 0_u64.. {
                // Progress that cannot be shown is no failure.
                let _ = write!(
                    io::stderr(),
                    "\r{} {what} … {} s ",
                    SPINNER[tick as usize % SPINNER.len()],
                    tick / TICKS_OF_SECOND
                );
                if stopped.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            let _ = write!(io::stderr(), "\r{:60}\r", "");
        };
        Self { stop: Some(stop), thread: std::thread::Builder::new().spawn(show).ok() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// With commas.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// In the largest binary unit that gives one or more.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut size = number as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// Milliseconds as a span of time, in its two largest units.
pub(super) fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..=59 => format!("{seconds} s"),
        60..=3599 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..=86_399 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 1023, 1536, 5 << 30, u64::MAX].map(bytes),
            ["0 B", "1023 B", "1.5 KiB", "5.0 GiB", "16777216.0 TiB"]
        );
        let spans = [0, 59_999, 60_000, 3_600_000, 90_000_000].map(span);
        assert_eq!(spans, ["0 ms", "59 s", "1 min 0 s", "1 h 0 min", "1 d 1 h"]);
    }
}
