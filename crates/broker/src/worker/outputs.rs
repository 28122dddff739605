//! What a session asks the broker to do.

use super::{Worker, connection::NONE, routing::Routed};
use crate::{
    drops::{count_drops, metric_of},
    durable::Work,
    log_throttle::Provoked,
    shared::Shared,
    timelines::TimelineEvent,
};
use dunlin_inbox::Command;
use dunlin_model::{DisconnectReason, Message, Millis, Qos};
use dunlin_router::SessionKey;
use dunlin_session::{DropReason, MissedAck, Output, PublishOutcome};
use dunlin_telemetry::{Latency, Metric};

impl Worker {
    /// Carries out the outputs of the input just handled, then whatever followed from it elsewhere.
    pub(super) fn settle(&mut self, shared: &Shared, session_slot: u32) {
        if !self.outputs.is_empty() {
            let key = self.key(session_slot);
            let mut outputs = std::mem::take(&mut self.outputs);
            let outermost = !std::mem::replace(&mut self.is_settling, true);
            for output in outputs.drain(..) {
                self.carry_out(shared, key, output);
            }
            self.is_settling = !outermost;
            self.outputs = outputs;
        }
        self.run_deferred(shared);
    }

    /// Remembers outputs of a session that is not the one being handled.
    pub(super) fn defer_all(&mut self, shared: &Shared, session_slot: u32, mut outputs: Vec<Output>) {
        self.keep_back_wills(shared, session_slot, &mut outputs);
        if !outputs.is_empty() {
            let key = self.key(session_slot);
            self.deferred.extend(outputs.into_iter().map(|output| (key, output)));
        }
    }

    /// Carries out what was deferred. Inside another output it waits for the outermost caller: the stack stays flat however
    /// many connections one message makes close.
    pub(super) fn run_deferred(&mut self, shared: &Shared) {
        if std::mem::replace(&mut self.is_settling, true) {
            return;
        }
        while let Some((key, output)) = self.deferred.pop_front() {
            self.carry_out(shared, key, output);
        }
        self.is_settling = false;
    }

    fn carry_out(&mut self, shared: &Shared, key: SessionKey, output: Output) {
        match output {
            Output::Route { message, packet_id } => self.route_published(shared, key, message, packet_id),
            Output::Subscribe(mut request) => self.subscribe(shared, key, &mut request),
            Output::Unsubscribe(filter) => {
                self.forget_retained(key.slot, &filter);
                if let Some(session) = self.durable_number_of(key) {
                    let filter = filter.clone();
                    self.store_before_answer(Work::Command(Command::RemoveSubscription { session, filter }));
                }
                let mut router = shared.router.write();
                if let Ok(filter) = dunlin_topic::SubscriptionFilter::parse(&filter) {
                    router.unsubscribe(key, &filter);
                }
                drop(router);
                self.remember(key.slot, &TimelineEvent::Unsubscribed { filter: &filter });
                self.announce_subscription(shared, key.slot, &filter, None);
            }
            Output::PublishWill(message) => {
                if !self.is_silenced(shared, &message, Provoked::WillDenied) {
                    self.route_unattended(shared, message);
                }
            }
            Output::Dropped { message, reason } => self.count_drop_of(shared, key, &message, reason),
            Output::Slow { message, took_ms } => self.note_slow(shared, key, &message, took_ms),
            Output::Redispatch(delivery) => self.redispatch(shared, key, delivery),
            Output::Missed(ack) => self.counters(shared).add(
                match ack {
                    MissedAck::PubAck => Metric::PacketsPubackMissed,
                    MissedAck::PubRec => Metric::PacketsPubrecMissed,
                    MissedAck::PubRel => Metric::PacketsPubrelMissed,
                    MissedAck::PubComp => Metric::PacketsPubcompMissed,
                },
                1,
            ),
            Output::ReleaseTimedOut(count) => {
                self.counters(shared).add(Metric::MessagesDroppedAwaitPubrelTimeout, count as u64);
                self.record_release_timeouts(key, count as u64);
            }
            Output::Close(reason) => self.close_session_connection(shared, key, reason),
            Output::Done { position } => self.store_done(key, position),
            Output::Received { position } => {
                // PUBREL ends what the client remembers of the exchange: after it the PUBLISH must not come again.
                if let Some(session) = self.queue_number_of(key) {
                    self.store_before_answer(Work::Command(Command::Received { session, position }));
                }
            }
            Output::Released { packet_id } => {
                // PUBCOMP frees the identifier for a new message, which must not be taken for a repetition.
                if let Some(session) = self.durable_number_of(key) {
                    self.store_before_answer(Work::Command(Command::Release { session, packet_id }));
                }
            }
        }
    }

    fn route_published(&mut self, shared: &Shared, key: SessionKey, message: Message, packet_id: u16) {
        let qos = message.qos();
        let counters = self.counters(shared);
        counters.add(Metric::MessagesReceived, 1);
        counters.add(
            match qos {
                Qos::AtMostOnce => Metric::MessagesQos0Received,
                Qos::AtLeastOnce => Metric::MessagesQos1Received,
                Qos::ExactlyOnce => Metric::MessagesQos2Received,
            },
            1,
        );
        let exchange = if qos == Qos::ExactlyOnce {
            self.durable_number_of(key).map(|session| (session, packet_id))
        } else {
            None
        };
        let (message, span) = if self.spans.is_some() { self.begin_span(shared, message) } else { (message, None) };
        let routed = self.route(shared, message, exchange);
        if let Some(span) = span {
            self.end_span(shared, span, routed);
        }
        if qos == Qos::AtMostOnce {
            return;
        }
        let outcome = match routed {
            Routed::Somebody => PublishOutcome::Routed,
            Routed::Nobody => PublishOutcome::NoMatchingSubscribers,
            Routed::Refused(code) => PublishOutcome::Refused(code),
        };
        let exchange_is_stored = self.stored_exchange.take() == Some(packet_id);
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return };
        let Some(connection) = self.connections.get_mut(entry.connection) else { return };
        let mut side = Vec::new();
        let mut out = connection.outbox(&mut side, &mut self.sent);
        if matches!(outcome, PublishOutcome::Refused(_)) && !entry.session.version().is_v5() {
            entry.session.not_published(qos, packet_id, &mut out);
        } else {
            entry.session.published(qos, packet_id, outcome, &mut out);
        }
        if !matches!(outcome, PublishOutcome::Refused(_)) {
            let latency = if qos == Qos::AtLeastOnce { Latency::PublishAckQos1 } else { Latency::PublishAckQos2 };
            match connection.held_until() {
                // Within the turn in which it was received.
                None => self.watch.latencies.observe(latency, 0),
                Some(ticket) => self.storing.note_unanswered(ticket, self.now, latency),
            }
        }
        if exchange_is_stored {
            entry.session.mark_release_stored(packet_id);
        }
        let wants_timer = qos == Qos::ExactlyOnce && entry.armed.deadline().is_none();
        if wants_timer {
            // The client may never release it: `mqtt.await_rel_timeout`.
            self.arm_session(key.slot);
        }
    }

    /// Counts a message that nobody in particular does not get.
    pub(super) fn count_drop(&mut self, shared: &Shared, message: &Message, reason: DropReason) {
        count_drops(self.counters(shared), metric_of(reason), 1);
        if self.traces.is_some() {
            self.trace_dropped(shared, None, message, reason);
        }
    }

    /// Counts a message that a session does not get.
    pub(super) fn count_drop_of(&mut self, shared: &Shared, key: SessionKey, message: &Message, reason: DropReason) {
        count_drops(self.counters(shared), metric_of(reason), 1);
        // What does not go back to its publisher was never wanted.
        if reason != DropReason::NoLocal {
            self.record_drops(key, metric_of(reason), Some(message), 1);
        }
        if self.traces.is_some() {
            self.trace_dropped(shared, Some(key), message, reason);
        }
    }

    /// A delivery to a session took long.
    pub(super) fn note_slow(&mut self, shared: &Shared, key: SessionKey, message: &Message, took_ms: Millis) {
        let is_here = self.sessions.generation(key.slot) == key.generation;
        if let Some(client_id) = self.sessions.client_id(key.slot).filter(|_| is_here) {
            self.watch.slow = shared.slow.note(self.index, client_id, message.topic(), took_ms, self.now);
        }
    }

    fn close_session_connection(&mut self, shared: &Shared, key: SessionKey, reason: DisconnectReason) {
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return };
        if entry.connection != NONE {
            let slot = entry.connection;
            self.close_connection(shared, slot, reason);
        }
    }
}
