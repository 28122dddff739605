//! Clients that send more than they may in a time: they wait, or are told so.
//!
//! Whoever has to wait is not read from. What was read and not handled stays in `leftover`, one read at most; the timer of the
//! connection brings it on.

use super::{Worker, authorizing::Leave, connection::Connection};
use crate::{
    limits::{ClientLimits, Taken, ZoneBuckets},
    log_throttle::Provoked,
    shared::Shared,
};
use dunlin_codec::{Packet, Publish};
use dunlin_model::Qos;
use dunlin_telemetry::Metric;
use std::sync::Arc;
use tracing::warn;

/// Whether a packet is within the limits of its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measured {
    Within,
    /// It is refused.
    Over,
    /// It stays in front until there are tokens for it.
    Waits,
}

impl Connection {
    /// The limits of its client, if there are any.
    pub(super) fn limits_mut(&mut self) -> Option<&mut ClientLimits> {
        if self.is_limited || self.is_paced { self.rare_mut().limits.as_deref_mut() } else { None }
    }

    /// When what it waits for, as tokens are concerned, will be there.
    pub(super) fn tokens_at(&self) -> Option<u64> {
        self.rare().and_then(|rare| rare.limits.as_ref()).and_then(|limits| limits.due_at())
    }

    /// The limits of its listener and zone as they are now. What it has of tokens and debts stays.
    pub(super) fn take_limits(&mut self, shared: &Shared, now: u64) {
        let of_listener = self.listener.limits.of_clients();
        let zone = shared.zone_limits.get(&self.listener.zone().name);
        let zone = zone.unwrap_or_else(|| Arc::new(ZoneBuckets::default()));
        match self.limits_mut() {
            Some(limits) => limits.change(&of_listener, zone, now),
            None => {
                let Some(limits) = ClientLimits::new(&of_listener, zone, now) else { return };
                self.rare_mut().limits = Some(limits);
            }
        }
        let limits = self.rare().and_then(|rare| rare.limits.as_ref());
        (self.is_limited, self.is_paced) =
            limits.map_or((false, false), |limits| (limits.limits_input(), limits.limits_deliveries()));
    }

    /// The client has none any more, nor a place in the line of its zone.
    pub(super) fn leave_limits(&mut self) {
        if let Some(limits) = self.limits_mut() {
            limits.leave();
            self.rare_mut().limits = None;
        }
        (self.is_limited, self.is_paced, self.awaits_tokens) = (false, false, false);
    }
}

impl Worker {
    /// Whether a client with limits may send this packet, and now. First the limits: asking about packets costs something too.
    #[cold]
    pub(super) fn leave_within_limits(
        &mut self,
        shared: &Shared,
        slot: u32,
        packet: &Packet<'_>,
        length: usize,
    ) -> Leave {
        match self.measure(shared, slot, packet, length) {
            Measured::Over => Leave::OverLimit,
            Measured::Waits => Leave::Awaited,
            Measured::Within => {
                let leave = self.leave_for(shared, slot, packet);
                if matches!(leave, Leave::Awaited)
                    && let Some(limits) = self.connections.get_mut(slot).and_then(Connection::limits_mut)
                {
                    limits.keep_front_paid();
                }
                leave
            }
        }
    }

    /// Holds a packet against the limits of its client.
    fn measure(&mut self, shared: &Shared, slot: u32, packet: &Packet<'_>, length: usize) -> Measured {
        let now = self.now;
        let Some(limits) = self.connections.get_mut(slot).and_then(Connection::limits_mut) else {
            return Measured::Within;
        };
        match packet {
            Packet::Publish(publish) => match limits.take_publish(length as u64, now) {
                Taken::Now => Measured::Within,
                Taken::At(_) => {
                    self.pause(shared, slot);
                    Measured::Waits
                }
                Taken::Refused => {
                    self.count_refused(shared, slot, publish);
                    Measured::Over
                }
            },
            Packet::Subscribe(subscribe) if !limits.take_subscribe(now) => {
                let count = subscribe.filters.len() as u64;
                self.counters(shared).add(Metric::PacketsSubscribeError, count);
                self.note_over_limit(slot, Provoked::SubscribeOverQuota, "");
                Measured::Over
            }
            _ => Measured::Within,
        }
    }

    /// The connection is not read from until its tokens are there.
    fn pause(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        connection.awaits_tokens = true;
        self.counters(shared).add(Metric::ConnectionsPaused, 1);
        self.note_over_limit(slot, Provoked::ReceivePaused, "");
        self.arm_connection(shared, slot);
    }

    fn count_refused(&mut self, shared: &Shared, slot: u32, publish: &Publish<'_>) {
        let Some(connection) = self.connections.get(slot) else { return };
        let counters = &shared.counters[self.index];
        if publish.qos > Qos::AtMostOnce {
            counters.add(Metric::PacketsPublishQuotaExceeded, 1);
        }
        if publish.qos == Qos::AtMostOnce || !connection.version.is_v5() {
            // Nobody else knows that it is lost.
            counters.add(Metric::MessagesDroppedQuotaExceeded, 1);
        }
        self.record_over_limit(slot, publish.topic);
        self.note_over_limit(slot, Provoked::PublishOverQuota, publish.topic);
    }

    /// A line for the operator who wonders why.
    fn note_over_limit(&mut self, slot: u32, kind: Provoked, topic: &str) {
        let Some(held_back) = self.log_throttle.pass(kind, self.now) else { return };
        let Some(connection) = self.connections.get(slot) else { return };
        let client_id = self.sessions.client_id(connection.session);
        let (peer, listener) = (connection.peer, connection.listener.id());
        let msg = match kind {
            Provoked::ReceivePaused => "socket_receive_paused_by_rate_limit",
            Provoked::SubscribeOverQuota => "cannot_subscribe_due_to_quota_exceeded",
            _ => "cannot_publish_to_topic_due_to_quota_exceeded",
        };
        warn!(msg, topic, clientid = client_id, peername = %peer, listener, held_back);
    }

    /// Tokens that a connection has waited for are there.
    pub(super) fn tokens_due(&mut self, shared: &Shared, slot: u32) {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let Some(limits) = connection.limits_mut() else { return };
        let (may_read, may_deliver) = limits.note_due(now);
        if may_read {
            self.resume(slot);
        }
        if may_deliver {
            self.pace(shared, slot);
        }
    }

    /// Goes on with a connection that was not read from.
    fn resume(&mut self, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot).filter(|connection| connection.awaits_tokens) else {
            return;
        };
        connection.awaits_tokens = false;
        // It was not the client that was silent.
        connection.last_packet_at = self.now;
        connection.unfinished = super::connection::Unfinished::Read;
        self.unread.push(slot);
    }

    /// Limits have changed: clients that are connected have them too.
    pub(super) fn take_changed_limits(&mut self, shared: &Shared) {
        let epoch = shared.zone_limits.epoch();
        if std::mem::replace(&mut self.limits_epoch, epoch) == epoch {
            return;
        }
        let now = self.now;
        for slot in self.connections.slots() {
            let Some(connection) = self.connections.get_mut(slot) else { continue };
            let Some(entry) = self.sessions.get_mut(connection.session) else { continue };
            let (was_limited, was_paced) = (connection.is_limited, connection.is_paced);
            connection.count_anew(shared);
            connection.take_limits(shared, now);
            if was_paced != connection.is_paced {
                entry.session.set_paced(connection.is_paced);
            }
            if !was_limited && !was_paced {
                continue;
            }
            if !connection.is_limited && !connection.is_paced {
                connection.rare_mut().limits = None;
                connection.forget_nothing();
            }
            self.resume(slot);
            self.go_on_delivering(shared, slot);
            self.arm_connection(shared, slot);
        }
    }
}
