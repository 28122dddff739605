//! What sessions have written to their clients, counted.

use dunlin_codec::{AckKind, Packet};
use dunlin_model::Qos;

/// What sessions have written to their clients. Plain numbers: whoever shows them adds them up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// PUBLISH packets, by quality of service.
    pub publish: [u64; 3],
    /// Those among them that tell of the broker itself: their topics begin with `$SYS/`.
    pub system: u64,
    /// CONNACK packets.
    pub connack: u64,
    /// PUBACK packets.
    pub puback: u64,
    /// PUBREC packets.
    pub pubrec: u64,
    /// PUBREL packets.
    pub pubrel: u64,
    /// PUBCOMP packets.
    pub pubcomp: u64,
    /// SUBACK packets.
    pub suback: u64,
    /// UNSUBACK packets.
    pub unsuback: u64,
    /// PINGRESP packets.
    pub pingresp: u64,
    /// DISCONNECT packets.
    pub disconnect: u64,
    /// No packets: QoS 1 and 2 messages whose clients have acknowledged them.
    pub acknowledged: u64,
}

impl Sent {
    /// The counts, which begin anew.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// PUBLISH packets of all qualities of service.
    #[must_use]
    pub fn publishes(&self) -> u64 {
        self.publish.iter().sum()
    }

    #[inline]
    pub(crate) fn count_publish(&mut self, qos: Qos, topic: &[u8]) {
        self.publish[qos as usize] += 1;
        if topic.first() == Some(&b'$') {
            self.system += u64::from(topic.starts_with(b"$SYS/"));
        }
    }

    #[inline]
    pub(crate) const fn count_ack(&mut self, kind: AckKind) {
        match kind {
            AckKind::PubAck => self.puback += 1,
            AckKind::PubRec => self.pubrec += 1,
            AckKind::PubRel => self.pubrel += 1,
            AckKind::PubComp => self.pubcomp += 1,
        }
    }

    /// Counts what is not on the path of a message.
    pub(crate) const fn count(&mut self, packet: &Packet<'_>) {
        match packet {
            Packet::ConnAck(_) => self.connack += 1,
            Packet::SubAck(_) => self.suback += 1,
            Packet::UnsubAck(_) => self.unsuback += 1,
            Packet::PingResp => self.pingresp += 1,
            Packet::Disconnect(_) => self.disconnect += 1,
            // Never written this way.
            _ => {}
        }
    }
}
