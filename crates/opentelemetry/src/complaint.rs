//! What is said of a collector that does not take what it is sent: one line a minute.

use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{info, warn};

/// Between two lines.
const PAUSE: Duration = Duration::from_secs(60);

/// Says that things cannot be sent, not too often, and that they can again.
#[derive(Debug, Default)]
pub(crate) struct Complaint {
    said_at: Cell<Option<Instant>>,
    is_failing: Cell<bool>,
}

impl Complaint {
    /// Something was not taken.
    pub(crate) fn failed(&self, signal: &str, endpoint: &str, reason: &str) {
        self.is_failing.set(true);
        let now = Instant::now();
        if self.said_at.get().is_none_or(|at| now.duration_since(at) >= PAUSE) {
            self.said_at.set(Some(now));
            warn!(msg = "opentelemetry_export_failed", signal, endpoint, reason);
        }
    }

    /// Something was taken.
    pub(crate) fn succeeded(&self, endpoint: &str) {
        if self.is_failing.replace(false) {
            info!(msg = "opentelemetry_export_succeeds_again", endpoint);
        }
    }
}
