//! PUBACK, PUBREC, PUBREL and PUBCOMP on their way out. Layout: see `decode/ack.rs`.

use super::{error::EncodeError, property_block::PropertyBlock, sink::Sink};
use crate::{packet::Ack, packet_type::AckKind, property::Property};
use dunlin_model::{ProtocolVersion, ReasonCode};

/// Appends an acknowledgement without properties. The reason code goes only to a 5.0 peer, and only when it says more than
/// success (MQTT 5.0 §3.4.2.1): four bytes otherwise.
#[inline]
pub fn encode_ack(version: ProtocolVersion, kind: AckKind, packet_id: u16, reason_code: ReasonCode, out: &mut Vec<u8>) {
    let first_byte = kind.packet_type().first_byte();
    let [high, low] = packet_id.to_be_bytes();
    if version.is_v5() && reason_code != ReasonCode::Success {
        out.extend_from_slice(&[first_byte, 3, high, low, reason_code.as_u8()]);
    } else {
        out.extend_from_slice(&[first_byte, 2, high, low]);
    }
}

pub(super) fn write<S: Sink>(version: ProtocolVersion, ack: &Ack<'_>, sink: &mut S) -> Result<(), EncodeError> {
    sink.packet_id(ack.packet_id)?;
    if version.is_v5() {
        let properties = [ack.reason_string.map(Property::ReasonString)];
        let properties = PropertyBlock { single: &properties, user: ack.user_properties };
        write_code_and_properties(ack.reason_code, &properties, sink)?;
    }
    Ok(())
}

/// Leaves the property section out where it is empty, and the reason code too where it is 0x00 (also DISCONNECT and AUTH).
pub(super) fn write_code_and_properties<S: Sink>(
    reason_code: ReasonCode,
    properties: &PropertyBlock<'_>,
    sink: &mut S,
) -> Result<(), EncodeError> {
    let has_properties = !properties.is_empty();
    if has_properties || reason_code != ReasonCode::Success {
        sink.byte(reason_code.as_u8());
    }
    if has_properties { properties.write(sink) } else { Ok(()) }
}
