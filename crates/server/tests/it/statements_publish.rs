//! MQTT 5.0 chapter 3.3: PUBLISH, its flags and topics.

use crate::statements_bytes::{expect_fault, field, packet, publish};
use dunlin_codec::{AckKind, Publish};
use dunlin_model::Qos::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{ReasonCode, RetainHandling, SubscriptionOptions};
use dunlin_testkit::{Client, Connecting, TestBroker};

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(60)
}

/// A subscriber to `#` at QoS 2.
fn subscriber(broker: &TestBroker) -> Client {
    let mut subscriber = Client::v5("subscriber").connect(broker);
    subscriber.subscribe("#", ExactlyOnce);
    subscriber
}

#[test]
fn mqtt_3_3_1_1_a_redelivery_is_marked() {
    let broker = TestBroker::start();
    for qos in [AtLeastOnce, ExactlyOnce] {
        let mut client = lasting("client").manual_acks().connect(&broker);
        client.subscribe("t", qos);
        let mut publisher = Client::v5("publisher").connect(&broker);
        publisher.publish("t", "x", qos);
        let first = client.expect_publish();
        assert!(!first.dup);
        client.cut(&broker);
        let mut client = lasting("client").connect(&broker);
        let again = client.expect_publish();
        assert_eq!((again.dup, again.packet_id), (true, first.packet_id));
        client.ping();
        client.disconnect();
    }
}

#[test]
fn mqtt_3_3_1_2_dup_at_qos_0_is_malformed() {
    let broker = TestBroker::start();
    expect_fault(&broker, &packet(0x38, &[0, 1, b't', 0]), ReasonCode::MalformedPacket);
}

#[test]
fn mqtt_3_3_1_3_the_mark_of_the_publisher_is_not_passed_on() {
    let broker = TestBroker::start();
    let mut subscriber = subscriber(&broker);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for qos in [AtLeastOnce, ExactlyOnce] {
        publisher.publish_with(Publish { topic: "t", dup: true, qos, ..Publish::default() });
        let message = subscriber.expect_publish();
        assert_eq!((message.qos, message.dup), (qos, false));
    }
}

#[test]
fn mqtt_3_3_1_4_qos_3_is_malformed() {
    let broker = TestBroker::start();
    expect_fault(&broker, &packet(0x36, &[0, 1, b't', 0, 1, 0]), ReasonCode::MalformedPacket);
}

// [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT-3.3.1-8]
#[test]
fn mqtt_3_3_1_5_the_store_keeps_the_last_retained_message() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    let stored = || {
        let mut reader = Client::v5("reader").connect(&broker);
        reader.subscribe("t", AtLeastOnce);
        reader.drain().into_iter().map(|message| (message.text().to_owned(), message.retain)).collect::<Vec<_>>()
    };
    publisher.publish_retained("t", "first", AtLeastOnce);
    publisher.publish_retained("t", "second", AtMostOnce);
    publisher.publish("t", "not retained", AtLeastOnce);
    assert_eq!(stored(), [("second".to_owned(), true)]);
    publisher.publish_retained("t", "", AtLeastOnce);
    assert_eq!((stored(), broker.retained()), (Vec::new(), 0));
}

// [MQTT-3.3.1-10] [MQTT-3.3.1-11]
#[test]
fn mqtt_3_3_1_9_retain_handling_decides_about_stored_messages() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    client.publish_retained("t", "x", AtLeastOnce);
    for (retain_handling, first, again) in
        [(RetainHandling::Always, 1, 1), (RetainHandling::IfNew, 1, 0), (RetainHandling::Never, 0, 0)]
    {
        let options = SubscriptionOptions { retain_handling, ..SubscriptionOptions::default() };
        for expected in [first, again] {
            client.subscribe_with("t", options);
            assert_eq!(client.drain().len(), expected, "{retain_handling:?}");
        }
        client.unsubscribe("t");
    }
}

// [MQTT-3.3.1-13]
#[test]
fn mqtt_3_3_1_12_retain_as_published_decides_about_the_flag_of_live_messages() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for retain_as_published in [false, true] {
        let mut client = Client::v5("client").connect(&broker);
        let options = SubscriptionOptions { retain_as_published, ..SubscriptionOptions::default() };
        client.subscribe_with("t", options);
        publisher.publish_retained("t", "x", AtLeastOnce);
        assert_eq!(client.expect_publish().retain, retain_as_published);
        publisher.publish("t", "x", AtLeastOnce);
        assert!(!client.expect_publish().retain);
        client.subscribe_with("t", options);
        assert!(client.expect_publish().retain, "from the store it is always set");
        publisher.publish_retained("t", "", AtLeastOnce);
    }
}

#[test]
fn mqtt_3_3_2_1_an_empty_topic_without_an_alias_is_a_protocol_error() {
    let broker = TestBroker::start();
    expect_fault(&broker, &publish(b"", b"x"), ReasonCode::ProtocolError);
}

#[test]
fn mqtt_3_3_2_2_a_topic_has_no_wildcards() {
    let broker = TestBroker::start();
    for topic in [&b"a/+"[..], b"a/#", b"#", b"a+b"] {
        expect_fault(&broker, &publish(topic, b"x"), ReasonCode::TopicNameInvalid);
    }
}

// [MQTT-3.3.2-10]
#[test]
fn mqtt_3_3_2_7_aliases_belong_to_one_connection() {
    let broker = TestBroker::start();
    let mut subscriber = subscriber(&broker);
    let with_alias = |topic| Publish { topic, topic_alias: Some(1), qos: AtLeastOnce, ..Publish::default() };
    let mut first = Client::v5("first").connect(&broker);
    let mut second = Client::v5("second").connect(&broker);
    first.publish_with(with_alias("of/first"));
    second.publish_with(with_alias("of/second"));
    first.publish_with(with_alias(""));
    second.publish_with(with_alias(""));
    // Between two publishers there is no order.
    let mut topics: Vec<_> = (0..4).map(|_| subscriber.expect_publish().topic).collect();
    topics.sort();
    assert_eq!(topics, ["of/first", "of/first", "of/second", "of/second"]);
    first.disconnect();
    let mut first = Client::v5("first").connect(&broker);
    first.send_publish_with(with_alias(""));
    first.expect_disconnect(ReasonCode::ProtocolError);
    subscriber.expect_nothing();
}

#[test]
fn mqtt_3_3_2_8_alias_zero_is_invalid() {
    let broker = TestBroker::start();
    let bytes = packet(0x30, &[&field(b"t")[..], &[3, 0x23, 0, 0]].concat());
    expect_fault(&broker, &bytes, ReasonCode::TopicAliasInvalid);
}

#[test]
fn mqtt_3_3_2_12_aliases_are_set_used_and_set_again() {
    let broker = TestBroker::with("mqtt.max_topic_alias = 10");
    let mut subscriber = subscriber(&broker);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut send = |topic: &str, alias: u16| {
        let topic_alias = Some(alias);
        publisher.publish_with(Publish { topic, topic_alias, qos: AtLeastOnce, ..Publish::default() });
        subscriber.expect_publish().topic
    };
    for alias in 1..=10 {
        let topic = format!("t/{alias}");
        assert_eq!(send(&topic, alias), topic);
        assert_eq!(send("", alias), topic);
    }
    assert_eq!(send("another", 10), "another");
    assert_eq!(send("", 10), "another");
    assert_eq!(send("", 9), "t/9");
}

#[test]
fn mqtt_3_3_2_14_a_response_topic_has_no_wildcards() {
    let broker = TestBroker::start();
    for topic in [&b"a/#"[..], b"+"] {
        let property = [&[0x08], &field(topic)[..]].concat();
        let length = [u8::try_from(property.len()).expect("short")];
        let bytes = packet(0x30, &[&field(b"t"), &length[..], &property].concat());
        expect_fault(&broker, &bytes, ReasonCode::ProtocolError);
    }
}

#[test]
fn mqtt_3_3_4_2_overlapping_subscriptions_get_the_highest_quality_of_service() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    client.subscribe("a/#", AtMostOnce);
    client.subscribe("a/+", ExactlyOnce);
    client.publish("a/b", "x", ExactlyOnce);
    let highest = client.drain().iter().map(|message| message.qos).max();
    assert_eq!(highest, Some(ExactlyOnce));
}

// [MQTT-3.3.4-4] [MQTT-3.3.4-5]
#[test]
fn mqtt_3_3_4_3_messages_carry_the_identifiers_of_their_subscriptions() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    client.publish_retained("a/stored", "x", AtLeastOnce);
    client.subscribe_with_id(1, "a/#", AtLeastOnce);
    assert_eq!(client.expect_publish().subscription_ids, [1]);
    client.subscribe_with_id(2, "a/b", AtLeastOnce);
    client.publish("a/b", "both", AtLeastOnce);
    let mut ids: Vec<u32> = client.drain().into_iter().flat_map(|message| message.subscription_ids).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 2]);
    client.publish("a/c", "one", AtLeastOnce);
    assert_eq!(client.expect_publish().subscription_ids, [1]);
    client.subscribe("a/#", AtLeastOnce);
    assert_eq!(client.expect_publish().subscription_ids, [0; 0], "a new subscription without an identifier has none");
}

#[test]
fn mqtt_3_3_4_6_a_client_sends_no_subscription_identifier() {
    let broker = TestBroker::start();
    let bytes = packet(0x30, &[&field(b"t")[..], &[2, 0x0B, 1]].concat());
    expect_fault(&broker, &bytes, ReasonCode::ProtocolError);
}

#[test]
fn mqtt_3_3_4_7_more_open_messages_than_announced_end_the_connection() {
    let broker = TestBroker::with("mqtt.max_inflight = 5");
    let mut client = Client::v5("client").connect(&broker);
    assert_eq!(client.connack().receive_maximum, Some(5));
    for number in 0..5 {
        let id = client.send_publish("t", "x", ExactlyOnce);
        assert_eq!(client.recv().pubrec().packet_id, id, "{number}");
    }
    client.send_publish("t", "x", ExactlyOnce);
    client.expect_disconnect(ReasonCode::ReceiveMaximumExceeded);
}

// [MQTT-4.9.0-2]
#[test]
fn mqtt_3_3_4_9_no_more_open_messages_than_the_client_takes() {
    let broker = TestBroker::start();
    for qos in [AtLeastOnce, ExactlyOnce] {
        let mut client = Client::v5("client").receive_maximum(2).manual_acks().connect(&broker);
        client.subscribe("t", qos);
        let mut publisher = Client::v5("publisher").connect(&broker);
        for number in 0..5 {
            publisher.publish("t", format!("{number}"), qos);
        }
        let first = client.expect_publish();
        client.expect_payloads(["1"]);
        client.expect_nothing();
        complete(&mut client, qos, first.packet_id, |client| client.expect_nothing());
        client.expect_payloads(["2"]);
        client.expect_nothing();
    }
}

/// Acknowledges a delivery; before its last packet `midway` can look at what is on the way.
fn complete(client: &mut Client, qos: Qos, packet_id: u16, midway: impl Fn(&mut Client)) {
    if qos == AtLeastOnce {
        client.ack(AckKind::PubAck, packet_id);
        return;
    }
    client.ack(AckKind::PubRec, packet_id);
    assert_eq!(client.recv().pubrel().packet_id, packet_id);
    midway(client);
    client.ack(AckKind::PubComp, packet_id);
}

// [MQTT-4.9.0-3]
#[test]
fn mqtt_3_3_4_10_a_full_window_holds_up_nothing_else() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").receive_maximum(1).manual_acks().connect(&broker);
    client.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for _ in 0..3 {
        publisher.publish("t", "x", AtLeastOnce);
    }
    client.expect_payloads(["x"]);
    client.ping();
    client.subscribe("other", AtMostOnce);
    publisher.publish("other", "passes", AtMostOnce);
    client.expect_payloads(["passes"]);
    client.unsubscribe("other");
    assert_eq!(client.publish("nobody", "x", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    client.expect_nothing();
}
