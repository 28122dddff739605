//! What an operator can see of a session: its subscriptions and the messages it holds, a part at a time.

use crate::{QueuePlace, Session, Subscription, inflight::Phase};
use dunlin_model::{Message, Qos};

/// A message that waits for the client.
#[derive(Clone, Debug)]
pub struct QueuedMessage {
    /// Where it waits.
    pub place: QueuePlace,
    /// The message.
    pub message: Message,
    /// What it will be sent with.
    pub qos: Qos,
}

/// A message that the client was sent and has not acknowledged.
#[derive(Clone, Debug)]
pub struct InflightMessage {
    /// Its place in the order of first transmission.
    pub sequence: u64,
    /// Its packet identifier; 0 while its client is away, when it has none.
    pub packet_id: u16,
    /// `None` once PUBREC has come: PUBCOMP is awaited, and nobody needs the message any more.
    pub message: Option<Message>,
    /// What it was sent with.
    pub qos: Qos,
}

impl Session {
    /// Subscriptions from a place on, each with the place behind it; the first place is 0. An order holds while none is added or
    /// removed.
    pub fn subscriptions_from(&self, place: usize) -> impl Iterator<Item = (usize, &Subscription)> {
        self.subscriptions.from(place)
    }

    /// Messages that wait behind a place in the queue, at most `limit`, in the order in which their lanes give them. Those of the
    /// durable queue are here as far as they were fed.
    #[must_use]
    pub fn queued_after(&self, place: Option<QueuePlace>, limit: usize) -> Vec<QueuedMessage> {
        let waiting = self.outgoing.iter().flat_map(|outgoing| outgoing.queue.after(place)).take(limit);
        let queued = waiting.map(|(place, delivery)| QueuedMessage {
            place,
            message: delivery.message.clone(),
            qos: delivery.qos,
        });
        queued.collect()
    }

    /// Exchanges open towards the client behind a place in their order, at most `limit`, oldest first.
    #[must_use]
    pub fn inflight_after(&self, sequence: Option<u64>, limit: usize) -> Vec<InflightMessage> {
        let open = self.outgoing.iter().flat_map(|outgoing| outgoing.inflight.begun_after(sequence)).take(limit);
        let messages = open.map(|entry| InflightMessage {
            sequence: entry.sequence(),
            packet_id: entry.packet_id(),
            message: entry.message().cloned(),
            qos: if entry.phase == Phase::AwaitPubAck { Qos::AtLeastOnce } else { Qos::ExactlyOnce },
        });
        messages.collect()
    }
}
