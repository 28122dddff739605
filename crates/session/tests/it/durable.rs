//! Messages of a durable queue: they keep their place and their identifier, whoever keeps the queue hears what becomes of them,
//! and the connection's end leaves nothing of them behind.

use crate::{
    NOTHING, Q0, Q1, Q2, V4,
    scene::{Scene, by_group, delivery, expiring, message, narrow, older, v5},
};
use dunlin_codec::Connect;
use dunlin_model::{Qos, ReasonCode};
use dunlin_session::{Delivery, Durable, Ending, Fate, QueuePriorities, SessionSettings};

const OK: ReasonCode = ReasonCode::Success;

/// A connected client with a durable session.
fn connected(settings: SessionSettings) -> Scene {
    let mut scene = Scene::with_settings(settings);
    scene.session.set_durable(true);
    scene
}

/// A delivery from this position of the durable queue, not sent before.
fn at(position: u64, delivery: Delivery) -> Delivery {
    Delivery { durable: Some(Durable::new(position, false)), ..delivery }
}

/// The same, sent by an earlier connection.
fn again_at(position: u64, delivery: Delivery) -> Delivery {
    Delivery { durable: Some(Durable::new(position, true)), ..delivery }
}

/// Delivers a message from each position; its payload is the position.
fn feed(scene: &mut Scene, qos: Qos, positions: std::ops::RangeInclusive<u64>) -> Vec<String> {
    positions.flat_map(|position| scene.deliver(at(position, message(qos, &position.to_string())))).collect()
}

fn resume_release(scene: &mut Scene, position: u64) -> Vec<String> {
    scene.input(|session, _, out| {
        session.resume_release(position, out);
        Ok(())
    })
}

#[test]
fn the_packet_identifier_follows_from_the_position() {
    for (position, packet_id) in
        [(0, 1), (1, 2), (65_534, 65_535), (65_535, 1), (200_000, 3_396), ((1 << 62) - 1, 16_384)]
    {
        let mut scene = connected(SessionSettings::default());
        assert_eq!(position % 65_535 + 1, u64::from(packet_id));
        assert_eq!(scene.deliver(at(position, message(Q1, "x"))), [format!("PUBLISH q1 #{packet_id} t x")]);
        assert_eq!(scene.puback(packet_id), [format!("done {position}")]);
        assert_eq!(scene.open(), (0, 0, 0));
    }
}

#[test]
fn what_becomes_of_a_message_is_said_once() {
    let mut scene = connected(SessionSettings::default());
    feed(&mut scene, Q1, 0..=1);
    feed(&mut scene, Q2, 2..=4);
    assert_eq!(scene.puback(2), ["done 1"]);
    assert_eq!(scene.puback(2), ["missed PubAck"]);
    assert_eq!(scene.puback(1), ["done 0"]);
    assert_eq!(scene.pubrec(3, OK), ["PUBREL #3", "received 2"]);
    assert_eq!(scene.pubrec(3, OK), ["PUBREL #3"], "received is said once");
    assert_eq!(scene.pubcomp(3), ["done 2"]);
    assert_eq!(scene.pubcomp(3), ["missed PubComp"]);
    assert_eq!(scene.pubrec(4, ReasonCode::QuotaExceeded), ["done 3"], "refused [MQTT-4.4.0-2]");
    assert_eq!(scene.open(), (1, 0, 0));
}

#[test]
fn other_sessions_have_none_of_these_outputs() {
    let mut scene = Scene::with_settings(narrow(2, 2));
    assert!(!scene.session.is_durable());
    scene.deliver(message(Q1, "1"));
    scene.deliver(message(Q2, "2"));
    assert_eq!(scene.puback(1), NOTHING);
    assert_eq!(scene.pubrec(2, OK), ["PUBREL #2"]);
    assert_eq!(scene.pubcomp(2), NOTHING);
    assert_eq!(scene.session.take_sent_to(), None);
    scene.publish(&crate::scene::publish(Q2, 5));
    assert_eq!(scene.pubrel(5), ["PUBCOMP #5"]);
}

#[test]
fn mqtt_3_3_1_1_dup_says_that_an_earlier_connection_has_sent_it() {
    let mut scene = connected(SessionSettings::default());
    assert_eq!(scene.deliver(again_at(7, message(Q1, "7"))), ["PUBLISH q1 #8 t 7 dup"]);
    assert_eq!(scene.deliver(again_at(8, message(Q2, "8"))), ["PUBLISH q2 #9 t 8 dup"]);
    assert_eq!(scene.deliver(at(9, message(Q2, "9"))), ["PUBLISH q2 #10 t 9"]);
    assert_eq!(
        scene.deliver(again_at(10, message(Q0, "10"))),
        ["PUBLISH q1 #11 t 10 dup"],
        "what is stored is not QoS 0"
    );
}

#[test]
fn what_is_dropped_frees_its_place() {
    let mut scene = connected(narrow(1, 10));
    feed(&mut scene, Q1, 0..=0);
    scene.deliver(at(1, expiring(Q1, "short", 2)));
    scene.deliver(again_at(2, expiring(Q2, "begun", 2)));
    scene.wait_secs(5);
    assert_eq!(scene.puback(1), ["PUBLISH q2 #3 t begun dup expiry=0", "done 0", "dropped short expired", "done 1"]);
    let mut scene = Scene::with(SessionSettings::default(), &Connect { maximum_packet_size: Some(100), ..v5() });
    scene.session.set_durable(true);
    let large = message(Q1, &"x".repeat(200));
    assert_eq!(scene.deliver(at(5, large)), ["dropped (200 bytes) too_large", "done 5"]);
    assert_eq!(scene.session.take_sent_to(), None);
}

#[test]
fn what_was_sent_is_known_to_the_highest_position() {
    let mut scene = connected(narrow(3, 10));
    assert_eq!(scene.session.take_sent_to(), None);
    feed(&mut scene, Q1, 4..=8);
    assert_eq!((scene.session.take_sent_to(), scene.session.take_sent_to()), (Some(7), None), "two wait");
    scene.puback(5);
    scene.detach(Ending::Closed);
    assert_eq!(
        (scene.session.take_sent_to(), scene.session.take_sent_to()),
        (Some(8), None),
        "it outlives the connection"
    );
}

#[test]
fn mqtt_2_2_1_4_an_identifier_in_use_holds_its_next_owner_back() {
    let mut scene = connected(SessionSettings::default());
    feed(&mut scene, Q1, 10..=11);
    assert_eq!(feed(&mut scene, Q1, 65_544..=65_544), ["PUBLISH q1 #10 t 65544"]);
    assert_eq!(feed(&mut scene, Q1, 65_545..=65_547), NOTHING, "#11 is in use: it waits, and what follows behind it");
    assert_eq!(scene.deliver(message(Q0, "zero")), ["PUBLISH q0 t zero"], "without identifier, without waiting");
    assert_eq!(scene.puback(12), ["done 11"]);
    assert_eq!(
        scene.puback(11),
        ["PUBLISH q1 #11 t 65545", "PUBLISH q1 #12 t 65546", "PUBLISH q1 #13 t 65547", "done 10"]
    );
    assert_eq!(scene.puback(11), ["done 65545"]);
}

#[test]
fn the_limits_of_the_queue_neither_count_nor_drop_what_lies_on_disk() {
    for settings in [
        SessionSettings { max_memory_bytes: Some(600), ..narrow(1, 2) },
        SessionSettings { max_mailbox_len: Some(2), max_memory_bytes: Some(600), ..narrow(1, 0) },
    ] {
        let unlimited = settings.max_queue_len == 0;
        let mut scene = connected(settings);
        feed(&mut scene, Q1, 0..=50);
        assert_eq!((scene.open(), scene.session.memory_bytes()), ((1, 50, 0), 0));
        scene.congested(true);
        assert_eq!(scene.deliver_some(Q0, 1..=2), NOTHING);
        let third = scene.deliver_some(Q0, 3..=3);
        if unlimited {
            assert_eq!(third.last().map(String::as_str), Some("close mailbox_overflow"), "three wait in memory");
        } else {
            assert_eq!(third, ["dropped 1 queue_full"], "QoS 0 goes for QoS 0");
        }
    }
}

#[test]
fn priorities_send_positions_out_of_order_and_each_topic_in_order() {
    let topics = [("high".to_owned(), 2)].into_iter().collect();
    let queue_priorities = Some(QueuePriorities { topics, default_is_highest: false });
    let mut scene = connected(SessionSettings { queue_priorities, ..narrow(3, 0) });
    scene.congested(true);
    for position in 0..6 {
        let topic = if position < 3 { "low" } else { "high" };
        scene.deliver(at(position, delivery(topic, Q1, position.to_string().as_bytes(), None, 0)));
    }
    assert_eq!(scene.congested(false), ["PUBLISH q1 #4 high 3", "PUBLISH q1 #5 high 4", "PUBLISH q1 #6 high 5"]);
    assert_eq!(scene.puback(5), ["PUBLISH q1 #1 low 0", "done 4"]);
    assert_eq!(scene.puback(6), ["PUBLISH q1 #2 low 1", "done 5"]);
    assert_eq!(scene.puback(1), ["PUBLISH q1 #3 low 2", "done 0"]);
    for (packet_id, position) in [(3, 2), (4, 3), (2, 1)] {
        assert_eq!(scene.puback(packet_id), [format!("done {position}")]);
    }
    assert_eq!(scene.session.take_sent_to(), Some(6));
}

#[test]
fn mqtt_4_4_0_1_the_end_of_the_connection_forgets_what_will_be_fed_again() {
    for ending in [Ending::Closed, Ending::TakenOver] {
        let mut scene = connected(narrow(2, 10));
        feed(&mut scene, Q1, 0..=0);
        feed(&mut scene, Q2, 1..=1);
        scene.pubrec(2, OK);
        feed(&mut scene, Q1, 2..=4);
        scene.congested(true);
        scene.deliver(message(Q0, "zero"));
        assert_eq!(scene.detach(ending), NOTHING);
        assert_eq!(scene.open(), (0, 1, 0), "QoS 0 waits in memory");
        assert_eq!(feed(&mut scene, Q1, 5..=5), NOTHING, "nobody is there: it stays on disk");
        assert_eq!(scene.resume(&older(V4)), ["CONNACK success present", "PUBLISH q0 t zero"]);
        assert_eq!(scene.deliver(again_at(0, message(Q1, "0"))), ["PUBLISH q1 #1 t 0 dup"]);
        assert_eq!(resume_release(&mut scene, 1), ["PUBREL #2"]);
        assert_eq!(scene.pubcomp(2), ["done 1"]);
        assert_eq!(feed(&mut scene, Q1, 2..=2), ["PUBLISH q1 #3 t 2"]);
    }
}

#[test]
fn mqtt_4_3_3_6_what_was_received_goes_on_with_pubrel_in_its_turn() {
    let mut scene = connected(narrow(2, 10));
    assert_eq!(scene.deliver(again_at(3, message(Q2, "3"))), ["PUBLISH q2 #4 t 3 dup"]);
    assert_eq!(resume_release(&mut scene, 4), ["PUBREL #5"]);
    assert_eq!(resume_release(&mut scene, 4), NOTHING, "it is open");
    assert_eq!(scene.deliver(again_at(5, message(Q2, "5"))), NOTHING, "both are open in the window of two");
    assert_eq!(scene.session.take_sent_to(), Some(4), "a PUBREL is no PUBLISH");
    assert_eq!(scene.pubrec(5, OK), ["PUBREL #5"], "PUBREC again");
    assert_eq!(scene.pubcomp(5), ["PUBLISH q2 #6 t 5 dup", "done 4"]);
    scene.congested(true);
    assert_eq!(resume_release(&mut scene, 6), NOTHING);
    assert_eq!(scene.pubcomp(7), ["missed PubComp"], "not sent on this connection");
    scene.pubrec(4, OK);
    scene.pubcomp(4);
    assert_eq!(scene.congested(false), ["PUBREL #7"], "as soon as the socket takes it");
    assert_eq!(scene.pubcomp(7), ["done 6"]);
    scene.pubrec(6, OK);
    scene.pubcomp(6);
    scene.detach(Ending::Closed);
    scene.resume(&Connect { receive_maximum: Some(1), ..v5() });
    assert_eq!(resume_release(&mut scene, 7), ["PUBREL #8"]);
    assert_eq!(resume_release(&mut scene, 8), NOTHING, "one is open, and the client takes one");
    assert_eq!(scene.deliver(again_at(9, message(Q2, "9"))), NOTHING);
    assert_eq!(scene.pubcomp(8), ["PUBREL #9", "done 7"]);
    assert_eq!(scene.pubcomp(9), ["PUBLISH q2 #10 t 9 dup", "done 8"]);
}

#[test]
fn the_end_of_the_session_says_nothing_of_what_lies_on_disk() {
    for ending in [Ending::Discarded, Ending::Kicked] {
        let mut scene = connected(narrow(2, 10));
        scene.is_subscribed_to(&["$share/g/t"]);
        for position in 0..4 {
            scene.deliver(at(position, by_group("$share/g/t", Q1, "x")));
        }
        assert_eq!(scene.hand_back(&["$share/g/t"]), NOTHING, "whoever keeps the queue moves them");
        assert_eq!(scene.open(), (2, 2, 0));
        scene.congested(true);
        scene.deliver(message(Q0, "zero"));
        assert_eq!(scene.detach(ending), ["unsubscribe $share/g/t", "dropped zero session_ended"]);
        assert_eq!((scene.fate, scene.open()), (Fate::Ended, (0, 0, 0)));
    }
}

#[test]
fn a_session_that_becomes_durable_keeps_what_it_has_in_memory() {
    let mut scene = Scene::with(narrow(3, 10), &Connect { session_expiry_interval: None, ..v5() });
    scene.deliver_some(Q1, 1..=4);
    scene.detach(Ending::TakenOver);
    scene.session.set_durable(true);
    assert_eq!(scene.resume(&v5())[1..], ["PUBLISH q1 #1 t 1 dup", "PUBLISH q1 #2 t 2 dup", "PUBLISH q1 #3 t 3 dup"]);
    assert_eq!(feed(&mut scene, Q1, 0..=1), NOTHING);
    assert_eq!(scene.puback(2), ["PUBLISH q1 #4 t 4"]);
    assert_eq!(scene.puback(3), NOTHING, "#1 is in use");
    assert_eq!(scene.puback(1), ["PUBLISH q1 #1 t 0", "PUBLISH q1 #2 t 1"]);
    assert_eq!(scene.session.take_sent_to(), Some(2));
    assert_eq!(scene.puback(1), ["done 0"]);
    assert_eq!(scene.detach(Ending::Closed), NOTHING);
    assert_eq!(scene.resume(&v5())[1..], ["PUBLISH q1 #4 t 4 dup"]);
}

#[test]
fn an_exchange_of_the_client_that_is_on_disk_says_when_it_ends() {
    let mut scene = connected(SessionSettings::default());
    for id in [5, 6] {
        scene.publish(&crate::scene::publish(Q2, id));
    }
    scene.session.mark_release_stored(5);
    scene.session.mark_release_stored(9);
    assert_eq!(scene.publish(&crate::scene::publish(Q2, 5)), ["PUBREC #5"], "a repetition");
    assert_eq!(scene.pubrel(5), ["PUBCOMP #5", "released #5"]);
    assert_eq!(scene.pubrel(6), ["PUBCOMP #6"]);
    assert_eq!(scene.pubrel(5), ["PUBCOMP #5 packet_identifier_not_found", "missed PubRel"]);
}

#[test]
fn a_refusal_ends_an_exchange_on_disk() {
    let mut scene = connected(SessionSettings::default());
    scene.publish(&crate::scene::publish(Q2, 5));
    scene.session.mark_release_stored(5);
    let refused = dunlin_session::PublishOutcome::Refused(ReasonCode::QuotaExceeded);
    assert_eq!(scene.published(Q2, 5, refused), ["PUBREC #5 quota_exceeded", "released #5"]);
}
