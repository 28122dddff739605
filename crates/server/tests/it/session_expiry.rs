//! How long sessions and the messages that wait in them live.

use dunlin_broker::Metric;
use dunlin_codec::{Disconnect, Publish};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, Connecting, TestBroker, let_time_pass};
use std::time::Duration;

const MORE_THAN_A_SECOND: Duration = Duration::from_millis(1_100);

/// Seconds; longer than any test.
const LONG: u32 = 600;

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(LONG)
}

/// [MQTT-3.3.2-5]
#[test]
fn b006_a_message_that_expired_while_it_waited_is_not_delivered() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.subscribe("t", ExactlyOnce);
    subscriber.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        publisher.publish_with(Publish { topic: "t", qos, message_expiry_interval: Some(1), ..Publish::default() });
    }
    let_time_pass(MORE_THAN_A_SECOND);
    let mut subscriber = lasting("subscriber").connect(&broker);
    assert!(subscriber.session_present());
    subscriber.expect_nothing();
    assert_eq!(broker.metric(Metric::DeliveryDroppedExpired), 3);
}

/// [MQTT-3.3.2-6]
#[test]
fn b007_a_message_that_waited_says_how_long_it_still_lives() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    subscriber.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        publisher.publish_with(Publish { topic: "t", qos, message_expiry_interval: Some(20), ..Publish::default() });
    }
    let_time_pass(MORE_THAN_A_SECOND);
    let mut subscriber = lasting("subscriber").connect(&broker);
    for qos in [AtMostOnce, AtLeastOnce, AtLeastOnce] {
        let message = subscriber.expect_publish();
        assert_eq!(message.qos, qos);
        let left = message.message_expiry_interval.expect("an expiry");
        assert!((15..20).contains(&left), "{left} s");
    }
}

/// The delivery had begun, so it is completed [MQTT-4.3.2-3].
#[test]
fn b009_a_message_that_was_sent_is_sent_again_after_its_expiry() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").manual_acks().connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let publish = Publish { topic: "t", qos: AtLeastOnce, message_expiry_interval: Some(1), ..Publish::default() };
    Client::v5("publisher").connect(&broker).publish_with(publish);
    let first = subscriber.expect_publish();
    assert!(!first.dup);
    subscriber.cut(&broker);
    let_time_pass(MORE_THAN_A_SECOND);
    let mut subscriber = lasting("subscriber").connect(&broker);
    let again = subscriber.expect_publish();
    assert!(again.dup);
    assert_eq!(again.packet_id, first.packet_id);
}

/// [MQTT-3.2.2-21]
#[test]
fn b071_a_session_expiry_within_the_cap_goes_without_saying() {
    let broker = TestBroker::with("mqtt.max_session_expiry_interval = 1h");
    let client = lasting("c").connect(&broker);
    assert_eq!(client.connack().session_expiry_interval, None);
    client.disconnect();
    assert!(lasting("c").connect(&broker).session_present());
}

#[test]
fn b072_a_session_expiry_above_the_cap_is_cut_to_it() {
    let broker = TestBroker::with("mqtt.max_session_expiry_interval = 1s");
    let client = lasting("c").connect(&broker);
    assert_eq!(client.connack().session_expiry_interval, Some(1));
    client.disconnect();
    assert_eq!(broker.sessions(), 1);
    let_time_pass(MORE_THAN_A_SECOND);
    broker.wait_until("the session has expired", |broker| broker.sessions() == 0);
    assert!(!lasting("c").connect(&broker).session_present());
}

#[test]
fn b073_without_a_session_expiry_the_session_ends_with_its_connection() {
    let broker = TestBroker::with("mqtt { max_session_expiry_interval = 0s, session_expiry_interval = 1h }");
    let client = Client::v5("five").clean_start(false).connect(&broker);
    assert_eq!(client.connack().session_expiry_interval, None);
    client.disconnect();
    broker.wait_until("the session is gone", |broker| broker.sessions() == 0);
    // The cap is for clients that can ask; the others get what is configured for them.
    Client::v4("four").clean_start(false).connect(&broker).disconnect();
    assert!(Client::v4("four").clean_start(false).connect(&broker).session_present());
}

#[test]
fn b074_a_cap_of_0_ends_every_session_and_no_cap_none() {
    let broker = TestBroker::with("mqtt.max_session_expiry_interval = 0s");
    let client = lasting("c").connect(&broker);
    assert_eq!(client.connack().session_expiry_interval, Some(0));
    client.disconnect();
    assert!(!lasting("c").connect(&broker).session_present());

    let broker = TestBroker::with("mqtt.max_session_expiry_interval = infinity");
    let client = Client::v5("c").session_expiry(u32::MAX).connect(&broker);
    assert_eq!(client.connack().session_expiry_interval, None);
    client.disconnect();
    assert!(lasting("c").connect(&broker).session_present());
}

#[test]
fn b096_a_session_expiry_of_0_in_disconnect_ends_the_session() {
    let broker = TestBroker::start();
    let client = lasting("c").connect(&broker);
    client.disconnect_with(Disconnect { session_expiry_interval: Some(0), ..Disconnect::default() });
    assert!(!lasting("c").connect(&broker).session_present());
}

/// [MQTT-3.14.2-2]
#[test]
fn b097_disconnect_cannot_make_a_session_last() {
    let broker = TestBroker::start();
    let mut client = Client::v5("c").clean_start(false).session_expiry(0).connect(&broker);
    let disconnect = Disconnect { session_expiry_interval: Some(30), ..Disconnect::default() };
    client.send(&dunlin_codec::Packet::Disconnect(disconnect));
    client.expect_disconnect(ReasonCode::ProtocolError);
    assert!(!lasting("c").connect(&broker).session_present());
}

/// [MQTT-3.1.2-23]
#[test]
fn b109_an_offline_session_expires_and_leaves_nothing() {
    let broker = TestBroker::with("mqtt.session_expiry_interval = 1s");
    let mut five = Client::v5("five").session_expiry(1).connect(&broker);
    five.subscribe("t/#", AtLeastOnce);
    let mut four = Client::v4("four").clean_start(false).connect(&broker);
    four.subscribe("t/+", AtLeastOnce);
    five.disconnect();
    four.cut(&broker);
    Client::v5("publisher").connect(&broker).publish("t/a", "lost", AtLeastOnce);
    assert_eq!(broker.subscriptions(), 2);
    let_time_pass(MORE_THAN_A_SECOND);
    broker.wait_until("sessions and subscriptions are gone", |broker| {
        broker.sessions() == 0 && broker.subscriptions() == 0
    });
    let mut five = lasting("five").connect(&broker);
    assert!(!five.session_present());
    five.expect_nothing();
    assert!(!Client::v4("four").clean_start(false).connect(&broker).session_present());
    assert_eq!(broker.metric(Metric::DeliveryDroppedSessionEnded), 2);
}
