//! Spans: how long the broker took for what, as parts of distributed traces (W3C Trace Context).
//!
//! A worker has a [`SpanSet`] while spans are exported, or none: then a PUBLISH costs one look whether there is one. Only messages that
//! somebody wants to know of have a context of their own ([`dunlin_model::Message::trace`]), and only these cost more. Spans are
//! handed to a [`SpanSink`] once a turn, which must not wait: it loses what is too much and counts it.

use crate::{Broker, mailbox::Mail, shared::Shared};
use dunlin_model::{Message, TraceContext};
use dunlin_telemetry::Span;
use dunlin_topic::matches;
use std::fmt;
use std::sync::Arc;

/// Takes spans. Event loops call it: it must not wait for anything.
pub trait SpanSink: Send + Sync {
    /// Takes spans, or loses them.
    fn take(&self, spans: Vec<Span>);
}

/// Of what there are spans.
#[derive(Clone, Debug, PartialEq)]
pub enum SpanMode {
    /// Of messages that come with a `traceparent` that is sampled; and of all others too, where that is wanted.
    Legacy {
        /// Of all others too.
        trace_all: bool,
    },
    /// Of a share of what clients do.
    EndToEnd(EndToEnd),
}

/// Of a share of what clients do.
#[derive(Clone, Debug, PartialEq)]
pub struct EndToEnd {
    /// The attribute `cluster.id` of each span.
    pub cluster_identifier: String,
    /// The share, between 0 and 1.
    pub sample_ratio: f64,
    /// Of clients that come and go.
    pub client_connect_disconnect: bool,
    /// Of subscriptions that clients ask for and give up.
    pub client_subscribe_unsubscribe: bool,
    /// Of messages.
    pub client_messaging: bool,
    /// A `traceparent` that comes with a message says which trace it is in.
    pub follow_traceparent: bool,
    /// Clients of which there are spans whatever the share is.
    pub client_ids: Vec<String>,
    /// Filters of topics whose messages have spans whatever the share is.
    pub topics: Vec<String>,
}

/// Of what there are spans, and where they go.
#[derive(Clone)]
pub struct SpanSet {
    /// Of what.
    pub mode: SpanMode,
    /// Where to.
    pub sink: Arc<dyn SpanSink>,
}

impl fmt::Debug for SpanSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanSet").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl SpanMode {
    /// The context of what comes with this `traceparent`, or without one; `None` where nobody wants to know. `random` makes ids.
    pub(crate) fn sample_message(
        &self,
        parent: Option<TraceContext>,
        message: &Message,
        random: &mut fastrand::Rng,
    ) -> Option<Sampled> {
        match self {
            Self::Legacy { trace_all } => match parent {
                Some(parent) => parent.is_sampled.then(|| Sampled::below(parent, random)),
                None => trace_all.then(|| Sampled::first(random)),
            },
            Self::EndToEnd(end_to_end) => {
                let is_chosen = || {
                    end_to_end.client_ids.iter().any(|id| id == message.publisher())
                        || end_to_end.topics.iter().any(|filter| matches(filter, message.topic()))
                };
                end_to_end.sample(end_to_end.client_messaging, parent, is_chosen, random)
            }
        }
    }
}

/// What a client does beside publishing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// It comes and goes.
    Comings,
    /// It subscribes and unsubscribes.
    Subscriptions,
}

impl EndToEnd {
    /// Where a span of what a client does is; `None` where nobody wants to know.
    pub(crate) fn sample_client(&self, what: Chosen, client_id: &str, random: &mut fastrand::Rng) -> Option<Sampled> {
        let is_wanted = match what {
            Chosen::Comings => self.client_connect_disconnect,
            Chosen::Subscriptions => self.client_subscribe_unsubscribe,
        };
        let is_chosen = || is_wanted && self.client_ids.iter().any(|id| id == client_id);
        self.sample(is_wanted, None, is_chosen, random)
    }

    /// Whether there is a span of something that clients do.
    pub(crate) fn sample(
        &self,
        is_wanted: bool,
        parent: Option<TraceContext>,
        is_chosen: impl FnOnce() -> bool,
        random: &mut fastrand::Rng,
    ) -> Option<Sampled> {
        let sampled = match parent.filter(|_| self.follow_traceparent) {
            Some(parent) => Sampled::below(parent, random),
            None => Sampled::first(random),
        };
        let is_sampled = is_wanted && sampled.is_within(self.sample_ratio) || is_chosen();
        is_sampled.then_some(sampled)
    }
}

/// Where a span is in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sampled {
    /// Its own ids.
    pub(crate) context: TraceContext,
    pub(crate) parent: Option<[u8; 8]>,
}

impl Sampled {
    /// The first span of a new trace.
    fn first(random: &mut fastrand::Rng) -> Self {
        let context =
            TraceContext { trace_id: random.u128(1..).to_be_bytes(), span_id: span_id(random), is_sampled: true };
        Self { context, parent: None }
    }

    /// A span below another one.
    pub(crate) fn below(parent: TraceContext, random: &mut fastrand::Rng) -> Self {
        let context = TraceContext { is_sampled: true, ..parent.child(span_id(random)) };
        Self { context, parent: Some(parent.span_id) }
    }

    /// Whether a trace is in this share of all traces, which is the same for every span of it (as `TraceIdRatioBased` has it).
    fn is_within(&self, share: f64) -> bool {
        let [.., a, b, c, d, e, f, g, h] = self.context.trace_id;
        share >= 1.0 || (u64::from_be_bytes([a, b, c, d, e, f, g, h]) as f64) < share * u64::MAX as f64
    }
}

/// A new id.
pub(crate) fn span_id(random: &mut fastrand::Rng) -> [u8; 8] {
    random.u64(1..).to_be_bytes()
}

/// Says of what there are spans.
#[derive(Clone)]
pub struct SpanSwitch {
    shared: Arc<Shared>,
}

impl SpanSwitch {
    /// From now on there are spans of this; with `None` of nothing.
    pub fn set(&self, spans: Option<SpanSet>) {
        let spans = spans.map(Arc::new);
        for mailbox in &self.shared.mailboxes {
            mailbox.post(Mail::Spans(spans.clone()));
        }
    }
}

impl Broker {
    /// For those who say of what there are spans.
    #[must_use]
    pub fn span_switch(&self) -> SpanSwitch {
        SpanSwitch { shared: Arc::clone(&self.shared) }
    }
}

#[cfg(test)]
mod tests;
