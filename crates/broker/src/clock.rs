//! The clock of the broker.

use dunlin_model::Millis;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Wall time at the start plus time elapsed since: it never jumps, so a corrected system clock expires nothing early.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    epoch_ms: Millis,
    started: Instant,
}

impl Clock {
    #[allow(clippy::disallowed_methods, reason = "the one place of the data plane that reads the system's clock")]
    pub(crate) fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { epoch_ms: u64::try_from(since_epoch.as_millis()).unwrap_or(0), started: Instant::now() }
    }

    /// Nanoseconds since 1970, for what has to be told apart within a turn.
    pub(crate) fn now_nanos(&self) -> u64 {
        let elapsed = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX / 2);
        self.epoch_ms.saturating_mul(1_000_000).saturating_add(elapsed)
    }

    pub(crate) fn now(&self) -> Millis {
        self.epoch_ms + u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }
}
