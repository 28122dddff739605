//! What a worker looks out for while its sessions work.

use dunlin_model::Millis;
use dunlin_session::{SessionSettings, SlowWatch, Turn};
use dunlin_telemetry::LatencyBlock;
use std::sync::Arc;

/// What a worker looks out for while its sessions work.
pub(super) struct Watch {
    /// Deliveries that are told of because they are slow.
    pub(super) slow: SlowWatch,
    /// How long things have taken.
    pub(super) latencies: Arc<LatencyBlock>,
}

impl Watch {
    /// A turn of a session with these settings.
    #[inline]
    pub(super) fn turn<'a>(&'a self, now: Millis, settings: &'a SessionSettings) -> Turn<'a> {
        Turn { now, settings, slow: self.slow, latencies: Some(&self.latencies) }
    }
}
