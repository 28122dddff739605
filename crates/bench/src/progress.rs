//! One line on standard error that is renewed each second.

use std::io::{IsTerminal, Write};

const INTERVAL_NS: u64 = 1_000_000_000;

/// A progress line; silent when standard error is not a terminal or `--quiet` was given.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    dirty: bool,
    label: String,
    next_at_ns: u64,
}

impl Progress {
    /// Shows progress on a terminal unless `quiet`.
    #[must_use]
    pub fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        Self { shown, dirty: false, label: String::new(), next_at_ns: 0 }
    }

    /// What every line starts with from now on.
    pub fn set_label(&mut self, label: &str) {
        label.clone_into(&mut self.label);
    }

    /// Renews the line when a second has passed.
    pub fn tick(&mut self, now_ns: u64, text: impl FnOnce() -> String) {
        if !self.shown || now_ns < self.next_at_ns {
            return;
        }
        self.next_at_ns = now_ns + INTERVAL_NS;
        self.dirty = true;
        // A terminal that went away is no reason to fail a measurement.
        let _ = write!(std::io::stderr(), "\r\x1b[K{}{}", self.label, text());
    }

    /// Removes the line.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.dirty) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
        self.next_at_ns = 0;
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
