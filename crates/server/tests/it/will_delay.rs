//! Wills with a delay, against the end of the session and the return of the client.

use dunlin_codec::{Disconnect, Will};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, Connecting, Stopwatch, TestBroker};
use std::time::Duration;

/// The shortest delay there is.
const ONE_SECOND: Duration = Duration::from_secs(1);

/// Time for a will that must not come after all.
const A_WHILE: Duration = Duration::from_millis(300);

/// Seconds; longer than any test.
const LONG: u32 = 600;

fn will(payload: &[u8], delay_interval: u32) -> Will<'_> {
    Will { topic: "will", payload, delay_interval, ..Will::default() }
}

fn lasting(session_expiry: u32) -> Connecting<'static> {
    Client::v5("c").clean_start(false).session_expiry(session_expiry)
}

/// A client that sees every will.
fn witness(broker: &TestBroker) -> Client {
    let mut witness = Client::v5("witness").connect(broker);
    witness.subscribe("will", AtLeastOnce);
    witness
}

#[test]
fn b078_a_clean_start_ends_the_session_so_the_delayed_will_is_due() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let old = lasting(LONG).will(will(b"old", LONG)).connect(&broker);
    let _new = lasting(LONG).clean_start(true).will(will(b"new", LONG)).connect(&broker);
    assert_eq!(witness.expect_publish().text(), "old");
    drop(old);
    witness.expect_nothing();

    // The same when the old connection is gone already.
    Client::v5("gone").session_expiry(LONG).will(will(b"waiting", LONG)).connect(&broker).cut(&broker);
    witness.expect_nothing();
    let _again = Client::v5("gone").connect(&broker);
    assert_eq!(witness.expect_publish().text(), "waiting");
}

/// [MQTT-3.1.2-8]
#[test]
fn b079_a_delayed_will_is_published_once_after_its_delay() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let since = Stopwatch::start();
    lasting(LONG).will(will(b"late", 1)).connect(&broker).cut(&broker);
    assert_eq!(witness.expect_publish().text(), "late");
    since.assert_passed(ONE_SECOND);
    witness.expect_nothing_for(A_WHILE);
}

/// [MQTT-3.1.2-8]
#[test]
fn b080_a_will_is_published_when_the_session_ends_before_its_delay() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let since = Stopwatch::start();
    lasting(1).will(will(b"at the end", 2)).connect(&broker).cut(&broker);
    assert_eq!(witness.expect_publish().text(), "at the end");
    since.assert_passed(ONE_SECOND);
    assert_eq!(broker.sessions(), 1);
    // Past the delay, which has lost its meaning.
    witness.expect_nothing_for(ONE_SECOND + A_WHILE);
}

/// [MQTT-3.1.3-9]
#[test]
fn b082_a_takeover_in_time_drops_the_delayed_will() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let _old = lasting(LONG).will(will(b"never", 1)).connect(&broker);
    let _new = lasting(LONG).connect(&broker);
    witness.expect_nothing_for(ONE_SECOND + A_WHILE);
}

/// [MQTT-3.1.3-9] [MQTT-3.14.4-3]
#[test]
fn b083_after_takeover_and_normal_disconnect_there_is_no_will() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let _old = lasting(1).will(will(b"old", 1)).connect(&broker);
    lasting(1).will(will(b"new", 1)).connect(&broker).disconnect();
    witness.expect_nothing_for(ONE_SECOND + A_WHILE);
    broker.wait_until("the session has expired", |broker| broker.sessions() == 1);
    witness.expect_nothing();
}

#[test]
fn b084_after_takeover_disconnect_with_will_publishes_the_new_one_when_the_session_ends() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    let _old = lasting(1).will(will(b"old", 10)).connect(&broker);
    let new = lasting(1).will(will(b"new", 10)).connect(&broker);
    let since = Stopwatch::start();
    new.disconnect_with(Disconnect { reason_code: ReasonCode::DisconnectWithWill, ..Disconnect::default() });
    assert_eq!(witness.expect_publish().text(), "new");
    since.assert_passed(ONE_SECOND);
    witness.expect_nothing_for(A_WHILE);
}

#[test]
fn b085_of_two_connections_in_turn_only_the_second_leaves_a_will() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    lasting(LONG).will(will(b"first", 1)).connect(&broker).cut(&broker);
    lasting(LONG).will(will(b"second", 0)).connect(&broker).cut(&broker);
    assert_eq!(witness.expect_publish().text(), "second");
    witness.expect_nothing_for(ONE_SECOND + A_WHILE);
}

/// [MQTT-3.1.3-9]
#[test]
fn b086_a_client_that_comes_back_before_the_delay_leaves_no_will() {
    let broker = TestBroker::start();
    let mut witness = witness(&broker);
    lasting(LONG).will(will(b"never", 1)).connect(&broker).cut(&broker);
    witness.expect_nothing();
    let _back = lasting(LONG).connect(&broker);
    witness.expect_nothing_for(ONE_SECOND + A_WHILE);
}
