//! Bytes that mean nothing: nothing panics, and nothing grows without end.

use super::{CONTROL, Exchange, FIRST, SECOND, Scene};
use dunlin_model::ProtocolVersion;
use proptest::prelude::*;

/// Mostly bytes that begin packets, short lengths and small numbers, so that many packets nearly make sense.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![0_u8..12, 0x10_u8..0x70, any::<u8>()];
    let bytes = prop::collection::vec(byte, 0..40);
    let packet = (any::<u8>(), prop::collection::vec(0_u8..10, 0..20)).prop_map(|(first_byte, body)| {
        let mut packet = vec![first_byte, body.len() as u8];
        packet.extend(body);
        packet
    });
    prop_oneof![1 => bytes, 3 => packet]
}

fn held_bytes(exchange: &Exchange) -> usize {
    let streams = exchange.streams.iter().map(|stream| stream.input.len() + stream.output.len());
    streams.sum::<usize>() + exchange.to_broker.len() + exchange.from_broker.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_may_come_from_either_side(
        is_v5: bool,
        steps in prop::collection::vec((0..4_u8, noise()), 1..60),
    ) {
        let mut scene = Scene::connected(if is_v5 { ProtocolVersion::V5 } else { ProtocolVersion::V4 });
        scene.subscribed(FIRST, "+", None);
        for (side, bytes) in steps {
            match side {
                0 => scene.exchange.client_sent(CONTROL, &bytes),
                1 => scene.exchange.client_sent(FIRST, &bytes),
                2 => scene.exchange.client_sent(SECOND, &bytes),
                _ => scene.exchange.broker_sent(&bytes),
            }
            scene.exchange.advance();
        }
        // Less than 60 times 40 bytes have come in.
        prop_assert!(held_bytes(&scene.exchange) < 10_000);
        for stream in [FIRST, SECOND] {
            scene.exchange.finish(stream);
            scene.exchange.advance();
            scene.exchange.close(stream);
        }
        scene.exchange.finish(CONTROL);
        scene.broker_reads();
        prop_assert!(scene.exchange.is_over());
    }
}
