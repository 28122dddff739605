//! Any bytes, read as each version and in both modes: no panic, and what is read can be written and read again.
#![no_main]

use dunlin_codec::{DecodeError, DecodeOptions, Packet, Publish, decode_next, encode, encoded_len, frame_length};
use dunlin_model::ProtocolVersion;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for version in [ProtocolVersion::V3, ProtocolVersion::V4, ProtocolVersion::V5] {
        for strict in [true, false] {
            let options = DecodeOptions { max_packet_size: 64 * 1024, strict };
            check(version, &options, bytes);
        }
    }
});

fn check(version: ProtocolVersion, options: &DecodeOptions, bytes: &[u8]) {
    let (packet, taken) = match decode_next(version, options, bytes) {
        Ok(Some(decoded)) => decoded,
        Ok(None) => return,
        Err(error) => return check_error(error),
    };
    assert_eq!(frame_length(bytes, options.max_packet_size), Ok(Some(taken)));
    if taken > 0 {
        let cut = decode_next(version, options, &bytes[..taken - 1]);
        assert_eq!(cut, Ok(None), "a packet cut short is waited for");
    }
    if let Packet::Publish(publish) = &packet {
        check_properties(publish);
    }
    let mut again = Vec::new();
    encode(version, &packet, &mut again).expect("what was read can be written");
    assert_eq!(encoded_len(version, &packet), again.len());
    assert!(again.len() <= taken, "nothing is added");
    assert_eq!(decode_next(version, options, &again), Ok(Some((packet, again.len()))));
}

fn check_error(error: DecodeError) {
    assert!(error.reason_code().is_error());
    assert!(!error.to_string().is_empty());
    let _ = error.disconnect_reason();
}

fn check_properties(publish: &Publish<'_>) {
    let properties = publish.properties;
    let forwarded = properties.as_bytes();
    assert_eq!(properties.forwarded_len(), forwarded.len());
    assert_eq!(properties.is_empty(), forwarded.is_empty());
    let parsed = dunlin_codec::Properties::parse(&forwarded, false).expect("forwarded properties are valid");
    assert_eq!(parsed, properties);
    assert_eq!(parsed.content_type(), properties.content_type());
    assert_eq!(parsed.user_properties(), properties.user_properties());
}
