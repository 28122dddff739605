//! Messages of one publisher on one topic, all with one QoS: the unit within which order is promised.

use super::{ClientNumber, Moment};
use dunlin_model::Qos;

/// What the messages of a stream are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Sent to subscribers.
    Data,
    /// Sent with the RETAIN flag; nobody else publishes on the topic.
    Retained,
    /// The wills of one client.
    Will,
}

/// One publisher on one topic.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Who publishes.
    pub publisher: ClientNumber,
    /// Where.
    pub topic: String,
    /// The QoS of all its messages.
    pub qos: Qos,
    /// What for.
    pub purpose: Purpose,
}

impl Stream {
    /// Whether the message with this number has an empty payload, which removes the retained message of the topic
    /// [MQTT-3.3.1-6].
    #[must_use]
    pub fn is_removal(&self, sequence: u32) -> bool {
        self.purpose == Purpose::Retained && sequence % 8 == 7
    }
}

/// What is known of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) at: Moment,
    pub(super) cycle: u32,
    pub(super) acknowledged_at: Option<Moment>,
    pub(super) completed_at: Option<Moment>,
    pub(super) is_refused: bool,
}

impl Sent {
    pub(super) const fn new(at: Moment, cycle: u32) -> Self {
        Self { at, cycle, acknowledged_at: None, completed_at: None, is_refused: false }
    }

    pub(super) const fn is_answered(&self) -> bool {
        self.acknowledged_at.is_some() || self.is_refused
    }
}

/// A stream and all its messages.
#[derive(Debug)]
pub(super) struct StreamHistory {
    pub(super) facts: Stream,
    /// Indexed by sequence; `at` rises.
    pub(super) sent: Vec<Sent>,
    /// Everything before was answered.
    pub(super) answered_to: usize,
}

impl StreamHistory {
    pub(super) const fn new(facts: Stream) -> Self {
        Self { facts, sent: Vec::new(), answered_to: 0 }
    }

    pub(super) fn get(&self, sequence: u32) -> Option<&Sent> {
        self.sent.get(sequence as usize)
    }

    pub(super) fn get_mut(&mut self, sequence: u32) -> Option<&mut Sent> {
        self.sent.get_mut(sequence as usize)
    }

    /// Number of the first message that was sent after `moment`.
    pub(super) fn first_after(&self, moment: Moment) -> usize {
        self.sent.partition_point(|sent| sent.at <= moment)
    }
}
