//! MQTT 5.0 chapter 3.2: CONNACK.

use crate::statements_bytes::{CLEAN_START, connect, field, publish, subscribe};
use dunlin_codec::{Packet, Publish, Will};
use dunlin_model::Qos::{AtLeastOnce, ExactlyOnce};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker};

// [MQTT-3.2.0-2] [MQTT-3.2.2-1]
#[test]
fn mqtt_3_2_0_1_connack_comes_first_and_once() {
    let broker = TestBroker::start();
    // Whichever worker a client id belongs to, what came behind CONNECT goes there with it.
    for id in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let mut client = Client::silent(broker.address());
        let first = [connect(CLEAN_START, &[&field(id.as_bytes())]), subscribe(id.as_bytes(), 0)].concat();
        let messages: Vec<u8> = (0..200).flat_map(|number| publish(id.as_bytes(), &[number; 100])).collect();
        client.send_raw(&[first, messages, vec![0xC0, 0]].concat());
        let connack = client.recv();
        assert_eq!((connack.connack().reason_code, connack.bytes()[2]), (ReasonCode::Success, 0));
        assert_eq!(client.recv().reason_codes(), [ReasonCode::Success]);
        for number in 0..200 {
            assert_eq!(client.expect_publish().payload, [number; 100]);
        }
        assert_eq!(client.recv().packet(), Packet::PingResp);
        client.expect_nothing();
    }
}

#[test]
fn mqtt_3_2_0_1_connack_comes_though_connect_came_byte_by_byte() {
    let broker = TestBroker::start();
    for id in ["a", "b", "c", "d"] {
        let mut client = Client::silent(broker.address());
        for byte in connect(CLEAN_START, &[&field(id.as_bytes())]) {
            client.send_raw(&[byte]);
        }
        assert_eq!(client.recv().connack().reason_code, ReasonCode::Success);
        client.ping();
    }
}

// [MQTT-3.2.2-7] [MQTT-3.2.2-8]
#[test]
fn mqtt_3_2_2_6_a_refusal_has_no_session_and_ends_the_connection() {
    let broker = TestBroker::with("mqtt { max_clientid_len = 23, max_qos_allowed = 1, retain_available = false }");
    let long = "x".repeat(24);
    // A session to be present, if the refusal were not one.
    Client::v5("client").session_expiry(60).connect(&broker).disconnect();
    let client = || Client::v5("client").clean_start(false);
    let will = |qos, retain| Will { topic: "t", qos, retain, ..Will::default() };
    for (connecting, code) in [
        (Client::v5(&long), ReasonCode::ClientIdentifierNotValid),
        (client().will(will(ExactlyOnce, false)), ReasonCode::QosNotSupported),
        (client().will(will(AtLeastOnce, true)), ReasonCode::RetainNotSupported),
        (client().with(|connect| connect.authentication_method = Some("unknown")), ReasonCode::BadAuthenticationMethod),
    ] {
        let frame = connecting.connect_refused(&broker);
        assert_eq!((frame.connack().reason_code, frame.connack().session_present), (code, false));
    }
}

// [MQTT-3.2.2-10] [MQTT-3.2.2-11] [MQTT-3.2.2-12]
#[test]
fn mqtt_3_2_2_9_a_lower_maximum_qos_is_announced_and_kept() {
    let broker = TestBroker::with("mqtt.max_qos_allowed = 1");
    let mut client = Client::v5("client").connect(&broker);
    assert_eq!(client.connack().maximum_qos, Some(AtLeastOnce));
    let options = SubscriptionOptions { qos: ExactlyOnce, ..SubscriptionOptions::default() };
    assert_eq!(client.subscribe_all(None, &[("t", options)]), [ReasonCode::GrantedQos1]);
    client.send_publish("t", "x", ExactlyOnce);
    client.expect_disconnect(ReasonCode::QosNotSupported);
    let will = Will { topic: "t", qos: ExactlyOnce, ..Will::default() };
    let refused = Client::v5("client").will(will).connect_refused(&broker);
    assert_eq!(refused.connack().reason_code, ReasonCode::QosNotSupported);
}

// [MQTT-3.2.2-14]
#[test]
fn mqtt_3_2_2_13_retained_messages_that_are_not_available_are_refused() {
    let broker = TestBroker::with("mqtt.retain_available = false");
    let will = Will { topic: "t", retain: true, ..Will::default() };
    let refused = Client::v5("client").will(will).connect_refused(&broker);
    assert_eq!(refused.connack().reason_code, ReasonCode::RetainNotSupported);
    let mut client = Client::v5("client").connect(&broker);
    assert_eq!(client.connack().retain_available, Some(false));
    client.send_publish_with(Publish { topic: "t", retain: true, ..Publish::default() });
    client.expect_disconnect(ReasonCode::RetainNotSupported);
}

// [MQTT-3.3.2-9]
#[test]
fn mqtt_3_2_2_17_an_alias_above_the_announced_maximum_is_invalid() {
    let broker = TestBroker::with("mqtt.max_topic_alias = 5");
    let mut client = Client::v5("client").connect(&broker);
    assert_eq!(client.connack().topic_alias_maximum, Some(5));
    let with_alias = |alias| Publish { topic: "t", topic_alias: Some(alias), ..Publish::default() };
    client.publish_with(with_alias(5));
    client.send_publish_with(with_alias(6));
    client.expect_disconnect(ReasonCode::TopicAliasInvalid);
}

// [MQTT-3.2.2-20]
#[test]
fn mqtt_3_2_2_19_a_reason_string_is_left_out_where_the_client_has_no_room_for_it() {
    let broker = TestBroker::with("mqtt.max_qos_allowed = 1");
    let refused = |maximum_packet_size| {
        let will = Will { topic: "t", qos: ExactlyOnce, ..Will::default() };
        Client::v5("client").will(will).maximum_packet_size(maximum_packet_size).connect_refused(&broker)
    };
    let (roomy, tiny) = (refused(1000), refused(5));
    assert!(roomy.connack().reason_string.is_some());
    assert_eq!((tiny.connack().reason_string, tiny.bytes().len()), (None, 5));
}

#[test]
fn a_refused_connect_before_5_0_gets_a_return_code() {
    let broker = TestBroker::start();
    // 3.1.1: an empty client id without clean session is "identifier rejected".
    let refused = Client::v4("").clean_start(false).connect_refused(&broker);
    assert_eq!(refused.bytes(), [0x20, 2, 0, 2]);
}
