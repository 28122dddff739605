//! Who publishes what to whom, and how hard.

use crate::load::{Recipients, Stamp};
use crate::wire::SessionKind;
use dunlin_model::Qos;
use std::time::Duration;

/// Topics and filters of all clients of a run.
#[derive(Clone, Debug)]
pub struct TrafficPlan {
    /// The filters of each subscriber.
    pub filters: Vec<Vec<String>>,
    /// The topics of each publisher, published to in turn. A topic belongs to one publisher only.
    pub topics: Vec<Vec<String>>,
    /// Who has to get each topic, counted through all publishers.
    pub recipients: Recipients,
}

/// How many messages a publisher sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// As many as the window of time allows.
    Unlimited,
    /// This many.
    Messages(u64),
    /// One to each of its topics.
    OncePerTopic,
}

/// How hard the publishers push, and for how long.
#[derive(Clone, Debug)]
pub struct Load {
    /// Quality of service of publishes.
    pub qos: Qos,
    /// Quality of service of subscriptions.
    pub subscribe_qos: Qos,
    /// Publishes with the RETAIN flag.
    pub retain: bool,
    /// Payload bytes, stamp included; less than a stamp is sent without one and cannot be checked.
    pub payload_bytes: usize,
    /// Unacknowledged publishes of each publisher, at least 1.
    pub window: usize,
    /// Undelivered messages of each publisher, at least 1.
    pub backlog: usize,
    /// Messages a second of all publishers; `None` is as fast as the credits allow.
    pub per_second: Option<f64>,
    /// How many messages; a limited run ends when they are acknowledged.
    pub amount: Amount,
    /// Time before the measured window.
    pub warmup: Duration,
    /// Measured window; for a limited amount the longest time it may take.
    pub duration: Duration,
    /// Time for the last messages to arrive after the window.
    pub drain: Duration,
    /// Filters in one SUBSCRIBE.
    pub subscribe_batch: usize,
    /// Ctrl-C ends the window and the result counts, instead of being an error.
    pub ends_on_interrupt: bool,
    /// Keep alive in seconds; 0 is off.
    pub keep_alive_seconds: u16,
    /// Sessions of the subscribers; those of the publishers are clean.
    pub session: SessionKind,
    /// Client identifiers start with this; runs at the same time need different ones.
    pub client_id_prefix: &'static str,
    /// Measure what the disk has to do for the broker, where that can be measured.
    pub watches_disk: bool,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            qos: Qos::AtMostOnce,
            subscribe_qos: Qos::AtMostOnce,
            retain: false,
            payload_bytes: 64,
            window: 16,
            backlog: 32,
            per_second: None,
            amount: Amount::Unlimited,
            warmup: Duration::from_millis(1500),
            duration: Duration::from_secs(6),
            drain: Duration::from_secs(5),
            subscribe_batch: 10,
            ends_on_interrupt: false,
            keep_alive_seconds: 600,
            session: SessionKind::Clean,
            client_id_prefix: "bench",
            watches_disk: false,
        }
    }
}

impl Load {
    /// Payload bytes after the stamp.
    #[must_use]
    pub fn filler_bytes(&self) -> usize {
        self.payload_bytes.saturating_sub(Stamp::BYTES)
    }

    /// Client identifiers of the subscribers, up to the dash and the number.
    #[must_use]
    pub fn subscriber_prefix(&self) -> String {
        format!("{}-sub-{}", self.client_id_prefix, std::process::id())
    }

    /// Client identifiers of the publishers, up to the dash and the number.
    #[must_use]
    pub fn publisher_prefix(&self) -> String {
        format!("{}-pub-{}", self.client_id_prefix, std::process::id())
    }
}
