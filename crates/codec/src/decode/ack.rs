//! PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5.0 §3.4 to §3.7).
//!
//! ```text
//! | packet identifier | reason code (5.0, may be left out) | properties (5.0, may be left out) |
//! ```

use super::reason_code;
use crate::{
    error::DecodeError,
    packet::{Ack, Packet},
    packet_type::PacketType,
    property::Property,
    property_id::PropertySet,
    property_section::PropertySection,
    reader::Reader,
};
use dunlin_model::ProtocolVersion;

/// The form of four bytes, which all versions share, if `buffer` starts with a valid one.
#[inline]
pub(super) fn short(buffer: &[u8]) -> Option<(Packet<'_>, usize)> {
    let &[first_byte, 2, high, low, ..] = buffer else { return None };
    let packet_id = u16::from_be_bytes([high, low]);
    if packet_id == 0 {
        return None;
    }
    let ack = Ack { packet_id, ..Ack::default() };
    let packet = match first_byte {
        0x40 => Packet::PubAck(ack),
        0x50 => Packet::PubRec(ack),
        0x62 => Packet::PubRel(ack),
        0x70 => Packet::PubComp(ack),
        _ => return None,
    };
    Some((packet, 4))
}

pub(super) fn decode(
    packet_type: PacketType,
    version: ProtocolVersion,
    strict: bool,
    body: &[u8],
) -> Result<Ack<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let mut ack = Ack { packet_id: reader.packet_id()?, ..Ack::default() };
    if version.is_v5() && !reader.is_empty() {
        ack.reason_code = reason_code::read(&mut reader, packet_type, strict)?;
        if !reader.is_empty() {
            let mut section = PropertySection::open(&mut reader, PropertySet::ACK, PropertySet::USER, strict)?;
            while let Some(property) = section.next()? {
                if let Property::ReasonString(text) = property {
                    ack.reason_string = Some(text);
                }
            }
            ack.user_properties = section.user_properties();
        }
    }
    reader.finish()?;
    Ok(ack)
}
