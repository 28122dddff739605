//! MQTT 5.0 chapter 3.3.2.3: what travels with a message, by every way it can reach a subscriber.

use dunlin_codec::Publish;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::{Client, Connecting, Delivery, MessageProperties, TestBroker, let_time_pass};
use std::time::Duration;

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(60)
}

/// The same message as each of these sees it: a live subscriber, a session that was offline, a new subscriber to what is
/// retained, a member of a group.
fn by_every_way(publish: &Publish<'_>, wait: Duration) -> Vec<(&'static str, Vec<Delivery>)> {
    let broker = TestBroker::start();
    let mut live = Client::v5("live").connect(&broker);
    live.subscribe("t", AtLeastOnce);
    let mut offline = lasting("offline").connect(&broker);
    offline.subscribe("t", AtLeastOnce);
    offline.disconnect();
    let mut member = Client::v5("member").connect(&broker);
    member.subscribe("$share/team/t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_with(Publish { topic: "t", qos: AtLeastOnce, retain: true, ..publish.clone() });
    let (live, member) = (live.drain(), member.drain());
    let_time_pass(wait);
    let offline = lasting("offline").connect(&broker).drain();
    let mut late = Client::v5("late").connect(&broker);
    late.subscribe("t", AtLeastOnce);
    vec![("live", live), ("offline", offline), ("retained", late.drain()), ("shared", member)]
}

// [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
#[test]
fn mqtt_3_3_2_4_properties_arrive_unchanged_by_every_way() {
    let properties = MessageProperties::new()
        .payload_format_indicator(1)
        .content_type("text/plain; charset=utf-8")
        .response_topic("answers/here")
        .correlation_data(b"\x00\xFF\x00")
        .user("b", "1")
        .user("a", "2")
        .user("b", "1");
    let payload = "grüß".as_bytes();
    let publish = Publish { payload, properties: properties.as_properties(), ..Publish::default() };
    for (way, messages) in by_every_way(&publish, Duration::ZERO) {
        let [message] = &messages[..] else { panic!("{way}: {messages:?}") };
        assert_eq!(message.payload, payload, "{way}");
        assert_eq!(message.payload_format_indicator, Some(1), "{way}");
        assert_eq!(message.content_type.as_deref(), Some("text/plain; charset=utf-8"), "{way}");
        assert_eq!(message.response_topic.as_deref(), Some("answers/here"), "{way}");
        assert_eq!(message.correlation_data.as_deref(), Some(&b"\x00\xFF\x00"[..]), "{way}");
        let pairs: Vec<_> = message.user_properties.iter().map(|(name, value)| (&name[..], &value[..])).collect();
        assert_eq!(pairs, [("b", "1"), ("a", "2"), ("b", "1")], "{way}");
    }
}

#[test]
fn mqtt_3_3_2_5_an_expired_message_is_not_delivered() {
    let publish = Publish { payload: b"x", message_expiry_interval: Some(1), ..Publish::default() };
    for (way, messages) in by_every_way(&publish, Duration::from_millis(1200)) {
        let expected = usize::from(way == "live" || way == "shared");
        assert_eq!(messages.len(), expected, "{way}: {messages:?}");
    }
}

#[test]
fn mqtt_3_3_2_6_a_message_says_how_long_it_still_lives() {
    let publish = Publish { payload: b"x", message_expiry_interval: Some(10), ..Publish::default() };
    for (way, messages) in by_every_way(&publish, Duration::from_millis(2000)) {
        let [message] = &messages[..] else { panic!("{way}: {messages:?}") };
        let left = message.message_expiry_interval.unwrap_or_default();
        let expected = if way == "live" || way == "shared" { 9..=10 } else { 7..=8 };
        assert!(expected.contains(&left), "{way}: {left}");
    }
}
