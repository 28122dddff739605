//! Messages that were sent but not acknowledged when the connection ended.

use dunlin_codec::AckKind::{PubAck, PubComp, PubRec};
use dunlin_codec::{Packet, Publish};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, Connecting, TestBroker};

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

#[test]
fn b008_a_puback_just_before_disconnect_counts() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for index in 0..100 {
        publisher.publish("t", index.to_string(), AtLeastOnce);
    }
    let first = subscriber.expect_publish();
    assert_eq!(first.text(), "0");
    subscriber.ack(PubAck, first.packet_id);
    subscriber.disconnect();

    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.expect_payloads((1..100).map(|index| index.to_string()));
    subscriber.expect_nothing();
}

/// [MQTT-4.4.0-1] [MQTT-3.3.1-1]
#[test]
fn b046_what_was_not_acknowledged_is_delivered_again() {
    let broker = TestBroker::start();
    for subscriber in [lasting("five"), Client::v4("four").clean_start(false), Client::v3("three").clean_start(false)] {
        let mut online = subscriber.clone().manual_acks().connect(&broker);
        online.subscribe("t/#", ExactlyOnce);
        let mut publisher = Client::v4("publisher").connect(&broker);
        publisher.publish("t/1", "one", AtLeastOnce);
        publisher.publish("t/2", "two", ExactlyOnce);
        let sent = [online.expect_publish(), online.expect_publish()];
        online.cut(&broker);

        let mut online = subscriber.connect(&broker);
        for first in sent {
            let again = online.expect_publish();
            assert!(again.dup);
            assert_eq!((again.packet_id, again.qos, again.payload), (first.packet_id, first.qos, first.payload));
        }
        online.expect_nothing();
    }
}

#[test]
fn b100_exactly_the_unacknowledged_come_again_then_the_new_ones() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    subscriber.subscribe("t/+", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for index in 0..20 {
        publisher.publish(&format!("t/{}", index % 3), index.to_string(), AtLeastOnce);
    }
    let received: Vec<_> = (0..20).map(|_| subscriber.expect_publish()).collect();
    // Every other one of the first ten, out of order.
    for message in received.iter().take(10).step_by(2).rev() {
        subscriber.ack(PubAck, message.packet_id);
    }
    subscriber.ping();
    subscriber.cut(&broker);
    for index in 20..25 {
        publisher.publish(&format!("t/{}", index % 3), index.to_string(), AtLeastOnce);
    }

    let mut subscriber = lasting("subscriber").connect(&broker);
    let expected = (0..25).filter(|index| *index >= 10 || index % 2 == 1);
    for index in expected {
        let message = subscriber.expect_publish();
        assert_eq!((message.text(), message.dup), (index.to_string().as_str(), index < 20));
    }
    subscriber.expect_nothing();
}

/// [MQTT-4.4.0-1] [MQTT-4.3.3-4]
#[test]
fn b101_released_messages_are_released_again_and_the_others_sent_again() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for index in 0..6 {
        publisher.publish("t", index.to_string(), ExactlyOnce);
    }
    let ids: Vec<_> = (0..6).map(|_| subscriber.expect_publish().packet_id).collect();
    for id in &ids[..3] {
        subscriber.ack(PubRec, *id);
        assert_eq!(subscriber.recv().pubrel().packet_id, *id);
    }
    subscriber.cut(&broker);

    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    for id in &ids[..3] {
        assert_eq!(subscriber.recv().pubrel().packet_id, *id);
    }
    for (index, id) in ids.iter().enumerate().skip(3) {
        let again = subscriber.expect_publish();
        assert_eq!((again.packet_id, again.dup, again.text()), (*id, true, index.to_string().as_str()));
    }
    subscriber.ack(PubComp, ids[0]);
    subscriber.ack(PubRec, ids[3]);
    assert_eq!(subscriber.recv().pubrel().packet_id, ids[3]);
    subscriber.cut(&broker);

    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    for id in &ids[1..4] {
        assert_eq!(subscriber.recv().pubrel().packet_id, *id);
    }
    for id in &ids[4..] {
        let again = subscriber.expect_publish();
        assert_eq!((again.packet_id, again.dup), (*id, true));
    }
    subscriber.expect_nothing();
}

/// [MQTT-3.10.4-3]
#[test]
fn b103_unsubscribing_stops_new_messages_but_not_what_was_sent() {
    let broker = TestBroker::start();
    for qos in [AtLeastOnce, ExactlyOnce] {
        let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
        subscriber.subscribe("t", qos);
        let mut publisher = Client::v5("publisher").connect(&broker);
        publisher.publish("t", "sent", qos);
        let sent = subscriber.expect_publish();
        subscriber.unsubscribe("t");
        publisher.publish("t", "unwanted", qos);
        subscriber.expect_nothing();
        subscriber.cut(&broker);

        let mut subscriber = lasting("subscriber").connect(&broker);
        let again = subscriber.expect_publish();
        assert_eq!((again.text(), again.dup, again.packet_id), ("sent", true, sent.packet_id));
        subscriber.expect_nothing();
        subscriber.subscribe("t", qos);
        publisher.publish("t", "wanted again", qos);
        assert_eq!(subscriber.expect_publish().text(), "wanted again");
        subscriber.disconnect();
        Client::v5("subscriber").connect(&broker).disconnect();
    }
}

#[test]
fn b108_another_qos_is_for_new_messages_only() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "old", ExactlyOnce);
    let old = subscriber.expect_publish();
    subscriber.subscribe("t", AtLeastOnce);
    publisher.publish("t", "new", ExactlyOnce);
    let new = subscriber.expect_publish();
    assert_eq!((old.qos, new.qos), (ExactlyOnce, AtLeastOnce));
    subscriber.cut(&broker);

    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    for (first, payload) in [(old, "old"), (new, "new")] {
        let again = subscriber.expect_publish();
        assert_eq!((again.text(), again.qos, again.packet_id), (payload, first.qos, first.packet_id));
        match again.qos {
            ExactlyOnce => {
                subscriber.ack(PubRec, again.packet_id);
                let release = |packet: &Packet<'_>| matches!(packet, Packet::PubRel(_));
                subscriber.recv_where("PUBREL", release);
                subscriber.ack(PubComp, again.packet_id);
            }
            _ => subscriber.ack(PubAck, again.packet_id),
        }
    }
    subscriber.expect_nothing();
}

/// [MQTT-2.2.1-4]
#[test]
fn b113_packet_identifiers_wrap_around() {
    const BATCH: u32 = 1_000;
    let broker = TestBroker::with("mqtt.upgrade_qos = true");
    let mut subscriber = Client::v5("subscriber").manual_acks().connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    // One stays open all the time: its identifier must not be given away.
    publisher.publish("t", "open", AtMostOnce);
    let open = subscriber.expect_publish();
    let mut last = open.packet_id;
    let mut wraps = 0;
    for batch in 0..67 {
        let mut bytes = Vec::new();
        for index in 0..BATCH {
            let payload = (batch * BATCH + index).to_be_bytes();
            let publish = Publish { topic: "t", payload: &payload, ..Publish::default() };
            dunlin_codec::encode(dunlin_model::ProtocolVersion::V5, &Packet::Publish(publish), &mut bytes)
                .expect("a packet that can be encoded");
        }
        publisher.send_raw(&bytes);
        for index in 0..BATCH {
            let message = subscriber.expect_publish();
            assert_eq!(message.payload, (batch * BATCH + index).to_be_bytes());
            assert!(message.packet_id != 0 && message.packet_id != open.packet_id);
            wraps += u32::from(message.packet_id < last);
            last = message.packet_id;
            subscriber.ack(PubAck, message.packet_id);
        }
    }
    assert_eq!(wraps, 1);
}
