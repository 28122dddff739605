//! What a durable session is besides its queue, across a stop and a start of the broker: subscriptions, expiry, will.

use dunlin_codec::{Disconnect, Publish, Will};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::{ReasonCode, SubscriptionOptions};
use dunlin_testkit::{Client, Connecting, Stopwatch, TestBroker};
use std::time::Duration;

/// Seconds; longer than any test.
const LONG: u32 = 600;

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(LONG)
}

/// [MQTT-3.2.2-3]
#[test]
fn b095_session_present_tells_who_was_known_before_the_restart() {
    let broker = TestBroker::start();
    lasting("lasting").connect(&broker).disconnect();
    Client::v4("four").clean_start(false).connect(&broker).disconnect();
    Client::v5("passing").connect(&broker).disconnect();
    let mut nameless = lasting("").connect(&broker);
    nameless.ping();
    let assigned = nameless.id().to_owned();
    let broker = broker.restart();
    assert!(lasting("lasting").connect(&broker).session_present());
    assert!(Client::v4("four").clean_start(false).connect(&broker).session_present());
    assert!(lasting(&assigned).connect(&broker).session_present());
    assert!(!lasting("passing").connect(&broker).session_present());
    assert!(!lasting("stranger").connect(&broker).session_present());
}

#[test]
fn b107_subscriptions_keep_options_and_identifiers() {
    let broker = TestBroker::start();
    let options = |qos| SubscriptionOptions { qos, ..SubscriptionOptions::default() };
    let mut client = lasting("c").connect(&broker);
    client.subscribe_with_id(5, "with/id", AtLeastOnce);
    client.subscribe_with("as/published", SubscriptionOptions { retain_as_published: true, ..options(AtLeastOnce) });
    client.subscribe_with("not/mine", SubscriptionOptions { no_local: true, ..options(ExactlyOnce) });
    client.subscribe("at/most/once", AtMostOnce);
    let broker = broker.restart();
    assert_eq!(broker.subscriptions(), 4);
    let mut client = lasting("c").connect(&broker);
    let mut publisher = Client::v5("publisher").connect(&broker);
    for topic in ["with/id", "as/published", "not/mine", "at/most/once"] {
        publisher.publish_retained(topic, topic, ExactlyOnce);
    }
    client.publish("not/mine", "mine", AtLeastOnce);
    for (topic, qos, retain, ids) in [
        ("with/id", AtLeastOnce, false, &[5][..]),
        ("as/published", AtLeastOnce, true, &[]),
        ("not/mine", ExactlyOnce, false, &[]),
        ("at/most/once", AtMostOnce, false, &[]),
    ] {
        let message = client.expect_publish();
        assert_eq!((message.text(), message.qos, message.retain), (topic, qos, retain));
        assert_eq!(message.subscription_ids, ids, "{topic}");
    }
    client.expect_nothing();
}

/// [MQTT-3.8.4-3] [MQTT-3.10.4-4]
#[test]
fn b107_repeated_subscribing_and_unsubscribing_changes_nothing_across_restarts() {
    let mut broker = TestBroker::start();
    for round in 0..3 {
        let mut client = lasting("c").connect(&broker);
        assert_eq!(client.session_present(), round > 0);
        client.subscribe("t", AtMostOnce);
        client.subscribe_with_id(round + 1, "t", AtLeastOnce);
        assert_eq!(broker.subscriptions(), 1);
        broker = broker.restart();
        assert_eq!(broker.subscriptions(), 1);
    }
    let mut client = lasting("c").connect(&broker);
    client.publish("t", "last", ExactlyOnce);
    let message = client.expect_publish();
    assert_eq!((message.qos, &message.subscription_ids[..]), (AtLeastOnce, &[3][..]));
    client.unsubscribe("t");
    assert_eq!(client.unsubscribe_all(&["t"]), [ReasonCode::NoSubscriptionExisted]);
    let broker = broker.restart();
    assert_eq!(broker.subscriptions(), 0);
    let mut client = lasting("c").connect(&broker);
    assert_eq!(client.unsubscribe_all(&["t"]), [ReasonCode::NoSubscriptionExisted]);
    client.publish("t", "nobody", AtLeastOnce);
    client.expect_nothing();
}

/// [MQTT-3.10.4-2]
#[test]
fn b103_unsubscribing_leaves_what_was_sent_and_takes_nothing_new() {
    for qos in [AtLeastOnce, ExactlyOnce] {
        let broker = TestBroker::start();
        let mut client = lasting("c").manual_acks().connect(&broker);
        client.subscribe("t", qos);
        let mut publisher = Client::v5("publisher").connect(&broker);
        publisher.publish("t", "open", qos);
        client.expect_payloads(["open"]);
        client.unsubscribe("t");
        publisher.publish("t", "too late", qos);
        let broker = broker.restart();
        Client::v5("publisher").connect(&broker).publish("t", "too late as well", qos);
        let mut client = lasting("c").connect(&broker);
        let again = client.expect_publish();
        assert_eq!((again.text(), again.dup), ("open", true));
        client.expect_nothing();
    }
}

/// [MQTT-3.1.2-4]
#[test]
fn b102_a_clean_start_leaves_nothing_of_the_old_session() {
    for new_expiry in [0, LONG] {
        let broker = TestBroker::start();
        let mut client = lasting("c").connect(&broker);
        client.subscribe("t", AtLeastOnce);
        client.disconnect();
        let mut publisher = Client::v5("publisher").connect(&broker);
        publisher.publish("t", "old", AtLeastOnce);
        let client = Client::v5("c").clean_start(true).session_expiry(new_expiry).connect(&broker);
        assert!(!client.session_present());
        publisher.publish("t", "nobody", AtLeastOnce);
        drop(client);
        let broker = broker.restart();
        assert_eq!(broker.subscriptions(), 0);
        let mut client = lasting("c").connect(&broker);
        assert_eq!(client.session_present(), new_expiry > 0);
        client.expect_nothing();
    }
}

/// [MQTT-3.1.2-11]
#[test]
fn b096_a_disconnect_with_expiry_0_ends_the_session_for_good() {
    let broker = TestBroker::start();
    let mut client = lasting("c").connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect_with(Disconnect { session_expiry_interval: Some(0), ..Disconnect::default() });
    let broker = broker.restart();
    assert_eq!((broker.sessions(), broker.subscriptions()), (0, 0));
    assert!(!lasting("c").connect(&broker).session_present());
}

#[test]
fn b109_an_expired_session_does_not_come_back() {
    let broker = TestBroker::start();
    // Expired while the broker was up, its interval set by CONNECT or by DISCONNECT.
    let mut first = lasting("first").session_expiry(1).connect(&broker);
    first.subscribe("t", AtLeastOnce);
    first.disconnect();
    let mut second = lasting("second").connect(&broker);
    second.subscribe("t", AtLeastOnce);
    second.disconnect_with(Disconnect { session_expiry_interval: Some(1), ..Disconnect::default() });
    Client::v5("publisher").connect(&broker).publish("t", "waits in vain", AtLeastOnce);
    broker.wait_until("both have expired", |broker| broker.sessions() == 0);
    // And while offline across a restart.
    lasting("third").session_expiry(1).connect(&broker).disconnect();
    let broker = broker.restart();
    broker.wait_until("the third has expired", |broker| broker.sessions() == 0);
    let broker = broker.restart();
    assert_eq!((broker.sessions(), broker.subscriptions()), (0, 0));
    for id in ["first", "second", "third"] {
        let mut client = lasting(id).connect(&broker);
        assert!(!client.session_present(), "{id}");
        client.expect_nothing();
    }
}

/// [MQTT-3.1.2-8]
#[test]
fn b110_a_delayed_will_survives_and_fires_once() {
    let broker = TestBroker::start();
    let mut witness = lasting("witness").connect(&broker);
    witness.subscribe("will", AtLeastOnce);
    let since = Stopwatch::start();
    let will = Will { topic: "will", payload: b"late", qos: AtLeastOnce, delay_interval: 2, ..Will::default() };
    lasting("c").will(will).connect(&broker).cut(&broker);
    let broker = broker.restart();
    let mut witness = lasting("witness").connect(&broker);
    witness.expect_nothing();
    assert_eq!(witness.expect_publish().text(), "late");
    since.assert_passed(Duration::from_secs(2));
    witness.disconnect();
    let broker = broker.restart();
    lasting("witness").connect(&broker).expect_nothing();
}

/// [MQTT-3.1.3-9]
#[test]
fn b110_a_client_that_returns_after_the_restart_revokes_its_delayed_will() {
    let broker = TestBroker::start();
    let mut witness = lasting("witness").connect(&broker);
    witness.subscribe("will", AtLeastOnce);
    let will = |payload| Will { topic: "will", payload, qos: AtLeastOnce, delay_interval: 1, ..Will::default() };
    lasting("returns").will(will(b"revoked")).connect(&broker).cut(&broker);
    lasting("stays away").will(will(b"due")).connect(&broker).cut(&broker);
    let broker = broker.restart();
    let _returned = lasting("returns").connect(&broker);
    let mut witness = lasting("witness").connect(&broker);
    assert_eq!(witness.expect_publish().text(), "due");
    witness.expect_nothing_for(Duration::from_millis(200));
}

#[test]
fn b111_sessions_change_between_durable_and_not_with_a_clean_start() {
    let mut broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for (number, expiry) in [(1, LONG), (2, 0), (3, LONG), (4, LONG)] {
        let mut client = Client::v5("c").clean_start(true).session_expiry(expiry).connect(&broker);
        assert!(!client.session_present());
        client.subscribe(&format!("t/{number}"), AtLeastOnce);
        for topic in 1..=4 {
            publisher.publish(&format!("t/{topic}"), topic.to_string(), AtLeastOnce);
        }
        client.expect_payloads([number.to_string()]);
        client.expect_nothing();
        broker = broker.restart();
        publisher = Client::v5("publisher").connect(&broker);
        assert_eq!(broker.subscriptions(), usize::from(expiry > 0));
    }
}

#[test]
fn b108_messages_finish_under_the_qos_they_were_queued_with() {
    let broker = TestBroker::start();
    let mut client = lasting("c").manual_acks().connect(&broker);
    client.subscribe("t", ExactlyOnce);
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "two", ExactlyOnce);
    client.expect_payloads(["two"]);
    client.subscribe("t", AtLeastOnce);
    publisher.publish("t", "one", ExactlyOnce);
    let broker = broker.restart();
    let mut client = lasting("c").connect(&broker);
    for (payload, qos) in [("two", ExactlyOnce), ("one", AtLeastOnce)] {
        let message = client.expect_publish();
        assert_eq!((message.text(), message.qos), (payload, qos));
    }
    client.expect_nothing();
}

#[test]
fn b104_retained_messages_do_not_disturb_a_replay() {
    let broker = TestBroker::start();
    let mut publisher = Client::v5("publisher").connect(&broker);
    for number in 0..20 {
        publisher.publish_retained(&format!("kept/{number}"), number.to_string(), AtLeastOnce);
    }
    let mut client = lasting("c").connect(&broker);
    client.subscribe("live", AtLeastOnce);
    client.disconnect();
    for number in 0..100 {
        publisher.publish_with(Publish {
            topic: "live",
            payload: number.to_string().as_bytes(),
            qos: AtLeastOnce,
            retain: number % 10 == 0,
            ..Publish::default()
        });
    }
    let broker = broker.restart();
    let mut client = lasting("c").connect(&broker);
    client.subscribe("kept/#", AtLeastOnce);
    Client::v5("publisher").connect(&broker).publish("live", "100", AtLeastOnce);
    let messages: Vec<_> = (0..121).map(|_| client.expect_publish()).collect();
    client.expect_nothing();
    let of = |topic: &str| -> Vec<String> {
        let of_topic = messages.iter().filter(|message| message.topic.starts_with(topic));
        of_topic.map(|message| message.text().to_owned()).collect()
    };
    assert_eq!(of("live"), (0..=100).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(of("kept/").len(), 20);
    assert!(messages.iter().all(|message| message.retain == message.topic.starts_with("kept/")), "{messages:?}");
}
