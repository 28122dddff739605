//! What `strict: false` lets through, and what it does not.

use crate::{LENIENT, STRICT, V3, V4, V5, lenient, strict};
use dunlin_codec::{Ack, DecodeError, Packet, Publish, decode_next};
use dunlin_model::ReasonCode;

#[test]
fn control_characters_pass_but_not_the_null_character() {
    let bytes = b"\x30\x05\x00\x03a\x01b";
    assert_eq!(strict(V4, bytes), Err(DecodeError::ControlCharacter));
    assert_eq!(lenient(V4, bytes), Ok(Packet::Publish(Publish { topic: "a\u{1}b", ..Publish::default() })));
    assert_eq!(lenient(V4, b"\x30\x05\x00\x03a\x00b"), Err(DecodeError::NullCharacter));
    assert_eq!(lenient(V4, b"\x30\x03\x00\x01\xFF"), Err(DecodeError::InvalidUtf8));
}

#[test]
fn reserved_flags_pass_only_where_the_protocol_does_not_demand_a_close() {
    for (version, bytes) in
        [(V5, &b"\xC1\x00"[..]), (V5, b"\x4F\x02\x00\x01"), (V3, b"\xE4\x00"), (V3, b"\x8A\x06\x00\x01\x00\x01a\x00")]
    {
        assert!(lenient(version, bytes).is_ok(), "{version:?} {bytes:02x?}");
    }
    for (version, bytes) in [
        (V4, &b"\xC1\x00"[..]),
        (V5, b"\x60\x02\x00\x01"),
        (V5, b"\x80\x02\x00\x01"),
        (V5, b"\xA0\x02\x00\x01"),
        (V5, b"\xE1\x00"),
        (V5, b"\xF1\x00"),
        (V3, b"\x11\x00"),
    ] {
        let error = decode_next(version, &LENIENT, bytes);
        assert!(matches!(error, Err(DecodeError::ReservedFlags { .. })), "{version:?} {bytes:02x?} {error:?}");
    }
}

#[test]
fn a_3_1_client_may_set_dup_on_packets_that_travel_at_qos_1() {
    for bytes in [&b"\x6A\x02\x00\x01"[..], b"\x8A\x06\x00\x01\x00\x01a\x00", b"\xAA\x05\x00\x01\x00\x01a"] {
        assert!(strict(V3, bytes).is_ok(), "{bytes:02x?}");
        assert!(matches!(decode_next(V4, &STRICT, bytes), Err(DecodeError::ReservedFlags { .. })), "{bytes:02x?}");
    }
}

#[test]
fn dup_at_qos_0_is_dropped() {
    let bytes = b"\x38\x03\x00\x01t";
    assert_eq!(strict(V4, bytes), Err(DecodeError::DupAtQos0));
    assert_eq!(lenient(V4, bytes), Ok(Packet::Publish(Publish { topic: "t", ..Publish::default() })));
}

#[test]
fn a_password_without_a_user_name_passes_and_in_5_0_always() {
    let of_3_1_1 = b"\x10\x10\x00\x04MQTT\x04\x42\x00\x00\x00\x01c\x00\x01p";
    assert_eq!(strict(V4, of_3_1_1), Err(DecodeError::PasswordWithoutUserName));
    let of_5_0 = b"\x10\x11\x00\x04MQTT\x05\x42\x00\x00\x00\x00\x01c\x00\x01p";
    for packet in [lenient(V4, of_3_1_1), strict(V5, of_5_0)] {
        let Ok(Packet::Connect(connect)) = packet else { panic!("no CONNECT: {packet:?}") };
        assert_eq!((connect.username, connect.password), (None, Some(&b"p"[..])));
    }
}

#[test]
fn reason_codes_of_other_packets_pass_but_not_unknown_ones() {
    let bytes = b"\x40\x03\x00\x01\x92";
    assert!(matches!(strict(V5, bytes), Err(DecodeError::ReasonCodeNotAllowed { .. })));
    let ack = Ack { packet_id: 1, reason_code: ReasonCode::PacketIdentifierNotFound, ..Ack::default() };
    assert_eq!(lenient(V5, bytes), Ok(Packet::PubAck(ack)));
    assert_eq!(lenient(V5, b"\x40\x03\x00\x01\x55"), Err(DecodeError::UnknownReasonCode { code: 0x55 }));
}

#[test]
fn what_must_close_the_connection_is_an_error_all_the_same() {
    for (version, bytes) in [
        (V4, &b"\x36\x03\x00\x01t"[..]),
        (V4, b"\x32\x05\x00\x01t\x00\x00"),
        (V4, b"\x10\x0D\x00\x04MQTT\x04\x03\x00\x00\x00\x01c"),
        (V5, b"\x82\x07\x00\x01\x00\x00\x01a\x40"),
        (V5, b"\x30\x06\x00\x01t\x02\x01\x02"),
        (V5, b"\xC0\x80\x00"),
        (V4, b"GET / HTTP/1.1\r\n"),
    ] {
        let error = decode_next(version, &LENIENT, bytes).expect_err("refused");
        assert_eq!(decode_next(version, &STRICT, bytes), Err(error));
    }
}
