//! Bytes to packets.

mod ack;
mod connack;
mod connect;
mod publish;
mod reason_code;
mod session_end;
mod subscribe;

use crate::{
    error::DecodeError,
    frame::{self, FixedHeader},
    packet::Packet,
    packet_type::PacketType,
    reader::Reader,
};
use dunlin_model::ProtocolVersion;

/// What a receiver takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Largest packet in bytes, fixed header included.
    pub max_packet_size: u32,
    /// Refuse also what the protocol leaves to the receiver: control characters in text, wrong flag bits where no statement
    /// demands that the connection be closed, DUP at QoS 0, a password without a user name before 5.0, and reason codes that
    /// exist but not for this packet.
    pub strict: bool,
}

impl Default for DecodeOptions {
    /// 1 MiB, strict.
    fn default() -> Self {
        Self { max_packet_size: 1024 * 1024, strict: true }
    }
}

/// Reads the first packet of `buffer`, which borrows from it; `None` while it is incomplete. Returns how many bytes it took.
///
/// `version` is the one the connection has agreed on. A CONNECT says itself which version it is, and may be read with any.
///
/// # Errors
/// Whatever makes the bytes no packet of that version, as soon as it can be told: a packet above the limit is refused when
/// its length is known, not when it has arrived. The connection has to be closed then; nothing after the bad packet can be
/// read.
#[inline]
pub fn decode_next<'a>(
    version: ProtocolVersion,
    options: &DecodeOptions,
    buffer: &'a [u8],
) -> Result<Option<(Packet<'a>, usize)>, DecodeError> {
    // A PUBLISH of up to 16 KB, complete and within the limit, goes straight on; its header has nothing else to check.
    if let Some((first_byte, header_len, frame_len)) = frame::short_publish(buffer)
        && frame_len <= options.max_packet_size as usize
        && let Some(body) = buffer.get(header_len..frame_len)
    {
        return publish::decode(version, options.strict, first_byte, body, frame_len);
    }
    // So does an acknowledgement that is nothing but its identifier.
    if let Some((ack, frame_len)) = ack::short(buffer)
        && frame_len <= options.max_packet_size as usize
    {
        return Ok(Some((ack, frame_len)));
    }
    decode_any(version, options, buffer)
}

fn decode_any<'a>(
    version: ProtocolVersion,
    options: &DecodeOptions,
    buffer: &'a [u8],
) -> Result<Option<(Packet<'a>, usize)>, DecodeError> {
    let Some(header) = FixedHeader::read(version, options, buffer)? else { return Ok(None) };
    let Some(body) = buffer.get(header.header_len..header.frame_len) else { return Ok(None) };
    let strict = options.strict;
    let packet = match header.packet_type {
        PacketType::Publish => return publish::decode(version, strict, header.first_byte, body, header.frame_len),
        PacketType::Connect => {
            let connect = connect::decode(strict, body)?;
            if connect.version.is_v5() && !header.length_is_minimal {
                return Err(DecodeError::VariableByteIntegerNotMinimal);
            }
            Packet::Connect(Box::new(connect))
        }
        PacketType::ConnAck => Packet::ConnAck(Box::new(connack::decode(version, strict, body)?)),
        PacketType::PubAck => Packet::PubAck(ack::decode(PacketType::PubAck, version, strict, body)?),
        PacketType::PubRec => Packet::PubRec(ack::decode(PacketType::PubRec, version, strict, body)?),
        PacketType::PubRel => Packet::PubRel(ack::decode(PacketType::PubRel, version, strict, body)?),
        PacketType::PubComp => Packet::PubComp(ack::decode(PacketType::PubComp, version, strict, body)?),
        PacketType::Subscribe => Packet::Subscribe(subscribe::decode_subscribe(version, strict, body)?),
        PacketType::SubAck => Packet::SubAck(subscribe::decode_suback(version, strict, body)?),
        PacketType::Unsubscribe => Packet::Unsubscribe(subscribe::decode_unsubscribe(version, strict, body)?),
        PacketType::UnsubAck => Packet::UnsubAck(subscribe::decode_unsuback(version, strict, body)?),
        PacketType::PingReq => {
            Reader::new(body).finish()?;
            Packet::PingReq
        }
        PacketType::PingResp => {
            Reader::new(body).finish()?;
            Packet::PingResp
        }
        PacketType::Disconnect => Packet::Disconnect(session_end::decode_disconnect(version, strict, body)?),
        PacketType::Auth => Packet::Auth(session_end::decode_auth(strict, body)?),
    };
    Ok(Some((packet, header.frame_len)))
}
