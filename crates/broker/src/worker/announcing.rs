//! `$SYS` messages: those of whoever surrounds the broker, and what clients do.
//!
//! A message about a client is made where its worker has the facts at hand, and only if somebody subscribes to it. It goes out at
//! the end of the turn: what it leads to elsewhere must not happen in the middle of a connection's beginning or end.

use super::{Worker, connection::Connection};
use crate::{announcer::Kept, live_settings::ClientEvent, shared::Shared};
use dunlin_codec::Connect;
use dunlin_model::{ArcStr, DisconnectReason, Message, Millis, ProtocolVersion, SubscriptionOptions};
use dunlin_session::SubscribeRequest;
use serde_json::{Map, Value, json};

/// Messages about clients made in one turn; what is beyond is not told. A turn that ends so many connections is one in which
/// nobody reads.
const ANNOUNCEMENTS_MAX: usize = 10_000;

impl Worker {
    /// Publishes what the broker tells of itself.
    pub(super) fn announce(&mut self, shared: &Shared, message: Message) {
        if message.retain() && shared.live.retains() {
            // Not on disk: it is made anew after a start.
            shared.retained.write().store(message.clone(), self.now);
        }
        if shared.is_heard(message.topic()) {
            self.hand_out(shared, message);
        }
    }

    /// Publishes what clients did in this turn.
    pub(super) fn announce_all(&mut self, shared: &Shared) {
        if self.announcements.is_empty() {
            return;
        }
        for message in std::mem::take(&mut self.announcements) {
            self.announce(shared, message);
        }
        self.run_deferred(shared);
    }

    /// Whether anybody wants to know of what clients do: the topic then.
    fn heard_topic(&self, shared: &Shared, event: ClientEvent, client_id: &str) -> Option<String> {
        // Such an id cannot be part of a topic name.
        let has_topic = shared.live.tells(event) && !client_id.contains(['+', '#']);
        let topic = has_topic.then(|| shared.system_topic(&format!("clients/{client_id}/{}", event.as_str())));
        topic.filter(|topic| self.announcements.len() < ANNOUNCEMENTS_MAX && shared.is_heard(topic))
    }

    fn queue_announcement(&mut self, shared: &Shared, topic: &str, payload: &Value) {
        let payload = payload.to_string();
        // A client id can be as long as a topic may be.
        if topic.len() <= usize::from(u16::MAX) {
            self.announcements.push(shared.announcement(topic, &payload, Kept::Not));
        }
    }

    /// A client is in: those who watch it are told.
    pub(super) fn tell_connected(&mut self, shared: &Shared, slot: u32, session: u32, connect: &Connect<'_>) {
        self.announce_connected(shared, slot, session, connect);
        if self.traces.is_some() {
            self.mark_named(slot, session);
        }
    }

    fn announce_connected(&mut self, shared: &Shared, slot: u32, session: u32, connect: &Connect<'_>) {
        let Some(client_id) = self.sessions.client_id(session) else { return };
        let Some(topic) = self.heard_topic(shared, ClientEvent::Connected, client_id) else { return };
        let Some(connection) = self.connections.get(slot) else { return };
        let mut told = facts_of(connection, client_id, self.now);
        let attributes = connection.client().map(|client| json!(client.attributes)).unwrap_or_else(|| json!({}));
        let more = [
            ("keepalive", json!(connect.keep_alive)),
            ("clean_start", json!(connect.clean_start)),
            ("receive_maximum", json!(connect.receive_maximum.unwrap_or(u16::MAX))),
            ("conn_props", properties_of(connect)),
            ("client_attrs", attributes),
        ];
        told.extend(more.map(|(name, value)| (name.to_owned(), value)));
        let expiry = self.sessions.get_mut(session).map(|entry| entry.session.info().expiry_secs);
        told.insert("expiry_interval".to_owned(), json!(expiry));
        self.queue_announcement(shared, &topic, &Value::Object(told));
    }

    /// A client is gone.
    pub(super) fn announce_disconnected(&mut self, shared: &Shared, slot: u32, session: u32, reason: DisconnectReason) {
        let Some(client_id) = self.sessions.client_id(session) else { return };
        let Some(topic) = self.heard_topic(shared, ClientEvent::Disconnected, client_id) else { return };
        let Some(connection) = self.connections.get(slot) else { return };
        let mut told = facts_of(connection, client_id, self.now);
        let more =
            [("reason", json!(reason.as_str())), ("disconnected_at", json!(self.now)), ("disconn_props", json!({}))];
        told.extend(more.map(|(name, value)| (name.to_owned(), value)));
        self.queue_announcement(shared, &topic, &Value::Object(told));
    }

    /// A client has subscribed.
    pub(super) fn announce_subscriptions(&mut self, shared: &Shared, session: u32, request: &SubscribeRequest) {
        if shared.live.tells(ClientEvent::Subscribed) {
            for item in request.items.iter().filter(|item| !item.code.is_error()) {
                self.announce_subscription(shared, session, &item.filter, Some(item.options));
            }
        }
    }

    /// A client has subscribed; with no options it has given a subscription up.
    pub(super) fn announce_subscription(
        &mut self,
        shared: &Shared,
        session: u32,
        filter: &ArcStr,
        options: Option<SubscriptionOptions>,
    ) {
        let event = if options.is_some() { ClientEvent::Subscribed } else { ClientEvent::Unsubscribed };
        if !shared.live.tells(event) {
            return;
        }
        let Some(client_id) = self.sessions.client_id(session) else { return };
        let Some(topic) = self.heard_topic(shared, event, client_id) else { return };
        let mut told = json!({ "clientid": client_id, "protocol": "mqtt", "topic": filter.as_str(), "ts": self.now });
        let slot = self.sessions.get_mut(session).map(|entry| entry.connection);
        let connection = slot.and_then(|slot| self.connections.get(slot));
        told["username"] = username_of(connection.and_then(Connection::shown_user_name));
        if let Some(options) = options {
            told["subopts"] = json!({
                "qos": options.qos as u8,
                "nl": u8::from(options.no_local),
                "rap": u8::from(options.retain_as_published),
                "rh": options.retain_handling as u8,
            });
        }
        self.queue_announcement(shared, &topic, &told);
    }
}

/// What every message about a connection says of it.
fn facts_of(connection: &Connection, client_id: &str, now: Millis) -> Map<String, Value> {
    let facts = [
        ("clientid", json!(client_id)),
        ("username", username_of(connection.shown_user_name())),
        ("ipaddress", json!(connection.peer.ip().to_string())),
        ("sockport", json!(connection.listener.address.port())),
        ("protocol", json!("mqtt")),
        ("proto_name", json!(if connection.version == ProtocolVersion::V3 { "MQIsdp" } else { "MQTT" })),
        ("proto_ver", json!(connection.version as u8)),
        ("connected_at", json!(connection.stage_since)),
        ("ts", json!(now)),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

/// EMQX writes the word where there is no name.
fn username_of(username: Option<&str>) -> Value {
    json!(username.unwrap_or("undefined"))
}

/// The properties of a CONNECT under their names in the specification.
fn properties_of(connect: &Connect<'_>) -> Value {
    let mut properties = Map::new();
    let numbers = [
        ("Session-Expiry-Interval", connect.session_expiry_interval.map(u64::from)),
        ("Receive-Maximum", connect.receive_maximum.map(u64::from)),
        ("Maximum-Packet-Size", connect.maximum_packet_size.map(u64::from)),
        ("Topic-Alias-Maximum", connect.topic_alias_maximum.map(u64::from)),
        ("Request-Response-Information", connect.request_response_information.then_some(1)),
        ("Request-Problem-Information", connect.request_problem_information.map(u64::from)),
    ];
    let numbers = numbers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
    properties.extend(numbers);
    if let Some(method) = connect.authentication_method {
        properties.insert("Authentication-Method".to_owned(), json!(method));
    }
    let user: Map<_, _> = connect.user_properties.iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    if !user.is_empty() {
        properties.insert("User-Property".to_owned(), Value::Object(user));
    }
    Value::Object(properties)
}
