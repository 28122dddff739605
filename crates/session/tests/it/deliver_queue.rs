//! What waits for the client: limits, drops and their reasons.

use crate::{
    NOTHING, Q0, Q1, Q2,
    scene::{Scene, delivery, expiring, message, narrow, v5},
};
use dunlin_codec::Connect;
use dunlin_session::{Ending, QueuePriorities, SessionSettings};

/// A client that is away.
fn away(settings: SessionSettings) -> Scene {
    let mut scene = Scene::with_settings(settings);
    scene.detach(Ending::Closed);
    scene
}

#[test]
fn b044_and_b093_messages_of_every_qos_wait_for_a_client_that_is_away() {
    let mut scene = away(SessionSettings::default());
    for (qos, payload) in [(Q0, "0"), (Q1, "1"), (Q2, "2")] {
        assert_eq!(scene.deliver(message(qos, payload)), NOTHING);
    }
    assert_eq!(
        scene.resume(&v5())[1..],
        ["PUBLISH q0 t 0", "PUBLISH q1 #1 t 1", "PUBLISH q2 #2 t 2"],
        "in the order they came"
    );
}

#[test]
fn qos_0_does_not_wait_where_the_queue_does_not_store_it() {
    let mut scene = away(SessionSettings { queue_qos0: false, ..SessionSettings::default() });
    assert_eq!(scene.deliver(message(Q0, "0")), ["dropped 0 qos0_msg"]);
    assert_eq!(scene.deliver(message(Q1, "1")), NOTHING);
}

#[test]
fn a_full_queue_drops_its_oldest_qos_0_message_or_else_its_oldest() {
    let mut scene = away(narrow(32, 3));
    for (qos, payload, expected) in [
        (Q1, "1", None),
        (Q0, "2", None),
        (Q2, "3", None),
        (Q1, "4", Some("dropped 2 queue_full")),
        (Q0, "5", Some("dropped 1 queue_full")),
        (Q0, "6", Some("dropped 5 queue_full")),
    ] {
        assert_eq!(scene.deliver(message(qos, payload)), Vec::from_iter(expected), "{payload}");
        assert!(scene.session.queue_len() <= 3);
    }
    assert_eq!(scene.resume(&v5())[1..], ["PUBLISH q2 #1 t 3", "PUBLISH q1 #2 t 4", "PUBLISH q0 t 6"]);
}

#[test]
fn b057_a_storm_of_qos_0_does_not_push_qos_1_out() {
    let mut scene = Scene::with_settings(narrow(32, 50));
    scene.congested(true);
    for n in 0..1_250 {
        scene.deliver(message(Q0, &n.to_string()));
        if n % 80 == 0 {
            assert_eq!(scene.deliver(message(Q1, "acknowledged")).len(), usize::from(n >= 48));
        }
    }
    let sent = scene.congested(false);
    assert_eq!(sent.iter().filter(|line| line.ends_with("acknowledged")).count(), 16);
    assert_eq!(sent.len(), 50);
}

#[test]
fn b006_what_expires_while_it_waits_is_dropped() {
    for qos in [Q0, Q1, Q2] {
        let mut scene = away(SessionSettings::default());
        scene.deliver(expiring(qos, "short", 1));
        scene.deliver(expiring(qos, "long", 20));
        scene.wait_secs(2);
        let lines = scene.resume(&v5());
        let id = if qos == Q0 { "" } else { " #1" };
        assert_eq!(
            lines[1..],
            [format!("PUBLISH q{}{id} t long expiry=18", qos.as_u8()), "dropped short expired".to_owned()]
        );
    }
}

#[test]
fn what_is_too_large_for_the_client_that_comes_back_is_dropped_then() {
    let mut scene = away(narrow(1, 10));
    scene.deliver(delivery("t", Q1, &[b'x'; 200], None, 0));
    scene.deliver(message(Q1, "small"));
    let lines = scene.resume(&Connect { maximum_packet_size: Some(100), ..v5() });
    assert_eq!(lines[1..], ["PUBLISH q1 #1 t small", "dropped (200 bytes) too_large"]);
}

#[test]
fn listed_topics_have_their_own_lane_and_limit() {
    let topics = [("high".to_owned(), 5)].into_iter().collect();
    let priorities = QueuePriorities { topics, default_is_highest: false };
    let mut scene = away(SessionSettings { queue_priorities: Some(priorities), ..narrow(32, 2) });
    for payload in ["1", "2"] {
        scene.deliver(message(Q1, payload));
    }
    for payload in ["3", "4"] {
        assert_eq!(scene.deliver(delivery("high", Q1, payload.as_bytes(), None, 0)), NOTHING);
    }
    assert_eq!(scene.deliver(message(Q1, "5")), ["dropped 1 queue_full"], "the oldest of its own lane");
    let sent: Vec<_> =
        scene.resume(&v5())[1..].iter().map(|line| line.split(' ').next_back().unwrap().to_owned()).collect();
    assert_eq!(sent, ["3", "4", "2", "5"]);
}

#[test]
fn memory_is_accounted_for_and_returns_to_zero() {
    let mut scene = away(SessionSettings::default());
    assert_eq!(scene.session.memory_bytes(), 0);
    scene.deliver_some(Q1, 1..=10);
    assert!(scene.session.memory_bytes() >= 10 * "t1".len());
    scene.resume(&v5());
    for id in 1..=10 {
        scene.puback(id);
    }
    assert_eq!(scene.session.memory_bytes(), 0);
    scene.session.trim();
    assert_eq!((scene.open(), scene.session.memory_bytes()), ((0, 0, 0), 0));
    assert_eq!(scene.deliver(message(Q1, "x")), ["PUBLISH q1 #11 t x"], "identifiers go on after a trim");
}

#[test]
fn trim_keeps_what_is_open() {
    let mut scene = Scene::connected();
    scene.deliver(message(Q1, "x"));
    scene.session.trim();
    assert_eq!(scene.open(), (1, 0, 0));
    assert_eq!(scene.puback(1), NOTHING);
}
