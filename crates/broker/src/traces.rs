//! Traces: all that happens to some clients, or to messages of some topics, for whoever looks for a fault.
//!
//! A worker has the traces that run, or none. A connection that one of them is about carries a mark: a client without it costs one
//! look at that mark for each read and each write. Traces of topics cost a look at a switch for each message, and a comparison with
//! their filters while there are any. A record is handed to a [`TraceSink`], which must not wait: it loses what is too much and
//! says how much that was.

mod packet_text;

pub(crate) use packet_text::{packet_text, payload_text};

use crate::{Broker, mailbox::Mail, shared::Shared};
use dunlin_model::Millis;
use dunlin_topic::matches;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What a trace is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceSubject {
    /// One client.
    ClientId(String),
    /// Messages to topics that a filter selects.
    Topic(String),
    /// Clients from an address.
    Address(IpAddr),
}

/// How payloads are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadEncoding {
    /// As text; what is none as hex digits.
    Text,
    /// As hex digits.
    Hex,
    /// Not at all.
    Hidden,
}

/// How payloads are shown, and how much of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadView {
    /// How.
    pub encoding: PayloadEncoding,
    /// Bytes; the rest is left out.
    pub limit_bytes: usize,
}

/// A trace that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// By which its sink knows it.
    pub number: u64,
    /// What it is about.
    pub subject: TraceSubject,
    /// How it shows payloads.
    pub payload: PayloadView,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceRecord {
    /// The trace it is for.
    pub trace: u64,
    /// When, in milliseconds since 1970.
    pub at: Millis,
    /// The part of the broker: `MQTT`, `AUTHN`, `AUTHZ`, `PUBLISH`.
    pub tag: &'static str,
    /// What: `mqtt_packet_received`.
    pub msg: &'static str,
    /// Whose doing it was, or who had to do with it.
    pub client_id: String,
    /// Where that client is; `None` where that is not known here.
    pub peer: Option<SocketAddr>,
    /// More about it: packets first, payloads last.
    pub fields: Vec<(&'static str, String)>,
}

/// Takes the records of traces. Event loops call it: it must not wait for anything.
pub trait TraceSink: Send + Sync {
    /// Takes a record, or loses it.
    fn take(&self, record: TraceRecord);
}

/// The traces that run, and where their records go.
#[derive(Clone)]
pub struct TraceSet {
    /// All that run.
    pub traces: Vec<Trace>,
    /// Takes their records.
    pub sink: Arc<dyn TraceSink>,
}

impl fmt::Debug for TraceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceSet").field("traces", &self.traces).finish_non_exhaustive()
    }
}

impl TraceSet {
    /// Those about a client; its address is `None` where it is not known here.
    pub(crate) fn of_client(&self, client_id: &str, address: Option<IpAddr>) -> impl Iterator<Item = &Trace> {
        self.traces.iter().filter(move |trace| match &trace.subject {
            TraceSubject::ClientId(id) => id == client_id,
            TraceSubject::Address(of) => address == Some(*of),
            TraceSubject::Topic(_) => false,
        })
    }

    /// Those about a topic. What the broker tells of itself is never traced.
    pub(crate) fn of_topic(&self, topic: &str) -> impl Iterator<Item = &Trace> {
        let is_system = topic.starts_with("$SYS/");
        self.traces.iter().filter(move |trace| match &trace.subject {
            TraceSubject::Topic(filter) => !is_system && matches(filter, topic),
            TraceSubject::ClientId(_) | TraceSubject::Address(_) => false,
        })
    }

    /// Whether any is about topics.
    pub(crate) fn has_topics(&self) -> bool {
        self.traces.iter().any(|trace| matches!(trace.subject, TraceSubject::Topic(_)))
    }
}

/// Says which traces run.
#[derive(Clone)]
pub struct TraceSwitch {
    shared: Arc<Shared>,
}

impl TraceSwitch {
    /// From now on these run, and no others.
    pub fn set(&self, traces: TraceSet) {
        let traces = Some(traces).filter(|traces| !traces.traces.is_empty()).map(Arc::new);
        for mailbox in &self.shared.mailboxes {
            mailbox.post(Mail::Traces(traces.clone()));
        }
    }
}

impl Broker {
    /// For those who say which traces run.
    #[must_use]
    pub fn trace_switch(&self) -> TraceSwitch {
        TraceSwitch { shared: Arc::clone(&self.shared) }
    }
}
