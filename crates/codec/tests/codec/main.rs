//! Tests over the public surface of the codec.

mod golden;
mod leniency;
mod limits;
mod malformed;
mod round_trip;
mod statements;

use dunlin_codec::{DecodeError, DecodeOptions, Packet, decode_next};
use dunlin_model::ProtocolVersion;

const V3: ProtocolVersion = ProtocolVersion::V3;
const V4: ProtocolVersion = ProtocolVersion::V4;
const V5: ProtocolVersion = ProtocolVersion::V5;
const VERSIONS: [ProtocolVersion; 3] = [V3, V4, V5];

const STRICT: DecodeOptions = DecodeOptions { max_packet_size: 1024 * 1024, strict: true };
const LENIENT: DecodeOptions = DecodeOptions { max_packet_size: 1024 * 1024, strict: false };

/// Decodes bytes that are exactly one packet.
fn decode_whole<'a>(
    version: ProtocolVersion,
    options: &DecodeOptions,
    bytes: &'a [u8],
) -> Result<Packet<'a>, DecodeError> {
    let (packet, taken) = decode_next(version, options, bytes)?.expect("the packet is complete");
    assert_eq!(taken, bytes.len(), "every byte belongs to the packet");
    Ok(packet)
}

fn strict(version: ProtocolVersion, bytes: &[u8]) -> Result<Packet<'_>, DecodeError> {
    decode_whole(version, &STRICT, bytes)
}

fn lenient(version: ProtocolVersion, bytes: &[u8]) -> Result<Packet<'_>, DecodeError> {
    decode_whole(version, &LENIENT, bytes)
}

/// A packet of this first byte and body.
fn frame(first_byte: u8, body: &[u8]) -> Vec<u8> {
    let len = u8::try_from(body.len()).ok().filter(|&len| len < 0x80).expect("test bodies are short");
    [&[first_byte, len], body].concat()
}

/// A PUBLISH of 5.0 at QoS 0, topic `t`, payload `p`, with these properties.
fn publish_with_properties(properties: &[u8]) -> Vec<u8> {
    let len = u8::try_from(properties.len()).expect("test properties are short");
    frame(0x30, &[b"\x00\x01t", &[len][..], properties, b"p"].concat())
}

/// A CONNECT of 5.0, clean start, keep alive 60, client id `c`, with these properties.
fn connect_with_properties(properties: &[u8]) -> Vec<u8> {
    let len = u8::try_from(properties.len()).expect("test properties are short");
    frame(0x10, &[b"\x00\x04MQTT\x05\x02\x00\x3C", &[len][..], properties, b"\x00\x01c"].concat())
}

/// A CONNECT of 5.0 without properties, with these flags, client id `c`, and these fields after it.
fn connect_with_flags(flags: u8, fields: &[u8]) -> Vec<u8> {
    frame(0x10, &[b"\x00\x04MQTT\x05", &[flags][..], b"\x00\x3C\x00\x00\x01c", fields].concat())
}
