//! The window of QoS 1 and 2 messages sent to the client and not yet completed.
//!
//! Packet identifiers come from a counter that never goes back, so entries lie in the order they were first sent, an
//! identifier is found by binary search, and an ordered stream of acknowledgements always hits the front. For a message of the
//! durable queue its position is the counter. Priorities may send one after a later one: then it is inserted at its place.

use crate::{Delivery, timing::WrittenAt};
use dunlin_model::{ArcStr, Message, SubscriptionIds};
use std::collections::VecDeque;

const PACKET_IDS: u64 = 65_535;

/// How far one exchange has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "each is named by the packet it waits for")]
pub(crate) enum Phase {
    /// QoS 1 PUBLISH sent, PUBACK expected.
    AwaitPubAck,
    /// QoS 2 PUBLISH sent, PUBREC expected.
    AwaitPubRec,
    /// PUBREL sent, PUBCOMP expected; the message is no longer needed.
    AwaitPubComp,
}

/// One exchange.
#[derive(Debug)]
pub(crate) struct Entry {
    sequence: u64,
    pub(crate) phase: Phase,
    /// Sent on the present connection. False after a resume until the window lets it through.
    pub(crate) sent: bool,
    pub(crate) retain: bool,
    /// Whether it lies in the durable queue too, at a position equal to the sequence.
    is_durable: bool,
    pub(crate) written_at: WrittenAt,
    /// `None` once PUBREC has come, unless slow deliveries are told of.
    message: Option<Message>,
    pub(crate) subscription_ids: SubscriptionIds,
    pub(crate) shared: Option<ArcStr>,
}

impl Entry {
    /// Its place in the order of first transmission.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Its packet identifier, 1 to 65,535.
    pub(crate) fn packet_id(&self) -> u16 {
        packet_id_of(self.sequence)
    }

    /// Its position in the durable queue.
    pub(crate) fn position(&self) -> Option<u64> {
        self.is_durable.then_some(self.sequence)
    }

    /// The message, unless the client has it.
    pub(crate) fn message(&self) -> Option<&Message> {
        self.message.as_ref().filter(|_| self.phase != Phase::AwaitPubComp)
    }

    /// The same, where the entry is of no use any more.
    pub(crate) fn into_message(self) -> Option<Message> {
        self.message.filter(|_| self.phase != Phase::AwaitPubComp)
    }

    /// The message, as far as it is still here.
    pub(crate) fn kept_message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// PUBREC has come: the client has the message, which is kept only if it has to be told of. Whether it is the first one.
    pub(crate) fn receive(&mut self, keeps_message: bool) -> bool {
        if !keeps_message {
            self.message = None;
        }
        std::mem::replace(&mut self.phase, Phase::AwaitPubComp) == Phase::AwaitPubRec
    }
}

/// An identifier that the next [`Inflight::push`] will use.
#[derive(Clone, Copy)]
pub(crate) struct Reserved {
    sequence: u64,
}

impl Reserved {
    /// The packet identifier.
    pub(crate) fn packet_id(self) -> u16 {
        packet_id_of(self.sequence)
    }
}

fn packet_id_of(sequence: u64) -> u16 {
    u16::try_from(sequence % PACKET_IDS + 1).unwrap_or(u16::MAX)
}

/// The window, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Inflight {
    entries: VecDeque<Entry>,
    unsent: usize,
    /// Above every entry's; never goes back.
    next_sequence: u64,
}

impl Inflight {
    /// An empty window whose first identifier is the one after this.
    pub(crate) fn after(packet_id: u16) -> Self {
        Self { next_sequence: u64::from(packet_id), ..Self::default() }
    }

    /// The identifier used last: what [`Inflight::after`] takes to go on from there.
    pub(crate) fn last_packet_id(&self) -> u16 {
        self.next_sequence.checked_sub(1).map_or(0, packet_id_of)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Entries that are open on the present connection.
    pub(crate) fn sent_len(&self) -> usize {
        self.entries.len() - self.unsent
    }

    /// Exchanges begun behind this sequence number, oldest first.
    pub(crate) fn begun_after(&self, sequence: Option<u64>) -> impl Iterator<Item = &Entry> {
        let from = self.entries.partition_point(|entry| sequence.is_some_and(|sequence| entry.sequence <= sequence));
        self.entries.range(from..)
    }

    /// Whether some entries wait to be sent again.
    pub(crate) fn has_unsent(&self) -> bool {
        self.unsent > 0
    }

    /// Picks the next free identifier [MQTT-2.2.1-4].
    pub(crate) fn reserve(&mut self) -> Reserved {
        // An identifier can be in use again only once the counter has gone round past an exchange that is still open. Fewer
        // entries than identifiers are ever open (the window is 65,535 at most), so a free one exists nearby.
        let went_round = self.entries.front().is_some_and(|oldest| self.next_sequence - oldest.sequence >= PACKET_IDS);
        while went_round && self.position(packet_id_of(self.next_sequence)).is_some() && self.entries.len() < 65_535 {
            self.next_sequence += 1;
        }
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        Reserved { sequence }
    }

    /// The identifier of the message at this position; see [`Inflight::is_free`].
    pub(crate) fn reserve_position(&mut self, position: u64) -> Reserved {
        self.next_sequence = self.next_sequence.max(position.saturating_add(1));
        Reserved { sequence: position }
    }

    /// Whether no open exchange has the identifier of the message at this position [MQTT-2.2.1-4].
    pub(crate) fn is_free(&self, position: u64) -> bool {
        let (Some(front), Some(back)) = (self.entries.front(), self.entries.back()) else { return true };
        let is_next = position > back.sequence && position - front.sequence < PACKET_IDS;
        is_next || self.position(packet_id_of(position)).is_none()
    }

    /// Opens an exchange with the identifier reserved for it.
    pub(crate) fn push(&mut self, reserved: Reserved, phase: Phase, delivery: Delivery, written_at: WrittenAt) {
        let Delivery { message, retain, subscription_ids, shared, durable, .. } = delivery;
        let entry = Entry {
            sequence: reserved.sequence,
            phase,
            sent: true,
            retain,
            is_durable: durable.is_some(),
            written_at,
            message: Some(message),
            subscription_ids,
            shared,
        };
        if entry.is_durable {
            self.insert(entry);
        } else {
            self.entries.push_back(entry);
        }
    }

    /// Opens the exchange of a message that an earlier connection has brought to the client: what is left of it is PUBREL and
    /// PUBCOMP. Its identifier must be free.
    pub(crate) fn push_received(&mut self, position: u64, sent: bool) -> Reserved {
        let reserved = self.reserve_position(position);
        self.unsent += usize::from(!sent);
        self.insert(Entry {
            sequence: reserved.sequence,
            phase: Phase::AwaitPubComp,
            sent,
            retain: false,
            is_durable: true,
            written_at: None,
            message: None,
            subscription_ids: SubscriptionIds::None,
            shared: None,
        });
        reserved
    }

    fn insert(&mut self, entry: Entry) {
        if self.entries.back().is_none_or(|back| back.sequence < entry.sequence) {
            self.entries.push_back(entry);
        } else {
            let index = self.entries.partition_point(|known| known.sequence < entry.sequence);
            self.entries.insert(index, entry);
        }
    }

    /// Index of the entry with this identifier.
    pub(crate) fn position(&self, packet_id: u16) -> Option<usize> {
        let front = self.entries.front()?.sequence;
        if packet_id_of(front) == packet_id {
            return Some(0);
        }
        let back = self.entries.back()?.sequence;
        if back - front >= PACKET_IDS {
            // An old exchange is still open after the identifiers went round: rare, and the window is small.
            return self.entries.iter().position(|entry| entry.packet_id() == packet_id);
        }
        let wanted = (u64::from(packet_id) + PACKET_IDS - 1 - front % PACKET_IDS) % PACKET_IDS + front;
        self.entries.binary_search_by_key(&wanted, |entry| entry.sequence).ok()
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Entry> {
        self.entries.get_mut(index)
    }

    /// Ends an exchange.
    pub(crate) fn remove(&mut self, index: usize) -> Option<Entry> {
        let entry = if index == 0 { self.entries.pop_front() } else { self.entries.remove(index) };
        if entry.as_ref().is_some_and(|entry| !entry.sent) {
            self.unsent -= 1;
        }
        entry
    }

    /// A new connection: nothing has been sent on it yet.
    pub(crate) fn forget_sent(&mut self) {
        for entry in &mut self.entries {
            entry.sent = false;
        }
        self.unsent = self.entries.len();
    }

    /// The oldest entry that waits to be sent again, marked as sent.
    pub(crate) fn take_unsent(&mut self) -> Option<usize> {
        if self.unsent == 0 {
            return None;
        }
        let index = self.entries.iter().position(|entry| !entry.sent)?;
        self.entries[index].sent = true;
        self.unsent -= 1;
        Some(index)
    }

    /// Forgets what lies in the durable queue too.
    pub(crate) fn forget_durable(&mut self) {
        self.entries.retain(|entry| !entry.is_durable);
        self.unsent = self.entries.iter().filter(|entry| !entry.sent).count();
    }

    /// Takes out what `wanted` names, in order.
    pub(crate) fn extract(&mut self, mut wanted: impl FnMut(&Entry) -> bool) -> Vec<Entry> {
        let (taken, kept): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.entries).into_iter().partition(|entry| wanted(entry));
        self.entries = kept;
        self.unsent = self.entries.iter().filter(|entry| !entry.sent).count();
        taken.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_model::{MessageParts, Qos};

    fn message() -> Message {
        Message::new(&MessageParts {
            topic: "t",
            properties: &[],
            payload: b"",
            qos: Qos::AtLeastOnce,
            retain: false,
            expiry_secs: None,
            publisher: "p",
            received_at: 0,
        })
    }

    fn push(inflight: &mut Inflight) -> u16 {
        let reserved = inflight.reserve();
        let packet_id = reserved.packet_id();
        let delivery = Delivery {
            message: message(),
            qos: Qos::AtLeastOnce,
            retain: false,
            subscription_ids: SubscriptionIds::None,
            shared: None,
            durable: None,
        };
        inflight.push(reserved, Phase::AwaitPubAck, delivery, None);
        packet_id
    }

    #[test]
    fn mqtt_2_2_1_4_identifiers_are_distinct_and_never_zero() {
        let mut inflight = Inflight::after(65_530);
        let ids: Vec<_> = (0..12).map(|_| push(&mut inflight)).collect();
        assert_eq!(ids, [65_531, 65_532, 65_533, 65_534, 65_535, 1, 2, 3, 4, 5, 6, 7]);
        for id in ids {
            let index = inflight.position(id).unwrap();
            assert_eq!(inflight.remove(index).unwrap().packet_id(), id);
        }
        assert!(inflight.is_empty());
    }

    #[test]
    fn b113_identifiers_go_round_past_one_that_stays_open() {
        let mut inflight = Inflight::default();
        let stuck = push(&mut inflight);
        for _ in 0..200_000 {
            let id = push(&mut inflight);
            assert_ne!(id, stuck);
            let index = inflight.position(id).unwrap();
            assert_eq!(index, 1);
            inflight.remove(index);
        }
        assert_eq!(inflight.position(stuck), Some(0));
        assert_eq!(inflight.position(stuck + 1), None);
    }

    #[test]
    fn after_a_resume_entries_are_sent_again_in_order() {
        let mut inflight = Inflight::default();
        for _ in 0..4 {
            push(&mut inflight);
        }
        inflight.forget_sent();
        assert_eq!((inflight.sent_len(), inflight.take_unsent(), inflight.take_unsent()), (0, Some(0), Some(1)));
        inflight.remove(3);
        assert_eq!((inflight.sent_len(), inflight.take_unsent(), inflight.take_unsent()), (2, Some(2), None));
    }
}
