//! MQTT 5.0 chapters 3.4 to 3.7, 4.3, 4.4 and 4.6: acknowledgements, delivery protocols, order.

use crate::statements_bytes::expect_fault;
use dunlin_codec::{AckKind, Packet, Publish};
use dunlin_model::Qos::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, Connecting, TestBroker, let_time_pass};
use std::time::Duration;

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(60).manual_acks()
}

/// A subscriber that acknowledges when the test says so.
fn subscriber(broker: &TestBroker, qos: Qos) -> Client {
    let mut subscriber = lasting("subscriber").connect(broker);
    subscriber.subscribe("t", qos);
    subscriber
}

fn publisher(broker: &TestBroker) -> Client {
    Client::v5("publisher").connect(broker)
}

#[test]
fn mqtt_3_4_2_1_puback_says_that_nobody_subscribes() {
    let broker = TestBroker::start();
    let mut publisher = publisher(&broker);
    assert_eq!(publisher.publish("t", "x", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    assert_eq!(publisher.publish("$SYS/brokers", "x", AtLeastOnce), ReasonCode::NotAuthorized);
    let _subscriber = subscriber(&broker, AtLeastOnce);
    assert_eq!(publisher.publish("t", "x", AtLeastOnce), ReasonCode::Success);
}

#[test]
fn mqtt_3_5_2_1_pubrec_says_that_nobody_subscribes() {
    let broker = TestBroker::start();
    let mut publisher = publisher(&broker);
    assert_eq!(publisher.publish("t", "x", ExactlyOnce), ReasonCode::NoMatchingSubscribers);
    assert_eq!(publisher.publish("$SYS/brokers", "x", ExactlyOnce), ReasonCode::NotAuthorized);
    // A refusal ends the exchange: PUBREL finds nothing.
    assert_eq!(publisher.release(2), ReasonCode::PacketIdentifierNotFound);
}

// [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
#[test]
fn mqtt_3_4_2_1_codes_that_no_acknowledgement_has_end_the_connection() {
    let broker = TestBroker::start();
    for first_byte in [0x40, 0x50, 0x62, 0x70] {
        expect_fault(&broker, &[first_byte, 3, 0, 1, 0x05], ReasonCode::MalformedPacket);
    }
}

#[test]
fn mqtt_3_6_1_1_pubrel_carries_0010() {
    let broker = TestBroker::start();
    expect_fault(&broker, &[0x60, 2, 0, 1], ReasonCode::MalformedPacket);
    let mut subscriber = subscriber(&broker, ExactlyOnce);
    publisher(&broker).publish("t", "x", ExactlyOnce);
    let id = subscriber.expect_publish().packet_id;
    subscriber.ack(AckKind::PubRec, id);
    assert_eq!(subscriber.recv().bytes()[0], 0x62);
}

// [MQTT-4.3.3-11]
#[test]
fn mqtt_3_7_2_1_pubrel_for_an_unknown_identifier_is_answered() {
    let broker = TestBroker::start();
    let mut client = publisher(&broker);
    assert_eq!(client.release(77), ReasonCode::PacketIdentifierNotFound);
    client.ping();
}

// [MQTT-4.3.2-5]
#[test]
fn mqtt_4_3_2_4_an_identifier_is_free_again_after_puback() {
    let broker = TestBroker::start();
    let mut subscriber = subscriber(&broker, AtLeastOnce);
    let mut publisher = publisher(&broker);
    for payload in [b"1", b"2"] {
        let publish = Publish { topic: "t", payload, qos: AtLeastOnce, packet_id: 5, ..Publish::default() };
        assert_eq!(publisher.publish_with(publish), ReasonCode::Success);
    }
    subscriber.expect_payloads(["1", "2"]);
}

#[test]
fn mqtt_4_3_3_4_pubrec_with_an_error_ends_the_exchange() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").receive_maximum(1).connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = publisher(&broker);
    publisher.publish("t", "refused", ExactlyOnce);
    publisher.publish("t", "next", ExactlyOnce);
    let refused = subscriber.expect_publish();
    subscriber.ack_with(AckKind::PubRec, refused.packet_id, ReasonCode::QuotaExceeded);
    // No PUBREL, and the only slot is free.
    subscriber.expect_payloads(["next"]);
    subscriber.cut(&broker);
    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.expect_payloads(["next"]);
    subscriber.expect_nothing();
}

// [MQTT-4.3.3-13]
#[test]
fn mqtt_4_3_3_7_an_exchange_outlives_the_expiry_of_its_message() {
    let broker = TestBroker::start();
    let mut subscriber = subscriber(&broker, ExactlyOnce);
    let mut publisher = publisher(&broker);
    let message_expiry_interval = Some(1);
    let id = publisher.send_publish_with(Publish {
        topic: "t",
        qos: ExactlyOnce,
        message_expiry_interval,
        ..Publish::default()
    });
    assert_eq!(publisher.recv().pubrec().packet_id, id);
    let delivered = subscriber.expect_publish().packet_id;
    let_time_pass(Duration::from_millis(1200));
    assert_eq!(publisher.release(id), ReasonCode::Success);
    subscriber.ack(AckKind::PubRec, delivered);
    assert_eq!(subscriber.recv().pubrel().reason_code, ReasonCode::Success);
    subscriber.ack(AckKind::PubComp, delivered);
    subscriber.expect_nothing();
}

// [MQTT-4.3.3-12]
#[test]
fn mqtt_4_3_3_10_a_repeated_publish_is_acknowledged_but_delivered_once() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = publisher(&broker);
    let publish =
        |dup| Publish { topic: "t", payload: b"x", qos: ExactlyOnce, packet_id: 9, dup, ..Publish::default() };
    for dup in [false, true, true] {
        publisher.send_publish_with(publish(dup));
        let pubrec = publisher.recv();
        assert_eq!((pubrec.pubrec().packet_id, pubrec.pubrec().reason_code), (9, ReasonCode::Success));
    }
    subscriber.expect_payloads(["x"]);
    subscriber.expect_nothing();
    assert_eq!(publisher.release(9), ReasonCode::Success);
    // The identifier is free: the same bytes are a new message.
    publisher.publish_with(publish(false));
    subscriber.expect_payloads(["x"]);
    subscriber.expect_nothing();
}

// [MQTT-4.3.2-3] [MQTT-4.3.3-3] [MQTT-4.3.3-5]
#[test]
fn mqtt_4_4_0_1_what_is_open_is_sent_again_on_reconnect_and_only_then() {
    let broker = TestBroker::start();
    let mut subscriber = subscriber(&broker, ExactlyOnce);
    let mut publisher = publisher(&broker);
    for (payload, qos) in [("one", AtLeastOnce), ("two", ExactlyOnce), ("three", ExactlyOnce)] {
        publisher.publish("t", payload, qos);
    }
    let ids: Vec<u16> = (0..3).map(|_| subscriber.expect_publish().packet_id).collect();
    subscriber.ack(AckKind::PubRec, ids[1]);
    assert_eq!(subscriber.recv().pubrel().packet_id, ids[1]);
    subscriber.expect_nothing_for(Duration::from_secs(1));
    subscriber.cut(&broker);
    let mut subscriber = lasting("subscriber").connect(&broker);
    let again = subscriber.expect_publish();
    assert_eq!((again.text(), again.packet_id, again.dup), ("one", ids[0], true));
    assert_eq!(subscriber.recv().pubrel().packet_id, ids[1]);
    let again = subscriber.expect_publish();
    assert_eq!((again.text(), again.packet_id, again.dup), ("three", ids[2], true));
    subscriber.expect_nothing();
}

#[test]
fn mqtt_4_4_0_2_a_refused_message_is_never_sent_again() {
    let broker = TestBroker::start();
    let mut subscriber = subscriber(&broker, AtLeastOnce);
    publisher(&broker).publish("t", "x", AtLeastOnce);
    let id = subscriber.expect_publish().packet_id;
    subscriber.ack_with(AckKind::PubAck, id, ReasonCode::UnspecifiedError);
    subscriber.ping();
    subscriber.cut(&broker);
    lasting("subscriber").connect(&broker).expect_nothing();
}

// [MQTT-4.6.0-3] [MQTT-4.6.0-4]
#[test]
fn mqtt_4_6_0_2_acknowledgements_come_in_the_order_of_the_messages() {
    let broker = TestBroker::start();
    let mut publisher = publisher(&broker);
    for qos in [AtLeastOnce, ExactlyOnce] {
        let ids: Vec<u16> = (0..20).map(|_| publisher.send_publish("t", "x", qos)).collect();
        let answered: Vec<u16> = (0..20)
            .map(|_| match publisher.recv().packet() {
                Packet::PubAck(ack) | Packet::PubRec(ack) => ack.packet_id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(answered, ids);
    }
    // Those of QoS 2 are still open: PUBCOMP in the order of PUBREL.
    let ids: Vec<u16> = (21..=40).rev().collect();
    for id in &ids {
        publisher.ack(AckKind::PubRel, *id);
    }
    let completed: Vec<u16> = ids.iter().map(|_| publisher.recv().pubcomp().packet_id).collect();
    assert_eq!(completed, ids);
}

// [MQTT-4.6.0-6]
#[test]
fn mqtt_4_6_0_5_messages_of_a_publisher_arrive_in_order() {
    const MESSAGES: usize = 999;
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t/#", ExactlyOnce);
    let mut publisher = publisher(&broker);
    for number in 0..MESSAGES {
        let qos = [AtMostOnce, AtLeastOnce, ExactlyOnce][number % 3];
        let (topic, payload) = (format!("t/{}", number % 3), format!("{number}"));
        if qos == AtMostOnce {
            // Without waiting for it to arrive.
            publisher.send_publish(&topic, payload, qos);
        } else {
            publisher.publish(&topic, payload, qos);
        }
    }
    let mut next = [0, 1, 2];
    for _ in 0..MESSAGES {
        let message = subscriber.expect_publish();
        let number: usize = message.text().parse().expect("a number");
        assert_eq!(number, next[number % 3], "order within one topic and quality of service");
        next[number % 3] += 3;
    }
}

#[test]
fn mqtt_4_6_0_5_order_is_kept_across_reconnects() {
    const MESSAGES: usize = 300;
    let broker = TestBroker::start();
    let connect = || Client::v5("subscriber").clean_start(false).session_expiry(60).receive_maximum(7).connect(&broker);
    let mut subscriber = connect();
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = publisher(&broker);
    let mut next = 0;
    for number in 0..MESSAGES {
        publisher.publish("t", format!("{number}"), AtLeastOnce);
        if number % 50 == 49 {
            // Reads a part, then the connection breaks with the rest on its way.
            for _ in 0..20 {
                next = one_more(&mut subscriber, next);
            }
            subscriber.cut(&broker);
            subscriber = connect();
        }
    }
    while next < MESSAGES {
        next = one_more(&mut subscriber, next);
    }
    subscriber.expect_nothing();
}

/// Reads a message that is the next one or, marked, one that was there before; returns which is next then.
fn one_more(subscriber: &mut Client, next: usize) -> usize {
    let message = subscriber.expect_publish();
    let number: usize = message.text().parse().expect("a number");
    assert!(number == next || (message.dup && number < next), "{number} came where {next} should have");
    next.max(number + 1)
}
