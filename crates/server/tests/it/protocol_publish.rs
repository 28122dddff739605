//! PUBLISH and its acknowledgements.

use dunlin_broker::Metric;
use dunlin_codec::{AckKind, Publish};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, MessageProperties, TestBroker};

#[test]
fn b002_payloads_of_any_size_arrive() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for len in [120, 1_200, 12_000, 120_000] {
        let payload: Vec<u8> = (0..len).map(|index| (index % 251) as u8).collect();
        publisher.publish("t", &payload, AtLeastOnce);
        assert!(subscriber.expect_publish().payload == payload, "{len} bytes");
    }
}

/// [MQTT-3.3.2-2]
#[test]
fn b023_a_topic_with_a_wildcard_ends_the_connection() {
    let broker = TestBroker::start();
    for topic in ["a/+", "a/#", "+"] {
        let mut client = Client::v5("c").connect(&broker);
        client.send_publish(topic, "", AtMostOnce);
        client.expect_disconnect(ReasonCode::TopicNameInvalid);
    }
}

/// [MQTT-3.3.2-8]
#[test]
fn b025_topic_alias_0_is_invalid() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.send_publish_with(Publish { topic: "t", topic_alias: Some(0), ..Publish::default() });
    client.expect_disconnect(ReasonCode::TopicAliasInvalid);
}

/// [MQTT-3.3.2-12]
#[test]
fn b026_an_alias_stands_for_its_topic() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let alias =
        |topic, payload| Publish { topic, payload, topic_alias: Some(233), qos: AtLeastOnce, ..Publish::default() };
    publisher.publish_with(alias("t", b"by name"));
    publisher.publish_with(alias("", b"by alias"));
    for payload in ["by name", "by alias"] {
        let message = subscriber.expect_publish();
        assert_eq!((message.topic.as_str(), message.text()), ("t", payload));
        assert_eq!(message.topic_alias, None, "the publisher's alias is its own");
    }
}

/// [MQTT-3.3.2-14]
#[test]
fn b027_a_response_topic_with_a_wildcard_is_a_protocol_error() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    let properties = MessageProperties::new().response_topic("reply/#");
    client.send_publish_with(Publish { topic: "t", properties: properties.as_properties(), ..Publish::default() });
    client.expect_disconnect(ReasonCode::ProtocolError);
}

/// A client that takes one alias: the first topic gets it and keeps it [MQTT-3.1.2-26].
#[test]
fn b032_aliases_to_the_client_stay_within_its_maximum() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").topic_alias_maximum(1).connect(&broker);
    subscriber.subscribe("t/#", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for topic in ["t/1", "t/1", "t/2", "t/2", "t/1"] {
        publisher.publish(topic, "", AtLeastOnce);
    }
    for expected in [("t/1", Some(1)), ("", Some(1)), ("t/2", None), ("t/2", None), ("", Some(1))] {
        let message = subscriber.expect_publish();
        assert_eq!((message.topic.as_str(), message.topic_alias), expected);
    }
}

#[test]
fn b038_a_ping_is_answered() {
    let broker = TestBroker::start();
    for client in [Client::v5("five"), Client::v4("four"), Client::v3("three")] {
        client.connect(&broker).ping();
    }
}

/// [MQTT-3.4.2-1]
#[test]
fn b066_a_message_reaches_every_subscriber_once_and_nobody_is_reported() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    assert_eq!(publisher.publish("t", "unheard", AtLeastOnce), ReasonCode::NoMatchingSubscribers);

    let mut subscribers: Vec<_> = (0..50).map(|index| Client::v5(&format!("s{index}")).connect(&broker)).collect();
    for subscriber in &mut subscribers {
        subscriber.subscribe("t", AtLeastOnce);
    }
    assert_eq!(publisher.publish("t", "heard", AtLeastOnce), ReasonCode::Success);
    for subscriber in &mut subscribers {
        assert_eq!(subscriber.expect_publish().text(), "heard");
        subscriber.expect_nothing();
    }
    assert_eq!(broker.metric(Metric::MessagesDroppedNoSubscribers), 1);
}

/// [MQTT-4.3.3-8]
#[test]
fn b069_pubrec_reports_that_nobody_subscribes() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    let id = publisher.send_publish("t", "unheard", ExactlyOnce);
    assert_eq!(publisher.recv().pubrec().reason_code, ReasonCode::NoMatchingSubscribers);
    assert_eq!(publisher.release(id), ReasonCode::Success);
}

/// [MQTT-4.3.3-11]
#[test]
fn pubrel_for_an_unknown_identifier_is_answered() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").connect(&broker);
    client.ack(AckKind::PubRel, 77);
    assert_eq!(client.recv().pubcomp().reason_code, ReasonCode::PacketIdentifierNotFound);
}
