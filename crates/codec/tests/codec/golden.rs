//! Packets and their bytes, worked out by hand from the specifications; read and written in both directions.

use crate::{V3, V4, V5, VERSIONS, strict};
use dunlin_codec::{
    Ack, AckKind, Auth, ConnAck, Connect, Disconnect, OutgoingPublish, Packet, Properties, Publish, SubAck, Subscribe,
    SubscribeFilters, SubscriptionIdList, Unsubscribe, UnsubscribeFilters, UserProperties, Will, encode, encode_ack,
    encode_publish, encoded_len,
};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode, RetainHandling, SubscriptionOptions};

/// The bytes are the packet and the packet is the bytes.
#[track_caller]
fn golden(version: ProtocolVersion, bytes: &[u8], packet: Packet<'_>) {
    let mut out = b"before".to_vec();
    encode(version, &packet, &mut out).expect("encodes");
    assert_eq!(out, [b"before", bytes].concat(), "{packet:?}");
    assert_eq!(encoded_len(version, &packet), bytes.len());
    assert_eq!(strict(version, bytes), Ok(packet));
}

fn connect(packet: Connect<'_>) -> Packet<'_> {
    Packet::Connect(Box::new(packet))
}

fn connack(packet: ConnAck<'_>) -> Packet<'_> {
    Packet::ConnAck(Box::new(packet))
}

#[test]
fn connect_of_3_1() {
    golden(
        V3,
        b"\x10\x0F\x00\x06MQIsdp\x03\x02\x00\x3C\x00\x01c",
        connect(Connect { version: V3, clean_start: true, keep_alive: 60, client_id: "c", ..Connect::default() }),
    );
}

#[test]
fn connect_of_3_1_1_with_everything() {
    golden(
        V4,
        b"\x10\x1B\x00\x04MQTT\x04\xEE\x01\x00\x00\x02id\x00\x01w\x00\x02\xFF\x00\x00\x01u\x00\x01p",
        connect(Connect {
            version: V4,
            clean_start: true,
            keep_alive: 256,
            client_id: "id",
            will: Some(Will {
                topic: "w",
                payload: b"\xFF\x00",
                qos: Qos::AtLeastOnce,
                retain: true,
                ..Will::default()
            }),
            username: Some("u"),
            password: Some(b"p"),
            ..Connect::default()
        }),
    );
}

#[test]
fn connect_of_a_mosquitto_bridge() {
    for (version, bytes) in [
        (V3, &b"\x10\x0F\x00\x06MQIsdp\x83\x00\x00\x3C\x00\x01b"[..]),
        (V4, b"\x10\x0D\x00\x04MQTT\x84\x00\x00\x3C\x00\x01b"),
    ] {
        golden(
            version,
            bytes,
            connect(Connect { version, is_bridge: true, keep_alive: 60, client_id: "b", ..Connect::default() }),
        );
    }
}

#[test]
fn connect_of_5_0_with_everything() {
    let bytes = [
        &b"\x10\x62\x00\x04MQTT\x05\xD6\x00\x0A"[..],
        b"\x2F\x11\x00\x00\x0E\x10\x21\x00\x14\x27\x00\x00\x04\x00\x22\x00\x0A\x19\x01\x17\x00",
        b"\x15\x00\x05SCRAM\x16\x00\x02\x00\x01\x26\x00\x01a\x00\x01b\x26\x00\x01a\x00\x01c",
        b"\x00\x02id",
        b"\x17\x18\x00\x00\x00\x05\x02\x00\x00\x00\x3C\x01\x01\x03\x00\x01j\x26\x00\x01k\x00\x01v\x00\x01w\x00\x01x",
        b"\x00\x01u\x00\x01p",
    ]
    .concat();
    golden(
        V5,
        &bytes,
        connect(Connect {
            version: V5,
            clean_start: true,
            keep_alive: 10,
            client_id: "id",
            will: Some(Will {
                topic: "w",
                payload: b"x",
                qos: Qos::ExactlyOnce,
                retain: false,
                delay_interval: 5,
                message_expiry_interval: Some(60),
                properties: Properties::from_wire_checked(b"\x01\x01\x03\x00\x01j\x26\x00\x01k\x00\x01v"),
            }),
            username: Some("u"),
            password: Some(b"p"),
            is_bridge: false,
            session_expiry_interval: Some(3600),
            receive_maximum: Some(20),
            maximum_packet_size: Some(1024),
            topic_alias_maximum: Some(10),
            request_response_information: true,
            request_problem_information: Some(false),
            user_properties: UserProperties::from_pairs(&[("a", "b"), ("a", "c")]),
            authentication_method: Some("SCRAM"),
            authentication_data: Some(b"\x00\x01"),
        }),
    );
}

#[test]
fn a_connect_is_read_whatever_version_is_expected() {
    for expected in VERSIONS {
        let Packet::Connect(connect) = strict(expected, b"\x10\x0E\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01c").unwrap()
        else {
            panic!("no CONNECT")
        };
        assert_eq!(connect.version, V5);
    }
}

#[test]
fn a_3_1_connect_may_leave_out_fields_its_flags_announce() {
    let Packet::Connect(connect) = strict(V3, b"\x10\x0F\x00\x06MQIsdp\x03\xC2\x00\x3C\x00\x01c").unwrap() else {
        panic!("no CONNECT")
    };
    assert_eq!((connect.username, connect.password), (None, None));
}

#[test]
fn connack_of_each_version() {
    golden(V3, b"\x20\x02\x00\x00", connack(ConnAck::default()));
    golden(V4, b"\x20\x02\x01\x00", connack(ConnAck { session_present: true, ..ConnAck::default() }));
    golden(V4, b"\x20\x02\x00\x05", connack(ConnAck { reason_code: ReasonCode::NotAuthorized, ..ConnAck::default() }));
    golden(V5, b"\x20\x03\x01\x00\x00", connack(ConnAck { session_present: true, ..ConnAck::default() }));
    golden(
        V5,
        b"\x20\x03\x00\x87\x00",
        connack(ConnAck { reason_code: ReasonCode::NotAuthorized, ..ConnAck::default() }),
    );
}

#[test]
fn connack_of_5_0_with_everything() {
    let bytes = [
        &b"\x20\x44\x00\x00\x41"[..],
        b"\x11\x00\x00\x00\x3C\x21\x00\x20\x24\x01\x25\x00\x27\x00\x10\x00\x00\x12\x00\x03c-1\x22\x00\x05\x1F\x00\x02ok",
        b"\x28\x01\x29\x00\x2A\x01\x13\x00\x1E\x1A\x00\x02ri\x1C\x00\x02sr\x15\x00\x01m\x16\x00\x01d",
        b"\x26\x00\x01k\x00\x01v",
    ]
    .concat();
    golden(
        V5,
        &bytes,
        connack(ConnAck {
            session_present: false,
            reason_code: ReasonCode::Success,
            session_expiry_interval: Some(60),
            receive_maximum: Some(32),
            maximum_qos: Some(Qos::AtLeastOnce),
            retain_available: Some(false),
            maximum_packet_size: Some(1024 * 1024),
            assigned_client_identifier: Some("c-1"),
            topic_alias_maximum: Some(5),
            reason_string: Some("ok"),
            user_properties: UserProperties::from_pairs(&[("k", "v")]),
            wildcard_subscription_available: Some(true),
            subscription_identifiers_available: Some(false),
            shared_subscription_available: Some(true),
            server_keep_alive: Some(30),
            response_information: Some("ri"),
            server_reference: Some("sr"),
            authentication_method: Some("m"),
            authentication_data: Some(b"d"),
        }),
    );
}

#[test]
fn publish_before_5_0() {
    for version in [V3, V4] {
        golden(
            version,
            b"\x30\x07\x00\x03a/bhi",
            Packet::Publish(Publish { topic: "a/b", payload: b"hi", ..Publish::default() }),
        );
        golden(
            version,
            b"\x3D\x07\x00\x03a/b\x12\x34",
            Packet::Publish(Publish {
                dup: true,
                qos: Qos::ExactlyOnce,
                retain: true,
                topic: "a/b",
                packet_id: 0x1234,
                ..Publish::default()
            }),
        );
    }
}

#[test]
fn publish_of_5_0() {
    golden(V5, b"\x30\x05\x00\x01t\x00p", Packet::Publish(Publish { topic: "t", payload: b"p", ..Publish::default() }));
    golden(
        V5,
        b"\x32\x08\x00\x00\x00\x01\x03\x23\x00\x09",
        Packet::Publish(Publish { qos: Qos::AtLeastOnce, packet_id: 1, topic_alias: Some(9), ..Publish::default() }),
    );
    let properties =
        b"\x01\x01\x03\x00\x01j\x08\x00\x01r\x09\x00\x02\x00\xFF\x26\x00\x01k\x00\x01v\x26\x00\x01k\x00\x01w";
    let bytes = [
        &b"\x35\x34\x00\x03a/b\x00\x0A\x2A\x23\x00\x02\x02\x00\x00\x00\x3C\x0B\x07\x0B\x80\x01"[..],
        properties,
        b"xy",
    ]
    .concat();
    golden(
        V5,
        &bytes,
        Packet::Publish(Publish {
            dup: false,
            qos: Qos::ExactlyOnce,
            retain: true,
            topic: "a/b",
            packet_id: 10,
            topic_alias: Some(2),
            message_expiry_interval: Some(60),
            subscription_ids: SubscriptionIdList::Values(&[7, 128]),
            properties: Properties::from_wire_checked(properties),
            payload: b"xy",
        }),
    );
}

#[test]
fn the_fast_publish_writes_what_the_general_one_writes() {
    let properties = b"\x26\x00\x01k\x00\x01v";
    let payload = [7; 200];
    for version in VERSIONS {
        for (qos, topic, topic_alias, ids) in [
            (Qos::AtMostOnce, "a/b", None, &[][..]),
            (Qos::AtLeastOnce, "a", Some(3), &[1, 300, 268_435_455]),
            (Qos::ExactlyOnce, "a/b/c", None, &[9]),
        ] {
            let message_expiry_interval = topic_alias.map(|_| 77);
            let general = Publish {
                dup: true,
                qos,
                retain: true,
                topic,
                packet_id: 0x0102,
                topic_alias,
                message_expiry_interval,
                subscription_ids: SubscriptionIdList::Values(ids),
                properties: Properties::from_wire_checked(properties),
                payload: &payload,
            };
            let fast = OutgoingPublish {
                dup: true,
                qos,
                retain: true,
                packet_id: 0x0102,
                topic: topic.as_bytes(),
                topic_alias,
                message_expiry_interval,
                subscription_ids: ids,
                properties,
                payload: &payload,
            };
            let (mut expected, mut written) = (Vec::new(), Vec::new());
            encode(version, &Packet::Publish(general), &mut expected).unwrap();
            encode_publish(version, &fast, &mut written).unwrap();
            assert_eq!(written, expected);
            assert_eq!(fast.encoded_len(version), expected.len());
            let id_at = fast.packet_id_offset(version);
            assert_eq!(id_at.map(|at| &written[at..at + 2]), (qos != Qos::AtMostOnce).then_some(&[1, 2][..]));
        }
    }
}

#[test]
fn acknowledgements() {
    type Wrap = fn(Ack<'static>) -> Packet<'static>;
    let kinds: [(u8, AckKind, Wrap); 4] = [
        (0x40, AckKind::PubAck, Packet::PubAck),
        (0x50, AckKind::PubRec, Packet::PubRec),
        (0x62, AckKind::PubRel, Packet::PubRel),
        (0x70, AckKind::PubComp, Packet::PubComp),
    ];
    for (first_byte, kind, wrap) in kinds {
        let plain = [first_byte, 2, 0x12, 0x34];
        for version in VERSIONS {
            golden(version, &plain, wrap(Ack { packet_id: 0x1234, ..Ack::default() }));
            let mut out = Vec::new();
            encode_ack(version, kind, 0x1234, ReasonCode::Success, &mut out);
            assert_eq!(out, plain);
        }
        let (code, reason_code) = match kind {
            AckKind::PubAck | AckKind::PubRec => (0x10, ReasonCode::NoMatchingSubscribers),
            AckKind::PubRel | AckKind::PubComp => (0x92, ReasonCode::PacketIdentifierNotFound),
        };
        let with_code = [first_byte, 3, 0x12, 0x34, code];
        golden(V5, &with_code, wrap(Ack { packet_id: 0x1234, reason_code, ..Ack::default() }));
        let mut out = Vec::new();
        encode_ack(V5, kind, 0x1234, reason_code, &mut out);
        encode_ack(V4, kind, 0x1234, reason_code, &mut out);
        assert_eq!(out, [&with_code[..], &plain].concat());
        let with_properties = [&[first_byte, 15, 0, 1, 0, 11][..], b"\x1F\x00\x01s\x26\x00\x01k\x00\x01v"].concat();
        golden(
            V5,
            &with_properties,
            wrap(Ack {
                packet_id: 1,
                reason_code: ReasonCode::Success,
                reason_string: Some("s"),
                user_properties: UserProperties::from_pairs(&[("k", "v")]),
            }),
        );
    }
}

#[test]
fn an_empty_property_section_in_an_acknowledgement_is_read() {
    let ack = Ack { packet_id: 1, reason_code: ReasonCode::NoMatchingSubscribers, ..Ack::default() };
    assert_eq!(strict(V5, b"\x40\x04\x00\x01\x10\x00"), Ok(Packet::PubAck(ack)));
}

#[test]
fn subscribe_and_suback() {
    let qos = |qos| SubscriptionOptions { qos, ..SubscriptionOptions::default() };
    for version in [V3, V4] {
        golden(
            version,
            b"\x82\x0C\x00\x0A\x00\x03a/b\x01\x00\x01#\x02",
            Packet::Subscribe(Subscribe {
                packet_id: 10,
                subscription_id: None,
                user_properties: UserProperties::default(),
                filters: SubscribeFilters::Values(&[("a/b", qos(Qos::AtLeastOnce)), ("#", qos(Qos::ExactlyOnce))]),
            }),
        );
        golden(
            version,
            b"\x90\x04\x00\x0A\x01\x80",
            Packet::SubAck(SubAck { packet_id: 10, reason_codes: &[0x01, 0x80], ..SubAck::default() }),
        );
    }
    let options = SubscriptionOptions {
        qos: Qos::AtLeastOnce,
        no_local: true,
        retain_as_published: true,
        retain_handling: RetainHandling::Never,
    };
    golden(
        V5,
        b"\x82\x11\x00\x0A\x0A\x0B\x80\x01\x26\x00\x01k\x00\x01v\x00\x01+\x2D",
        Packet::Subscribe(Subscribe {
            packet_id: 10,
            subscription_id: Some(128),
            user_properties: UserProperties::from_pairs(&[("k", "v")]),
            filters: SubscribeFilters::Values(&[("+", options)]),
        }),
    );
    golden(
        V5,
        b"\x90\x09\x00\x0A\x04\x1F\x00\x01s\x02\x87",
        Packet::SubAck(SubAck {
            packet_id: 10,
            reason_string: Some("s"),
            reason_codes: &[0x02, 0x87],
            ..SubAck::default()
        }),
    );
}

#[test]
fn a_suback_says_failure_to_older_clients_in_one_way() {
    let mut out = Vec::new();
    let packet = SubAck { packet_id: 1, reason_codes: &[0x00, 0x87, 0x8F], ..SubAck::default() };
    encode(V4, &Packet::SubAck(packet), &mut out).unwrap();
    assert_eq!(out, b"\x90\x05\x00\x01\x00\x80\x80");
}

#[test]
fn unsubscribe_and_unsuback() {
    for version in [V3, V4] {
        golden(
            version,
            b"\xA2\x0A\x00\x0A\x00\x03a/b\x00\x01#",
            Packet::Unsubscribe(Unsubscribe {
                packet_id: 10,
                user_properties: UserProperties::default(),
                filters: UnsubscribeFilters::Values(&["a/b", "#"]),
            }),
        );
        golden(version, b"\xB0\x02\x00\x0A", Packet::UnsubAck(SubAck { packet_id: 10, ..SubAck::default() }));
    }
    golden(
        V5,
        b"\xA2\x0D\x00\x0A\x07\x26\x00\x01k\x00\x01v\x00\x01a",
        Packet::Unsubscribe(Unsubscribe {
            packet_id: 10,
            user_properties: UserProperties::from_pairs(&[("k", "v")]),
            filters: UnsubscribeFilters::Values(&["a"]),
        }),
    );
    golden(
        V5,
        b"\xB0\x05\x00\x0A\x00\x00\x11",
        Packet::UnsubAck(SubAck { packet_id: 10, reason_codes: &[0x00, 0x11], ..SubAck::default() }),
    );
}

#[test]
fn pings_and_disconnect() {
    for version in VERSIONS {
        golden(version, b"\xC0\x00", Packet::PingReq);
        golden(version, b"\xD0\x00", Packet::PingResp);
        golden(version, b"\xE0\x00", Packet::Disconnect(Disconnect::default()));
    }
    let with_will = Disconnect { reason_code: ReasonCode::DisconnectWithWill, ..Disconnect::default() };
    golden(V5, b"\xE0\x01\x04", Packet::Disconnect(with_will));
    golden(
        V5,
        b"\xE0\x16\x9C\x14\x11\x00\x00\x00\x1E\x1F\x00\x01s\x1C\x00\x01r\x26\x00\x01k\x00\x01v",
        Packet::Disconnect(Disconnect {
            reason_code: ReasonCode::UseAnotherServer,
            session_expiry_interval: Some(30),
            reason_string: Some("s"),
            user_properties: UserProperties::from_pairs(&[("k", "v")]),
            server_reference: Some("r"),
        }),
    );
    let mut out = Vec::new();
    encode(
        V4,
        &Packet::Disconnect(Disconnect { reason_code: ReasonCode::ServerBusy, ..Disconnect::default() }),
        &mut out,
    )
    .unwrap();
    assert_eq!(out, b"\xE0\x00", "older versions have no reason code");
}

#[test]
fn auth() {
    golden(V5, b"\xF0\x00", Packet::Auth(Auth::default()));
    golden(
        V5,
        b"\xF0\x15\x18\x13\x15\x00\x01m\x16\x00\x01d\x1F\x00\x01s\x26\x00\x01k\x00\x01v",
        Packet::Auth(Auth {
            reason_code: ReasonCode::ContinueAuthentication,
            authentication_method: Some("m"),
            authentication_data: Some(b"d"),
            reason_string: Some("s"),
            user_properties: UserProperties::from_pairs(&[("k", "v")]),
        }),
    );
}
