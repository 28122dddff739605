//! What a client receives: acknowledgements that it owes, and the QoS 2 exchanges that are open.

use crate::message::MessageId;
use dunlin_codec::AckKind;
use dunlin_model::Qos;
use std::collections::{HashMap, VecDeque};

/// When a client acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// At once.
    Prompt,
    /// So many milliseconds later.
    Slow(u64),
    /// At once for so many messages of a connection, then never.
    Forgetful(u32),
}

/// What to do with a PUBLISH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Hand it to the application.
    New,
    /// A repetition within an open exchange: it was handed over before.
    Repeated,
    /// Its packet identifier is that of another message whose exchange is open.
    IdTaken {
        /// The other message.
        by: MessageId,
    },
}

#[derive(Clone, Copy, Debug)]
struct Owed {
    due_ms: u64,
    kind: AckKind,
    packet_id: u16,
}

/// The receiving half of a session.
#[derive(Debug)]
pub struct Inbound {
    manner: Manner,
    /// QoS 2 exchanges between PUBLISH and PUBREL; they outlive the connection.
    open: HashMap<u16, MessageId>,
    /// Acknowledgements not sent yet, in the order in which they are due.
    owed: VecDeque<Owed>,
    received_on_connection: u32,
}

impl Inbound {
    /// Nothing received yet.
    #[must_use]
    pub fn new(manner: Manner) -> Self {
        Self { manner, open: HashMap::new(), owed: VecDeque::new(), received_on_connection: 0 }
    }

    /// Acknowledges at once from now on, also what was left.
    pub fn hurry(&mut self, manner: Manner) {
        self.manner = manner;
        self.owed.iter_mut().for_each(|owed| owed.due_ms = 0);
    }

    /// A connection is up; without a session, no exchange is open.
    pub fn resume(&mut self, session_present: bool) {
        self.owed.clear();
        self.received_on_connection = 0;
        if !session_present {
            self.forget();
        }
    }

    /// The session ended with its connection, or a clean start was asked for: whatever the broker makes of that, this half
    /// of the session is gone [MQTT-3.1.2-4].
    pub fn forget(&mut self) {
        self.open.clear();
    }

    /// PUBLISH at QoS 1 or 2.
    pub fn publish(&mut self, packet_id: u16, message: MessageId, qos: Qos, now_ms: u64) -> Arrival {
        let arrival = match self.open.get(&packet_id) {
            Some(open) if *open == message && qos == Qos::ExactlyOnce => Arrival::Repeated,
            Some(open) => Arrival::IdTaken { by: *open },
            None => Arrival::New,
        };
        let kind = if qos == Qos::ExactlyOnce { AckKind::PubRec } else { AckKind::PubAck };
        if qos == Qos::ExactlyOnce {
            self.open.insert(packet_id, message);
        }
        self.received_on_connection += 1;
        self.owe(kind, packet_id, now_ms);
        arrival
    }

    /// PUBREL: the exchange is over, a PUBCOMP goes out.
    pub fn release(&mut self, packet_id: u16, now_ms: u64) {
        self.open.remove(&packet_id);
        self.owe(AckKind::PubComp, packet_id, now_ms);
    }

    /// The next acknowledgement that is due.
    pub fn next_due(&mut self, now_ms: u64) -> Option<(AckKind, u16)> {
        let owed = self.owed.pop_front_if(|owed| owed.due_ms <= now_ms)?;
        Some((owed.kind, owed.packet_id))
    }

    /// Acknowledgements keep their order [MQTT-4.6.0-2] [MQTT-4.6.0-3], so one that is never due holds up those behind it.
    fn owe(&mut self, kind: AckKind, packet_id: u16, now_ms: u64) {
        let due_ms = match self.manner {
            Manner::Prompt => now_ms,
            Manner::Slow(ms) => now_ms + ms,
            Manner::Forgetful(count) if self.received_on_connection <= count => now_ms,
            Manner::Forgetful(_) => u64::MAX,
        };
        self.owed.push_back(Owed { due_ms, kind, packet_id });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn message(sequence: u32) -> MessageId {
        MessageId { stream: 1, sequence }
    }

    /// [MQTT-4.3.3-10] and its neighbours: within an exchange a PUBLISH is handed over once, also after a reconnect.
    #[test]
    fn an_exchange_hands_its_message_over_once() {
        let mut inbound = Inbound::new(Manner::Prompt);
        assert_eq!(inbound.publish(1, message(0), Qos::ExactlyOnce, 0), Arrival::New);
        inbound.resume(true);
        assert_eq!(inbound.next_due(0), None);
        assert_eq!(inbound.publish(1, message(0), Qos::ExactlyOnce, 0), Arrival::Repeated);
        assert_eq!(inbound.next_due(0), Some((AckKind::PubRec, 1)));
        assert_eq!(inbound.publish(1, message(9), Qos::AtLeastOnce, 0), Arrival::IdTaken { by: message(0) });
        inbound.release(1, 0);
        assert_eq!(inbound.publish(1, message(1), Qos::ExactlyOnce, 0), Arrival::New);
        inbound.resume(false);
        assert_eq!(inbound.publish(1, message(2), Qos::ExactlyOnce, 0), Arrival::New);
    }

    #[test]
    fn manners() {
        let mut slow = Inbound::new(Manner::Slow(50));
        slow.publish(1, message(0), Qos::AtLeastOnce, 100);
        assert_eq!(slow.next_due(149), None);
        assert_eq!(slow.next_due(150), Some((AckKind::PubAck, 1)));

        let mut forgetful = Inbound::new(Manner::Forgetful(1));
        forgetful.publish(1, message(0), Qos::AtLeastOnce, 0);
        forgetful.publish(2, message(1), Qos::AtLeastOnce, 0);
        assert_eq!(forgetful.next_due(0), Some((AckKind::PubAck, 1)));
        assert_eq!(forgetful.next_due(1 << 40), None);
        forgetful.hurry(Manner::Prompt);
        assert_eq!(forgetful.next_due(0), Some((AckKind::PubAck, 2)));
    }
}
