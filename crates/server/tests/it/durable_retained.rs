//! Retained and delayed messages across a stop and a start of the broker.

use dunlin_codec::Publish;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, Connecting, Stopwatch, TestBroker, let_time_pass};
use std::time::Duration;

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

/// What is retained, as a new client sees it.
fn retained(broker: &TestBroker) -> Vec<(String, String)> {
    let mut client = Client::v5("reader").connect(broker);
    client.subscribe("#", ExactlyOnce);
    let mut messages: Vec<_> = client
        .drain()
        .iter()
        .inspect(|message| assert!(message.retain, "{message:?}"))
        .map(|message| (message.topic.clone(), message.text().to_owned()))
        .collect();
    messages.sort_unstable();
    messages
}

/// [MQTT-3.3.1-5] [MQTT-3.3.1-6]
#[test]
fn retained_messages_are_set_replaced_and_cleared_for_good() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for topic in ["set", "replaced", "cleared", "cleared later"] {
        publisher.publish_retained(topic, "first", AtLeastOnce);
    }
    publisher.publish_retained("replaced", "second", ExactlyOnce);
    publisher.publish_retained("cleared", "", AtLeastOnce);
    publisher.publish_retained("volatile", "at most once", AtMostOnce);
    let broker = broker.restart();
    assert_eq!(broker.retained(), 4);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_retained("cleared later", "", AtLeastOnce);
    publisher.publish_retained("volatile", "", AtMostOnce);
    let broker = broker.restart();
    let expected = [("replaced", "second"), ("set", "first")].map(|(topic, text)| (topic.into(), text.into()));
    assert_eq!(retained(&broker), expected);
}

#[test]
fn a_retained_message_is_on_disk_before_it_is_acknowledged() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "plain", AtLeastOnce);
    assert_eq!(broker.syncs(), 0);
    publisher.publish_retained("t", "kept", AtLeastOnce);
    assert!(broker.syncs() > 0);
}

#[test]
fn retained_messages_in_ram_end_with_the_broker() {
    let broker = TestBroker::with("retainer.backend.storage_type = ram");
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish_retained("t", "kept in memory", AtLeastOnce);
    assert_eq!((broker.retained(), broker.syncs()), (1, 0));
    let broker = broker.restart();
    assert_eq!(broker.retained(), 0);
}

/// [MQTT-3.3.2-5]
#[test]
fn a_retained_message_expires_across_a_restart() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for (topic, secs) in [("short", 1), ("long", 600)] {
        publisher.publish_with(Publish {
            topic,
            payload: b"kept",
            qos: AtLeastOnce,
            retain: true,
            message_expiry_interval: Some(secs),
            ..Publish::default()
        });
    }
    let broker = broker.restart();
    let_time_pass(Duration::from_secs(1));
    assert_eq!(retained(&broker), [("long".into(), "kept".into())]);
}

#[test]
fn delayed_messages_survive_and_come_once() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.subscribe("t/#", AtLeastOnce);
    let since = Stopwatch::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("$delayed/2/t/soon", "soon", AtLeastOnce);
    publisher.publish("$delayed/600/t/later", "later", AtLeastOnce);
    let broker = broker.restart();
    assert_eq!(broker.delayed(), 2);
    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.expect_nothing();
    let message = subscriber.expect_publish();
    assert_eq!((&*message.topic, message.text()), ("t/soon", "soon"));
    since.assert_passed(Duration::from_secs(2));
    subscriber.disconnect();
    let broker = broker.restart();
    assert_eq!(broker.delayed(), 1);
    lasting("subscriber").connect(&broker).expect_nothing();
}

#[test]
fn a_delayed_message_that_was_due_meanwhile_comes_after_the_start() {
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    subscriber.disconnect();
    Client::v5("publisher").connect(&broker).publish("$delayed/1/t", "due", AtLeastOnce);
    let broker = broker.restart();
    broker.wait_until("it is published", |broker| broker.delayed() == 0);
    let broker = broker.restart();
    assert_eq!(broker.delayed(), 0);
    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.expect_payloads(["due"]);
    subscriber.expect_nothing();
}
