//! Limits of packets and windows, in both directions.

use dunlin_broker::Metric;
use dunlin_codec::Publish;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Client, Connecting, TestBroker, let_time_pass};
use std::time::Duration;

const MORE_THAN_A_SECOND: Duration = Duration::from_millis(1_100);

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

#[test]
fn b041_a_packet_above_the_limit_is_refused() {
    let broker = TestBroker::with("mqtt.max_packet_size = 200B");
    let long = "x".repeat(200);
    let refused = Client::v5("c").with(|connect| connect.username = Some(&long)).connect_refused(&broker);
    assert_eq!(refused.connack().reason_code, ReasonCode::PacketTooLarge);

    let mut client = Client::v5("c").connect(&broker);
    assert_eq!(client.connack().maximum_packet_size, Some(200));
    client.publish("t", "x".repeat(150), AtLeastOnce);
    client.send_publish("t", &long, AtLeastOnce);
    client.expect_disconnect(ReasonCode::PacketTooLarge);
    broker.wait_until("both are counted", |broker| broker.disconnects(DisconnectReason::FrameTooLarge) == 2);
}

/// [MQTT-3.1.2-24] [MQTT-3.1.2-25]
#[test]
fn b042_a_message_above_the_clients_limit_is_dropped_and_counted() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").maximum_packet_size(100).receive_maximum(1).connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for (count, qos) in [(1, AtMostOnce), (2, AtLeastOnce), (3, ExactlyOnce)] {
        assert_eq!(publisher.publish("t", "x".repeat(200), qos), ReasonCode::Success);
        publisher.publish("t", "small", qos);
        assert_eq!(subscriber.expect_publish().text(), "small");
        subscriber.expect_nothing();
        assert_eq!(broker.metric(Metric::DeliveryDroppedTooLarge), count);
    }
    assert_eq!(broker.metric(Metric::DeliveryDropped), 3);
}

/// [MQTT-3.3.4-7]
#[test]
fn b068_a_publisher_above_the_receive_maximum_is_disconnected_and_finds_room_later() {
    let broker = TestBroker::with("mqtt { max_inflight = 3, max_awaiting_rel = 3, await_rel_timeout = 1s }");
    let mut publisher = lasting("publisher").connect(&broker);
    for _ in 0..3 {
        publisher.send_publish("t", "", ExactlyOnce);
        assert!(!publisher.recv().pubrec().reason_code.is_error());
    }
    publisher.send_publish("t", "", ExactlyOnce);
    publisher.expect_disconnect(ReasonCode::ReceiveMaximumExceeded);

    // A new connection has a new window, but what waits for PUBREL belongs to the session.
    let mut publisher = lasting("publisher").connect(&broker);
    publisher.send_publish_with(Publish { topic: "t", qos: ExactlyOnce, packet_id: 10, ..Publish::default() });
    publisher.expect_disconnect(ReasonCode::ReceiveMaximumExceeded);

    let_time_pass(MORE_THAN_A_SECOND);
    let mut publisher = lasting("publisher").connect(&broker);
    for packet_id in 10..13 {
        publisher.publish_with(Publish { topic: "t", qos: ExactlyOnce, packet_id, ..Publish::default() });
    }
    assert_eq!(broker.metric(Metric::MessagesDroppedAwaitPubrelTimeout), 3);
}

#[test]
fn b068_a_connected_publisher_finds_room_after_the_timeout_too() {
    let broker = TestBroker::with("mqtt { max_inflight = 1, await_rel_timeout = 1s }");
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.send_publish("t", "", ExactlyOnce);
    assert!(!publisher.recv().pubrec().reason_code.is_error());
    let_time_pass(MORE_THAN_A_SECOND);
    publisher.publish("t", "", ExactlyOnce);
    publisher.publish("t", "", AtLeastOnce);
}

/// [MQTT-4.3.3-10]
#[test]
fn b070_a_repeated_publish_of_an_exchange_given_up_is_not_delivered_twice() {
    let broker = TestBroker::with("mqtt.await_rel_timeout = 1s");
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = lasting("publisher").connect(&broker);
    let publish = Publish { topic: "t", payload: b"once", qos: ExactlyOnce, packet_id: 5, ..Publish::default() };
    publisher.send_publish_with(publish.clone());
    assert_eq!(publisher.recv().pubrec().packet_id, 5);
    assert_eq!(subscriber.expect_publish().text(), "once");
    publisher.cut(&broker);
    let_time_pass(MORE_THAN_A_SECOND);

    let mut publisher = lasting("publisher").connect(&broker);
    publisher.send_publish_with(Publish { dup: true, ..publish });
    let again = publisher.recv();
    assert_eq!((again.pubrec().packet_id, again.pubrec().reason_code), (5, ReasonCode::Success));
    assert_eq!(publisher.release(5), ReasonCode::Success);
    subscriber.expect_nothing();
}
