//! What happens to clients goes into their timelines.

use super::{Worker, authorizing::client_info, connection::Connection};
use crate::log_throttle::Provoked;
use crate::timelines::{TimelineEvent, TimelineVerdict};
use dunlin_access::{Action, RefusalCause, Ruling};
use dunlin_model::{ArcStr, ClientId, Message, ReasonCode};
use dunlin_router::SessionKey;
use dunlin_session::SubscribeRequest;
use dunlin_telemetry::Metric;
use std::sync::Arc;
use tracing::warn;

impl Worker {
    /// Something happened to the client of a session.
    pub(super) fn remember(&mut self, session: u32, event: &TimelineEvent<'_>) {
        if let Some(client_id) = self.sessions.client_id(session) {
            self.timelines.note(client_id, self.now, event);
        }
    }

    /// A client is in.
    pub(super) fn record_connected(&mut self, slot: u32, session: u32, is_resumed: bool, authenticator: Option<&str>) {
        let Some(connection) = self.connections.get(slot) else { return };
        let (peer, version) = (connection.peer, connection.version);
        let listener = connection.listener.settings.id.clone();
        let event = TimelineEvent::Connected { peer, listener: &listener, version, is_resumed, authenticator };
        self.remember(session, &event);
    }

    /// A client is not let in, at a place that is known to the authenticators.
    pub(super) fn record_not_authenticated(
        &mut self,
        slot: u32,
        client_id: &str,
        code: ReasonCode,
        cause: &RefusalCause,
    ) {
        let place = match cause {
            RefusalCause::Unknown => None,
            RefusalCause::Denied(place) | RefusalCause::Failed(place) | RefusalCause::BadAcl(place, _) => Some(*place),
        };
        let authenticator = place.and_then(|place| self.name_of_authenticator(slot, place));
        let event = TimelineEvent::NotAuthenticated { authenticator: authenticator.as_deref(), code };
        self.timelines.note_again(client_id, self.now, 1, |other| *other == event, &event);
    }

    /// What the authenticator at a place is called.
    pub(super) fn name_of_authenticator(&self, slot: u32, place: usize) -> Option<ArcStr> {
        let authentication = self.authentication_of(self.connections.get(slot)?)?;
        authentication.chain().entries().get(place).map(|entry| ArcStr::from(entry.authenticator.id()))
    }

    /// Filters were granted.
    pub(super) fn record_subscriptions(&mut self, session: u32, request: &SubscribeRequest) {
        for item in request.items.iter().filter(|item| !item.code.is_error()) {
            self.remember(session, &TimelineEvent::Subscribed { filter: &item.filter, qos: item.options.qos });
        }
    }

    /// Authorization has said what it thinks of a subscription, or that a client may not publish.
    ///
    /// The same verdict on the same topic is counted, so that a client that tries again and again keeps its past.
    pub(super) fn record_ruling(&mut self, slot: u32, action: Action, topic: &str, ruling: Ruling) {
        let Some(connection) = self.connections.get(slot) else { return };
        let Some(client_id) = self.sessions.client_id(connection.session) else { return };
        let (is_allow, is_publish) = (ruling.is_allow(), matches!(action, Action::Publish { .. }));
        let is_it = |event: &TimelineEvent<'_>| match event {
            TimelineEvent::SubscribeAllowed(verdict) => is_allow && !is_publish && verdict.topic == topic,
            TimelineEvent::SubscribeDenied(verdict) => !is_allow && !is_publish && verdict.topic == topic,
            TimelineEvent::PublishDenied(verdict) => is_publish && verdict.topic == topic,
            _ => false,
        };
        if self.timelines.count_again(client_id, self.now, 1, is_it) {
            return;
        }
        // Which rule it was is found out only where there will be an entry.
        let rule = self.rule_of(connection, client_id, action, topic, ruling);
        let verdict = TimelineVerdict { topic, source: self.name_of(ruling.by), rule };
        let event = match (is_publish, is_allow) {
            (true, _) => TimelineEvent::PublishDenied(verdict),
            (false, true) => TimelineEvent::SubscribeAllowed(verdict),
            (false, false) => TimelineEvent::SubscribeDenied(verdict),
        };
        self.timelines.note(client_id, self.now, &event);
    }

    /// Which rule of its source a ruling is, counted from 1.
    pub(super) fn rule_of(
        &self,
        connection: &Connection,
        client_id: &str,
        action: Action,
        topic: &str,
        ruling: Ruling,
    ) -> Option<usize> {
        let told = connection.client().cloned();
        let client = told.unwrap_or_else(|| Arc::new(client_info(connection, ClientId::from(client_id), None)));
        self.access.authorization.as_ref()?.rule_of(ruling, &client, action, topic)
    }

    /// The will of a client was left out.
    pub(super) fn record_denied_will(&mut self, client_id: &str, topic: &str, ruling: Ruling) {
        let verdict = TimelineVerdict { topic, source: self.name_of(ruling.by), rule: None };
        self.timelines.note(client_id, self.now, &TimelineEvent::PublishDenied(verdict));
    }

    /// A client publishes too much.
    pub(super) fn record_over_limit(&mut self, slot: u32, topic: &str) {
        let Some(connection) = self.connections.get(slot) else { return };
        let Some(client_id) = self.sessions.client_id(connection.session) else { return };
        let is_it = |event: &TimelineEvent<'_>| matches!(event, TimelineEvent::PublishOverLimit { .. });
        self.timelines.note_again(client_id, self.now, 1, is_it, &TimelineEvent::PublishOverLimit { topic });
    }

    /// A client gets so many messages not, the first of which is this one.
    pub(super) fn record_drops(&mut self, key: SessionKey, reason: Metric, message: Option<&Message>, count: u64) {
        let is_here = usize::from(key.worker) == self.index && self.sessions.generation(key.slot) == key.generation;
        if !is_here || count == 0 {
            return;
        }
        self.log_drop(key.slot, reason, message);
        self.count_drops_for_client(key.slot, reason, count);
        let Some(client_id) = self.sessions.client_id(key.slot) else { return };
        let is_it = |event: &TimelineEvent<'_>| matches!(event, TimelineEvent::Dropped { reason: other, .. } if *other == reason);
        let event = TimelineEvent::Dropped { reason, topic: message.map(Message::topic) };
        self.timelines.note_again(client_id, self.now, count, is_it, &event);
    }

    /// A line for the operator who wonders where messages are.
    fn log_drop(&mut self, session: u32, reason: Metric, message: Option<&Message>) {
        let (kind, msg) = match reason {
            Metric::DeliveryDroppedQueueFull => (Provoked::QueueFull, "dropped_msg_due_to_mqueue_is_full"),
            Metric::DeliveryDroppedQos0Msg => (Provoked::Qos0NotQueued, "dropped_qos0_msg"),
            _ => return,
        };
        let Some(held_back) = self.log_throttle.pass(kind, self.now) else { return };
        let clientid = self.sessions.client_id(session);
        warn!(msg, clientid, topic = message.map(Message::topic), held_back);
    }

    /// A client did not release what it began.
    pub(super) fn record_release_timeouts(&mut self, key: SessionKey, count: u64) {
        self.count_release_timeouts_for_client(key.slot, count);
        let Some(client_id) = self.sessions.client_id(key.slot) else { return };
        let is_it = |event: &TimelineEvent<'_>| matches!(event, TimelineEvent::ReleaseTimedOut);
        self.timelines.note_again(client_id, self.now, count, is_it, &TimelineEvent::ReleaseTimedOut);
    }
}
