//! PINGREQ for clients that only listen.

use super::Network;
use crate::wire::PINGREQ;

/// Pings every client twice per keep-alive interval, so that none is silent for longer than it [MQTT-3.1.2-20].
#[derive(Debug)]
pub struct KeepAlive {
    interval_ns: u64,
    next_ns: u64,
}

impl KeepAlive {
    /// `keep_alive_seconds` is what the clients said in CONNECT; 0 needs no pings.
    #[must_use]
    pub fn new(keep_alive_seconds: u16, now_ns: u64) -> Self {
        let interval_ns = u64::from(keep_alive_seconds) * 500_000_000;
        Self { interval_ns, next_ns: now_ns + interval_ns }
    }

    /// Queues the pings when they are due.
    pub fn ping(&mut self, network: &mut Network, now_ns: u64) {
        if self.interval_ns == 0 || now_ns < self.next_ns {
            return;
        }
        self.next_ns = now_ns + self.interval_ns;
        for client in 0..network.opened_count() {
            if let Some(outbox) = network.outbox(client) {
                outbox.bytes.extend_from_slice(&PINGREQ);
            }
        }
    }
}
