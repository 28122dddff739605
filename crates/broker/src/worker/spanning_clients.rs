//! Spans of what clients do beside publishing: they come and go, subscribe and unsubscribe. Each is the first of a trace of its own.

use super::{Worker, authorizing::Leave, connection::Connection};
use crate::shared::Shared;
use crate::spans::{Chosen, EndToEnd, Sampled, SpanMode};
use crate::task_runtime::Answer;
use dunlin_access::ChainOutcome;
use dunlin_codec::{Connect, Packet};
use dunlin_model::{DisconnectReason, ProtocolVersion};
use dunlin_telemetry::{AttributeValue, Span};
use serde_json::json;

/// An attribute.
type Attribute = (&'static str, AttributeValue);

/// What a client has begun and is not answered yet. Only the packet in front of a connection can be that.
pub(crate) struct OpenSpan {
    sampled: Sampled,
    name: &'static str,
    began_at_ns: u64,
    attributes: Vec<Attribute>,
    /// Since when it is waited for somebody who was asked about it.
    asked_at_ns: Option<u64>,
}

impl Worker {
    /// A client wants to come in, while there are spans.
    #[cold]
    pub(super) fn begin_connect_span(&mut self, shared: &Shared, slot: u32, connect: &Connect<'_>) {
        let Some(connection) = self.connections.get(slot) else { return };
        let mut attributes = vec![
            ("client.proto_name", text(if connect.version == ProtocolVersion::V3 { "MQIsdp" } else { "MQTT" })),
            ("client.proto_ver", AttributeValue::Whole(i64::from(connect.version as u8))),
            ("client.clean_start", AttributeValue::Flag(connect.clean_start)),
            ("client.keepalive", AttributeValue::Whole(i64::from(connect.keep_alive))),
            ("client.will_flag", AttributeValue::Flag(connect.will.is_some())),
            ("client.peername", text(&connection.peer.to_string())),
        ];
        let username = self.shown_name(connection, connect.username);
        attributes.extend(username.map(|username| ("client.username", text(username))));
        self.begin_front_span(shared, slot, "client.connect", connect.client_id, Chosen::Comings, attributes);
    }

    /// A client that is in sent a packet, while there are spans.
    #[cold]
    pub(super) fn begin_packet_span(&mut self, shared: &Shared, slot: u32, packet: &Packet<'_>) {
        let (name, key, filters): (_, _, Vec<&str>) = match packet {
            Packet::Subscribe(subscribe) => {
                let filters = subscribe.filters.iter().map(|(filter, _)| filter);
                ("client.subscribe", "client.subscribe.topics", filters.collect())
            }
            Packet::Unsubscribe(unsubscribe) => {
                ("client.unsubscribe", "client.unsubscribe.topics", unsubscribe.filters.iter().collect())
            }
            _ => return,
        };
        let Some(connection) = self.connections.get(slot) else { return };
        if connection.rare().is_some_and(|rare| rare.span.is_some()) {
            // It was asked about it meanwhile.
            return;
        }
        let client_id = self.sessions.client_id(connection.session).unwrap_or_default().to_owned();
        let filters = text(&json!(filters).to_string());
        self.begin_front_span(shared, slot, name, &client_id, Chosen::Subscriptions, vec![(key, filters)]);
    }

    fn begin_front_span(
        &mut self,
        shared: &Shared,
        slot: u32,
        name: &'static str,
        client_id: &str,
        chosen: Chosen,
        more: Vec<Attribute>,
    ) {
        let Self { spans, random, connections, .. } = self;
        let Some(SpanMode::EndToEnd(mode)) = spans.as_ref().map(|spanning| spanning.mode()) else { return };
        let (Some(sampled), Some(connection)) =
            (mode.sample_client(chosen, client_id, random), connections.get_mut(slot))
        else {
            return;
        };
        let mut attributes = mode.client_attributes(client_id);
        attributes.extend(more);
        let began_at_ns = shared.clock.now_nanos();
        connection.rare_mut().span =
            Some(Box::new(OpenSpan { sampled, name, began_at_ns, attributes, asked_at_ns: None }));
    }

    /// Somebody was asked about what is in front, while there are spans.
    #[cold]
    pub(super) fn span_asked(&mut self, shared: &Shared, slot: u32) {
        let now_ns = shared.clock.now_nanos();
        if let Some(open) = self.connections.get_mut(slot).and_then(Connection::span_mut) {
            open.asked_at_ns = Some(now_ns);
        }
    }

    /// Whoever was asked has answered, while there are spans: that is a part of the span.
    #[cold]
    pub(super) fn span_answered(&mut self, shared: &Shared, slot: u32, answer: &Answer) {
        let Self { spans, random, connections, .. } = self;
        let (Some(spanning), Some(open)) = (spans, connections.get_mut(slot).and_then(Connection::span_mut)) else {
            return;
        };
        let Some(began_at_ns) = open.asked_at_ns.take() else { return };
        let Sampled { context, parent } = Sampled::below(open.sampled.context, random);
        let is_of_client = |(key, _): &&Attribute| key.starts_with("cluster.") || *key == "client.clientid";
        let mut attributes: Vec<_> = open.attributes.iter().filter(is_of_client).cloned().collect();
        let (name, failure) = match answer {
            Answer::Rulings(answers) => {
                let topics: Vec<_> = answers.iter().map(|answered| answered.question.topic()).collect();
                let is_allowed: Vec<_> = answers.iter().map(|answered| answered.ruling.is_allow()).collect();
                attributes.push(("authz.subscribe.topics", text(&json!(topics).to_string())));
                attributes.push(("authz.subscribe.result", text(&json!(is_allowed).to_string())));
                ("client.authz", None)
            }
            Answer::Admission(ChainOutcome::Refused { reason, .. }) => ("client.authn", Some(reason.to_string())),
            Answer::Lost => ("client.authn", Some("no answer".to_owned())),
            Answer::Admission(_) | Answer::Exchange(..) => ("client.authn", None),
        };
        if name == "client.authn" {
            let result = if failure.is_some() { "error" } else { "ok" };
            attributes.push(("client.connect.authn.result", text(result)));
        }
        let ended_at_ns = shared.clock.now_nanos();
        spanning.push(Span { context, parent, name, began_at_ns, ended_at_ns, attributes, failure }, ended_at_ns);
    }

    /// It is known whether a client may send the packet in front, while there are spans.
    #[cold]
    pub(super) fn end_packet_span(&mut self, shared: &Shared, slot: u32, leave: &Leave) {
        let failure = match leave {
            Leave::Given(_) | Leave::Awaited => None,
            Leave::Refused | Leave::Without(_) | Leave::Gone => Some("not authorized"),
            Leave::OverLimit => Some("quota exceeded"),
        };
        self.end_front_span(shared, slot, failure.map(str::to_owned));
    }

    /// What is in front is answered, while there are spans.
    #[cold]
    pub(super) fn end_front_span(&mut self, shared: &Shared, slot: u32, failure: Option<String>) {
        let Self { spans, connections, .. } = self;
        let Some(connection) = connections.get_mut(slot).filter(|connection| connection.rare().is_some()) else {
            return;
        };
        let (Some(spanning), Some(open)) = (spans, connection.rare_mut().span.take()) else { return };
        let OpenSpan { sampled: Sampled { context, parent }, name, began_at_ns, attributes, .. } = *open;
        let ended_at_ns = shared.clock.now_nanos();
        spanning.push(Span { context, parent, name, began_at_ns, ended_at_ns, attributes, failure }, ended_at_ns);
    }

    /// A connection ends, while there are spans; `session` is what it had, if it had one.
    #[cold]
    pub(super) fn span_end(&mut self, shared: &Shared, slot: u32, session: Option<u32>, reason: DisconnectReason) {
        // It was not answered any more.
        self.end_front_span(shared, slot, Some(reason.to_string()));
        let Self { spans, random, connections, sessions, .. } = self;
        let (Some(spanning), Some(connection)) = (spans, connections.get(slot)) else { return };
        let Some(client_id) = session.and_then(|session| sessions.client_id(session)) else { return };
        let SpanMode::EndToEnd(mode) = spanning.mode() else { return };
        let Some(Sampled { context, parent }) = mode.sample_client(Chosen::Comings, client_id, random) else { return };
        let is_by_client = reason == DisconnectReason::Normal;
        let name = if is_by_client { "client.disconnect" } else { "broker.disconnect" };
        let mut attributes = mode.client_attributes(client_id);
        attributes.push(("client.peername", text(&connection.peer.to_string())));
        attributes.push(("client.disconnect.reason", text(reason.as_str())));
        let now_ns = shared.clock.now_nanos();
        let span = Span { context, parent, name, began_at_ns: now_ns, ended_at_ns: now_ns, attributes, failure: None };
        spanning.push(span, now_ns);
    }
}

impl EndToEnd {
    /// What every span of a client says.
    fn client_attributes(&self, client_id: &str) -> Vec<Attribute> {
        vec![("cluster.id", text(&self.cluster_identifier)), ("client.clientid", text(client_id))]
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::Text(text.to_owned())
}

impl Connection {
    fn span_mut(&mut self) -> Option<&mut OpenSpan> {
        if self.rare().is_some_and(|rare| rare.span.is_some()) { self.rare_mut().span.as_deref_mut() } else { None }
    }
}
