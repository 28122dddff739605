//! A second connection with the client id of the first.

use dunlin_broker::Metric;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Client, Connecting, TestBroker};

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

/// [MQTT-3.1.4-3] [MQTT-3.2.2-3]
#[test]
fn b004_a_session_is_taken_over_from_a_living_connection_even_with_expiry_0() {
    let broker = TestBroker::start();
    let mut first = Client::v5("c").session_expiry(0).connect(&broker);
    first.subscribe("t", AtLeastOnce);
    let mut second = Client::v5("c").clean_start(false).session_expiry(0).connect(&broker);
    first.expect_disconnect(ReasonCode::SessionTakenOver);
    assert!(second.session_present());
    second.publish("t", "mine now", AtLeastOnce);
    assert_eq!(second.expect_publish().text(), "mine now");
}

/// Order and completeness through twenty takeovers under way; a message may come twice.
#[test]
fn b075_takeovers_lose_nothing_and_keep_the_order() {
    const MESSAGES: usize = 600;
    let broker = TestBroker::start();
    let mut subscriber = lasting("subscriber").connect(&broker);
    subscriber.subscribe("t", AtLeastOnce);
    let mut received: Vec<usize> = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut publisher = Client::v5("publisher").connect(&broker);
            for index in 0..MESSAGES {
                publisher.publish("t", index.to_string(), AtLeastOnce);
            }
        });
        while received.last() != Some(&(MESSAGES - 1)) {
            let index = subscriber.expect_publish().text().parse().expect("a number");
            if received.contains(&index) {
                continue;
            }
            received.push(index);
            if received.len().is_multiple_of(30) {
                subscriber = lasting("subscriber").connect(&broker);
                assert!(subscriber.session_present());
            }
        }
    });
    assert!(received.iter().copied().eq(0..MESSAGES), "{received:?}");
}

#[test]
fn b091_each_end_of_a_connection_is_counted_under_its_reason() {
    let broker = TestBroker::start();
    let mut first = lasting("c").connect(&broker);
    let mut second = lasting("c").connect(&broker);
    first.expect_disconnect(ReasonCode::SessionTakenOver);
    assert_eq!(broker.disconnects(DisconnectReason::TakenOver), 1);
    assert_eq!(broker.metric(Metric::SessionTakenover), 1);
    assert_eq!(broker.metric(Metric::SessionResumed), 1);

    let third = lasting("c").clean_start(true).connect(&broker);
    second.expect_disconnect(ReasonCode::SessionTakenOver);
    assert_eq!(broker.disconnects(DisconnectReason::Discarded), 1);
    assert_eq!(broker.metric(Metric::SessionDiscarded), 1);

    third.disconnect();
    assert_eq!(broker.disconnects(DisconnectReason::Normal), 1);
    assert_eq!((broker.metric(Metric::ClientConnected), broker.metric(Metric::SessionCreated)), (3, 2));
}

/// [MQTT-3.1.4-3]
#[test]
fn b092_a_second_client_with_the_id_of_a_lasting_session_ends_the_first() {
    let broker = TestBroker::start();
    for clean_start in [false, true] {
        let mut first = lasting("c").connect(&broker);
        let mut second = lasting("c").clean_start(clean_start).connect(&broker);
        first.expect_disconnect(ReasonCode::SessionTakenOver);
        assert_eq!(second.session_present(), !clean_start);
        second.ping();
        broker.wait_until("one connection is left", |broker| broker.connections() == 1 && broker.sessions() == 1);
        second.disconnect();
    }
}

#[test]
fn b064_many_connections_at_once_with_one_client_id_leave_one() {
    let broker = TestBroker::start();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let broker = &broker;
            scope.spawn(move || {
                for round in 0..25 {
                    let clean_start = (thread + round) % 3 == 0;
                    drop(lasting("same").clean_start(clean_start).connect(broker));
                }
            });
        }
    });
    let mut last = lasting("same").connect(&broker);
    last.subscribe("t", AtLeastOnce);
    last.publish("t", "alone", AtLeastOnce);
    assert_eq!(last.expect_publish().text(), "alone");
    broker.wait_until("one is left", |broker| {
        (broker.connections(), broker.sessions(), broker.subscriptions()) == (1, 1, 1)
    });
    assert_eq!(broker.metric(Metric::ClientConnected), 8 * 25 + 1);
    broker.wait_until("every end is counted", |broker| broker.metric(Metric::ClientDisconnected) == 8 * 25);
}
