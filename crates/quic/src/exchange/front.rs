//! The front of a packet: as much of it as says where it ends, whose it is and which topic it is about.
//!
//! ```text
//! | type, flags | remaining length (1-4) | CONNECT: protocol name, level                          | ...
//!                                        | PUBLISH: topic, packet id (QoS > 0), properties (5.0)  | payload
//!                                        | CONNACK, acknowledgements: 2 bytes, reason code (5.0)  | ...
//! ```

use dunlin_codec::{DecodeError, PacketType, frame_length};
use dunlin_model::ProtocolVersion;
use std::ops::Range;

/// Whether the properties of a PUBLISH belong to its front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Properties {
    /// There are none, or they do not matter.
    Left,
    /// They have to be there.
    Wanted,
}

impl Properties {
    /// Wanted or not, only MQTT 5.0 has them.
    pub(crate) fn of(version: ProtocolVersion, are_wanted: bool) -> Self {
        if version.is_v5() && are_wanted { Self::Wanted } else { Self::Left }
    }
}

/// The front of a packet. All positions count from the packet's first byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Front {
    /// `None` for the reserved type.
    pub(crate) packet_type: Option<PacketType>,
    /// Bytes of the fixed header.
    pub(crate) header_len: usize,
    /// Bytes of the front, all of them present.
    pub(crate) len: usize,
    /// Bytes of the whole packet.
    pub(crate) packet_len: usize,
    /// Where the packet identifier is, if there is one.
    pub(crate) packet_id_at: Option<usize>,
    /// The topic of a PUBLISH.
    pub(crate) topic: Range<usize>,
    /// The protocol level of a CONNECT, the reason code of what has one; 0 where it is left out.
    pub(crate) code: u8,
}

impl Front {
    /// Reads from the front of `buffer`; `None` while it is incomplete. A packet that contradicts itself has a front all the same,
    /// for the broker to refuse it: only a length that cannot be believed is an error.
    pub(crate) fn read(
        properties: Properties,
        buffer: &[u8],
        max_packet_bytes: u32,
    ) -> Result<Option<Self>, DecodeError> {
        let Some(packet_len) = frame_length(buffer, max_packet_bytes)? else { return Ok(None) };
        let &[first_byte, ref rest @ ..] = buffer else { return Ok(None) };
        let header_len = 2 + rest.iter().take_while(|byte| **byte >= 0x80).count();
        let packet_type = PacketType::from_first_byte(first_byte);
        let mut front =
            Self { packet_type, header_len, len: header_len, packet_len, packet_id_at: None, topic: 0..0, code: 0 };
        // What follows is looked for within the packet only.
        let present = buffer.get(..packet_len).unwrap_or(buffer);
        let is_complete = match packet_type {
            Some(PacketType::Publish) => front.read_publish(properties, present),
            Some(PacketType::Connect) => front.read_connect(present),
            Some(PacketType::ConnAck) => front.read_code(present),
            Some(
                PacketType::PubAck
                | PacketType::PubRec
                | PacketType::PubRel
                | PacketType::PubComp
                | PacketType::Subscribe
                | PacketType::SubAck
                | PacketType::Unsubscribe
                | PacketType::UnsubAck,
            ) => {
                front.packet_id_at = Some(header_len);
                front.read_code(present)
            }
            _ => Some(()),
        };
        if is_complete.is_none() && present.len() < packet_len {
            return Ok(None);
        }
        // A packet that ends inside its own front: nothing in it can be relied on.
        if is_complete.is_none() {
            (front.packet_id_at, front.topic, front.code) = (None, 0..0, 0);
            front.len = packet_len;
        }
        Ok(Some(front))
    }

    fn read_publish(&mut self, properties: Properties, packet: &[u8]) -> Option<()> {
        let topic_at = self.header_len + 2;
        let mut at = topic_at + usize::from(u16_at(packet, self.header_len)?);
        self.topic = topic_at..at;
        if packet.first()? & 0b0110 != 0 {
            self.packet_id_at = Some(at);
            at += 2;
        }
        if properties == Properties::Wanted {
            let (len, len_len) = variable_byte_integer(packet.get(at..)?)?;
            at += len_len + len;
        }
        self.len = at;
        packet.get(..at).map(drop)
    }

    fn read_connect(&mut self, packet: &[u8]) -> Option<()> {
        let level_at = self.header_len + 2 + usize::from(u16_at(packet, self.header_len)?);
        // The highest bit marks bridges.
        self.code = packet.get(level_at)? & 0x7F;
        self.len = level_at + 1;
        Some(())
    }

    fn read_code(&mut self, packet: &[u8]) -> Option<()> {
        self.code = 0;
        self.len = self.header_len + 2;
        // CONNACK has its code in the second byte, acknowledgements have theirs behind the identifier.
        let code_at = self.header_len + if self.packet_id_at.is_some() { 2 } else { 1 };
        if code_at < self.packet_len {
            self.code = *packet.get(code_at)?;
            self.len = self.len.max(code_at + 1);
        }
        packet.get(..self.len).map(drop)
    }

    /// The packet identifier.
    pub(crate) fn packet_id(&self, packet: &[u8]) -> Option<u16> {
        u16_at(packet, self.packet_id_at?)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_be_bytes(*chunk))
}

/// Value and length; `None` when it is incomplete or too long.
fn variable_byte_integer(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7F) << (7 * index);
        if byte < 0x80 {
            return Some((value, index + 1));
        }
    }
    None
}
