//! What is counted of one client: what goes over its connection, and what does not reach it.
//!
//! A connection has 48 bytes of small counters of its own. What they cannot hold any more, and what few clients have anything of, is
//! in memory that is taken when it is needed.

use super::{
    Worker,
    connection::{Connection, NONE},
    sessions::SessionView,
};
use crate::ClientDrops;
use dunlin_session::TrafficTotal;
use dunlin_telemetry::Metric;

/// What the small counters of a connection do not hold.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    traffic: TrafficTotal,
    drops: ClientDrops,
}

impl Counted {
    /// So many deliveries did not reach the client.
    fn count_drops(&mut self, reason: Metric, count: u64) {
        let drops = &mut self.drops;
        drops.deliveries += count;
        match reason {
            Metric::DeliveryDroppedExpired => drops.expired += count,
            Metric::DeliveryDroppedQueueFull => drops.queue_full += count,
            Metric::DeliveryDroppedTooLarge => drops.too_large += count,
            _ => {}
        }
    }
}

impl Connection {
    /// So many bytes were read at once.
    #[inline]
    pub(super) fn count_read(&mut self, bytes: usize) {
        self.traffic.count_read(bytes);
        self.carry();
    }

    /// So many bytes were written at once.
    #[inline]
    pub(super) fn count_written(&mut self, bytes: usize) {
        self.traffic.count_written(bytes);
        self.carry();
    }

    #[inline]
    fn carry(&mut self) {
        if let Some(full) = self.traffic.take_if_full() {
            self.counted_mut().traffic.add(&full);
        }
    }

    fn counted_mut(&mut self) -> &mut Counted {
        self.rare_mut().counted.get_or_insert_default()
    }

    /// What has gone over it since it was made.
    pub(super) fn traffic_total(&self) -> TrafficTotal {
        let mut total =
            self.rare().and_then(|rare| rare.counted.as_ref()).map(|counted| counted.traffic).unwrap_or_default();
        total.add(&self.traffic);
        total
    }

    /// What its client did not get, or give, since it was made.
    pub(super) fn drops(&self) -> ClientDrops {
        self.rare().and_then(|rare| rare.counted.as_ref()).map(|counted| counted.drops).unwrap_or_default()
    }
}

impl Worker {
    /// So many deliveries did not reach the client of a session. While it has no connection nobody counts for it.
    pub(super) fn count_drops_for_client(&mut self, session: u32, reason: Metric, count: u64) {
        if let Some(connection) = self.connection_of(session) {
            connection.counted_mut().count_drops(reason, count);
        }
    }

    /// So many QoS 2 exchanges that a client began were given up.
    pub(super) fn count_release_timeouts_for_client(&mut self, session: u32, count: u64) {
        if let Some(connection) = self.connection_of(session) {
            connection.counted_mut().drops.release_timeouts += count;
        }
    }

    fn connection_of(&mut self, session: u32) -> Option<&mut Connection> {
        match self.sessions.view(session)? {
            SessionView::InUse(entry) if entry.connection != NONE => self.connections.get_mut(entry.connection),
            _ => None,
        }
    }
}
