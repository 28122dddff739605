//! SUBSCRIBE, UNSUBSCRIBE and what they ask for.

use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{DisconnectReason, ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, TestBroker};

fn no_local() -> SubscriptionOptions {
    SubscriptionOptions { qos: AtLeastOnce, no_local: true, ..SubscriptionOptions::default() }
}

/// [MQTT-3.8.4-3]
#[test]
fn b001_subscribing_twice_leaves_one_subscription() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.subscribe("t", ExactlyOnce);
    assert_eq!(broker.subscriptions(), 1);
    for payload in ["1", "2", "3"] {
        client.publish("t", payload, ExactlyOnce);
    }
    client.expect_payloads(["1", "2", "3"]);
    client.expect_nothing();
}

/// [MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT-3.3.4-4]
#[test]
fn b031_overlapping_subscriptions_deliver_below_the_published_qos_with_their_identifiers() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe_with_id(1, "t/#", AtLeastOnce);
    subscriber.subscribe_with_id(2, "t/+", AtMostOnce);
    Client::v5("publisher").connect(&broker).publish("t/a", "x", ExactlyOnce);
    let messages = subscriber.drain();
    let mut identifiers: Vec<u32> = Vec::new();
    for message in &messages {
        assert!(message.qos < ExactlyOnce);
        identifiers.extend(&message.subscription_ids);
    }
    identifiers.sort_unstable();
    assert_eq!(identifiers, [1, 2]);
    assert_eq!(messages.iter().map(|message| message.qos).max(), Some(AtLeastOnce));
}

/// [MQTT-3.8.3-3]
#[test]
fn b033_no_local_publisher_gets_nothing() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.subscribe_with("t", no_local());
    let mut other = Client::v5("other").connect(&broker);
    other.subscribe_with("t", no_local());
    publisher.publish("t", "hello", AtLeastOnce);
    assert_eq!(other.expect_publish().text(), "hello");
    publisher.expect_nothing();
}

/// [MQTT-3.8.3-3]
#[test]
fn b034_no_local_lets_only_the_others_through() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe_with("t/#", no_local());
    let mut other = Client::v5("other").connect(&broker);
    for index in 0..8 {
        let publisher = if index % 4 == 3 { &mut other } else { &mut client };
        publisher.publish(&format!("t/{index}"), index.to_string(), AtLeastOnce);
    }
    client.expect_payloads(["3", "7"]);
    client.expect_nothing();
}

/// [MQTT-3.8.4-3] [MQTT-3.8.4-6] [MQTT-3.8.4-8]
#[test]
fn b035_subscribing_again_replaces_the_options() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe("t", ExactlyOnce);
    let lower = SubscriptionOptions { qos: AtLeastOnce, ..SubscriptionOptions::default() };
    let lowest = SubscriptionOptions::default();
    let granted = client.subscribe_all(None, &[("t", lower), ("u", lowest)]);
    assert_eq!(granted, [ReasonCode::GrantedQos1, ReasonCode::Success]);
    client.publish("t", "x", ExactlyOnce);
    assert_eq!(client.expect_publish().qos, AtLeastOnce);
    client.expect_nothing();
}

/// [MQTT-3.11.3-1] [MQTT-3.11.3-2]
#[test]
fn b037_unsuback_says_what_was_there_in_order() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe("a", AtMostOnce);
    client.subscribe("b/+", AtMostOnce);
    let (there, unknown) = (ReasonCode::Success, ReasonCode::NoSubscriptionExisted);
    assert_eq!(client.unsubscribe_all(&["never"]), [unknown]);
    assert_eq!(client.unsubscribe_all(&["never", "a", "b/x", "b/+", "a"]), [unknown, there, unknown, there, unknown]);
    assert_eq!(broker.subscriptions(), 0);
}

/// A QoS 2 message that one member has seen goes to no other [MQTT-4.8.2-5].
#[test]
fn b039_a_message_of_qos_2_that_was_sent_to_a_member_goes_to_no_other() {
    let broker = TestBroker::start();
    let mut members = ["one", "two"].map(|id| Client::v5(id).manual_acks().connect(&broker));
    for member in &mut members {
        member.subscribe("$share/group/t", ExactlyOnce);
    }
    Client::v5("publisher").connect(&broker).publish("t", "once", ExactlyOnce);
    let [one, two] = members;
    let (mut chosen, mut other) = (one, two);
    let mut received = chosen.drain();
    if received.is_empty() {
        std::mem::swap(&mut chosen, &mut other);
        received = chosen.drain();
    }
    assert_eq!(received.len(), 1);
    chosen.cut(&broker);
    other.expect_nothing();
}

/// [MQTT-3.8.3-4]
#[test]
fn b040_no_local_on_a_shared_subscription_is_a_protocol_error() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.send_subscribe(None, &[("$share/group/t", no_local())]);
    client.expect_disconnect(ReasonCode::ProtocolError);
}

/// Either way is allowed, three copies are not [MQTT-3.3.4-4].
#[test]
fn b045_overlapping_subscriptions_deliver_at_most_one_copy_each() {
    let broker = TestBroker::start();
    for subscriber in [Client::v5("subscriber"), Client::v4("subscriber")] {
        let mut subscriber = subscriber.connect(&broker);
        subscriber.subscribe("t/#", AtLeastOnce);
        subscriber.subscribe("t/+", AtLeastOnce);
        Client::v5("publisher").connect(&broker).publish("t/a", "x", AtLeastOnce);
        let copies = subscriber.drain().len();
        assert!((1..=2).contains(&copies), "{copies} copies");
    }
}

/// [MQTT-4.7.2-1]
#[test]
fn b047_a_wildcard_at_the_start_does_not_match_a_dollar_topic() {
    let broker = TestBroker::start();
    let mut client = Client::v4("c").connect(&broker);
    client.subscribe("+/x", AtMostOnce);
    client.subscribe("#", AtMostOnce);
    let mut exact = Client::v4("exact").connect(&broker);
    exact.subscribe("$topic/+", AtMostOnce);
    Client::v4("publisher").connect(&broker).publish("$topic/x", "hidden", AtLeastOnce);
    assert_eq!(exact.expect_publish().text(), "hidden");
    client.expect_nothing();
}

/// [MQTT-1.5.4-1] [MQTT-3.8.3-1]
#[test]
fn b056_a_filter_that_is_not_utf_8_is_rejected_and_counted() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.send_raw(b"\x82\x09\x00\x01\x00\x00\x03a\xC3\x28\x00");
    client.expect_disconnect(ReasonCode::MalformedPacket);
    broker.wait_until("it is counted", |broker| broker.disconnects(DisconnectReason::InvalidUtf8) == 1);
    Client::v5("another").connect(&broker).ping();
}
