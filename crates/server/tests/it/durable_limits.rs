//! `durable_sessions.*`: what an acknowledgement promises, and what gives way when a queue is full.

use dunlin_broker::Metric;
use dunlin_codec::Publish;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{Qos, ReasonCode};
use dunlin_testkit::{Client, Connecting, TestBroker, let_time_pass};
use std::time::Duration;

/// Ten of these fit into a queue of 10 KB.
const KILOBYTE: usize = 1_000;

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

/// A session that has subscribed and has gone.
fn leave_subscribed(broker: &TestBroker, id: &str, filter: &str, qos: Qos) {
    let mut client = lasting(id).connect(broker);
    client.subscribe(filter, qos);
    client.disconnect();
}

/// A payload of a kilobyte that begins with a number.
fn numbered(number: usize) -> String {
    format!("{number:<KILOBYTE$}")
}

fn number_of(text: &str) -> usize {
    text.trim_end().parse().expect("a number")
}

/// [MQTT-4.3.2-4]
#[test]
fn an_acknowledgement_waits_for_the_disk_only_where_a_durable_session_matches() {
    let broker = TestBroker::start();
    let mut clean = Client::v5("clean").connect(&broker);
    clean.subscribe("#", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        publisher.publish("t", "for clean sessions", qos);
        clean.expect_payloads(["for clean sessions"]);
    }
    assert_eq!(broker.syncs(), 0, "nothing durable was touched");
    // It stays: with its SUBACK everything is on disk, and it adds nothing of its own.
    let mut durable = lasting("durable").manual_acks().connect(&broker);
    durable.subscribe("t", ExactlyOnce);
    for qos in [AtLeastOnce, ExactlyOnce] {
        let before = broker.syncs();
        publisher.publish("other", "for clean sessions", qos);
        assert_eq!(broker.syncs(), before);
        publisher.publish("t", "for both", qos);
        assert!(broker.syncs() > before, "{qos:?} was acknowledged and is not on disk");
    }
    let before = broker.syncs();
    publisher.publish("t", "at most once", AtMostOnce);
    assert_eq!(broker.syncs(), before);
}

#[test]
fn memory_is_enough_for_topics_that_say_so() {
    let broker = TestBroker::with(
        "durable_sessions { ack = memory, ack_overrides = [{ topic = \"safe/#\", ack = local_fsync }] }",
    );
    let mut durable = lasting("durable").manual_acks().connect(&broker);
    durable.subscribe("#", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let before = broker.syncs();
    publisher.publish("quick", "1", AtLeastOnce);
    publisher.publish("quick", "2", ExactlyOnce);
    assert_eq!(broker.syncs(), before);
    publisher.publish("safe/t", "3", AtLeastOnce);
    assert!(broker.syncs() > before);
    // A broker that stops in order loses neither.
    let broker = broker.restart();
    let mut client = lasting("durable").connect(&broker);
    client.expect_payloads(["1", "2", "3"]);
    client.expect_nothing();
}

#[test]
fn without_durable_sessions_nothing_outlives_the_broker() {
    let broker = TestBroker::with("durable_sessions.enable = false");
    let mut client = lasting("c").connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "waits in memory", AtLeastOnce);
    let mut client = lasting("c").connect(&broker);
    assert!(client.session_present());
    client.expect_payloads(["waits in memory"]);
    client.disconnect();
    publisher.publish("t", "is lost", AtLeastOnce);
    publisher.publish_retained("kept", "is lost", AtLeastOnce);
    assert_eq!(broker.syncs(), 0);
    let broker = broker.restart();
    assert_eq!((broker.sessions(), broker.subscriptions(), broker.retained()), (0, 0, 0));
    assert!(!lasting("c").connect(&broker).session_present());
}

#[test]
fn the_oldest_messages_of_a_full_queue_make_room_and_are_counted() {
    let broker = TestBroker::with("durable_sessions.max_queue_bytes = 10KB");
    leave_subscribed(&broker, "c", "t", AtLeastOnce);
    leave_subscribed(&broker, "other", "other", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("other", "stays", AtLeastOnce);
    for number in 0..30 {
        assert_eq!(publisher.publish("t", numbered(number), AtLeastOnce), ReasonCode::Success);
    }
    let dropped = broker.metric(Metric::DeliveryDroppedQueueFull);
    assert_eq!(broker.metric(Metric::DeliveryDropped), dropped);
    let broker = broker.restart();
    let mut client = lasting("c").connect(&broker);
    let kept: Vec<usize> = client.drain().iter().map(|message| number_of(message.text())).collect();
    assert!((5..=10).contains(&kept.len()), "{kept:?}");
    assert_eq!(kept, (30 - kept.len()..30).collect::<Vec<_>>());
    assert_eq!(dropped as usize, 30 - kept.len());
    lasting("other").connect(&broker).expect_payloads(["stays"]);
}

/// [MQTT-3.4.2-1]
#[test]
fn publishers_to_a_full_queue_are_refused_where_overflow_is_reject() {
    let mut broker = TestBroker::with("durable_sessions { max_queue_bytes = 10KB, overflow = reject }");
    leave_subscribed(&broker, "c", "t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut accepted = 0;
    while publisher.publish("t", numbered(accepted), AtLeastOnce) == ReasonCode::Success {
        accepted += 1;
        assert!(accepted < 30, "the queue does not become full");
    }
    assert!((5..=11).contains(&accepted), "{accepted}");
    for _ in 0..2 {
        let mut publisher = Client::v5("publisher").connect(&broker);
        for qos in [AtLeastOnce, ExactlyOnce] {
            assert_eq!(publisher.publish("t", "too much", qos), ReasonCode::QuotaExceeded, "{qos:?}");
            assert_eq!(publisher.publish("elsewhere", "", qos), ReasonCode::NoMatchingSubscribers);
        }
        // Before 5.0 there are no words for it: the message is not acknowledged.
        let mut older = Client::v4("older").connect(&broker);
        older.send_publish("t", "too much", AtLeastOnce);
        older.expect_nothing();
        // It is full after a restart, too.
        broker = broker.restart();
    }
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut client = lasting("c").connect(&broker);
    let got: Vec<usize> = client.drain().iter().map(|message| number_of(message.text())).collect();
    assert_eq!(got, (0..accepted).collect::<Vec<_>>(), "all that was acknowledged, and nothing else");
    // SUBACK tells that the acknowledgements before it are noted.
    client.subscribe("other", AtLeastOnce);
    assert_eq!(publisher.publish("t", numbered(accepted), AtLeastOnce), ReasonCode::Success);
    assert_eq!(number_of(client.expect_publish().text()), accepted);
    client.expect_nothing();
    assert_eq!(broker.metric(Metric::DeliveryDropped), 0);
}

#[test]
fn a_used_up_disk_budget_is_an_alarm_until_there_is_room() {
    let broker = TestBroker::with("durable_sessions { max_disk_bytes = 2MB, overflow = reject }");
    leave_subscribed(&broker, "c", "t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut accepted = 0;
    while publisher.publish("t", vec![b'x'; 20_000], AtLeastOnce) == ReasonCode::Success {
        accepted += 1;
        assert!(accepted < 200, "the disk does not become full");
    }
    let names = || broker.alarms().into_iter().map(|alarm| alarm.name).collect::<Vec<_>>();
    assert_eq!(names(), ["durable_store_full"]);
    // Everything else goes on.
    assert_eq!(publisher.publish("elsewhere", "", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    Client::v5("c").clean_start(true).connect(&broker).disconnect();
    broker.wait_until("there is room again", |_| names().is_empty());
    leave_subscribed(&broker, "d", "t", AtLeastOnce);
    assert_eq!(publisher.publish("t", "fits", AtLeastOnce), ReasonCode::Success);
    assert_eq!(lasting("d").connect(&broker).expect_publish().text(), "fits");
}

#[test]
fn a_full_queue_is_no_obstacle_for_messages_that_are_not_stored_in_it() {
    let broker = TestBroker::with("durable_sessions { max_queue_bytes = 2KB, overflow = reject }");
    leave_subscribed(&broker, "full", "t", AtLeastOnce);
    leave_subscribed(&broker, "volatile", "u", AtMostOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    while publisher.publish("t", numbered(0), AtLeastOnce) == ReasonCode::Success {}
    // At QoS 0 nobody can be told: it is dropped for the session that is full, and counted.
    let mut online = Client::v5("online").connect(&broker);
    online.subscribe("t", AtLeastOnce);
    publisher.publish("t", "at most once", AtMostOnce);
    online.expect_payloads(["at most once"]);
    broker.wait_until("it is counted", |broker| broker.metric(Metric::DeliveryDroppedQueueFull) == 1);
    // A session that ends is full no longer.
    drop(Client::v5("full").connect(&broker));
    assert_eq!(publisher.publish("t", "for online", AtLeastOnce), ReasonCode::Success);
    online.expect_payloads(["for online"]);
}

#[test]
fn a_group_takes_messages_as_long_as_one_member_has_room() {
    let broker = TestBroker::with("durable_sessions { max_queue_bytes = 4KB, overflow = reject }");
    for id in ["one", "two"] {
        leave_subscribed(&broker, id, "$share/g/t", AtLeastOnce);
    }
    let mut publisher = Client::v5("publisher").connect(&broker);
    let mut accepted = 0;
    while publisher.publish("t", numbered(accepted), AtLeastOnce) == ReasonCode::Success {
        accepted += 1;
        assert!(accepted < 30, "the queues do not become full");
    }
    assert!((6..=10).contains(&accepted), "{accepted} in two queues");
    // A member without a queue has room.
    let mut online = Client::v5("online").connect(&broker);
    online.subscribe("$share/g/t", AtLeastOnce);
    assert_eq!(publisher.publish("t", numbered(accepted), AtLeastOnce), ReasonCode::Success);
    let mut got: Vec<usize> = (0..=accepted).map(|_| number_of(online.expect_publish().text())).collect();
    got.sort_unstable();
    assert_eq!(got, (0..=accepted).collect::<Vec<_>>());
}

#[test]
fn messages_older_than_the_retention_period_are_dropped_and_counted() {
    let broker = TestBroker::with("durable_sessions.message_retention_period = 1s");
    leave_subscribed(&broker, "c", "t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "old", AtLeastOnce);
    publisher.publish_with(Publish { topic: "t", payload: b"old, too", qos: ExactlyOnce, ..Publish::default() });
    let broker = broker.restart();
    let_time_pass(Duration::from_secs(1));
    Client::v5("publisher").connect(&broker).publish("t", "young", AtLeastOnce);
    let mut client = lasting("c").connect(&broker);
    client.expect_payloads(["young"]);
    client.expect_nothing();
    assert_eq!(broker.metric(Metric::DeliveryDroppedExpired), 2);
    assert_eq!(broker.metric(Metric::DeliveryDropped), 2);
    client.disconnect();
    let broker = broker.restart();
    lasting("c").connect(&broker).expect_nothing();
    assert_eq!(broker.metric(Metric::DeliveryDroppedExpired), 0, "dropped once and for all");
}

/// [MQTT-3.3.2-5]
#[test]
fn a_message_expires_while_it_waits() {
    let broker = TestBroker::start();
    leave_subscribed(&broker, "c", "t", AtLeastOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    let publish = |payload, secs| Publish {
        topic: "t",
        payload,
        qos: AtLeastOnce,
        message_expiry_interval: Some(secs),
        ..Publish::default()
    };
    publisher.publish_with(publish(b"short", 1));
    publisher.publish_with(publish(b"long", 600));
    let broker = broker.restart();
    let_time_pass(Duration::from_secs(1));
    let mut client = lasting("c").connect(&broker);
    client.expect_payloads(["long"]);
    client.expect_nothing();
    assert_eq!(broker.metric(Metric::DeliveryDroppedExpired), 1);
}
