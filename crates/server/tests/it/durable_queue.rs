//! Messages that wait for durable sessions, across a stop and a start of the broker: order, packet identifiers, DUP, and both
//! sides of QoS 2.

use dunlin_codec::AckKind::{PubAck, PubComp, PubRec, PubRel};
use dunlin_codec::{Packet, Publish};
use dunlin_model::Qos::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, Connecting, TestBroker};

pub(super) fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

/// A session that has subscribed and has gone.
pub(super) fn leave_subscribed(broker: &TestBroker, id: &str, filter: &str, qos: Qos) {
    let mut client = lasting(id).connect(broker);
    client.subscribe(filter, qos);
    client.disconnect();
}

/// Publishes the numbers of a range and waits for all acknowledgements, with many messages under way.
pub(super) fn publish_numbers(publisher: &mut Client, topic: &str, numbers: std::ops::Range<usize>, pad: usize) {
    let window = usize::from(publisher.connack().receive_maximum.unwrap_or(u16::MAX)).min(500);
    let numbers: Vec<usize> = numbers.collect();
    for some in numbers.chunks(window) {
        for number in some {
            publisher.send_publish(topic, format!("{number:pad$}"), AtLeastOnce);
        }
        for _ in some {
            let code =
                publisher.recv_where("PUBACK", |packet| matches!(packet, Packet::PubAck(_))).puback().reason_code;
            assert_eq!(code, ReasonCode::Success);
        }
    }
}

/// The next messages carry these numbers, in this order.
fn expect_numbers(subscriber: &mut Client, numbers: std::ops::Range<usize>) {
    for number in numbers {
        assert_eq!(subscriber.expect_publish().text().trim_start(), number.to_string());
    }
}

/// [MQTT-4.4.0-1] [MQTT-4.6.0-5]
#[test]
fn b099_messages_that_waited_arrive_in_order_after_a_restart() {
    for subscriber in [lasting("c"), Client::v4("c").clean_start(false), Client::v3("c").clean_start(false)] {
        let broker = TestBroker::start();
        let mut online = subscriber.clone().connect(&broker);
        online.subscribe("t/#", ExactlyOnce);
        online.disconnect();
        let mut publisher = Client::v5("publisher").connect(&broker);
        let mut expected = Vec::new();
        for number in 0..30 {
            let qos = [AtLeastOnce, ExactlyOnce][number % 2];
            publisher.publish(&format!("t/{}", number % 3), number.to_string(), qos);
            expected.push((number.to_string(), qos));
        }
        let broker = broker.restart();
        let mut online = subscriber.connect(&broker);
        for (payload, qos) in expected {
            let message = online.expect_publish();
            assert_eq!((message.text(), message.qos, message.dup), (&*payload, qos, false));
        }
        online.expect_nothing();
        // What was acknowledged is gone for good.
        online.disconnect();
        let broker = broker.restart();
        lasting("c").connect(&broker).expect_nothing();
    }
}

#[test]
fn b093_a_message_keeps_everything_it_came_with() {
    let broker = TestBroker::start();
    let mut client = lasting("c").connect(&broker);
    client.subscribe_with_id(9, "t", ExactlyOnce);
    client.disconnect();
    let properties = dunlin_testkit::MessageProperties::new()
        .payload_format_indicator(1)
        .content_type("text/plain")
        .response_topic("answer")
        .correlation_data(b"\0\x01")
        .user("a", "1")
        .user("a", "2");
    Client::v5("publisher").connect(&broker).publish_with(Publish {
        topic: "t",
        payload: b"text",
        qos: ExactlyOnce,
        message_expiry_interval: Some(1_000),
        properties: properties.as_properties(),
        ..Publish::default()
    });
    let broker = broker.restart();
    let mut client = lasting("c").connect(&broker);
    let message = client.expect_publish();
    assert_eq!((&*message.topic, message.text(), message.qos), ("t", "text", ExactlyOnce));
    assert!(message.message_expiry_interval.is_some_and(|left| (900..=1_000).contains(&left)), "{message:?}");
    assert_eq!(message.subscription_ids, [9]);
    assert_eq!(message.payload_format_indicator, Some(1));
    assert_eq!(message.content_type.as_deref(), Some("text/plain"));
    assert_eq!(message.response_topic.as_deref(), Some("answer"));
    assert_eq!(message.correlation_data.as_deref(), Some(&b"\0\x01"[..]));
    assert_eq!(message.user_properties, [("a".into(), "1".into()), ("a".into(), "2".into())]);
}

/// [MQTT-3.3.1-1] [MQTT-4.4.0-1]
#[test]
fn b100_only_what_was_sent_and_not_acknowledged_comes_again_with_dup() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").receive_maximum(4).manual_acks().connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..8 {
        publisher.publish("t", number.to_string(), AtLeastOnce);
    }
    let sent: Vec<_> = (0..4).map(|_| subscriber.expect_publish()).collect();
    // Out of order, and the window moves on by one.
    subscriber.ack(PubAck, sent[2].packet_id);
    let fifth = subscriber.expect_publish();
    assert_eq!((fifth.text(), fifth.dup), ("4", false));

    let broker = broker.restart();
    let mut subscriber = lasting("subscriber").connect(&broker);
    assert!(subscriber.session_present());
    for first in [&sent[0], &sent[1], &sent[3], &fifth] {
        let again = subscriber.expect_publish();
        assert!(again.dup, "{again:?}");
        assert_eq!((again.packet_id, &again.payload), (first.packet_id, &first.payload));
    }
    for number in ["5", "6", "7"] {
        let new = subscriber.expect_publish();
        assert_eq!((new.text(), new.dup), (number, false));
    }
    subscriber.expect_nothing();
}

/// [MQTT-4.3.3-6] [MQTT-4.3.3-8]
#[test]
fn b101_qos_2_to_a_subscriber_goes_on_where_it_was() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for payload in ["a", "b", "c"] {
        publisher.publish("t", payload, ExactlyOnce);
    }
    let [a, b, c] = [(); 3].map(|()| subscriber.expect_publish());
    subscriber.ack(PubRec, a.packet_id);
    assert_eq!(subscriber.recv().pubrel().packet_id, a.packet_id);

    let broker = broker.restart();
    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    assert_eq!(subscriber.recv().pubrel().packet_id, a.packet_id, "PUBREC came: only PUBREL is owed");
    for first in [&b, &c] {
        let again = subscriber.expect_publish();
        assert_eq!((again.text(), again.packet_id, again.dup), (first.text(), first.packet_id, true));
    }
    subscriber.ack(PubComp, a.packet_id);
    subscriber.ack(PubRec, c.packet_id);
    assert_eq!(subscriber.recv().pubrel().packet_id, c.packet_id);

    let broker = broker.restart();
    let mut subscriber = lasting("subscriber").connect(&broker);
    let again = subscriber.expect_publish();
    assert_eq!((again.text(), again.packet_id, again.dup), ("b", b.packet_id, true));
    subscriber.expect_nothing();
    subscriber.disconnect();
    let broker = broker.restart();
    lasting("subscriber").connect(&broker).expect_nothing();
}

/// [MQTT-4.3.3-10] [MQTT-4.3.3-12]
#[test]
fn b093_qos_2_from_a_publisher_is_taken_exactly_once() {
    let broker = TestBroker::start();
    leave_subscribed(&broker, "subscriber", "t", ExactlyOnce);
    let publish =
        |payload, dup| Publish { topic: "t", payload, qos: ExactlyOnce, packet_id: 7, dup, ..Publish::default() };
    let mut publisher = lasting("publisher").connect(&broker);
    publisher.send_publish_with(publish(b"first", false));
    assert_eq!(publisher.recv().pubrec().reason_code, ReasonCode::Success);

    // PUBLISH again: the answer was lost, as far as the publisher knows.
    let broker = broker.restart();
    let mut publisher = lasting("publisher").connect(&broker);
    assert!(publisher.session_present());
    publisher.send_publish_with(publish(b"first", true));
    assert_eq!(publisher.recv().pubrec().packet_id, 7);
    assert_eq!(publisher.release(7), ReasonCode::Success);

    // PUBREL again.
    let broker = broker.restart();
    let mut publisher = lasting("publisher").connect(&broker);
    publisher.ack(PubRel, 7);
    assert_eq!(publisher.recv().pubcomp().packet_id, 7);
    // The identifier is free for another message.
    publisher.send_publish_with(publish(b"second", false));
    assert_eq!(publisher.recv().pubrec().reason_code, ReasonCode::Success);
    assert_eq!(publisher.release(7), ReasonCode::Success);

    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.expect_payloads(["first", "second"]);
    subscriber.expect_nothing();
}

/// [MQTT-4.6.0-5]
#[test]
fn b112_messages_at_qos_0_keep_their_place_among_the_others() {
    let broker = TestBroker::start();
    leave_subscribed(&broker, "c", "t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let qualities = [AtLeastOnce, AtMostOnce, ExactlyOnce, AtMostOnce, AtMostOnce, AtLeastOnce];
    for (number, qos) in qualities.into_iter().enumerate() {
        publisher.publish("t", number.to_string(), qos);
    }
    let broker = broker.restart();
    let mut client = lasting("c").connect(&broker);
    for (number, qos) in qualities.into_iter().enumerate() {
        let message = client.expect_publish();
        assert_eq!((message.text(), message.qos), (&*number.to_string(), qos));
    }
    client.expect_nothing();
}

#[test]
fn b106_order_holds_across_log_segments_and_checkpoints() {
    // 3 MB in segments of 1 MiB, with checkpoints between.
    let broker = TestBroker::with("durable_sessions.checkpoint_interval = 10ms");
    leave_subscribed(&broker, "c", "t", AtLeastOnce);
    let mut publisher = lasting("publisher").connect(&broker);
    publish_numbers(&mut publisher, "t", 0..1_500, 1_000);
    let broker = broker.restart();
    let mut publisher = lasting("publisher").connect(&broker);
    publish_numbers(&mut publisher, "t", 1_500..3_000, 1_000);
    let mut client = lasting("c").connect(&broker);
    expect_numbers(&mut client, 0..1_000);
    client.ping();
    drop(client);
    let broker = broker.restart();
    let mut client = lasting("c").connect(&broker);
    let first = client.expect_publish();
    let first: usize = first.text().trim_start().parse().expect("a number");
    assert!(first >= 1_000, "{first} was acknowledged");
    expect_numbers(&mut client, first + 1..3_000);
    client.expect_nothing();
}

#[test]
fn b106_a_queue_far_longer_than_the_window_drains_while_another_client_is_served() {
    const MESSAGES: usize = 50_000;
    let broker = TestBroker::start();
    leave_subscribed(&broker, "c", "t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publish_numbers(&mut publisher, "t", 0..MESSAGES, 0);
    let mut other = Client::v5("other").connect(&broker);
    other.subscribe("other", AtLeastOnce);
    let mut client = lasting("c").connect(&broker);
    for round in 0..10 {
        expect_numbers(&mut client, round * MESSAGES / 10..(round + 1) * MESSAGES / 10);
        publisher.publish("other", round.to_string(), AtLeastOnce);
        other.expect_payloads([round.to_string()]);
    }
    client.expect_nothing();
}

#[test]
fn b089_replayed_messages_are_in_the_statistics() {
    let broker = TestBroker::start();
    leave_subscribed(&broker, "c", "t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..5 {
        publisher.publish("t", number.to_string(), AtLeastOnce);
    }
    let broker = broker.restart();
    assert_eq!(broker.metric(dunlin_broker::Metric::MessagesSent), 0);
    let mut client = lasting("c").connect(&broker);
    expect_numbers(&mut client, 0..5);
    broker.wait_until("five were counted", |broker| broker.metric(dunlin_broker::Metric::MessagesSent) == 5);
}
