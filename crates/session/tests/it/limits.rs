//! No client makes a session grow past its limits.

use crate::{
    Q0, Q1,
    scene::{Scene, delivery, message, publish, v5},
};
use dunlin_codec::{Connect, Publish};
use dunlin_session::{Ending, SessionSettings};

fn bytes(len: usize) -> Vec<u8> {
    vec![b'x'; len]
}

#[test]
fn a_queue_without_length_limit_is_bounded_by_the_mailbox() {
    let settings =
        SessionSettings { max_queue_len: 0, max_mailbox_len: Some(10), max_inflight: 1, ..SessionSettings::default() };
    let mut scene = Scene::with_settings(settings);
    assert_eq!(scene.deliver_some(Q1, 1..=11), ["PUBLISH q1 #1 t 1"]);
    assert_eq!(
        scene.deliver(message(Q1, "12")),
        ["DISCONNECT quota_exceeded reason=\"quota_exceeded\"", "close mailbox_overflow"]
    );
}

#[test]
fn mqtt_3_14_4_1_nothing_is_sent_after_disconnect() {
    let settings =
        SessionSettings { max_queue_len: 0, max_mailbox_len: Some(1), max_inflight: 1, ..SessionSettings::default() };
    let mut scene = Scene::with_settings(settings);
    scene.deliver_some(Q1, 1..=2);
    assert_eq!(scene.deliver(message(Q1, "3")).len(), 2, "DISCONNECT and close");
    for qos in [Q0, Q1] {
        let lines = scene.deliver(message(qos, "4"));
        assert!(lines.is_empty(), "{lines:?}");
    }
    assert_eq!(scene.puback(1), Vec::<String>::new());
    assert_eq!(scene.congested(false), Vec::<String>::new());
    let waiting = scene.session.queue_len();
    scene.detach(Ending::Closed);
    assert_eq!(scene.session.queue_len(), waiting, "it waits for the next connection");
}

#[test]
fn a_client_that_is_away_is_bounded_in_bytes_by_drops() {
    let settings = SessionSettings { max_memory_bytes: Some(10_000), ..SessionSettings::default() };
    let mut scene = Scene::with_settings(settings);
    scene.detach(Ending::Closed);
    for _ in 0..80 {
        assert!(scene.deliver(message(Q1, "small")).is_empty());
    }
    for _ in 0..50 {
        let dropped = scene.deliver(delivery("t", Q1, &bytes(4_000), None, 0));
        assert!(scene.session.memory_bytes() <= 10_000, "{} bytes", scene.session.memory_bytes());
        assert!(dropped.iter().all(|line| line.ends_with("queue_full")), "{dropped:?}");
    }
    assert_eq!(scene.session.queue_len(), 2);
}

#[test]
fn a_message_above_the_byte_limit_does_not_wait_at_all() {
    let settings = SessionSettings { max_memory_bytes: Some(1_000), ..SessionSettings::default() };
    let mut scene = Scene::with_settings(settings);
    scene.detach(Ending::Closed);
    scene.deliver(message(Q1, "1"));
    assert_eq!(scene.deliver(delivery("t", Q1, &bytes(2_000), None, 0)), ["dropped (2000 bytes) queue_full"]);
    assert_eq!(scene.open(), (0, 1, 0), "what waited already goes on waiting");
}

#[test]
fn topic_aliases_count_as_memory() {
    let settings = SessionSettings { max_memory_bytes: Some(1_000), ..SessionSettings::default() };
    let mut scene = Scene::with_settings(settings);
    let topics: Vec<_> = (0..10).map(|n| format!("{n}{}", "x".repeat(200))).collect();
    let mut lines = Vec::new();
    for (topic, alias) in topics.iter().zip(1..) {
        lines.extend(scene.publish(&Publish { topic, topic_alias: Some(alias), ..publish(Q0, 0) }));
    }
    assert_eq!(lines[4..6], ["fault quota_exceeded proc_heap_too_large", "fault quota_exceeded proc_heap_too_large"]);
    scene.detach(Ending::Closed);
    assert_eq!(scene.session.memory_bytes(), 0, "they end with the connection");
}

#[test]
fn exchanges_given_up_are_remembered_within_a_bound() {
    let settings = SessionSettings { await_release_timeout_ms: 1_000, ..SessionSettings::default() };
    let mut scene = Scene::with(settings, &Connect { receive_maximum: None, ..v5() });
    for id in 1..=1_000 {
        scene.publish(&publish(crate::Q2, id));
        scene.wait_secs(1);
    }
    let repeated = |scene: &mut Scene, id| scene.publish(&Publish { dup: true, ..publish(crate::Q2, id) });
    assert_eq!(repeated(&mut scene, 1_000), ["PUBREC #1000"]);
    assert_eq!(repeated(&mut scene, 1), ["route q2 #1 t x"], "the oldest are forgotten");
}
