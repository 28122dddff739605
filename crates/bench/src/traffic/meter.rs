//! Counters of the measured window.

use crate::load::Latency;

/// Counts messages; only while [`Meter::on`] is set.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Whether the measured window is open.
    pub(super) on: bool,
    /// Deliveries.
    pub(super) received: u64,
    /// Publishes handed to the socket.
    pub(super) sent: u64,
    /// Publishes that got their final acknowledgement.
    pub(super) acknowledged: u64,
    /// From publish to delivery.
    pub(super) latency: Latency,
    /// From publish to its final acknowledgement.
    pub(super) acknowledgement_latency: Latency,
    /// Everything since the start, for the progress line and to see a stall.
    pub(super) total_received: u64,
    /// Publishes since the start.
    pub(super) total_sent: u64,
    /// Acknowledgements since the start.
    pub(super) total_acknowledged: u64,
}

impl Meter {
    #[inline]
    pub(super) fn delivery(&mut self, latency_ns: Option<u64>) {
        self.total_received += 1;
        if self.on {
            self.received += 1;
            if let Some(latency_ns) = latency_ns {
                self.latency.record(latency_ns);
            }
        }
    }

    #[inline]
    pub(super) fn publish(&mut self) {
        self.total_sent += 1;
        self.sent += u64::from(self.on);
    }

    #[inline]
    pub(super) fn acknowledgement(&mut self, latency_ns: u64) {
        self.total_acknowledged += 1;
        if self.on {
            self.acknowledged += 1;
            self.acknowledgement_latency.record(latency_ns);
        }
    }

    /// Anything at all; used to notice that nothing moves any more.
    pub(super) fn total(&self) -> u64 {
        self.total_received + self.total_sent + self.total_acknowledged
    }
}
