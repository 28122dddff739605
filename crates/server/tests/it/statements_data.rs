//! MQTT 5.0 chapters 1.5 and 2: data types, fixed header, packet identifiers.

use crate::statements_bytes::{CLEAN_START, connect, expect_fault, field, packet, publish, refusal, subscribe};
use dunlin_codec::AckKind;
use dunlin_model::Qos::{AtLeastOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, TestBroker};

#[test]
fn mqtt_1_5_4_1_ill_formed_text_ends_the_connection() {
    let broker = TestBroker::start();
    // An encoded surrogate, an overlong form of `/`, a lone continuation byte.
    for text in [&b"a\xED\xA0\x80"[..], b"a\xC0\xAF", b"a\x80"] {
        expect_fault(&broker, &publish(text, b""), ReasonCode::MalformedPacket);
        expect_fault(&broker, &subscribe(text, 0), ReasonCode::MalformedPacket);
        let code = refusal(&broker, &connect(CLEAN_START, &[&field(text)]));
        assert_eq!(code, Some(ReasonCode::MalformedPacket));
    }
}

// [MQTT-4.7.3-2]
#[test]
fn mqtt_1_5_4_2_the_null_character_ends_the_connection() {
    let broker = TestBroker::start();
    let text = b"a\0b";
    expect_fault(&broker, &publish(text, b""), ReasonCode::MalformedPacket);
    expect_fault(&broker, &subscribe(text, 0), ReasonCode::MalformedPacket);
    let user_property = [&[0x26], &field(text)[..], &field(b"value")].concat();
    let length = [u8::try_from(user_property.len()).expect("short")];
    let with_property = packet(0x30, &[&field(b"t"), &length[..], &user_property].concat());
    expect_fault(&broker, &with_property, ReasonCode::MalformedPacket);
    for (flags, payload) in [(CLEAN_START, vec![field(text)]), (CLEAN_START | 0x80, vec![field(b"c"), field(text)])] {
        let code = refusal(&broker, &connect(flags, &[&payload.concat()]));
        assert_eq!(code, Some(ReasonCode::MalformedPacket));
    }
}

#[test]
fn mqtt_1_5_4_3_a_byte_order_mark_is_part_of_the_topic() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    client.subscribe("\u{FEFF}t", AtLeastOnce);
    client.publish("t", "without", AtLeastOnce);
    client.expect_nothing();
    client.publish("\u{FEFF}t", "with", AtLeastOnce);
    let message = client.expect_publish();
    assert_eq!(message.topic.as_bytes(), b"\xEF\xBB\xBFt");
}

#[test]
fn mqtt_1_5_5_1_a_padded_length_ends_the_connection() {
    let broker = TestBroker::start();
    // Property Length 0 as 80 00.
    let padded = packet(0x30, &[&field(b"t")[..], &[0x80, 0x00]].concat());
    expect_fault(&broker, &padded, ReasonCode::MalformedPacket);
    // A remaining length of five bytes.
    expect_fault(&broker, &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], ReasonCode::MalformedPacket);
}

#[test]
fn mqtt_1_5_7_1_user_properties_are_well_formed_text() {
    let broker = TestBroker::start();
    for (name, value) in [(&b"\xFF"[..], &b"value"[..]), (b"name", b"\xED\xA0\x80")] {
        let property = [&[0x26], &field(name)[..], &field(value)].concat();
        let length = [u8::try_from(property.len()).expect("short")];
        let bytes = packet(0x30, &[&field(b"t"), &length[..], &property].concat());
        expect_fault(&broker, &bytes, ReasonCode::MalformedPacket);
    }
}

#[test]
fn mqtt_2_1_3_1_reserved_flags_end_the_connection() {
    let broker = TestBroker::start();
    // PINGREQ, PUBACK, PUBREC, PUBCOMP, DISCONNECT with a flag; PUBREL, SUBSCRIBE, UNSUBSCRIBE without theirs.
    for bytes in [
        &[0xC1, 0][..],
        &[0x41, 2, 0, 1],
        &[0x51, 2, 0, 1],
        &[0x71, 2, 0, 1],
        &[0xE1, 0],
        &[0x60, 2, 0, 1],
        &[0x80, 7, 0, 1, 0, 0, 1, b't', 0],
        &[0xA0, 6, 0, 1, 0, 0, 1, b't'],
    ] {
        expect_fault(&broker, bytes, ReasonCode::MalformedPacket);
    }
}

#[test]
fn mqtt_2_2_1_3_packet_identifier_zero_ends_the_connection() {
    let broker = TestBroker::start();
    for bytes in [
        &[0x82, 7, 0, 0, 0, 0, 1, b't', 0][..],
        &[0xA2, 6, 0, 0, 0, 0, 1, b't'],
        &[0x32, 6, 0, 1, b't', 0, 0, 0],
        &[0x34, 6, 0, 1, b't', 0, 0, 0],
    ] {
        expect_fault(&broker, bytes, ReasonCode::MalformedPacket);
    }
}

// [MQTT-4.3.2-1] [MQTT-4.3.3-1]
#[test]
fn mqtt_2_2_1_4_identifiers_in_use_are_not_given_again() {
    let broker = TestBroker::start();
    for qos in [AtLeastOnce, ExactlyOnce] {
        let mut slow = Client::v5("slow").manual_acks().connect(&broker);
        slow.subscribe("t", qos);
        let mut publisher = Client::v5("publisher").connect(&broker);
        let mut next = |slow: &mut Client| {
            publisher.publish("t", "x", qos);
            slow.expect_publish().packet_id
        };
        let mut open: Vec<u16> = (0..5).map(|_| next(&mut slow)).collect();
        // Once round all 65,535 identifiers is another test; here one becomes free while four stay open.
        let done = open.remove(0);
        if qos == AtLeastOnce {
            slow.ack(AckKind::PubAck, done);
        } else {
            slow.ack(AckKind::PubRec, done);
            assert_eq!(slow.recv().pubrel().packet_id, done);
            slow.ack(AckKind::PubComp, done);
        }
        open.extend((0..5).map(|_| next(&mut slow)));
        open.sort_unstable();
        open.dedup();
        assert_eq!(open.len(), 9);
        assert!(!open.contains(&0));
    }
}

#[test]
fn mqtt_2_2_2_1_acknowledgements_may_leave_their_properties_out() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").manual_acks().connect(&broker);
    client.subscribe("t", ExactlyOnce);
    // Identifier alone, with a code, with a code and an empty property list.
    for (id, pubrel) in [(1, &[0x62, 2, 0, 1][..]), (2, &[0x62, 3, 0, 2, 0]), (3, &[0x62, 4, 0, 3, 0, 0])] {
        client.send_raw(&[0x34, 6, 0, 1, b't', 0, id, 0]);
        let frames = [client.recv(), client.recv()];
        assert!(frames.iter().any(|frame| matches!(frame.packet(), dunlin_codec::Packet::PubRec(_))), "{frames:?}");
        client.send_raw(pubrel);
        assert_eq!(client.recv().pubcomp().reason_code, ReasonCode::Success);
    }
    // The broker reads its own deliveries' acknowledgements in all three forms, too.
    for (pubrec, pubcomp) in [
        (&[0x50, 2, 0, 1][..], &[0x70, 2, 0, 1][..]),
        (&[0x50, 3, 0, 2, 0], &[0x70, 3, 0, 2, 0]),
        (&[0x50, 4, 0, 3, 0, 0], &[0x70, 4, 0, 3, 0, 0]),
    ] {
        client.send_raw(pubrec);
        assert_eq!(client.recv().pubrel().packet_id, u16::from(pubrec[3]));
        client.send_raw(pubcomp);
    }
    client.expect_nothing();
}
