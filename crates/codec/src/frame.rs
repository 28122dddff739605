//! The fixed header: packet type, flags and remaining length (MQTT 5.0 §2.1), which say where a packet ends.

use crate::{
    decode::DecodeOptions,
    error::DecodeError,
    foreign_protocol,
    packet_type::PacketType,
    variable_byte_integer::{self, VariableByteInteger},
};
use dunlin_model::ProtocolVersion;

/// The largest remaining length, in bytes (256 MiB less one).
pub const MAX_REMAINING_LENGTH: u32 = variable_byte_integer::MAX_VALUE;

/// Total length in bytes of the first packet in `buffer`, as soon as its fixed header is there; `None` before.
///
/// The length alone is looked at, so that a transport can make room for a packet; [`crate::decode_next`] checks the rest.
///
/// # Errors
/// [`DecodeError::PacketTooLarge`] above `max_packet_size` bytes; [`DecodeError::VariableByteIntegerTooLong`].
#[inline]
pub fn frame_length(buffer: &[u8], max_packet_size: u32) -> Result<Option<usize>, DecodeError> {
    let Some((_, after_first)) = buffer.split_first() else { return Ok(None) };
    let Some(remaining) = VariableByteInteger::read(after_first)? else { return Ok(None) };
    total_length(remaining, max_packet_size).map(Some)
}

/// [MQTT-3.1.2-24] counts the whole packet, fixed header included.
#[inline]
fn total_length(remaining: VariableByteInteger, max_packet_size: u32) -> Result<usize, DecodeError> {
    let total = 1 + remaining.len + remaining.value as usize;
    if total > max_packet_size as usize {
        // At most five bytes above the largest remaining length: fits.
        return Err(DecodeError::PacketTooLarge { size: total as u32, limit: max_packet_size });
    }
    Ok(total)
}

/// A fixed header with all its rules checked, but one: see `length_is_minimal`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedHeader {
    pub(crate) packet_type: PacketType,
    pub(crate) first_byte: u8,
    /// Bytes of the fixed header, 2 to 5.
    pub(crate) header_len: usize,
    /// Bytes of the whole packet.
    pub(crate) frame_len: usize,
    /// The remaining length took no more bytes than it had to. Only CONNECT has to look: its version is not known yet here.
    pub(crate) length_is_minimal: bool,
}

impl FixedHeader {
    /// Reads from the front; `None` while it is incomplete.
    #[inline]
    pub(crate) fn read(
        version: ProtocolVersion,
        options: &DecodeOptions,
        buffer: &[u8],
    ) -> Result<Option<Self>, DecodeError> {
        let &[first_byte, second_byte, ..] = buffer else { return Ok(None) };
        if foreign_protocol::could_be_text(first_byte, second_byte)
            && let Some(foreign) = foreign_protocol::recognize(buffer)
        {
            return Err(foreign);
        }
        let Some(packet_type) = PacketType::from_first_byte(first_byte) else {
            return Err(refuse_type(buffer, 0));
        };
        if !packet_type.allows_flags(version, first_byte & 0x0F) {
            check_wrong_flags(packet_type, version, options.strict, buffer)?;
        }
        if packet_type == PacketType::Auth && !version.is_v5() {
            return Err(refuse_type(buffer, PacketType::Auth as u8));
        }
        let after_first = buffer.get(1..).unwrap_or_default();
        let Some(remaining) = VariableByteInteger::read(after_first)? else { return Ok(None) };
        let length_is_minimal = remaining.is_minimal();
        // The older versions do not ask for the shortest form [MQTT-1.5.5-1].
        if !length_is_minimal && version.is_v5() && packet_type != PacketType::Connect {
            return Err(DecodeError::VariableByteIntegerNotMinimal);
        }
        let frame_len = total_length(remaining, options.max_packet_size)?;
        Ok(Some(Self { packet_type, first_byte, header_len: 1 + remaining.len, frame_len, length_is_minimal }))
    }
}

/// First byte, header length and total length, if `buffer` starts with a PUBLISH whose remaining length takes one byte, or two
/// without padding.
#[inline]
pub(crate) fn short_publish(buffer: &[u8]) -> Option<(u8, usize, usize)> {
    let &[first_byte, low, high, ..] = buffer else { return None };
    if first_byte >> 4 != PacketType::Publish as u8 {
        return None;
    }
    match (low, high) {
        (0..=0x7F, _) => Some((first_byte, 2, 2 + usize::from(low))),
        (_, 1..=0x7F) => Some((first_byte, 3, 3 + usize::from(low & 0x7F) + (usize::from(high) << 7))),
        _ => None,
    }
}

#[cold]
fn refuse_type(buffer: &[u8], packet_type: u8) -> DecodeError {
    foreign_protocol::recognize(buffer).unwrap_or(DecodeError::ReservedPacketType { packet_type })
}

/// Wrong flag bits are an error [MQTT-2.1.3-1], unless the receiver is lenient and the protocol leaves it the choice.
#[cold]
fn check_wrong_flags(
    packet_type: PacketType,
    version: ProtocolVersion,
    strict: bool,
    buffer: &[u8],
) -> Result<(), DecodeError> {
    if let Some(foreign) = foreign_protocol::recognize(buffer) {
        return Err(foreign);
    }
    if !strict && packet_type.may_overlook_flags(version) {
        return Ok(());
    }
    Err(DecodeError::ReservedFlags { packet_type })
}
