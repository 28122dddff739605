//! Normative statements of MQTT 5.0 that the codec answers for, one test each, named after the statement.

use crate::{STRICT, V4, V5, VERSIONS, connect_with_flags, frame, publish_with_properties, strict};
use dunlin_codec::{Ack, DecodeError, Packet, PacketType, Publish, decode_next, encode};
use dunlin_model::{DisconnectReason, Qos, ReasonCode};

/// Strings that are no UTF-8: a surrogate, an overlong form, a lone continuation byte.
const ILL_FORMED: [&[u8]; 3] = [b"\xED\xA0\x80", b"\xC0\xAF", b"\x80"];

fn counted(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat()
}

/// The text in every place of a packet where a 3.1.1 client can put it.
fn packets_with_text(text: &[u8]) -> Vec<Vec<u8>> {
    let text = counted(text);
    let start = b"\x00\x04MQTT\x04";
    vec![
        frame(0x30, &text),
        frame(0x82, &[b"\x00\x01", &text[..], b"\x00"].concat()),
        frame(0xA2, &[b"\x00\x01", &text[..]].concat()),
        frame(0x10, &[start, &b"\x02\x00\x00"[..], &text].concat()),
        frame(0x10, &[start, &b"\x82\x00\x00\x00\x01c"[..], &text].concat()),
        frame(0x10, &[start, &b"\x06\x00\x00\x00\x01c"[..], &text, b"\x00\x00"].concat()),
    ]
}

#[test]
fn mqtt_1_5_4_1_ill_formed_text_is_malformed_wherever_it_stands() {
    for packet in ILL_FORMED.into_iter().flat_map(packets_with_text) {
        assert_eq!(strict(V4, &packet), Err(DecodeError::InvalidUtf8), "{packet:02x?}");
    }
}

#[test]
fn mqtt_1_5_4_2_null_character_is_malformed_wherever_it_stands() {
    for packet in packets_with_text(b"a\0b") {
        assert_eq!(strict(V4, &packet), Err(DecodeError::NullCharacter), "{packet:02x?}");
    }
    assert_eq!(strict(V5, &publish_with_properties(b"\x26\x00\x01\x00\x00\x01v")), Err(DecodeError::NullCharacter));
}

#[test]
fn mqtt_1_5_4_3_byte_order_mark_is_not_stripped() {
    let packet = strict(V4, b"\x30\x06\x00\x04\xEF\xBB\xBFt");
    assert_eq!(packet, Ok(Packet::Publish(Publish { topic: "\u{FEFF}t", ..Publish::default() })));
}

#[test]
fn mqtt_1_5_5_1_padded_property_length_is_malformed() {
    assert_eq!(strict(V5, b"\x30\x05\x00\x01t\x80\x00"), Err(DecodeError::VariableByteIntegerNotMinimal));
}

#[test]
fn mqtt_1_5_7_1_user_properties_are_checked_as_text() {
    for text in ILL_FORMED.map(counted) {
        for properties in [[b"\x26", &text[..], b"\x00\x01v"].concat(), [b"\x26\x00\x01k", &text[..]].concat()] {
            assert_eq!(strict(V5, &publish_with_properties(&properties)), Err(DecodeError::InvalidUtf8));
        }
    }
}

#[test]
fn mqtt_2_1_3_1_reserved_flag_bits_are_malformed() {
    for version in VERSIONS {
        for (first_byte, packet_type) in
            [(0xC1, PacketType::PingReq), (0x42, PacketType::PubAck), (0xE8, PacketType::Disconnect)]
        {
            let error = DecodeError::ReservedFlags { packet_type };
            assert_eq!(decode_next(version, &STRICT, &[first_byte, 0]), Err(error));
            assert_eq!(error.reason_code(), ReasonCode::MalformedPacket);
        }
    }
}

#[test]
fn mqtt_2_2_1_3_packet_identifier_zero_is_refused() {
    for bytes in [
        &b"\x82\x06\x00\x00\x00\x01a\x00"[..],
        b"\xA2\x05\x00\x00\x00\x01a",
        b"\x32\x05\x00\x01t\x00\x00",
        b"\x34\x05\x00\x01t\x00\x00",
    ] {
        assert_eq!(strict(V4, bytes), Err(DecodeError::ZeroPacketId), "{bytes:02x?}");
    }
}

#[test]
fn mqtt_2_2_2_1_no_properties_are_a_length_of_zero() {
    let mut out = Vec::new();
    encode(V5, &Packet::Publish(Publish { topic: "t", ..Publish::default() }), &mut out).unwrap();
    assert_eq!(out, b"\x30\x04\x00\x01t\x00");
}

#[test]
fn mqtt_3_1_2_1_wrong_protocol_name_is_refused() {
    let error = strict(V4, b"\x10\x0D\x00\x04MQTX\x04\x02\x00\x00\x00\x01c").unwrap_err();
    assert_eq!(
        (error, error.reason_code()),
        (DecodeError::UnknownProtocolName, ReasonCode::UnsupportedProtocolVersion)
    );
}

#[test]
fn mqtt_3_1_2_2_unknown_protocol_level_is_told_before_anything_after_it() {
    let error = strict(V4, b"\x10\x08\x00\x04MQTT\x06\xFF").unwrap_err();
    assert_eq!(error, DecodeError::UnsupportedProtocolVersion { level: 6 });
    assert_eq!(error.reason_code(), ReasonCode::UnsupportedProtocolVersion);
}

#[test]
fn mqtt_3_1_2_3_reserved_connect_flag_is_malformed() {
    let error = strict(V5, &connect_with_flags(0x01, b"")).unwrap_err();
    assert_eq!((error, error.reason_code()), (DecodeError::ReservedConnectFlag, ReasonCode::MalformedPacket));
}

#[test]
fn mqtt_3_1_2_11_will_qos_without_a_will_is_refused() {
    for flags in [0x08, 0x10] {
        assert_eq!(strict(V5, &connect_with_flags(flags, b"")), Err(DecodeError::InvalidWillQos));
    }
}

#[test]
fn mqtt_3_1_2_12_will_qos_3_is_malformed() {
    let error = strict(V5, &connect_with_flags(0x1C, b"\x00\x00\x01w\x00\x00")).unwrap_err();
    assert_eq!((error, error.disconnect_reason()), (DecodeError::InvalidWillQos, DisconnectReason::InvalidWillQos));
}

#[test]
fn mqtt_3_1_2_13_will_retain_without_a_will_is_refused() {
    assert_eq!(strict(V5, &connect_with_flags(0x20, b"")), Err(DecodeError::WillRetainWithoutWill));
}

#[test]
fn mqtt_3_1_2_16_to_19_user_name_and_password_flags_must_fit_the_payload() {
    for (flags, fields, error) in [
        (0x00, &b"\x00\x01u"[..], DecodeError::TrailingBytes),
        (0x80, b"", DecodeError::Truncated),
        (0x80, b"\x00\x01u\x00\x01p", DecodeError::TrailingBytes),
        (0xC0, b"\x00\x01u", DecodeError::Truncated),
    ] {
        assert_eq!(strict(V5, &connect_with_flags(flags, fields)), Err(error), "{flags:02x}");
    }
}

#[test]
fn mqtt_3_1_2_24_maximum_packet_size_counts_the_whole_packet() {
    assert_eq!(dunlin_codec::frame_length(b"\x30\x62", 100), Ok(Some(100)));
    let error = dunlin_codec::frame_length(b"\x30\x63", 100).unwrap_err();
    assert_eq!(error.reason_code(), ReasonCode::PacketTooLarge);
}

#[test]
fn mqtt_3_1_3_10_user_properties_keep_their_order() {
    let bytes = crate::connect_with_properties(b"\x26\x00\x01b\x00\x011\x26\x00\x01a\x00\x012\x26\x00\x01b\x00\x013");
    let Ok(Packet::Connect(connect)) = strict(V5, &bytes) else { panic!("no CONNECT") };
    assert_eq!(connect.user_properties.iter().collect::<Vec<_>>(), [("b", "1"), ("a", "2"), ("b", "3")]);
}

#[test]
fn mqtt_3_3_1_2_dup_at_qos_0_is_malformed_and_never_written() {
    assert_eq!(strict(V4, b"\x38\x03\x00\x01t"), Err(DecodeError::DupAtQos0));
    let mut out = Vec::new();
    encode(V4, &Packet::Publish(Publish { dup: true, topic: "t", ..Publish::default() }), &mut out).unwrap();
    assert_eq!(out[0], 0x30);
}

#[test]
fn mqtt_3_3_1_4_both_qos_bits_set_is_malformed() {
    for version in VERSIONS {
        let error = strict(version, b"\x36\x06\x00\x01t\x00\x01\x00").unwrap_err();
        assert_eq!((error, error.reason_code()), (DecodeError::InvalidPublishQos, ReasonCode::MalformedPacket));
    }
}

#[test]
fn mqtt_3_3_2_1_a_topic_or_an_alias_has_to_be_there() {
    let error = strict(V5, b"\x30\x03\x00\x00\x00").unwrap_err();
    assert_eq!((error, error.reason_code()), (DecodeError::MissingTopic, ReasonCode::ProtocolError));
    assert!(strict(V5, b"\x30\x06\x00\x00\x03\x23\x00\x01").is_ok());
}

#[test]
fn mqtt_3_3_2_4_and_15_to_20_properties_are_passed_on_as_they_came() {
    let section =
        b"\x26\x00\x01b\x00\x011\x09\x00\x03\x00\x01\x02\x01\x01\x26\x00\x01a\x00\x012\x08\x00\x01r\x03\x00\x01j";
    let bytes = publish_with_properties(section);
    let Ok(Packet::Publish(publish)) = strict(V5, &bytes) else { panic!("no PUBLISH") };
    assert_eq!(&*publish.properties.as_bytes(), section);
}

#[test]
fn mqtt_3_3_2_8_topic_alias_zero_is_refused() {
    let error = strict(V5, &publish_with_properties(b"\x23\x00\x00")).unwrap_err();
    assert_eq!((error, error.reason_code()), (DecodeError::TopicAliasZero, ReasonCode::TopicAliasInvalid));
}

#[test]
fn mqtt_3_3_2_14_response_topic_has_no_wildcards() {
    for properties in [&b"\x08\x00\x03a/#"[..], b"\x08\x00\x03+/a"] {
        let error = strict(V5, &publish_with_properties(properties)).unwrap_err();
        assert_eq!((error, error.reason_code()), (DecodeError::WildcardInResponseTopic, ReasonCode::ProtocolError));
    }
}

#[test]
fn mqtt_3_4_2_1_reason_codes_of_puback() {
    for code in 0..=255 {
        let known = matches!(code, 0x00 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99);
        assert_eq!(strict(V5, &[0x40, 3, 0, 1, code]).is_ok(), known, "{code:02x}");
    }
}

#[test]
fn mqtt_3_6_1_1_pubrel_carries_0010() {
    for flags in (0..16).filter(|&flags| flags != 2) {
        let error = DecodeError::ReservedFlags { packet_type: PacketType::PubRel };
        assert_eq!(strict(V5, &[0x60 | flags, 2, 0, 1]), Err(error));
    }
    let mut out = Vec::new();
    encode(V5, &Packet::PubRel(Ack { packet_id: 1, ..Ack::default() }), &mut out).unwrap();
    assert_eq!(out[0], 0x62);
}

#[test]
fn mqtt_3_8_1_1_and_3_10_1_1_subscribe_and_unsubscribe_carry_0010() {
    for flags in (0..16).filter(|&flags| flags != 2) {
        for (first_byte, packet_type) in [(0x80, PacketType::Subscribe), (0xA0, PacketType::Unsubscribe)] {
            let error = DecodeError::ReservedFlags { packet_type };
            assert_eq!(decode_next(V4, &STRICT, &[first_byte | flags, 2, 0, 1]), Err(error));
        }
    }
}

#[test]
fn mqtt_3_8_3_2_and_3_10_3_2_at_least_one_filter() {
    for bytes in [b"\x82\x03\x00\x01\x00", b"\xA2\x03\x00\x01\x00"] {
        let error = strict(V5, bytes).unwrap_err();
        assert_eq!((error, error.reason_code()), (DecodeError::NoFilter, ReasonCode::ProtocolError));
    }
}

#[test]
fn mqtt_3_8_3_5_subscription_options() {
    for options in 0..=255_u8 {
        let bytes = [0x82, 7, 0, 1, 0, 0, 1, b'a', options];
        let good = options & 0xC0 == 0 && options & 0x03 != 3 && options & 0x30 != 0x30;
        assert_eq!(strict(V5, &bytes).is_ok(), good, "{options:08b}");
        let bytes = [0x82, 6, 0, 1, 0, 1, b'a', options];
        assert_eq!(strict(V4, &bytes).is_ok(), options < 3, "{options:08b} in 3.1.1");
    }
}

#[test]
fn mqtt_3_10_3_1_unsubscribe_filters_are_checked_as_text() {
    assert_eq!(strict(V5, b"\xA2\x06\x00\x01\x00\x00\x01\xFF"), Err(DecodeError::InvalidUtf8));
}

#[test]
fn mqtt_3_14_1_1_disconnect_flags_are_zero() {
    let error = strict(V5, b"\xE1\x00").unwrap_err();
    assert_eq!(error.reason_code(), ReasonCode::MalformedPacket);
}

#[test]
fn mqtt_3_14_2_1_every_disconnect_code_of_a_client_is_read() {
    for code in [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99] {
        let bytes = [0xE0, 1, code];
        let Ok(Packet::Disconnect(disconnect)) = strict(V5, &bytes) else { panic!("{code:02x}") };
        assert_eq!(disconnect.reason_code.as_u8(), code);
    }
}

#[test]
fn mqtt_3_15_1_1_auth_flags_are_zero() {
    assert!(matches!(decode_next(V5, &STRICT, b"\xF2\x00"), Err(DecodeError::ReservedFlags { .. })));
}

#[test]
fn mqtt_4_7_3_1_a_topic_name_has_at_least_one_character() {
    assert_eq!(strict(V4, b"\x30\x02\x00\x00"), Err(DecodeError::MissingTopic));
}

#[test]
fn publishes_of_a_server_with_subscription_identifiers_are_read() {
    let bytes = publish_with_properties(b"\x0B\x01\x0B\x80\x01");
    let Ok(Packet::Publish(publish)) = strict(V5, &bytes) else { panic!("no PUBLISH") };
    assert_eq!(publish.qos, Qos::AtMostOnce);
    assert_eq!(publish.subscription_ids.iter().collect::<Vec<_>>(), [1, 128]);
}
