//! Golden bytes and round trips of the packets.

use super::*;
use dunlin_model::{ProtocolVersion, Qos, ReasonCode};

#[test]
fn variable_integers_take_the_fewest_bytes_and_come_back() {
    // MQTT 5.0 table 1-1: the borders of one to four bytes [MQTT-1.5.5-1].
    for (value, bytes) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (2_097_152, 4), (268_435_455, 4)] {
        let mut out = Vec::new();
        write_variable_integer(&mut out, value);
        assert_eq!(out.len(), bytes);
        assert_eq!(read_variable_integer(&out), Ok(Some((value, bytes))));
        assert_eq!(read_variable_integer(&out[..bytes - 1]), Ok(None));
    }
    assert_eq!(read_variable_integer(&[0x80; 4]), Err(WireError::RemainingLength));
}

#[test]
fn a_publish_survives_the_wire_in_both_versions() {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            for payload in [vec![7; 3], vec![9; 300], vec![1; 20_000]] {
                let mut bytes = Vec::new();
                PublishHead::new("a/b", qos, false, payload.len(), version).write(&mut bytes, 513);
                bytes.extend_from_slice(&payload);
                let (frame, used) = split_frame(&bytes).unwrap().unwrap();
                assert_eq!(used, bytes.len());
                let publish = ReceivedPublish::read(frame, version).unwrap();
                assert_eq!((publish.qos, publish.topic, publish.payload), (qos, &b"a/b"[..], &payload[..]));
                // No packet identifier at QoS 0 [MQTT-2.2.1-2].
                assert_eq!(publish.packet_id, if qos == Qos::AtMostOnce { 0 } else { 513 });
            }
        }
    }
}

#[test]
fn a_cut_packet_is_incomplete_at_every_byte() {
    let mut bytes = Vec::new();
    PublishHead::new("topic", Qos::AtLeastOnce, false, 200, ProtocolVersion::V4).write(&mut bytes, 1);
    bytes.resize(bytes.len() + 200, 0);
    for end in 0..bytes.len() {
        assert_eq!(split_frame(&bytes[..end]), Ok(None));
    }
}

#[test]
fn connect_has_the_bytes_of_the_standard() {
    let credentials = Credentials { username: Some("u".into()), password: Some("p".into()) };
    let written = |version, session| {
        let options =
            ConnectOptions { version, client_id: "c1", keep_alive_seconds: 600, credentials: &credentials, session };
        let mut out = Vec::new();
        write_connect(&mut out, &options).unwrap();
        out
    };
    let clean = written(ProtocolVersion::V5, SessionKind::Clean);
    assert_eq!(clean, b"\x10\x15\0\x04MQTT\x05\xC2\x02\x58\0\0\x02c1\0\x01u\0\x01p");
    // An hour of session expiry (0x11), and no Clean Start; in 3.1.1 no Clean Session.
    let persistent = written(ProtocolVersion::V5, SessionKind::Persistent);
    assert_eq!(persistent, b"\x10\x1A\0\x04MQTT\x05\xC0\x02\x58\x05\x11\0\0\x0E\x10\0\x02c1\0\x01u\0\x01p");
    let persistent = written(ProtocolVersion::V4, SessionKind::Persistent);
    assert_eq!(persistent, b"\x10\x14\0\x04MQTT\x04\xC0\x02\x58\0\x02c1\0\x01u\0\x01p");
}

#[test]
fn subscribe_has_the_bytes_of_the_standard() {
    // The flag bits are 0010 [MQTT-3.8.1-1].
    let mut out = Vec::new();
    write_subscribe(&mut out, ProtocolVersion::V4, 10, ["a/b", "c"], Qos::AtLeastOnce).unwrap();
    assert_eq!(out, b"\x82\x0C\0\x0A\0\x03a/b\x01\0\x01c\x01");
}

#[test]
fn receive_maximum_is_found_behind_other_properties() {
    let check = |bytes: &[u8], version| check_connack(split_frame(bytes).unwrap().unwrap().0, version);
    let with_properties = b"\x20\x0D\0\0\x0A\x24\x01\x12\0\x02id\x21\0\x14";
    let accepted = |receive_maximum, session_present| Ok(Accepted { receive_maximum, session_present });
    assert_eq!(check(with_properties, ProtocolVersion::V5), accepted(20, false));
    assert_eq!(check(b"\x20\x03\x01\0\0", ProtocolVersion::V5), accepted(u16::MAX, true));
    let refused = check(b"\x20\x02\0\x05", ProtocolVersion::V4);
    assert_eq!(refused, Err(WireError::Refused(ReasonCode::NotAuthorized)));
    assert!(check(b"\x20\x05\0\0\x05\x21\0", ProtocolVersion::V5).is_err());
}

#[test]
fn a_refused_filter_is_reported() {
    let check = |bytes: &[u8], version| check_suback(split_frame(bytes).unwrap().unwrap().0, version);
    assert_eq!(check(b"\x90\x04\0\x01\0\x01", ProtocolVersion::V4), Ok(2));
    assert_eq!(check(b"\x90\x03\0\x01\x80", ProtocolVersion::V4), Err(WireError::SubscriptionRefused(0x80)));
    assert_eq!(check(b"\x90\x04\0\x01\0\x02", ProtocolVersion::V5), Ok(1));
}

#[test]
fn acknowledgements_read_with_and_without_reason() {
    let mut out = Vec::new();
    Acknowledgement::write(&mut out, AcknowledgementKind::PubRel, 258);
    // The flag bits of PUBREL are 0010 [MQTT-3.6.1-1].
    assert_eq!(out, [0x62, 2, 1, 2]);
    assert_eq!(Acknowledgement::read(&out[2..]), Ok(Acknowledgement { packet_id: 258, reason_code: 0 }));
    let refused = Acknowledgement::read(&[0, 1, 0x97, 0]).unwrap();
    assert_eq!(refused.accepted(), Err(WireError::PublishRefused(0x97)));
    assert!(Acknowledgement::read(&[0]).is_err());
}
