//! Connections that have something in common, such as a user name: no more of them than there may be.

use super::{
    Worker,
    admitting::Arrival,
    connection::{Connection, NONE},
};
use crate::{limits::Seat, log_throttle::Provoked, shared::Shared};
use dunlin_codec::Connect;
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_telemetry::Metric;
use tracing::info;

impl Connection {
    /// It is no longer counted.
    pub(super) fn leave_seat(&mut self) {
        if self.rare().is_some_and(|rare| rare.seat.is_some()) {
            self.rare_mut().seat = None;
        }
    }

    /// Quotas are others now: the connection is there already, and counts by what counts now.
    pub(super) fn count_anew(&mut self, shared: &Shared) {
        let zone = shared.zone_limits.get(&self.listener.zone().name);
        let quota = zone.as_ref().map(|zone| &zone.quota).filter(|quota| !quota.is_none());
        let seat = quota.zip(self.client()).and_then(|(quota, client)| shared.connection_counts.keep(quota, client));
        if seat.is_some() {
            self.rare_mut().seat = seat;
        } else {
            self.leave_seat();
            self.forget_nothing();
        }
    }
}

impl Worker {
    /// Counts a client in; refuses it where others like it have all the connections there may be. A client that takes over its own
    /// connection needs no other.
    pub(super) fn take_seat(
        &mut self,
        shared: &Shared,
        slot: u32,
        connect: &Connect<'_>,
        arrival: &Arrival,
    ) -> Result<Option<Box<Seat>>, ()> {
        let Some(client) = &arrival.client else { return Ok(None) };
        let zone = self.connections.get(slot).map(|connection| &connection.listener.zone().name);
        let zone = zone.and_then(|name| shared.zone_limits.get(name));
        let Some(quota) = zone.as_ref().map(|zone| &zone.quota).filter(|quota| !quota.is_none()) else {
            return Ok(None);
        };
        let session = self.find_session(shared, &arrival.client_id);
        let earlier = session.and_then(|session| self.sessions.get_mut(session)).map(|entry| entry.connection);
        let earlier = earlier.filter(|slot| *slot != NONE).and_then(|slot| self.connections.get(slot));
        let replaced = earlier.and_then(|earlier| earlier.rare()).and_then(|rare| rare.seat.as_deref());
        let reached = match shared.connection_counts.take(quota, client, replaced) {
            Ok(seat) => return Ok(seat),
            Err(reached) => reached,
        };
        self.counters(shared).add(Metric::ConnectionsRefusedQuota, 1);
        if let Some(held_back) = self.log_throttle.pass(Provoked::QuotaReached, self.now)
            && let Some(connection) = self.connections.get(slot)
        {
            let (peer, listener) = (connection.peer, connection.listener.id());
            let (clientid, username) = (&*arrival.client_id, client.shown_username());
            let (what, max) = (&*reached.what, reached.max);
            info!(msg = "connection_quota_exceeded", clientid, username, peername = %peer, listener, what, max, held_back);
        }
        self.refuse_connect(shared, slot, connect, ReasonCode::QuotaExceeded, DisconnectReason::QuotaExceeded);
        Err(())
    }
}
