//! A PUBLISH of MQTT 5.0 read and written without its payload, which may still be on its way.

use super::front::Front;
use dunlin_codec::{DecodeOptions, MAX_REMAINING_LENGTH, Packet, PacketType, Publish, decode_next, encode};
use dunlin_model::ProtocolVersion;

/// What a packet is allowed to be is for the broker to say.
const LENIENT: DecodeOptions = DecodeOptions { max_packet_size: u32::MAX, strict: false };

/// The front of a PUBLISH as a packet of its own.
pub(crate) struct PublishFront {
    packet: Vec<u8>,
    payload_len: usize,
}

impl PublishFront {
    /// Cuts the payload off; `None` if `front` is not that of a PUBLISH in `buffer`.
    pub(crate) fn of(front: &Front, buffer: &[u8]) -> Option<Self> {
        let fields = buffer.get(front.header_len..front.len)?;
        let packet = framed(*buffer.first()?, fields, 0)?;
        Some(Self { packet, payload_len: front.packet_len.checked_sub(front.len)? })
    }

    /// Its fields, with an empty payload; `None` if they are malformed.
    pub(crate) fn read(&self) -> Option<Publish<'_>> {
        match decode_next(ProtocolVersion::V5, &LENIENT, &self.packet) {
            Ok(Some((Packet::Publish(publish), _))) => Some(publish),
            _ => None,
        }
    }

    /// The front that goes before the same payload with other fields; `None` if that would be too long for a packet.
    pub(crate) fn rewrite(&self, publish: Publish<'_>) -> Option<Vec<u8>> {
        let mut packet = Vec::new();
        encode(ProtocolVersion::V5, &Packet::Publish(publish), &mut packet).ok()?;
        let header_len = 2 + packet.iter().skip(1).take_while(|byte| **byte >= 0x80).count();
        framed(*packet.first()?, packet.get(header_len..)?, self.payload_len)
    }
}

/// A PUBLISH no broker takes: neither a topic nor an alias.
pub(crate) const WITHOUT_TOPIC: [u8; 5] = [PacketType::Publish.first_byte(), 3, 0, 0, 0];

/// A fixed header and these fields, with room in its length for what follows.
fn framed(first_byte: u8, fields: &[u8], payload_len: usize) -> Option<Vec<u8>> {
    let mut remaining = u32::try_from(fields.len().checked_add(payload_len)?).ok()?;
    if remaining > MAX_REMAINING_LENGTH {
        return None;
    }
    let mut packet = Vec::with_capacity(5 + fields.len());
    packet.push(first_byte);
    while remaining >= 0x80 {
        packet.push(remaining as u8 | 0x80);
        remaining >>= 7;
    }
    packet.push(remaining as u8);
    packet.extend_from_slice(fields);
    Some(packet)
}
