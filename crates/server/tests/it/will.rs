//! Wills without a delay.

use dunlin_codec::{Disconnect, Will};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, Connecting, TestBroker};

fn will(payload: &[u8]) -> Will<'_> {
    Will { topic: "will", payload, ..Will::default() }
}

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

/// A client that sees every will.
fn witness(broker: &TestBroker) -> Client {
    let mut witness = Client::v5("witness").connect(broker);
    witness.subscribe("will", AtLeastOnce);
    witness
}

/// [MQTT-3.1.2-8] [MQTT-3.1.4-5]
#[test]
fn b011_disconnect_with_will_publishes_it() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let client = Client::v5("c").will(will(b"asked for")).connect(&broker);
    client.disconnect_with(Disconnect { reason_code: ReasonCode::DisconnectWithWill, ..Disconnect::default() });
    let message = witness.expect_publish();
    assert_eq!((message.topic.as_str(), message.text(), message.qos), ("will", "asked for", AtMostOnce));
    witness.expect_nothing();
}

/// [MQTT-3.1.2-10] [MQTT-3.14.4-3]
#[test]
fn b012_a_normal_disconnect_drops_the_will() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    for client in [Client::v5("five"), Client::v4("four"), Client::v3("three")] {
        client.will(will(b"never")).connect(&broker).disconnect();
    }
    witness.expect_nothing();
}

/// [MQTT-3.1.2-8]
#[test]
fn b043_a_connection_that_breaks_publishes_the_will() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    for client in [Client::v3("three"), Client::v4("four"), Client::v5("five")] {
        client.will(will(b"gone")).connect(&broker).cut(&broker);
        assert_eq!(witness.expect_publish().text(), "gone");
    }
    witness.expect_nothing();
}

#[test]
fn b076_resuming_a_living_session_publishes_the_will_of_the_old_connection() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let _old = lasting("c").will(will(b"old")).connect(&broker);
    let _new = lasting("c").will(will(b"new")).connect(&broker);
    assert_eq!(witness.expect_publish().text(), "old");
    witness.expect_nothing();
}

#[test]
fn b077_a_clean_start_publishes_the_will_of_the_old_connection_only() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let _old = lasting("c").will(will(b"old")).connect(&broker);
    let _new = lasting("c").clean_start(true).will(will(b"new")).connect(&broker);
    assert_eq!(witness.expect_publish().text(), "old");
    witness.expect_nothing();
}

#[test]
fn b081_a_takeover_publishes_the_will_of_the_old_connection_though_the_new_one_has_none() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let mut old = lasting("c").will(will(b"old")).connect(&broker);
    let _new = lasting("c").connect(&broker);
    old.expect_disconnect(ReasonCode::SessionTakenOver);
    assert_eq!(witness.expect_publish().text(), "old");
    witness.expect_nothing();
}

#[test]
fn b087_a_kicked_client_is_told_and_its_will_published() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let mut client = lasting("c").will(will(b"kicked")).connect(&broker);
    broker.clients().kick("c").expect("an answer");
    client.expect_disconnect(ReasonCode::AdministrativeAction);
    assert_eq!(witness.expect_publish().text(), "kicked");
    assert!(!lasting("c").connect(&broker).session_present());
}
