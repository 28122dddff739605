//! Spans of messages: from the PUBLISH to those who get it. Only while a worker has a [`SpanSet`].

use super::{Worker, routing::Routed};
use crate::shared::Shared;
use crate::spans::{Sampled, SpanMode, SpanSet, span_id};
use dunlin_codec::UserProperties;
use dunlin_model::{Message, TRACEPARENT, TraceContext};
use dunlin_router::SessionKey;
use dunlin_telemetry::{AttributeValue, Span};
use std::sync::Arc;

/// With so many spans of one turn they are handed over before its end, so that no turn needs memory without end.
const SPANS_MAX: usize = 1_024;

/// An attribute.
type Attribute = (&'static str, AttributeValue);

/// What a worker has while there are spans.
pub(super) struct Spanning {
    set: Arc<SpanSet>,
    /// Whose end is known.
    done: Vec<Span>,
    /// Deliveries of this turn, which end when it is written out.
    deliveries: Vec<Span>,
}

/// A PUBLISH that is being handled.
pub(super) struct Publishing {
    sampled: Sampled,
    /// The span that deliveries are below; with end-to-end spans that of routing.
    routing: TraceContext,
    began_at_ns: u64,
    attributes: Vec<Attribute>,
}

impl Worker {
    /// There are other spans from now on.
    #[cold]
    pub(super) fn take_spans(&mut self, spans: Option<Arc<SpanSet>>) {
        self.spans = spans.map(|set| Box::new(Spanning { set, done: Vec::new(), deliveries: Vec::new() }));
        self.note_watched_topics();
    }

    /// A message of a client comes, while there are spans. Gives it back with its trace, if somebody wants to know of it.
    #[cold]
    pub(super) fn begin_span(&mut self, shared: &Shared, message: Message) -> (Message, Option<Publishing>) {
        let Some(spanning) = &self.spans else { return (message, None) };
        let properties = UserProperties::from_wire_checked(message.properties());
        let parent = properties.iter().find(|(name, _)| *name == TRACEPARENT);
        let parent = parent.and_then(|(_, text)| TraceContext::parse(text));
        let mode = &spanning.set.mode;
        let Some(sampled) = mode.sample_message(parent, &message, &mut self.random) else { return (message, None) };
        let routing = match mode {
            SpanMode::Legacy { .. } => sampled.context,
            SpanMode::EndToEnd(_) => sampled.context.child(span_id(&mut self.random)),
        };
        let attributes = mode.attributes(message.publisher(), &message);
        let began_at_ns = shared.clock.now_nanos();
        (message.in_trace(routing), Some(Publishing { sampled, routing, began_at_ns, attributes }))
    }

    /// That message was handed to all who get it.
    #[cold]
    pub(super) fn end_span(&mut self, shared: &Shared, publishing: Publishing, routed: Routed) {
        let Some(spanning) = &mut self.spans else { return };
        let Publishing { sampled, routing, began_at_ns, attributes } = publishing;
        let failure = match routed {
            Routed::Refused(code) => Some(code.to_string()),
            Routed::Somebody | Routed::Nobody => None,
        };
        let name = match spanning.set.mode {
            SpanMode::Legacy { .. } => "process_message",
            SpanMode::EndToEnd(_) => "client.publish",
        };
        let ended_at_ns = shared.clock.now_nanos();
        let whole = Span {
            context: sampled.context,
            parent: sampled.parent,
            name,
            began_at_ns,
            ended_at_ns,
            attributes,
            failure,
        };
        if routing != sampled.context {
            let parent = Some(sampled.context.span_id);
            spanning.done.push(Span { context: routing, parent, name: "message.route", ..whole.clone() });
        }
        spanning.done.push(whole);
    }

    /// A message is handed to a session, while there are spans.
    #[cold]
    pub(super) fn span_delivery(&mut self, shared: &Shared, key: SessionKey, message: &Message) {
        let Self { spans, random, sessions, .. } = self;
        let (Some(spanning), Some(context)) = (spans, message.trace()) else { return };
        let client_id = sessions.client_id(key.slot).unwrap_or_default();
        let Sampled { context, parent } = Sampled::below(context, random);
        let mode = &spanning.set.mode;
        let name = match mode {
            SpanMode::Legacy { .. } => "send_published_message",
            SpanMode::EndToEnd(_) => "broker.publish",
        };
        let attributes = mode.attributes(client_id, message);
        let began_at_ns = shared.clock.now_nanos();
        spanning.deliveries.push(Span {
            context,
            parent,
            name,
            began_at_ns,
            ended_at_ns: began_at_ns,
            attributes,
            failure: None,
        });
        if spanning.deliveries.len() >= SPANS_MAX {
            spanning.hand_over(began_at_ns);
        }
    }

    /// What this turn had to say is written out.
    #[cold]
    pub(super) fn end_deliveries(&mut self, shared: &Shared) {
        if let Some(spanning) = &mut self.spans
            && !(spanning.done.is_empty() && spanning.deliveries.is_empty())
        {
            spanning.hand_over(shared.clock.now_nanos());
        }
    }
}

impl Spanning {
    /// Of what there are spans.
    pub(super) fn mode(&self) -> &SpanMode {
        &self.set.mode
    }

    /// One more that has ended.
    pub(super) fn push(&mut self, span: Span, now_ns: u64) {
        self.done.push(span);
        if self.done.len() >= SPANS_MAX {
            self.hand_over(now_ns);
        }
    }

    fn hand_over(&mut self, now_ns: u64) {
        let mut spans = std::mem::take(&mut self.done);
        for mut delivery in self.deliveries.drain(..) {
            delivery.ended_at_ns = now_ns;
            spans.push(delivery);
        }
        self.set.sink.take(spans);
    }
}

impl SpanMode {
    /// What a span says of a message, and of the client who sends or gets it.
    fn attributes(&self, client_id: &str, message: &Message) -> Vec<Attribute> {
        let text = |text: &str| AttributeValue::Text(text.to_owned());
        match self {
            Self::Legacy { .. } => {
                vec![("messaging.destination.name", text(message.topic())), ("messaging.client_id", text(client_id))]
            }
            Self::EndToEnd(end_to_end) => vec![
                ("cluster.id", text(&end_to_end.cluster_identifier)),
                ("client.clientid", text(client_id)),
                ("message.topic", text(message.topic())),
                ("message.from", text(message.publisher())),
                ("message.qos", AttributeValue::Whole(i64::from(message.qos() as u8))),
                ("message.retain", AttributeValue::Flag(message.retain())),
            ],
        }
    }
}
