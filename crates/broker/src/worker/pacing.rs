//! Clients that get more than they may in a time. What has to arrive waits in their queues and goes out one by one, each message
//! with tokens of its own; QoS 0 beyond a limit is dropped, and counted.

use super::{
    Worker,
    connection::{Connection, NONE},
};
use crate::{limits::Taken, shared::Shared};
use dunlin_model::{Millis, Qos};
use dunlin_router::SessionKey;
use dunlin_session::{Delivery, DropReason, Output, Sent, Session, Turn};
use std::sync::Arc;

impl Connection {
    /// Hands a message to the session; where it is paced and there are no tokens, not now: false.
    pub(super) fn deliver(
        &mut self,
        session: &mut Session,
        turn: Turn<'_>,
        delivery: Delivery,
        outputs: &mut Vec<Output>,
        sent: &mut Sent,
    ) -> bool {
        if self.is_paced && !self.permit_next(session, turn.now) {
            return false;
        }
        let before = self.out.len();
        session.deliver(turn, delivery, &mut self.outbox(outputs, sent));
        if self.is_paced {
            self.settle_permit(session, before);
        }
        true
    }

    /// Lets the next message of a paced session go out, if there are tokens for it; else says so, and the timer will.
    pub(super) fn permit_next(&mut self, session: &mut Session, now: Millis) -> bool {
        let Some(limits) = self.limits_mut() else { return true };
        let has_tokens = limits.next_delivery(now) == Taken::Now;
        if has_tokens {
            session.permit();
        }
        has_tokens
    }

    /// A message may have gone out with the permit; the out-buffer had so many bytes before. False where it has not.
    pub(super) fn settle_permit(&mut self, session: &mut Session, bytes_before: usize) -> bool {
        let bytes = self.out.len().saturating_sub(bytes_before);
        let Some(limits) = self.limits_mut() else { return true };
        if session.take_permit() {
            limits.put_back_delivery();
            return false;
        }
        limits.charge_delivery(bytes);
        true
    }
}

impl Worker {
    /// Hands a delivery to a paced session: QoS 0 goes out now or never, everything else by way of the queue.
    #[cold]
    pub(super) fn hand_in_paced(&mut self, shared: &Shared, key: SessionKey, delivery: Delivery) {
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return };
        let slot = entry.connection;
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let granted = delivery.qos;
        let published = delivery.message.qos();
        let qos = if turn.settings.upgrade_qos { granted.max(published) } else { granted.min(published) };
        let is_volatile = qos == Qos::AtMostOnce && delivery.durable.is_none();
        if is_volatile {
            if !connection.limits_mut().is_none_or(|limits| limits.try_delivery(turn.now)) {
                self.count_drop_of(shared, key, &delivery.message, DropReason::QuotaExceeded);
                return;
            }
            entry.session.permit();
        }
        connection.need_out(&mut self.buffers);
        let before = connection.out.len();
        let mut out = connection.outbox(&mut self.outputs_of_others, &mut self.sent);
        entry.session.deliver(turn, delivery, &mut out);
        self.deliveries += 1;
        if is_volatile {
            connection.settle_permit(&mut entry.session, before);
        }
        if !self.outputs_of_others.is_empty() {
            self.sort_outputs(shared, key);
        }
        self.pace(shared, slot);
        self.touch(shared, slot);
    }

    /// Sends what waits for a paced client, as far as there are tokens.
    pub(super) fn pace(&mut self, shared: &Shared, slot: u32) {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let session_slot = connection.session;
        if !connection.is_paced || session_slot == NONE {
            return;
        }
        let Some(entry) = self.sessions.get_mut(session_slot) else { return };
        let zone = Arc::clone(&entry.zone);
        let turn = self.watch.turn(now, &zone.session);
        let mut side = Vec::new();
        while entry.session.has_backlog() && connection.permit_next(&mut entry.session, now) {
            connection.need_out(&mut self.buffers);
            let before = connection.out.len();
            let mut out = connection.outbox(&mut side, &mut self.sent);
            entry.session.send_waiting(turn, &mut out);
            if !connection.settle_permit(&mut entry.session, before) {
                break;
            }
        }
        let owes_retained = entry.retained.is_some();
        if !entry.session.has_backlog()
            && !owes_retained
            && let Some(limits) = connection.limits_mut()
        {
            limits.forget_delivery();
        }
        if !connection.out.is_empty() && !connection.dirty && connection.blocked_since.is_none() {
            connection.dirty = true;
            self.dirty.push(slot);
        }
        self.arm_connection(shared, slot);
        self.defer_all(shared, session_slot, side);
        self.retained_may_go_on(session_slot);
        self.feed_may_go_on(session_slot);
        self.run_deferred(shared);
    }

    /// After a change of limits: what waited for tokens may need none any more.
    pub(super) fn go_on_delivering(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.is_paced {
            self.pace(shared, slot);
        } else if !connection.congested {
            self.tell_congestion(shared, slot, false);
            if let Some(session) = self.connections.get(slot).map(|connection| connection.session) {
                self.retained_may_go_on(session);
                self.feed_may_go_on(session);
            }
        }
    }
}
