//! Nanoseconds per operation on the path every message takes. Prints one line per case: `cargo bench -p dunlin-codec`, and
//! with a word after `--` only the cases whose name holds it.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock; nothing else in this crate does")]

use dunlin_codec::{
    AckKind, DecodeOptions, OutgoingPublish, Packet, SubscriptionIdList, decode_next, encode, encode_ack,
    encode_publish, frame_length,
};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode};
use std::{hint::black_box, time::Instant};

const ROUNDS: u32 = 500;
const ITERATIONS: u32 = 10_000;

/// The best of some rounds: what the code costs when nothing disturbs it.
fn report(name: &str, mut operation: impl FnMut()) {
    // Cargo adds `--bench`.
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    if wanted.is_some_and(|wanted| !name.contains(&wanted)) {
        return;
    }
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..ITERATIONS {
            operation();
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ITERATIONS));
    }
    println!("{name:<52} {best:>7.1} ns");
}

fn decode_case(name: &str, version: ProtocolVersion, frame: &[u8]) {
    let options = DecodeOptions::default();
    report(name, || {
        let decoded = decode_next(version, &options, black_box(frame));
        black_box(&decoded).as_ref().expect("the frame is valid");
    });
}

fn encode_case(name: &str, version: ProtocolVersion, publish: OutgoingPublish<'_>) {
    let mut out = Vec::with_capacity(64 * 1024);
    report(name, || {
        if out.len() > 60 * 1024 {
            out.clear();
        }
        encode_publish(version, black_box(&publish), &mut out).expect("the values are in range");
    });
}

fn frame(version: ProtocolVersion, publish: &OutgoingPublish<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    encode_publish(version, publish, &mut out).expect("the values are in range");
    out
}

fn main() {
    let payload = [b'x'; 64];
    let qos0 =
        OutgoingPublish { topic: b"bench/client-0042/telemetry", payload: &payload, ..OutgoingPublish::default() };
    let qos1 = OutgoingPublish { qos: Qos::AtLeastOnce, packet_id: 7, ..qos0 };
    let user_properties = b"\x26\x00\x04name\x00\x05value\x26\x00\x04unit\x00\x07celsius";
    let rich = OutgoingPublish {
        message_expiry_interval: Some(60),
        subscription_ids: &[5],
        properties: user_properties,
        ..qos1
    };
    let (v4, v5) = (ProtocolVersion::V4, ProtocolVersion::V5);

    decode_case("decode PUBLISH 3.1.1 QoS 0, 64 B", v4, &frame(v4, &qos0));
    decode_case("decode PUBLISH 3.1.1 QoS 1, 64 B", v4, &frame(v4, &qos1));
    decode_case("decode PUBLISH 5.0 QoS 1, 64 B", v5, &frame(v5, &qos1));
    decode_case("decode PUBLISH 5.0 QoS 1, 64 B, 2 user properties", v5, &frame(v5, &rich));
    let mut non_ascii = qos0;
    non_ascii.topic = "bench/gerät-0042/télémétrie".as_bytes();
    decode_case("decode PUBLISH 3.1.1 QoS 0, 64 B, accents in topic", v4, &frame(v4, &non_ascii));
    decode_case("decode PUBACK 3.1.1", v4, &[0x40, 0x02, 0x00, 0x07]);
    decode_case("decode PUBACK 5.0 with a reason", v5, &[0x40, 0x03, 0x00, 0x07, 0x10]);
    let wire = frame(v4, &qos0);
    report("frame_length", || {
        black_box(frame_length(black_box(&wire), 1 << 20)).expect("the frame is valid");
    });

    encode_case("encode PUBLISH 3.1.1 QoS 0, 64 B", v4, qos0);
    encode_case("encode PUBLISH 3.1.1 QoS 1, 64 B", v4, qos1);
    encode_case("encode PUBLISH 5.0 QoS 1, 64 B", v5, qos1);
    encode_case("encode PUBLISH 5.0 QoS 1, 64 B, expiry, id, 2 props", v5, rich);
    let mut out = Vec::with_capacity(64 * 1024);
    report("encode PUBACK 5.0", || {
        if out.len() > 60 * 1024 {
            out.clear();
        }
        encode_ack(v5, AckKind::PubAck, black_box(7), black_box(ReasonCode::Success), &mut out);
    });
    let general = Packet::Publish(dunlin_codec::Publish {
        topic: "bench/client-0042/telemetry",
        subscription_ids: SubscriptionIdList::Values(&[5]),
        payload: &payload,
        ..Default::default()
    });
    report("encode PUBLISH 5.0, general form", || {
        if out.len() > 60 * 1024 {
            out.clear();
        }
        encode(v5, black_box(&general), &mut out).expect("the values are in range");
    });
    println!("size of Packet: {} bytes", size_of::<Packet<'_>>());
}
