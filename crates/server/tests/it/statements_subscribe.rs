//! MQTT 5.0 chapters 3.8 to 3.11: SUBSCRIBE and UNSUBSCRIBE with their answers.

use crate::statements_bytes::{expect_fault, subscribe};
use dunlin_codec::AckKind;
use dunlin_model::Qos::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker};

fn at(qos: Qos) -> SubscriptionOptions {
    SubscriptionOptions { qos, ..SubscriptionOptions::default() }
}

// [MQTT-3.10.1-1]
#[test]
fn mqtt_3_8_1_1_requests_carry_0010() {
    let broker = TestBroker::start();
    for first_byte in [0x80, 0x81, 0x83, 0x8A] {
        expect_fault(&broker, &[first_byte, 7, 0, 1, 0, 0, 1, b't', 0], ReasonCode::MalformedPacket);
    }
    for first_byte in [0xA0, 0xA1, 0xA3] {
        expect_fault(&broker, &[first_byte, 6, 0, 1, 0, 0, 1, b't'], ReasonCode::MalformedPacket);
    }
}

// [MQTT-3.10.3-2]
#[test]
fn mqtt_3_8_3_2_a_request_has_a_filter() {
    let broker = TestBroker::start();
    expect_fault(&broker, &[0x82, 3, 0, 1, 0], ReasonCode::ProtocolError);
    expect_fault(&broker, &[0xA2, 3, 0, 1, 0], ReasonCode::ProtocolError);
}

#[test]
fn mqtt_3_8_3_3_no_local_keeps_a_clients_own_messages_away() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    let no_local = SubscriptionOptions { no_local: true, ..at(AtLeastOnce) };
    client.subscribe_with("a/#", no_local);
    client.subscribe_with("a/+", no_local);
    let mut other = Client::v5("other").connect(&broker);
    other.subscribe("a/b", AtLeastOnce);
    client.publish("a/b", "own", AtLeastOnce);
    other.expect_payloads(["own"]);
    client.expect_nothing();
    other.publish("a/b", "of another", AtLeastOnce);
    assert_eq!(client.expect_publish().text(), "of another");
}

#[test]
fn mqtt_3_8_3_4_no_local_does_not_go_with_a_group() {
    let broker = TestBroker::start();
    expect_fault(&broker, &subscribe(b"$share/team/t", 0b0000_0101), ReasonCode::ProtocolError);
}

#[test]
fn mqtt_3_8_3_5_reserved_options_end_the_connection() {
    let broker = TestBroker::start();
    for options in [0b0100_0000, 0b1000_0000] {
        expect_fault(&broker, &subscribe(b"t", options), ReasonCode::MalformedPacket);
    }
    // QoS 3 and retain handling 3 are protocol errors (§3.8.3.1).
    for options in [0b0000_0011, 0b0011_0000] {
        expect_fault(&broker, &subscribe(b"t", options), ReasonCode::ProtocolError);
    }
}

// [MQTT-3.8.4-4]
#[test]
fn mqtt_3_8_4_3_subscribing_again_replaces_and_loses_nothing() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    client.subscribe("t", AtMostOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for round in 0..50_u8 {
        // The request and the message cross each other on their way.
        let packet_id = client.send_subscribe(None, &[("t", at([AtLeastOnce, ExactlyOnce][usize::from(round % 2)]))]);
        publisher.publish("t", [round], ExactlyOnce);
        let suback = client.recv_where("SUBACK", |packet| matches!(packet, dunlin_codec::Packet::SubAck(_)));
        assert_eq!(suback.suback().packet_id, packet_id);
    }
    let payloads: Vec<u8> = (0..50).map(|_| client.expect_publish().payload[0]).collect();
    assert_eq!(payloads, (0..50).collect::<Vec<u8>>());
    client.expect_nothing();
    assert_eq!(broker.subscriptions(), 1);
}

// [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.8.4-8] [MQTT-3.9.3-1] [MQTT-3.9.3-2]
#[test]
fn mqtt_3_8_4_5_each_filter_is_answered_in_its_place() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    let filters = [("a", at(AtLeastOnce)), ("b/#/c", at(AtLeastOnce)), ("d", at(ExactlyOnce)), ("e", at(AtMostOnce))];
    let codes = client.subscribe_all(None, &filters);
    let expected =
        [ReasonCode::GrantedQos1, ReasonCode::TopicFilterInvalid, ReasonCode::GrantedQos2, ReasonCode::Success];
    assert_eq!(codes, expected);
    for (topic, granted) in [("a", AtLeastOnce), ("d", ExactlyOnce), ("e", AtMostOnce)] {
        for published in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
            client.publish(topic, "x", published);
            assert_eq!(client.expect_publish().qos, granted.min(published));
        }
    }
}

#[test]
fn mqtt_3_10_3_1_filters_of_unsubscribe_are_well_formed_text() {
    let broker = TestBroker::start();
    expect_fault(&broker, &[0xA2, 6, 0, 1, 0, 0, 1, 0xFF], ReasonCode::MalformedPacket);
}

#[test]
fn mqtt_3_10_4_1_filters_are_compared_letter_by_letter() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    client.subscribe("a/b", AtLeastOnce);
    client.subscribe("a/c", AtLeastOnce);
    let codes = client.unsubscribe_all(&["a/+", "a/c", "a/B", "a/#"]);
    let none = ReasonCode::NoSubscriptionExisted;
    assert_eq!(codes, [none, ReasonCode::Success, none, none]);
    client.publish("a/b", "still here", AtLeastOnce);
    client.publish("a/c", "not any more", AtLeastOnce);
    client.expect_payloads(["still here"]);
    client.expect_nothing();
}

// [MQTT-3.10.4-2]
#[test]
fn mqtt_3_10_4_3_a_delivery_that_has_begun_is_completed() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").manual_acks().connect(&broker);
    client.subscribe("t", ExactlyOnce);
    Client::v5("publisher").connect(&broker).publish("t", "x", ExactlyOnce);
    let id = client.expect_publish().packet_id;
    client.unsubscribe("t");
    client.ack(AckKind::PubRec, id);
    assert_eq!(client.recv().pubrel().packet_id, id);
    client.ack(AckKind::PubComp, id);
    client.publish("t", "not for it", AtLeastOnce);
    client.expect_nothing();
}

// [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-2]
#[test]
fn mqtt_3_11_3_1_unsuback_answers_each_filter_in_its_place() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    client.subscribe("here", AtLeastOnce);
    let codes = client.unsubscribe_all(&["not", "here", "here"]);
    assert_eq!(codes, [ReasonCode::NoSubscriptionExisted, ReasonCode::Success, ReasonCode::NoSubscriptionExisted]);
    let mut old = Client::v4("old").connect(&broker);
    assert_eq!(old.unsubscribe_all(&["not"]), [], "3.1.1 answers all the same, without codes");
}
