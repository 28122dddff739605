//! What a message carries besides its payload, from publisher to subscriber.

use dunlin_codec::{Publish, Will};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, MessageProperties, TestBroker};

const AS_PUBLISHED: SubscriptionOptions = SubscriptionOptions {
    qos: AtLeastOnce,
    no_local: false,
    retain_as_published: true,
    retain_handling: dunlin_model::RetainHandling::Never,
};

/// [MQTT-3.3.1-12] [MQTT-3.3.1-13]
#[test]
fn b022_the_retain_flag_of_a_live_message_is_kept_on_request() {
    let broker = TestBroker::start();
    let mut keeping = Client::v5("keeping").connect(&broker);
    keeping.subscribe_with("t", AS_PUBLISHED);
    let mut clearing = Client::v5("clearing").connect(&broker);
    clearing.subscribe_with("t", SubscriptionOptions { retain_as_published: false, ..AS_PUBLISHED });
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_retained("t", "kept", AtLeastOnce);
    publisher.publish("t", "plain", AtLeastOnce);
    assert!(keeping.expect_publish().retain);
    assert!(!clearing.expect_publish().retain);
    assert!(!keeping.expect_publish().retain);
    assert!(!clearing.expect_publish().retain);
}

/// [MQTT-3.1.2-14] [MQTT-3.1.2-15]
#[test]
fn b014_the_retain_flag_of_a_will_is_its_own() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe_with("will", AS_PUBLISHED);
    for retain in [false, true] {
        let will = Will { topic: "will", payload: b"gone", retain, ..Will::default() };
        drop(Client::v5("dying").will(will).connect(&broker));
        let message = subscriber.expect_publish();
        assert_eq!((message.text(), message.retain), ("gone", retain));
    }
}

/// [MQTT-3.3.2-4]
#[test]
fn b024_the_payload_format_indicator_is_forwarded() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for indicator in [0, 1] {
        let properties = MessageProperties::new().payload_format_indicator(indicator);
        let properties = properties.as_properties();
        publisher.publish_with(Publish { topic: "t", qos: AtLeastOnce, properties, ..Publish::default() });
        assert_eq!(subscriber.expect_publish().payload_format_indicator, Some(indicator));
    }
    // No other value has a meaning.
    let properties = MessageProperties::new().payload_format_indicator(233);
    publisher.send_publish_with(Publish { topic: "t", properties: properties.as_properties(), ..Publish::default() });
    publisher.expect_disconnect(ReasonCode::ProtocolError);
}

/// [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
#[test]
fn b028_properties_arrive_unchanged_and_alone() {
    let broker = TestBroker::start();
    let mut subscriber = Client::v5("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let properties = MessageProperties::new()
        .user("b", "2")
        .response_topic("reply/here")
        .user("a", "1")
        .correlation_data(b"\x00\xFFid")
        .content_type("text/plain")
        .user("b", "2");
    let sent = Publish { topic: "t", payload: b"p", qos: AtLeastOnce, ..Publish::default() };
    publisher.publish_with(Publish { properties: properties.as_properties(), ..sent });

    let frame = subscriber.recv();
    let received = frame.publish();
    assert_eq!(received.properties, properties.as_properties());
    assert_eq!(received.topic_alias, None);
    assert_eq!(received.message_expiry_interval, None);
    assert!(received.subscription_ids.is_empty());
    assert_eq!(received.properties.response_topic(), Some("reply/here"));
    assert_eq!(received.properties.correlation_data(), Some(&b"\x00\xFFid"[..]));
    assert_eq!(received.properties.content_type(), Some("text/plain"));
}

#[test]
fn b067_a_request_finds_its_way_and_the_response_back() {
    let broker = TestBroker::start();
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        let mut requester = Client::v5("requester").connect(&broker);
        requester.subscribe("reply/requester", qos);
        let mut responder = Client::v5("responder").connect(&broker);
        responder.subscribe("request", qos);

        let properties = MessageProperties::new().response_topic("reply/requester").correlation_data(b"42");
        let properties = properties.as_properties();
        requester.publish_with(Publish {
            topic: "request",
            payload: b"six times seven",
            qos,
            properties,
            ..Publish::default()
        });

        let request = responder.expect_publish();
        assert_eq!((request.text(), request.qos), ("six times seven", qos));
        let topic = request.response_topic.expect("a response topic");
        let properties =
            MessageProperties::new().correlation_data(&request.correlation_data.expect("correlation data"));
        let properties = properties.as_properties();
        responder.publish_with(Publish { topic: &topic, payload: b"answer", qos, properties, ..Publish::default() });

        let response = requester.expect_publish();
        assert_eq!((response.text(), response.qos), ("answer", qos));
        assert_eq!(response.correlation_data.as_deref(), Some(&b"42"[..]));
    }
}
