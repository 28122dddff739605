//! The parts of an incoming PUBLISH that a measurement needs.

use super::{Acknowledgement, AcknowledgementKind, Frame, WireError, read_variable_integer};
use dunlin_model::{ProtocolVersion, Qos};

/// An incoming PUBLISH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedPublish<'a> {
    /// Quality of service of this delivery.
    pub qos: Qos,
    /// The broker sends it again.
    pub duplicate: bool,
    /// 0 at QoS 0.
    pub packet_id: u16,
    /// Topic name, not checked to be UTF-8.
    pub topic: &'a [u8],
    /// Application payload.
    pub payload: &'a [u8],
}

impl<'a> ReceivedPublish<'a> {
    /// Reads a PUBLISH frame; properties (5.0) are skipped.
    ///
    /// # Errors
    /// A body shorter than its fields, or QoS 3 [MQTT-3.3.1-4].
    #[inline]
    pub fn read(frame: Frame<'a>, version: ProtocolVersion) -> Result<Self, WireError> {
        const TRUNCATED: WireError = WireError::Truncated("PUBLISH");
        let qos = Qos::from_u8(frame.first >> 1 & 3).ok_or(WireError::Unexpected(frame.first))?;
        let (topic_length, rest) = frame.body.split_first_chunk::<2>().ok_or(TRUNCATED)?;
        let (topic, mut rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*topic_length))).ok_or(TRUNCATED)?;
        let mut packet_id = 0;
        if qos != Qos::AtMostOnce {
            let (bytes, after) = rest.split_first_chunk::<2>().ok_or(TRUNCATED)?;
            packet_id = u16::from_be_bytes(*bytes);
            rest = after;
        }
        if version.is_v5() {
            let (length, length_bytes) = read_variable_integer(rest)?.ok_or(TRUNCATED)?;
            rest = rest.get(length_bytes + length..).ok_or(TRUNCATED)?;
        }
        Ok(Self { qos, duplicate: frame.first & 8 != 0, packet_id, topic, payload: rest })
    }

    /// Appends the answer: nothing, PUBACK or PUBREC with the identifier of the PUBLISH [MQTT-4.3.2-4] [MQTT-4.3.3-8].
    #[inline]
    pub fn acknowledge(&self, out: &mut Vec<u8>) {
        match self.qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => Acknowledgement::write(out, AcknowledgementKind::PubAck, self.packet_id),
            Qos::ExactlyOnce => Acknowledgement::write(out, AcknowledgementKind::PubRec, self.packet_id),
        }
    }
}
