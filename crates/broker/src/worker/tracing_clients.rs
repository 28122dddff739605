//! What workers tell the traces that run: packets of marked connections, decisions about them, messages of traced topics.

use super::{
    Worker,
    authorizing::{Leave, without_delay},
    connection::{Connection, Traced},
    sessions::SessionView,
};
use crate::drops::metric_of;
use crate::shared::Shared;
use crate::traces::{Trace, TraceRecord, TraceSet, packet_text, payload_text};
use dunlin_access::{Action, Ruling};
use dunlin_codec::{Connect, DecodeError, DecodeOptions, Packet, decode_next};
use dunlin_model::{DisconnectReason, Message, Qos};
use dunlin_router::SessionKey;
use dunlin_session::DropReason;
use std::net::SocketAddr;
use std::sync::Arc;

/// One more thing about a record.
type Field = (&'static str, String);

impl Worker {
    /// Other traces run from now on.
    #[cold]
    pub(super) fn take_traces(&mut self, traces: Option<Arc<TraceSet>>) {
        self.traces = traces;
        self.note_watched_topics();
        for slot in self.connections.slots() {
            let client_id =
                self.connections.get(slot).and_then(|connection| self.sessions.client_id(connection.session));
            let client_id = client_id.unwrap_or_default().to_owned();
            self.mark_traced(slot, &client_id);
        }
    }

    /// Marks a connection if a trace is about its client.
    fn mark_traced(&mut self, slot: u32, client_id: &str) {
        let Self { traces, connections, .. } = self;
        let Some(connection) = connections.get_mut(slot) else { return };
        let address = connection.peer.ip();
        if traces.as_ref().is_some_and(|traces| traces.of_client(client_id, Some(address)).next().is_some()) {
            connection.begin_traced(client_id);
        } else {
            connection.end_traced();
        }
    }

    /// Tells the traces about the client of a connection, if it is marked.
    #[cold]
    fn tell(&self, slot: u32, tag: &'static str, msg: &'static str, fields: impl Fn(&Trace) -> Vec<Field>) {
        let (Some(traces), Some(connection)) = (&self.traces, self.connections.get(slot)) else { return };
        let Some(traced) = connection.rare().and_then(|rare| rare.traced.as_deref()) else { return };
        for trace in traces.of_client(&traced.client_id, Some(connection.peer.ip())) {
            self.record(traces, trace, tag, msg, &traced.client_id, Some(connection.peer), fields(trace));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "they are the fields of a record")]
    fn record(
        &self,
        traces: &TraceSet,
        trace: &Trace,
        tag: &'static str,
        msg: &'static str,
        client_id: &str,
        peer: Option<SocketAddr>,
        fields: Vec<Field>,
    ) {
        let client_id = client_id.to_owned();
        traces.sink.take(TraceRecord { trace: trace.number, at: self.now, tag, msg, client_id, peer, fields });
    }

    /// A client is in, and may have got its name only now.
    #[cold]
    pub(super) fn mark_named(&mut self, slot: u32, session: u32) {
        let client_id = self.sessions.client_id(session).unwrap_or_default().to_owned();
        self.mark_traced(slot, &client_id);
    }

    /// A client wants to come in.
    #[cold]
    pub(super) fn trace_connect(&mut self, slot: u32, connect: &Connect<'_>) {
        self.mark_traced(slot, connect.client_id);
        if let Some(connection) = self.connections.get_mut(slot) {
            // What is sent to one that is refused is read in its version too.
            connection.version = connect.version;
        }
        let Some(connection) = self.connections.get(slot) else { return };
        let username = self.shown_name(connection, connect.username);
        let packet = Packet::Connect(Box::new(Connect { username, ..connect.clone() }));
        self.tell(slot, "MQTT", "mqtt_packet_received", |trace| vec![("packet", packet_text(&packet, trace.payload))]);
    }

    /// A packet of a marked connection came, and it is known whether the client may send it.
    #[cold]
    pub(super) fn trace_received(&self, slot: u32, packet: &Packet<'_>, leave: &Leave) {
        if matches!(leave, Leave::Awaited) {
            // It comes again when that is known.
            return;
        }
        self.tell(slot, "MQTT", "mqtt_packet_received", |trace| vec![("packet", packet_text(packet, trace.payload))]);
        match (leave, packet) {
            (Leave::Given(Some(ruling)), Packet::Publish(publish)) => {
                let action = Action::Publish { qos: publish.qos, retain: publish.retain };
                let session = self.connections.get(slot).and_then(|connection| self.sessions.view(connection.session));
                let topic = match session {
                    Some(SessionView::InUse(entry)) => entry.session.topic_of(publish),
                    _ => None,
                };
                let topic = topic.unwrap_or(publish.topic);
                self.trace_ruling(slot, action, without_delay(topic), *ruling);
            }
            (Leave::OverLimit, _) => self.trace_decision(slot, "LIMITER", "quota_exceeded", &[]),
            _ => {}
        }
    }

    /// What a marked connection is about to write. What is not complete packets is not looked at: there is none such.
    #[cold]
    pub(super) fn trace_sent(&mut self, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let (from, end) = connection.untraced_bytes();
        let Some(connection) = self.connections.get(slot) else { return };
        let options = DecodeOptions { max_packet_size: u32::MAX, strict: false };
        let mut rest = connection.out.get(from..end).unwrap_or_default();
        while let Ok(Some((packet, length))) = decode_next(connection.version, &options, rest) {
            self.tell(slot, "MQTT", "mqtt_packet_sent", |trace| vec![("packet", packet_text(&packet, trace.payload))]);
            rest = rest.get(length..).unwrap_or_default();
        }
    }

    /// Something was decided about the client of a marked connection.
    #[cold]
    pub(super) fn trace_decision(
        &self,
        slot: u32,
        tag: &'static str,
        msg: &'static str,
        fields: &[(&'static str, &str)],
    ) {
        let owned = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
        self.tell(slot, tag, msg, |_| fields.iter().map(owned).collect());
    }

    /// Authorization has decided about the client of a connection, which may be marked.
    pub(super) fn trace_ruling(&self, slot: u32, action: Action, topic: &str, ruling: Ruling) {
        let Some(connection) = self.connections.get(slot).filter(|connection| connection.is_traced) else { return };
        let client_id = connection.rare().and_then(|rare| Some(rare.traced.as_ref()?.client_id.as_str()));
        let rule = self.rule_of(connection, client_id.unwrap_or_default(), action, topic, ruling);
        let msg = match ruling.is_allow() {
            true => "authorization_permission_allowed",
            false => "authorization_permission_denied",
        };
        let word = if matches!(action, Action::Publish { .. }) { "publish" } else { "subscribe" };
        let mut told = vec![("action", word.to_owned()), ("topic", topic.to_owned())];
        told.push(("source", self.name_of(ruling.by).to_owned()));
        told.extend(rule.map(|rule| ("rule", rule.to_string())));
        self.tell(slot, "AUTHZ", msg, |_| told.clone());
    }

    /// The authenticator at this place has let the client of a connection in, which may be marked.
    pub(super) fn trace_admitted(&self, slot: u32, place: usize) {
        let name = self.name_of_authenticator(slot, place);
        let told = name.as_deref().map(|name| ("authenticator", name));
        self.trace_decision(slot, "AUTHN", "authentication_success", told.as_slice());
    }

    /// A marked connection ends.
    #[cold]
    pub(super) fn trace_end(&self, slot: u32, reason: DisconnectReason) {
        self.tell(slot, "SOCKET", "connection_closed", |_| vec![("reason", reason.to_string())]);
    }

    /// A message is routed, while some topics are watched.
    #[cold]
    pub(super) fn watch_routed(&self, message: &Message) {
        self.count_topic(message, |counters| counters.count_in(message.qos()));
        self.trace_routed(message);
    }

    /// A message is handed to a session with this quality of service, while some topics are watched.
    #[cold]
    pub(super) fn watch_delivered(&mut self, shared: &Shared, key: SessionKey, message: &Message, qos: Qos) {
        self.count_topic(message, |counters| counters.count_out(qos));
        self.trace_delivered(key, message);
        self.span_delivery(shared, key, message);
    }

    /// A message is routed, while there are traces of topics.
    fn trace_routed(&self, message: &Message) {
        let Some(traces) = &self.traces else { return };
        for trace in traces.of_topic(message.topic()) {
            let fields = message_fields(message, trace);
            self.record(traces, trace, "PUBLISH", "publish_to", message.publisher(), None, fields);
        }
    }

    /// A message is handed to a session, while there are traces of topics.
    fn trace_delivered(&self, key: SessionKey, message: &Message) {
        let Some(traces) = &self.traces else { return };
        let client_id = self.sessions.client_id(key.slot).unwrap_or_default();
        for trace in traces.of_topic(message.topic()) {
            let fields = message_fields(message, trace);
            self.record(traces, trace, "DELIVER", "message_delivered", client_id, None, fields);
        }
    }

    /// A message is dropped, while there are traces: those of its topic and of its publisher are told, and those of the client
    /// that does not get it.
    #[cold]
    pub(super) fn trace_dropped(
        &self,
        shared: &Shared,
        key: Option<SessionKey>,
        message: &Message,
        reason: DropReason,
    ) {
        let Some(traces) = &self.traces else { return };
        let here = key.filter(|key| {
            usize::from(key.worker) == self.index && self.sessions.generation(key.slot) == key.generation
        });
        let receiver = here.and_then(|key| self.sessions.client_id(key.slot)).unwrap_or_default();
        let receiver_peer = here.and_then(|key| self.peer_of(key.slot));
        // Where a publisher of another worker is, is not known here.
        let publisher_peer = self.find_session(shared, message.publisher()).and_then(|slot| self.peer_of(slot));
        let address = |peer: Option<SocketAddr>| peer.map(|peer| peer.ip());
        let reason = metric_of(reason).as_str();
        let of_receiver = traces.of_client(receiver, address(receiver_peer));
        let of_clients = of_receiver.chain(traces.of_client(message.publisher(), address(publisher_peer)));
        let mut told: Vec<u64> = Vec::new();
        for trace in of_clients.chain(traces.of_topic(message.topic())) {
            if !message.topic().starts_with("$SYS/") && !told.contains(&trace.number) {
                told.push(trace.number);
                let mut fields = vec![("reason", reason.to_owned()), ("receiver", receiver.to_owned())];
                fields.extend(message_fields(message, trace));
                self.record(traces, trace, "DROP", "message_dropped", message.publisher(), publisher_peer, fields);
            }
        }
    }

    /// Where the client of a session is, while it has a connection.
    fn peer_of(&self, session: u32) -> Option<SocketAddr> {
        let SessionView::InUse(entry) = self.sessions.view(session)? else { return None };
        self.connections.get(entry.connection).map(|connection| connection.peer)
    }

    /// What came of a connection is no packet. It may be the first that came of it.
    #[cold]
    pub(super) fn trace_bad_frame(&mut self, slot: u32, msg: &'static str, cause: &DecodeError, frame: &str) {
        let Some(connection) = self.connections.get(slot) else { return };
        if self.traces.is_some() && !connection.is_traced {
            let client_id = self.sessions.client_id(connection.session).unwrap_or_default().to_owned();
            self.mark_traced(slot, &client_id);
        }
        self.tell(slot, "MQTT", msg, |_| vec![("reason", cause.to_string()), ("frame", frame.to_owned())]);
    }
}

fn message_fields(message: &Message, trace: &Trace) -> Vec<Field> {
    vec![
        ("topic", message.topic().to_owned()),
        ("qos", (message.qos() as u8).to_string()),
        ("payload", payload_text(message.payload(), trace.payload)),
    ]
}

impl Connection {
    /// A trace is about its client. Nothing that waits to be written is told of then: it is older.
    fn begin_traced(&mut self, client_id: &str) {
        let length = self.out.len();
        let new = || Box::new(Traced { client_id: String::new(), until: length });
        client_id.clone_into(&mut self.rare_mut().traced.get_or_insert_with(new).client_id);
        self.is_traced = true;
    }

    /// None is.
    fn end_traced(&mut self) {
        if std::mem::take(&mut self.is_traced) {
            self.rare_mut().traced = None;
            self.forget_nothing();
        }
    }

    fn traced_mut(&mut self) -> Option<&mut Traced> {
        if self.is_traced { self.rare_mut().traced.as_deref_mut() } else { None }
    }

    /// The bytes that may be written and that no trace was told of; it is now.
    fn untraced_bytes(&mut self) -> (usize, usize) {
        let (written, end) = (self.written, self.written + self.writable().len());
        let Some(traced) = self.traced_mut() else { return (end, end) };
        let from = traced.until.max(written).min(end);
        traced.until = end;
        (from, end)
    }

    /// So many bytes at the front of the out-buffer are gone.
    pub(super) fn move_traced(&mut self, count: usize) {
        if let Some(traced) = self.traced_mut() {
            traced.until = traced.until.saturating_sub(count);
        }
    }
}
