//! What a client publishes: a window of messages without acknowledgement, which outlives its connections.

use crate::message::{MessageId, StreamNumber};
use dunlin_codec::AckKind;
use dunlin_model::Qos;
use std::collections::VecDeque;

/// Packet identifiers of publishes are 1 to this; the ones above are for requests.
const PACKET_ID_MAX: u16 = 60_000;

/// Most messages in flight at a time.
const WINDOW: usize = 16;

/// How far an exchange has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// PUBLISH was sent.
    Published,
    /// PUBREC has come, PUBREL was sent.
    Released,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    packet_id: u16,
    message: MessageId,
    qos: Qos,
    stage: Stage,
}

/// A packet to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// PUBLISH.
    Publish {
        /// Packet identifier.
        packet_id: u16,
        /// Which message.
        message: MessageId,
        /// Sent before on another connection.
        dup: bool,
    },
    /// PUBREL.
    Release {
        /// Packet identifier.
        packet_id: u16,
    },
}

/// What an acknowledgement meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// PUBACK: acknowledged and completed.
    Done(MessageId),
    /// PUBREC: acknowledged; this PUBREL has to go out.
    Received(MessageId, Outgoing),
    /// PUBCOMP.
    Completed(MessageId),
    /// An error instead.
    Refused(MessageId),
    /// Nothing in flight has this identifier and waits for this.
    Unexpected,
}

/// The publishing half of a session.
#[derive(Debug)]
pub struct Outbound {
    streams: Vec<(StreamNumber, Qos)>,
    /// Numbers of the next messages, in the order of `streams`.
    next_sequences: Vec<u32>,
    in_flight: VecDeque<InFlight>,
    last_packet_id: u16,
    backlog: u32,
    window: usize,
    random: fastrand::Rng,
}

impl Outbound {
    /// Nothing sent yet. `seed` decides which stream gets the next message.
    #[must_use]
    pub fn new(streams: Vec<(StreamNumber, Qos)>, seed: u64) -> Self {
        let next_sequences = vec![0; streams.len()];
        let random = fastrand::Rng::with_seed(seed);
        Self {
            streams,
            next_sequences,
            in_flight: VecDeque::new(),
            last_packet_id: 0,
            backlog: 0,
            window: WINDOW,
            random,
        }
    }

    /// Nothing waits to be sent or acknowledged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.backlog == 0 && self.in_flight.is_empty()
    }

    /// Asks for more messages.
    pub fn add_backlog(&mut self, messages: u32) {
        self.backlog += messages;
    }

    /// Forgets messages that were asked for and not sent.
    pub fn drop_backlog(&mut self) {
        self.backlog = 0;
    }

    /// A connection is up: what has to be sent again, in the order of the first time [MQTT-4.4.0-1] [MQTT-4.6.0-1].
    ///
    /// Where the broker has lost the session, what it has not acknowledged is sent anew, and the rest is given up.
    pub fn resume(&mut self, session_present: bool, receive_maximum: u16) -> Vec<Outgoing> {
        self.window = WINDOW.min(usize::from(receive_maximum)).max(1);
        if !session_present {
            self.in_flight.retain(|flight| flight.stage == Stage::Published);
        }
        let again = |flight: &InFlight| match flight.stage {
            Stage::Published => {
                Outgoing::Publish { packet_id: flight.packet_id, message: flight.message, dup: session_present }
            }
            Stage::Released => Outgoing::Release { packet_id: flight.packet_id },
        };
        self.in_flight.iter().map(again).collect()
    }

    /// The next message to send for the first time, if there is one and it fits the window.
    pub fn next_message(&mut self) -> Option<Outgoing> {
        if self.backlog == 0 || self.in_flight.len() >= self.window || self.streams.is_empty() {
            return None;
        }
        self.backlog -= 1;
        let index = self.random.usize(..self.streams.len());
        let &(stream, qos) = self.streams.get(index)?;
        let next_sequence = self.next_sequences.get_mut(index)?;
        let message = MessageId { stream, sequence: *next_sequence };
        *next_sequence += 1;
        let packet_id = self.free_packet_id();
        self.in_flight.push_back(InFlight { packet_id, message, qos, stage: Stage::Published });
        Some(Outgoing::Publish { packet_id, message, dup: false })
    }

    /// PUBACK, PUBREC or PUBCOMP has come.
    pub fn acknowledge(&mut self, kind: AckKind, packet_id: u16, is_error: bool) -> Progress {
        let Some(index) = self.in_flight.iter().position(|flight| flight.packet_id == packet_id) else {
            return Progress::Unexpected;
        };
        let Some(flight) = self.in_flight.get_mut(index) else { return Progress::Unexpected };
        let message = flight.message;
        let progress = match (kind, flight.qos, flight.stage) {
            (AckKind::PubAck, Qos::AtLeastOnce, _) | (AckKind::PubRec, Qos::ExactlyOnce, Stage::Published)
                if is_error =>
            {
                Progress::Refused(message)
            }
            (AckKind::PubAck, Qos::AtLeastOnce, _) => Progress::Done(message),
            (AckKind::PubRec, Qos::ExactlyOnce, Stage::Published) => {
                flight.stage = Stage::Released;
                return Progress::Received(message, Outgoing::Release { packet_id });
            }
            // The exchange was completed before a crash, and only the PUBCOMP was lost: 0x92 is an end as good as success.
            (AckKind::PubComp, Qos::ExactlyOnce, Stage::Released) => Progress::Completed(message),
            _ => return Progress::Unexpected,
        };
        self.in_flight.remove(index);
        progress
    }

    fn free_packet_id(&mut self) -> u16 {
        loop {
            self.last_packet_id = self.last_packet_id % PACKET_ID_MAX + 1;
            if self.in_flight.iter().all(|flight| flight.packet_id != self.last_packet_id) {
                return self.last_packet_id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(outgoing: Outgoing) -> (u16, MessageId) {
        match outgoing {
            Outgoing::Publish { packet_id, message, dup: false } => (packet_id, message),
            other => panic!("expected a first PUBLISH, got {other:?}"),
        }
    }

    #[test]
    fn the_window_limits_and_acknowledgements_open_it() {
        let mut outbound = Outbound::new(vec![(4, Qos::AtLeastOnce)], 1);
        outbound.resume(false, 2);
        outbound.add_backlog(3);
        let (first, message) = sent(outbound.next_message().unwrap());
        assert_eq!(message, MessageId { stream: 4, sequence: 0 });
        assert_eq!(sent(outbound.next_message().unwrap()).1.sequence, 1);
        assert_eq!(outbound.next_message(), None);
        assert_eq!(outbound.acknowledge(AckKind::PubRec, first, false), Progress::Unexpected);
        assert_eq!(outbound.acknowledge(AckKind::PubAck, first, false), Progress::Done(message));
        assert_eq!(outbound.acknowledge(AckKind::PubAck, first, false), Progress::Unexpected);
        assert_eq!(sent(outbound.next_message().unwrap()).1.sequence, 2);
        assert_eq!(outbound.next_message(), None);
    }

    /// [MQTT-4.4.0-1]: with the same packet identifiers and DUP, PUBREL where PUBREC has come.
    #[test]
    fn what_was_not_completed_is_sent_again() {
        let mut outbound = Outbound::new(vec![(4, Qos::ExactlyOnce)], 1);
        outbound.add_backlog(3);
        let ids: Vec<_> = std::iter::from_fn(|| outbound.next_message()).map(sent).collect();
        let (released, refused, published) = (ids[0], ids[1], ids[2]);
        let release = Outgoing::Release { packet_id: released.0 };
        assert_eq!(outbound.acknowledge(AckKind::PubRec, released.0, false), Progress::Received(released.1, release));
        assert_eq!(outbound.acknowledge(AckKind::PubRec, refused.0, true), Progress::Refused(refused.1));
        let again = |dup| Outgoing::Publish { packet_id: published.0, message: published.1, dup };
        assert_eq!(outbound.resume(true, u16::MAX), [release, again(true)]);
        assert_eq!(outbound.acknowledge(AckKind::PubComp, released.0, true), Progress::Completed(released.1));
        assert_eq!(outbound.resume(false, u16::MAX), [again(false)]);
        assert!(!outbound.is_empty());
    }
}
