//! Cuts a byte stream into MQTT packets.

use super::{WireError, read_variable_integer};

/// One packet: the first byte and what follows the Remaining Length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Packet type in the high four bits, flags in the low four.
    pub first: u8,
    /// Variable header and payload.
    pub body: &'a [u8],
    /// The whole packet.
    pub bytes: &'a [u8],
}

/// Type of a packet a client can receive (MQTT 5.0 §2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// CONNACK.
    ConnAck,
    /// PUBLISH.
    Publish,
    /// PUBACK.
    PubAck,
    /// PUBREC.
    PubRec,
    /// PUBREL.
    PubRel,
    /// PUBCOMP.
    PubComp,
    /// SUBACK.
    SubAck,
    /// PINGRESP.
    PingResp,
    /// DISCONNECT (5.0).
    Disconnect,
}

impl Frame<'_> {
    /// The packet type.
    ///
    /// # Errors
    /// A type that brokers do not send, or that this generator never asked for.
    pub fn kind(&self) -> Result<PacketKind, WireError> {
        Ok(match self.first >> 4 {
            2 => PacketKind::ConnAck,
            3 => PacketKind::Publish,
            4 => PacketKind::PubAck,
            5 => PacketKind::PubRec,
            6 => PacketKind::PubRel,
            7 => PacketKind::PubComp,
            9 => PacketKind::SubAck,
            13 => PacketKind::PingResp,
            14 => PacketKind::Disconnect,
            _ => return Err(WireError::Unexpected(self.first)),
        })
    }
}

/// The first packet in `bytes` and how many bytes it takes; `None` while it is incomplete.
///
/// # Errors
/// A Remaining Length longer than four bytes.
#[inline]
pub fn split_frame(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, WireError> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    // Nearly every packet of a run is shorter than 128 bytes or 16 KiB: one or two length bytes.
    let (length, length_bytes) = match rest {
        [low, ..] if low & 0x80 == 0 => (usize::from(*low), 1),
        [low, high, ..] if high & 0x80 == 0 => (usize::from(low & 0x7F) | usize::from(*high) << 7, 2),
        _ => match read_variable_integer(rest)? {
            Some(found) => found,
            None => return Ok(None),
        },
    };
    let used = 1 + length_bytes + length;
    let Some(packet) = bytes.get(..used) else { return Ok(None) };
    Ok(Some((Frame { first, body: &packet[1 + length_bytes..], bytes: packet }, used)))
}
