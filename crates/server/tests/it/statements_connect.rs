//! MQTT 5.0 chapter 3.1: CONNECT.

use crate::statements_bytes::{CLEAN_START, connect, field, packet, refusal};
use dunlin_codec::{Connect, Disconnect, Packet, Publish, UserProperties, Will};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, Connecting, MessageProperties, TestBroker, let_time_pass};
use std::time::Duration;

const MALFORMED: Option<ReasonCode> = Some(ReasonCode::MalformedPacket);

fn a_will() -> Will<'static> {
    Will { topic: "will", payload: b"gone", qos: AtLeastOnce, ..Will::default() }
}

fn witness(broker: &TestBroker) -> Client {
    let mut witness = Client::v5("witness").connect(broker);
    witness.subscribe("will", AtLeastOnce);
    witness
}

/// A client whose session outlives its connections.
fn lasting(id: &str, session_expiry_secs: u32) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(session_expiry_secs)
}

#[test]
fn mqtt_3_1_0_1_the_first_packet_is_connect() {
    let broker = TestBroker::start();
    for first in [&[0x30, 4, 0, 1, b't', 0][..], &[0xC0, 0], &[0xE0, 0], &[0x82, 7, 0, 1, 0, 0, 1, b't', 0]] {
        assert_eq!(refusal(&broker, first), None);
    }
}

#[test]
fn mqtt_3_1_0_2_a_second_connect_is_a_protocol_error() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let mut client = Client::v5("client").will(a_will()).connect(&broker);
    client.send(&Packet::Connect(Box::new(Connect {
        version: dunlin_model::ProtocolVersion::V5,
        client_id: "client",
        ..Connect::default()
    })));
    client.expect_disconnect(ReasonCode::ProtocolError);
    witness.expect_payloads(["gone"]);
}

#[test]
fn mqtt_3_1_2_1_another_protocol_name_is_refused() {
    let broker = TestBroker::start();
    let bytes = packet(0x10, b"\x00\x04MQTX\x05\x02\x00\x00\x00\x00\x01c");
    assert!(matches!(refusal(&broker, &bytes), None | Some(ReasonCode::UnsupportedProtocolVersion)));
}

#[test]
fn mqtt_3_1_2_2_another_protocol_version_is_refused() {
    let broker = TestBroker::start();
    let bytes = packet(0x10, b"\x00\x04MQTT\x06\x02\x00\x00\x00\x00\x01c");
    assert_eq!(refusal(&broker, &bytes), Some(ReasonCode::UnsupportedProtocolVersion));
}

#[test]
fn mqtt_3_1_2_3_the_reserved_flag_is_refused() {
    let broker = TestBroker::start();
    assert_eq!(refusal(&broker, &connect(CLEAN_START | 1, &[&field(b"c")])), MALFORMED);
}

// [MQTT-3.1.2-6] [MQTT-3.2.2-2]
#[test]
fn mqtt_3_1_2_4_a_clean_start_wipes_the_session() {
    let broker = TestBroker::start();
    let mut client = lasting("client", 60).connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "queued", AtLeastOnce);
    let mut fresh = Client::v5("client").connect(&broker);
    assert!(!fresh.session_present());
    assert_eq!(publisher.publish("t", "live", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    fresh.expect_nothing();
}

// [MQTT-3.1.4-4] [MQTT-3.2.2-3]
#[test]
fn mqtt_3_1_2_5_without_a_clean_start_the_session_goes_on() {
    let broker = TestBroker::start();
    let mut client = lasting("client", 60).connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    let mut client = lasting("client", 60).connect(&broker);
    assert!(client.session_present());
    client.publish("t", "still subscribed", AtLeastOnce);
    client.expect_payloads(["still subscribed"]);
}

#[test]
fn mqtt_3_1_2_6_a_new_session_says_so() {
    let broker = TestBroker::start();
    assert!(!Client::v5("unknown").clean_start(false).connect(&broker).session_present());
    assert!(!Client::v5("other").connect(&broker).session_present());
}

#[test]
fn mqtt_3_1_2_8_the_will_is_published_however_the_connection_breaks() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let with_will = || Client::v5("client").keep_alive(1).will(a_will()).connect(&broker);
    drop(with_will());
    witness.expect_payloads(["gone"]);
    let mut faulty = with_will();
    faulty.send_raw(&[0xFF, 0xFF]);
    witness.expect_payloads(["gone"]);
    with_will().disconnect_with(Disconnect { reason_code: ReasonCode::DisconnectWithWill, ..Disconnect::default() });
    witness.expect_payloads(["gone"]);
    let mut silent = with_will();
    silent.expect_disconnect(ReasonCode::KeepAliveTimeout);
    witness.expect_payloads(["gone"]);
    witness.expect_nothing();
}

// [MQTT-3.14.4-3]
#[test]
fn mqtt_3_1_2_10_a_normal_goodbye_drops_the_will() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    Client::v5("client").will(a_will()).connect(&broker).disconnect();
    witness.expect_nothing();
}

// [MQTT-3.1.2-12] [MQTT-3.1.2-13]
#[test]
fn mqtt_3_1_2_11_will_flags_without_a_will_are_refused() {
    let broker = TestBroker::start();
    for will_flags in [0b0000_1000, 0b0001_0000, 0b0010_0000] {
        assert_eq!(refusal(&broker, &connect(CLEAN_START | will_flags, &[&field(b"c")])), MALFORMED);
    }
    // With a will, but QoS 3.
    let payload = [&field(b"c")[..], &[0], &field(b"will"), &field(b"gone")];
    assert_eq!(refusal(&broker, &connect(CLEAN_START | 0b0001_1100, &payload)), MALFORMED);
}

// [MQTT-3.1.2-15]
#[test]
fn mqtt_3_1_2_14_the_will_is_retained_only_if_it_says_so() {
    let broker = TestBroker::start();
    for retain in [false, true] {
        let mut witness = Client::v5("witness").connect(&broker);
        let options =
            SubscriptionOptions { qos: AtLeastOnce, retain_as_published: true, ..SubscriptionOptions::default() };
        witness.subscribe_with("will", options);
        drop(Client::v5("client").will(Will { retain, ..a_will() }).connect(&broker));
        assert_eq!(witness.expect_publish().retain, retain);
        assert_eq!(broker.retained(), usize::from(retain));
    }
}

// [MQTT-3.1.2-17] [MQTT-3.1.2-18] [MQTT-3.1.2-19]
#[test]
fn mqtt_3_1_2_16_user_name_and_password_have_to_fit_their_flags() {
    let broker = TestBroker::start();
    let (id, text) = (field(b"c"), field(b"x"));
    for (flags, payload) in [
        (0x80, &[&id[..]][..]),
        (0x40, &[&id]),
        (0xC0, &[&id, &text]),
        (0x00, &[&id, &text]),
        (0x80, &[&id, &text, &text]),
    ] {
        assert_eq!(refusal(&broker, &connect(CLEAN_START | flags, payload)), MALFORMED, "{flags:02x}");
    }
}

#[test]
fn mqtt_3_1_2_22_any_packet_starts_the_keep_alive_anew() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").keep_alive(1).connect(&broker);
    for _ in 0..4 {
        let_time_pass(Duration::from_millis(700));
        client.send_publish("t", "still here", AtMostOnce);
    }
    client.expect_nothing_for(Duration::from_millis(1000));
    client.expect_disconnect(ReasonCode::KeepAliveTimeout);
}

// [MQTT-3.1.2-20]
#[test]
fn mqtt_3_1_2_21_the_keep_alive_of_the_server_counts() {
    let broker = TestBroker::with("mqtt.server_keepalive = 1s");
    for asked in [0, 60_000] {
        let mut client = Client::v5("client").keep_alive(asked).connect(&broker);
        assert_eq!(client.connack().server_keep_alive, Some(1));
        client.expect_disconnect(ReasonCode::KeepAliveTimeout);
    }
}

// [MQTT-4.1.0-2]
#[test]
fn mqtt_3_1_2_23_a_session_lives_as_long_as_its_expiry_says() {
    let broker = TestBroker::start();
    lasting("client", 1).connect(&broker).disconnect();
    let client = lasting("client", 1).connect(&broker);
    assert!(client.session_present());
    client.disconnect();
    let_time_pass(Duration::from_millis(1500));
    assert!(!lasting("client", 1).connect(&broker).session_present());
}

// [MQTT-3.1.2-25]
#[test]
fn mqtt_3_1_2_24_a_packet_above_the_clients_maximum_is_left_out() {
    let broker = TestBroker::start();
    // With room for one open message a lost slot would stop everything.
    let mut client = Client::v5("client").maximum_packet_size(100).receive_maximum(1).connect(&broker);
    client.subscribe("t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        publisher.publish("t", [b'x'; 101], qos);
        publisher.publish("t", "small", qos);
        let message = client.expect_publish();
        assert_eq!((message.text(), message.qos), ("small", qos));
    }
    client.expect_nothing();
    assert_eq!(broker.metric(dunlin_broker::Metric::DeliveryDroppedTooLarge), 3);
}

// [MQTT-3.1.2-27]
#[test]
fn mqtt_3_1_2_26_aliases_to_the_client_stay_below_its_maximum() {
    let broker = TestBroker::start();
    for (maximum, allowed) in [(None, 0), (Some(0), 0), (Some(1), 1)] {
        let with_maximum = |connect: &mut Connect<'_>| connect.topic_alias_maximum = maximum;
        let mut client = Client::v5("client").with(with_maximum).connect(&broker);
        client.subscribe("#", AtLeastOnce);
        for topic in ["a", "b", "a", "b"] {
            client.publish(topic, "x", AtLeastOnce);
            let message = client.expect_publish();
            assert!(message.topic_alias.unwrap_or(0) <= allowed, "{message:?}");
            assert!(message.topic_alias != Some(0), "{message:?}");
            assert!(allowed > 0 || message.topic == topic, "{message:?}");
        }
    }
}

#[test]
fn mqtt_3_1_2_28_response_information_only_on_request() {
    let broker = TestBroker::with("mqtt.response_information = \"answers/\"");
    for (requested, expected) in [(true, Some("answers/")), (false, None)] {
        let client = Client::v5("client").with(|connect| connect.request_response_information = requested);
        assert_eq!(client.connect(&broker).connack().response_information, expected);
    }
}

#[test]
fn mqtt_3_1_2_29_no_problem_information_in_acknowledgements_for_who_wants_none() {
    let broker = TestBroker::start();
    let wants_none = |connect: &mut Connect<'_>| connect.request_problem_information = Some(false);
    let mut client = Client::v5("client").with(wants_none).connect(&broker);
    let id = client.send_publish("nobody", "x", AtLeastOnce);
    let puback = client.recv();
    assert_eq!(puback.puback().packet_id, id);
    assert!(puback.puback().reason_string.is_none() && puback.puback().user_properties.is_empty());
    client.send_subscribe(None, &[("a/#/b", SubscriptionOptions::default())]);
    let suback = client.recv();
    assert_eq!(suback.reason_codes(), [ReasonCode::TopicFilterInvalid]);
    assert!(suback.suback().reason_string.is_none() && suback.suback().user_properties.is_empty());
}

#[test]
fn mqtt_3_1_3_1_the_fields_of_the_payload_have_their_order() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let mut client = Client::silent(broker.address());
    // Client id, will properties, will topic, will payload, user name, password.
    let payload = [&field(b"c")[..], &[0], &field(b"will"), &field(b"gone"), &field(b"name"), &field(b"secret")];
    client.send_raw(&connect(CLEAN_START | 0b1100_0100, &payload));
    assert_eq!(client.recv().connack().reason_code, ReasonCode::Success);
    drop(client);
    witness.expect_payloads(["gone"]);
}

#[test]
fn mqtt_3_1_3_5_ordinary_client_ids_are_accepted() {
    let broker = TestBroker::start();
    for id in ["a", "0123456789abcdefghijkLM", "ABCDEFGHIJKLMNOPQRSTUVW"] {
        assert_eq!(Client::v5(id).connect(&broker).connack().assigned_client_identifier, None);
    }
}

// [MQTT-3.1.3-7] [MQTT-3.2.2-16]
#[test]
fn mqtt_3_1_3_6_a_client_without_an_id_gets_one_that_nobody_has() {
    let broker = TestBroker::start();
    let clients: Vec<Client> = (0..10).map(|_| Client::v5("").connect(&broker)).collect();
    let mut ids: Vec<&str> = clients.iter().filter_map(|client| client.connack().assigned_client_identifier).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10);
}

#[test]
fn mqtt_3_1_3_9_a_client_that_is_back_in_time_leaves_no_will() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let will = Will { delay_interval: 1, ..a_will() };
    drop(lasting("client", 60).will(will).connect(&broker));
    let back = lasting("client", 60).connect(&broker);
    assert!(back.session_present());
    witness.expect_nothing_for(Duration::from_millis(1500));
}

// [MQTT-3.3.2-18]
#[test]
fn mqtt_3_1_3_10_user_properties_keep_their_order() {
    let pairs = [("b", "1"), ("a", "2"), ("b", "3")];
    let properties = pairs.iter().fold(MessageProperties::new(), |all, (name, value)| all.user(name, value));
    let expected: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let broker = TestBroker::start();
    let mut live = Client::v5("live").connect(&broker);
    live.subscribe("t", AtLeastOnce);
    let mut later = lasting("later", 60).connect(&broker);
    later.subscribe("t", AtLeastOnce);
    later.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    let properties = properties.as_properties();
    publisher.publish_with(Publish {
        topic: "t",
        payload: b"x",
        qos: AtLeastOnce,
        retain: true,
        properties,
        ..Publish::default()
    });
    let mut reader = Client::v5("reader").connect(&broker);
    reader.subscribe("t", AtLeastOnce);
    let mut later = lasting("later", 60).connect(&broker);
    for (who, client) in [("live", &mut live), ("queued", &mut later), ("retained", &mut reader)] {
        assert_eq!(client.expect_publish().user_properties, expected, "{who}");
    }
    let mut witness = witness(&broker);
    drop(Client::v5("client").will(Will { properties, ..a_will() }).connect(&broker));
    assert_eq!(witness.expect_publish().user_properties, expected, "will");
}

#[test]
fn mqtt_3_1_4_3_the_same_client_id_ends_the_older_connection() {
    let broker = TestBroker::start();
    for clean_start in [true, false] {
        let mut older = Client::v5("client").connect(&broker);
        let _newer = Client::v5("client").clean_start(clean_start).connect(&broker);
        older.expect_disconnect(ReasonCode::SessionTakenOver);
    }
}

#[test]
fn mqtt_3_1_4_6_what_follows_a_refused_connect_is_not_executed() {
    let broker = TestBroker::with("mqtt.max_qos_allowed = 1");
    let mut watcher = Client::v5("watcher").connect(&broker);
    watcher.subscribe("t", AtLeastOnce);
    // A will at QoS 2 is refused; a PUBLISH lies right behind.
    let payload = [&field(b"c")[..], &[0], &field(b"will"), &field(b"gone")];
    let refused = connect(CLEAN_START | 0b0001_0100, &payload);
    let bytes = [refused, crate::statements_bytes::publish(b"t", b"smuggled")].concat();
    assert_eq!(refusal(&broker, &bytes), Some(ReasonCode::QosNotSupported));
    watcher.expect_nothing();
}

#[test]
fn mqtt_3_1_3_10_user_properties_of_connect_are_accepted() {
    let broker = TestBroker::start();
    let pairs = [("region", "north"), ("region", "south")];
    let client = Client::v5("client").with(|connect| connect.user_properties = UserProperties::from_pairs(&pairs));
    client.connect(&broker).ping();
}
