//! Sessions that outlive their connection: what is kept and what is dropped.

use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::{Client, Connecting, TestBroker};

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

/// [MQTT-3.1.2-5]
#[test]
fn b044_messages_of_every_qos_wait_for_an_offline_session() {
    let broker = TestBroker::start();
    for subscriber in [Client::v3("three"), Client::v4("four")].map(|client| client.clean_start(false)) {
        let mut online = subscriber.clone().connect(&broker);
        online.subscribe("t", ExactlyOnce);
        online.disconnect();
        let mut publisher = Client::v4("publisher").connect(&broker);
        for (payload, qos) in [("zero", AtMostOnce), ("one", AtLeastOnce), ("two", ExactlyOnce)] {
            publisher.publish("t", payload, qos);
        }
        let mut online = subscriber.connect(&broker);
        for (payload, qos) in [("zero", AtMostOnce), ("one", AtLeastOnce), ("two", ExactlyOnce)] {
            let message = online.expect_publish();
            assert_eq!((message.text(), message.qos, message.dup), (payload, qos, false));
        }
        online.expect_nothing();
    }
}

#[test]
fn b093_a_message_published_while_offline_arrives_after_resume() {
    let broker = TestBroker::start();
    for qos in [AtLeastOnce, ExactlyOnce] {
        let mut client = lasting("c").connect(&broker);
        client.subscribe("t", qos);
        client.cut(&broker);
        Client::v5("publisher").connect(&broker).publish("t", "waited", qos);
        let mut client = lasting("c").connect(&broker);
        assert!(client.session_present());
        let message = client.expect_publish();
        assert_eq!((message.text(), message.qos), ("waited", qos));
        client.expect_nothing();
        client.disconnect();
    }
}

/// [MQTT-3.1.3-7]
#[test]
fn b095_an_assigned_client_id_can_be_resumed() {
    let broker = TestBroker::start();
    let mut nameless = lasting("").connect(&broker);
    let id = nameless.id().to_owned();
    nameless.subscribe("t", AtLeastOnce);
    nameless.disconnect();
    Client::v5("publisher").connect(&broker).publish("t", "for you", AtLeastOnce);
    let mut named = lasting(&id).connect(&broker);
    assert!(named.session_present());
    assert_eq!(named.expect_publish().text(), "for you");
}

/// [MQTT-4.6.0-5]
#[test]
fn b099_messages_that_waited_arrive_in_order() {
    let broker = TestBroker::start();
    let mut client = lasting("c").connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "first", AtLeastOnce);
    publisher.publish("t", "second", AtLeastOnce);
    let mut client = lasting("c").connect(&broker);
    client.expect_payloads(["first", "second"]);
    client.expect_nothing();
}

/// [MQTT-3.1.2-4]
#[test]
fn b102_a_clean_start_drops_subscriptions_and_messages_for_good() {
    let broker = TestBroker::start();
    let mut client = lasting("c").connect(&broker);
    client.subscribe("t", AtLeastOnce);
    client.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("t", "dropped", AtLeastOnce);

    let mut clean = lasting("c").clean_start(true).connect(&broker);
    assert!(!clean.session_present());
    publisher.publish("t", "not subscribed", AtLeastOnce);
    clean.expect_nothing();
    clean.disconnect();

    let mut resumed = lasting("c").connect(&broker);
    assert!(resumed.session_present());
    publisher.publish("t", "still not subscribed", AtLeastOnce);
    resumed.expect_nothing();
}

#[test]
fn b105_sessions_that_last_and_sessions_that_do_not_exchange_messages() {
    let broker = TestBroker::start();
    let mut lasting = lasting("lasting").connect(&broker);
    lasting.subscribe("t/#", AtLeastOnce);
    let mut passing = Client::v5("passing").connect(&broker);
    passing.subscribe("t/#", AtLeastOnce);
    passing.publish("t/1", "from passing", AtLeastOnce);
    assert_eq!(lasting.expect_publish().text(), "from passing");
    assert_eq!(passing.expect_publish().text(), "from passing");
    lasting.publish("t/2", "from lasting", AtLeastOnce);
    assert_eq!(lasting.expect_publish().text(), "from lasting");
    assert_eq!(passing.expect_publish().text(), "from lasting");
}

#[test]
fn b111_a_clean_start_replaces_a_session_that_lasts_by_any_other() {
    let broker = TestBroker::start();
    for expiry in [0, 600] {
        let mut old = lasting("c").connect(&broker);
        old.subscribe("t", AtLeastOnce);
        let mut new = Client::v5("c").clean_start(true).session_expiry(expiry).connect(&broker);
        assert!(!new.session_present());
        old.expect_disconnect(dunlin_model::ReasonCode::SessionTakenOver);
        assert_eq!(broker.subscriptions(), 0);
        new.publish("t", "nobody listens", AtLeastOnce);
        new.expect_nothing();
        new.disconnect();
        assert_eq!(lasting("c").connect(&broker).session_present(), expiry > 0);
        Client::v5("c").connect(&broker).disconnect();
    }
}

#[test]
fn b112_subscriptions_of_different_qos_live_together_and_can_change() {
    let broker = TestBroker::start();
    let mut client = lasting("c").connect(&broker);
    client.subscribe("zero", AtMostOnce);
    client.subscribe("mixed/#", ExactlyOnce);
    client.disconnect();
    let mut publisher = Client::v5("publisher").connect(&broker);
    publisher.publish("zero", "a", ExactlyOnce);
    publisher.publish("mixed/1", "b", ExactlyOnce);

    let mut client = lasting("c").connect(&broker);
    let received = client.drain();
    let summary: Vec<_> = received.iter().map(|message| (message.text(), message.qos)).collect();
    assert_eq!(summary, [("a", AtMostOnce), ("b", ExactlyOnce)]);

    client.subscribe("zero", ExactlyOnce);
    client.subscribe("mixed/#", AtMostOnce);
    client.disconnect();
    publisher.publish("zero", "c", ExactlyOnce);
    publisher.publish("mixed/1", "d", ExactlyOnce);
    let mut client = lasting("c").connect(&broker);
    let received = client.drain();
    let summary: Vec<_> = received.iter().map(|message| (message.text(), message.qos)).collect();
    assert_eq!(summary, [("c", ExactlyOnce), ("d", AtMostOnce)]);
}
