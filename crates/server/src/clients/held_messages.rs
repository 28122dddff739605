//! Messages that a node holds for a client, collected for one answer.

use dunlin_api::clients::{HeldMessage, HeldPart};
use dunlin_model::{Message, Qos};

/// Bytes of topics and client ids after which no more messages are collected: a topic may be 64 KB long.
const NAME_BYTES_MAX: u64 = 16 << 20;

/// Messages for one answer. It is full at so many messages, or bytes: at most one message is longer than there is room for.
pub(crate) struct HeldMessages {
    part: HeldPart,
    all: Vec<HeldMessage>,
    payload_bytes: u64,
    name_bytes: u64,
}

impl HeldMessages {
    pub(crate) const fn new(part: HeldPart) -> Self {
        Self { part, all: Vec::new(), payload_bytes: 0, name_bytes: 0 }
    }

    /// Messages that there may be room for; 0 once it is full.
    pub(crate) fn room(&self) -> usize {
        let is_full = self.part.payload_bytes.is_some_and(|max| self.payload_bytes >= max);
        if is_full || self.name_bytes >= NAME_BYTES_MAX { 0 } else { self.part.limit.saturating_sub(self.all.len()) }
    }

    /// Copies a message of a place in its list, if there is room.
    pub(crate) fn take(&mut self, sequence: u64, priority: Option<u16>, message: &Message, qos: Qos) {
        if self.room() == 0 {
            return;
        }
        let payload = self.part.payload_bytes.map(|_| message.payload().to_vec());
        self.payload_bytes += payload.as_ref().map_or(0, |payload| payload.len() as u64);
        self.name_bytes += (message.topic().len() + message.publisher().len()) as u64;
        self.all.push(HeldMessage {
            sequence,
            priority,
            topic: message.topic().to_owned(),
            qos: qos.as_u8(),
            received_at: message.received_at(),
            publisher: message.publisher().to_owned(),
            payload,
        });
    }

    pub(crate) fn into_all(self) -> Vec<HeldMessage> {
        self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_model::MessageParts;

    fn collected(part: HeldPart, topic: &str, payload: &[u8]) -> Vec<HeldMessage> {
        let message = Message::new(&MessageParts {
            topic,
            properties: &[],
            payload,
            qos: Qos::AtLeastOnce,
            retain: false,
            expiry_secs: None,
            publisher: "",
            received_at: 0,
        });
        let mut held = HeldMessages::new(part);
        for sequence in 0..1_000 {
            held.take(sequence, None, &message, Qos::AtLeastOnce);
        }
        assert_eq!(held.room(), 0);
        held.into_all()
    }

    #[test]
    fn payloads_are_copied_as_far_as_they_are_wanted() {
        let wants = |limit, payload_bytes| HeldPart { limit, payload_bytes };
        assert_eq!(collected(wants(3, Some(1 << 20)), "t", b"1234").len(), 3);
        let by_bytes = collected(wants(1_000, Some(10)), "t", b"1234");
        assert_eq!(by_bytes.iter().map(|held| held.sequence).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(collected(wants(1_000, Some(1)), "t", b"1234").len(), 1, "one in any case");
        let without = collected(wants(1_000, None), "t", b"1234");
        assert!(without.len() == 1_000 && without.iter().all(|held| held.payload.is_none()));
        let names = collected(wants(1_000, None), &"t".repeat(60_000), b"");
        assert_eq!(names.len(), (16 << 20) / 60_000 + 1);
    }
}
