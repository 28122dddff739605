//! One packet as the broker sent it.

use dunlin_codec::{Ack, ConnAck, DecodeOptions, Disconnect, Packet, Publish, SubAck, decode_next};
use dunlin_model::{ProtocolVersion, ReasonCode};

/// One packet as the broker sent it, checked to be one of its version. What is in it is decoded when it is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    version: ProtocolVersion,
    bytes: Vec<u8>,
}

impl Frame {
    /// Takes the first packet off `buffer`; `None` while it is incomplete.
    pub(crate) fn take_first(version: ProtocolVersion, buffer: &mut Vec<u8>) -> Option<Self> {
        let options = DecodeOptions { max_packet_size: u32::MAX, strict: true };
        let len = match decode_next(version, &options, buffer) {
            Ok(Some((_, len))) => len,
            Ok(None) => return None,
            Err(error) => panic!("the broker sent no packet of MQTT {}: {error}: {buffer:02x?}", version.as_str()),
        };
        Some(Self { version, bytes: buffer.drain(..len).collect() })
    }

    /// The bytes of the whole packet.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The packet.
    #[must_use]
    pub fn packet(&self) -> Packet<'_> {
        let options = DecodeOptions { max_packet_size: u32::MAX, strict: true };
        match decode_next(self.version, &options, &self.bytes) {
            Ok(Some((packet, _))) => packet,
            other => unreachable!("decoded before, now {other:?}"),
        }
    }

    /// The CONNACK this is.
    #[must_use]
    pub fn connack(&self) -> ConnAck<'_> {
        match self.packet() {
            Packet::ConnAck(connack) => *connack,
            other => panic!("expected CONNACK, got {other:?}"),
        }
    }

    /// The PUBLISH this is.
    #[must_use]
    pub fn publish(&self) -> Publish<'_> {
        match self.packet() {
            Packet::Publish(publish) => publish,
            other => panic!("expected PUBLISH, got {other:?}"),
        }
    }

    /// The PUBACK this is.
    #[must_use]
    pub fn puback(&self) -> Ack<'_> {
        match self.packet() {
            Packet::PubAck(ack) => ack,
            other => panic!("expected PUBACK, got {other:?}"),
        }
    }

    /// The PUBREC this is.
    #[must_use]
    pub fn pubrec(&self) -> Ack<'_> {
        match self.packet() {
            Packet::PubRec(ack) => ack,
            other => panic!("expected PUBREC, got {other:?}"),
        }
    }

    /// The PUBREL this is.
    #[must_use]
    pub fn pubrel(&self) -> Ack<'_> {
        match self.packet() {
            Packet::PubRel(ack) => ack,
            other => panic!("expected PUBREL, got {other:?}"),
        }
    }

    /// The PUBCOMP this is.
    #[must_use]
    pub fn pubcomp(&self) -> Ack<'_> {
        match self.packet() {
            Packet::PubComp(ack) => ack,
            other => panic!("expected PUBCOMP, got {other:?}"),
        }
    }

    /// The SUBACK this is.
    #[must_use]
    pub fn suback(&self) -> SubAck<'_> {
        match self.packet() {
            Packet::SubAck(suback) => suback,
            other => panic!("expected SUBACK, got {other:?}"),
        }
    }

    /// The UNSUBACK this is.
    #[must_use]
    pub fn unsuback(&self) -> SubAck<'_> {
        match self.packet() {
            Packet::UnsubAck(unsuback) => unsuback,
            other => panic!("expected UNSUBACK, got {other:?}"),
        }
    }

    /// The DISCONNECT this is.
    #[must_use]
    pub fn disconnect(&self) -> Disconnect<'_> {
        match self.packet() {
            Packet::Disconnect(disconnect) => disconnect,
            other => panic!("expected DISCONNECT, got {other:?}"),
        }
    }

    /// The codes of a SUBACK or UNSUBACK.
    #[must_use]
    pub fn reason_codes(&self) -> Vec<ReasonCode> {
        let codes = match self.packet() {
            Packet::SubAck(ack) | Packet::UnsubAck(ack) => ack.reason_codes,
            other => panic!("expected SUBACK or UNSUBACK, got {other:?}"),
        };
        codes.iter().map(|&code| ReasonCode::from_u8(code).expect("checked by the decoder")).collect()
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.packet().fmt(f)
    }
}
