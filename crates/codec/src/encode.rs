//! Packets to bytes.

mod ack;
mod connack;
mod connect;
mod error;
mod property_block;
mod property_list;
mod publish;
mod session_end;
mod sink;
mod subscribe;

pub use ack::encode_ack;
pub use error::EncodeError;
pub use property_list::PropertyList;
pub use publish::{OutgoingPublish, encode_publish};

use crate::{
    frame::MAX_REMAINING_LENGTH,
    packet::Packet,
    packet_type::PacketType,
    variable_byte_integer::{self, to_bytes},
};
use dunlin_model::ProtocolVersion;
use sink::{Counter, Sink};

/// Appends `packet` to `out`. A CONNECT is written in the version it names itself; what `version` does not know is left out.
///
/// # Errors
/// A value the protocol has no bytes for; `out` is as it was then.
pub fn encode(version: ProtocolVersion, packet: &Packet<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let remaining = remaining_length(version, packet)?;
    let (length, length_len) = to_bytes(remaining);
    out.reserve(1 + length_len + remaining as usize);
    out.push(first_byte(packet));
    out.extend_from_slice(length.get(..length_len).unwrap_or_default());
    // The same code has counted these bytes without an error.
    write_body(version, packet, out)
}

/// Bytes [`encode`] appends for this packet; 0 where it cannot be encoded.
#[must_use]
pub fn encoded_len(version: ProtocolVersion, packet: &Packet<'_>) -> usize {
    remaining_length(version, packet)
        .map_or(0, |remaining| 1 + variable_byte_integer::encoded_len(remaining) + remaining as usize)
}

fn remaining_length(version: ProtocolVersion, packet: &Packet<'_>) -> Result<u32, EncodeError> {
    let mut counter = Counter::default();
    write_body(version, packet, &mut counter)?;
    fit_remaining_length(counter.len())
}

/// A remaining length, if it is one.
#[inline]
fn fit_remaining_length(len: usize) -> Result<u32, EncodeError> {
    u32::try_from(len).ok().filter(|&len| len <= MAX_REMAINING_LENGTH).ok_or(EncodeError::PacketTooLarge { len })
}

const fn packet_type(packet: &Packet<'_>) -> PacketType {
    match packet {
        Packet::Connect(_) => PacketType::Connect,
        Packet::ConnAck(_) => PacketType::ConnAck,
        Packet::Publish(_) => PacketType::Publish,
        Packet::PubAck(_) => PacketType::PubAck,
        Packet::PubRec(_) => PacketType::PubRec,
        Packet::PubRel(_) => PacketType::PubRel,
        Packet::PubComp(_) => PacketType::PubComp,
        Packet::Subscribe(_) => PacketType::Subscribe,
        Packet::SubAck(_) => PacketType::SubAck,
        Packet::Unsubscribe(_) => PacketType::Unsubscribe,
        Packet::UnsubAck(_) => PacketType::UnsubAck,
        Packet::PingReq => PacketType::PingReq,
        Packet::PingResp => PacketType::PingResp,
        Packet::Disconnect(_) => PacketType::Disconnect,
        Packet::Auth(_) => PacketType::Auth,
    }
}

fn first_byte(packet: &Packet<'_>) -> u8 {
    match packet {
        Packet::Publish(publish) => publish::first_byte(publish.dup, publish.qos, publish.retain),
        other => packet_type(other).first_byte(),
    }
}

fn write_body<S: Sink>(version: ProtocolVersion, packet: &Packet<'_>, sink: &mut S) -> Result<(), EncodeError> {
    match packet {
        Packet::Connect(packet) => connect::write(packet, sink),
        Packet::ConnAck(packet) => connack::write(version, packet, sink),
        Packet::Publish(packet) => publish::write(version, packet, sink),
        Packet::PubAck(packet) | Packet::PubRec(packet) | Packet::PubRel(packet) | Packet::PubComp(packet) => {
            ack::write(version, packet, sink)
        }
        Packet::Subscribe(packet) => subscribe::write_subscribe(version, packet, sink),
        Packet::SubAck(packet) => subscribe::write_suback(version, packet, sink),
        Packet::Unsubscribe(packet) => subscribe::write_unsubscribe(version, packet, sink),
        Packet::UnsubAck(packet) => subscribe::write_unsuback(version, packet, sink),
        Packet::PingReq | Packet::PingResp => Ok(()),
        Packet::Disconnect(packet) => session_end::write_disconnect(version, packet, sink),
        Packet::Auth(packet) => session_end::write_auth(version, packet, sink),
    }
}
