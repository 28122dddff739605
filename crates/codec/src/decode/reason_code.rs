//! Reason codes on the wire: known ones only, and in strict mode only those the packet can have (MQTT 5.0 §2.4).

use crate::{error::DecodeError, packet_type::PacketType, reader::Reader};
use dunlin_model::ReasonCode;

/// Reads the reason code of a packet of this type.
pub(super) fn read(reader: &mut Reader<'_>, packet_type: PacketType, strict: bool) -> Result<ReasonCode, DecodeError> {
    check(reader.byte()?, packet_type, strict)
}

/// Checks one reason code byte.
pub(super) fn check(code: u8, packet_type: PacketType, strict: bool) -> Result<ReasonCode, DecodeError> {
    let code = ReasonCode::from_u8(code).ok_or(DecodeError::UnknownReasonCode { code })?;
    if strict && !is_allowed(packet_type, code) {
        return Err(DecodeError::ReasonCodeNotAllowed { code });
    }
    Ok(code)
}

/// Whether the table of that packet lists the code [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
/// [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.14.2-1] [MQTT-3.15.2-1].
const fn is_allowed(packet_type: PacketType, code: ReasonCode) -> bool {
    match packet_type {
        PacketType::ConnAck => {
            matches!(code.as_u8(), 0x00 | 0x80..=0x8A | 0x8C | 0x90 | 0x95 | 0x97 | 0x99..=0x9D | 0x9F)
        }
        PacketType::PubAck | PacketType::PubRec => {
            matches!(code.as_u8(), 0x00 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99)
        }
        PacketType::PubRel | PacketType::PubComp => matches!(code.as_u8(), 0x00 | 0x92),
        PacketType::SubAck => {
            matches!(code.as_u8(), 0x00..=0x02 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91 | 0x97 | 0x9E | 0xA1 | 0xA2)
        }
        PacketType::UnsubAck => matches!(code.as_u8(), 0x00 | 0x11 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91),
        PacketType::Disconnect => matches!(
            code.as_u8(),
            0x00 | 0x04 | 0x80..=0x83 | 0x87 | 0x89 | 0x8B..=0x90 | 0x93..=0xA2
        ),
        PacketType::Auth => matches!(code.as_u8(), 0x00 | 0x18 | 0x19),
        _ => false,
    }
}
