//! Packets byte by byte, for what no client library would send.

use dunlin_codec::{DecodeOptions, Packet, decode_next};
use dunlin_model::{ProtocolVersion, ReasonCode};
use dunlin_testkit::{Client, PATIENCE, TestBroker};
use std::io::{Read, Write};
use std::net::TcpStream;

/// CONNECT flags: clean start and nothing else.
pub(crate) const CLEAN_START: u8 = 0b0000_0010;

/// A packet with a body of up to 127 bytes.
pub(crate) fn packet(first_byte: u8, body: &[u8]) -> Vec<u8> {
    let remaining_length = u8::try_from(body.len()).ok().filter(|len| *len < 0x80).expect("a short packet");
    [&[first_byte, remaining_length], body].concat()
}

/// A text or binary field: two bytes of length in front.
pub(crate) fn field(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a field of at most 65,535 bytes");
    [&length.to_be_bytes(), bytes].concat()
}

/// CONNECT of MQTT 5.0 with these flags, no keep alive, no properties, and this payload.
pub(crate) fn connect(flags: u8, payload: &[&[u8]]) -> Vec<u8> {
    let header = [&b"\x00\x04MQTT\x05"[..], &[flags, 0, 0, 0]].concat();
    packet(0x10, &[header, payload.concat()].concat())
}

/// PUBLISH of MQTT 5.0 at QoS 0 without properties.
pub(crate) fn publish(topic: &[u8], payload: &[u8]) -> Vec<u8> {
    packet(0x30, &[&field(topic), &[0][..], payload].concat())
}

/// SUBSCRIBE of MQTT 5.0 with one filter, packet identifier 1.
pub(crate) fn subscribe(filter: &[u8], options: u8) -> Vec<u8> {
    packet(0x82, &[&[0, 1, 0], &field(filter)[..], &[options]].concat())
}

/// Sends this as the first thing of a connection and says how the broker refuses it: the code of CONNACK, or `None` where it
/// closes without a word. Nothing comes after either.
pub(crate) fn refusal(broker: &TestBroker, first_bytes: &[u8]) -> Option<ReasonCode> {
    let mut stream = TcpStream::connect(broker.address()).expect("the broker listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    stream.write_all(first_bytes).expect("the bytes are sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the broker closes the connection");
    let (packet, len) = decode_next(ProtocolVersion::V5, &DecodeOptions::default(), &answer).expect("packets")?;
    let Packet::ConnAck(connack) = packet else { panic!("only CONNACK may come before the end, not {packet:?}") };
    assert_eq!(len, answer.len(), "nothing comes after CONNACK: {answer:02x?}");
    assert!(connack.reason_code.is_error() && !connack.session_present, "{connack:?}");
    Some(connack.reason_code)
}

/// A 5.0 client sends this and is told why it has to go.
pub(crate) fn expect_fault(broker: &TestBroker, bytes: &[u8], code: ReasonCode) {
    let mut client = Client::v5("faulty").connect(broker);
    client.send_raw(bytes);
    client.expect_disconnect(code);
}
