//! A client comes back to its session.

use crate::{
    NOTHING, Q0, Q1, Q2, V4,
    scene::{Scene, expiring, message, narrow, older, v5},
};
use dunlin_codec::Connect;
use dunlin_model::ReasonCode;
use dunlin_session::{Ending, SessionSettings};

const OK: ReasonCode = ReasonCode::Success;

fn away(settings: SessionSettings, before: impl FnOnce(&mut Scene)) -> Scene {
    let mut scene = Scene::with_settings(settings);
    before(&mut scene);
    scene.detach(Ending::Closed);
    scene
}

/// What follows CONNACK.
fn resent(scene: &mut Scene, connect: &Connect<'_>) -> Vec<String> {
    let mut lines = scene.resume(connect);
    assert!(lines.remove(0).starts_with("CONNACK success present"));
    lines
}

#[test]
fn mqtt_4_4_0_1_and_mqtt_3_3_1_1_what_is_unacknowledged_is_sent_again_with_its_identifier_and_dup() {
    let mut scene = away(SessionSettings::default(), |scene| {
        scene.deliver_some(Q1, 1..=2);
        scene.deliver_some(Q2, 3..=5);
        scene.puback(1);
        scene.pubrec(4, OK);
        scene.pubrec(5, OK);
        scene.pubcomp(5);
    });
    assert_eq!(resent(&mut scene, &v5()), ["PUBLISH q1 #2 t 2 dup", "PUBLISH q2 #3 t 3 dup", "PUBREL #4"]);
    assert_eq!(scene.open(), (3, 0, 0));
    assert_eq!(scene.puback(2), NOTHING);
    assert_eq!(scene.pubrec(3, OK), ["PUBREL #3"]);
    assert_eq!(scene.pubcomp(3), NOTHING);
    assert_eq!(scene.pubcomp(4), NOTHING);
    assert_eq!(scene.open(), (0, 0, 0));
}

#[test]
fn mqtt_4_4_0_1_nothing_is_sent_again_on_the_same_connection() {
    let mut scene = Scene::connected();
    scene.deliver_some(Q1, 1..=3);
    assert_eq!(scene.wait_secs(1_000), NOTHING);
    scene.congested(true);
    assert_eq!(scene.congested(false), NOTHING);
}

#[test]
fn b101_after_one_reconnect_and_another() {
    let mut scene = away(SessionSettings::default(), |scene| {
        scene.deliver_some(Q2, 1..=4);
        scene.pubrec(1, OK);
        scene.pubrec(2, OK);
    });
    assert_eq!(resent(&mut scene, &v5()), ["PUBREL #1", "PUBREL #2", "PUBLISH q2 #3 t 3 dup", "PUBLISH q2 #4 t 4 dup"]);
    scene.pubcomp(1);
    scene.pubrec(3, OK);
    scene.detach(Ending::Closed);
    assert_eq!(resent(&mut scene, &v5()), ["PUBREL #2", "PUBREL #3", "PUBLISH q2 #4 t 4 dup"]);
}

#[test]
fn b100_the_unacknowledged_come_with_dup_and_the_new_ones_without() {
    let mut scene = away(narrow(4, 100), |scene| {
        scene.deliver_some(Q1, 1..=6);
        scene.puback(1);
    });
    scene.deliver_some(Q1, 7..=7);
    assert_eq!(
        resent(&mut scene, &v5()),
        ["PUBLISH q1 #2 t 2 dup", "PUBLISH q1 #3 t 3 dup", "PUBLISH q1 #4 t 4 dup", "PUBLISH q1 #5 t 5 dup"]
    );
    assert_eq!(scene.puback(2), ["PUBLISH q1 #6 t 6"]);
    assert_eq!(scene.puback(3), ["PUBLISH q1 #7 t 7"]);
}

#[test]
fn a_smaller_receive_maximum_than_before_holds_the_rest_back_in_order() {
    let mut scene = away(SessionSettings::default(), |scene| {
        scene.deliver_some(Q1, 1..=2);
        scene.deliver_some(Q2, 3..=4);
        scene.pubrec(3, OK);
    });
    scene.deliver(message(Q0, "5"));
    scene.deliver(message(Q1, "6"));
    let narrow = Connect { receive_maximum: Some(1), ..v5() };
    assert_eq!(resent(&mut scene, &narrow), ["PUBLISH q1 #1 t 1 dup", "PUBLISH q0 t 5"]);
    assert_eq!(scene.deliver(message(Q1, "7")), NOTHING, "nothing new passes what waits to be sent again");
    assert_eq!(scene.puback(2), ["missed PubAck"], "not sent on this connection");
    assert_eq!(scene.puback(1), ["PUBLISH q1 #2 t 2 dup"]);
    assert_eq!(scene.puback(2), ["PUBREL #3"]);
    assert_eq!(scene.pubcomp(3), ["PUBLISH q2 #4 t 4 dup"]);
    assert_eq!(scene.pubrec(4, OK), ["PUBREL #4"]);
    assert_eq!(scene.pubcomp(4), ["PUBLISH q1 #5 t 6"]);
    assert_eq!(scene.puback(5), ["PUBLISH q1 #6 t 7"]);
}

#[test]
fn b009_what_was_sent_is_sent_again_though_it_has_expired() {
    let mut scene = away(narrow(1, 10), |scene| {
        scene.deliver(expiring(Q1, "sent", 2));
        scene.deliver(expiring(Q1, "waiting", 2));
    });
    scene.wait_secs(5);
    assert_eq!(resent(&mut scene, &v5()), ["PUBLISH q1 #1 t sent dup expiry=0"]);
    assert_eq!(scene.puback(1), ["dropped waiting expired"]);
}

#[test]
fn what_is_too_large_for_the_new_connection_is_given_up() {
    let mut scene = away(SessionSettings::default(), |scene| {
        scene.deliver(message(Q1, &"x".repeat(200)));
        scene.deliver(message(Q1, "2"));
    });
    let lines = resent(&mut scene, &Connect { maximum_packet_size: Some(100), ..v5() });
    assert_eq!(lines, ["PUBLISH q1 #2 t 2 dup", "dropped (200 bytes) too_large"]);
    assert_eq!(scene.open(), (1, 0, 0));
}

#[test]
fn a_client_may_come_back_with_another_version() {
    let mut scene = away(SessionSettings::default(), |scene| {
        scene.deliver(expiring(Q1, "1", 100));
    });
    assert_eq!(scene.resume(&older(V4)), ["CONNACK success present", "PUBLISH q1 #1 t 1 dup"]);
    assert_eq!(scene.session.info().expiry_secs, 7_200, "the expiry of its version");
}

#[test]
fn what_is_sent_again_in_portions_is_not_passed_by_what_comes_meanwhile() {
    let large = "x".repeat(150_000);
    let mut scene = away(SessionSettings::default(), |scene| {
        for _ in 0..3 {
            scene.deliver(message(Q1, &large));
        }
    });
    let again = |id| format!("PUBLISH q1 #{id} t (150000 bytes) dup");
    assert_eq!(resent(&mut scene, &v5()), [again(1), again(2)], "256 KiB are enough for a start");
    assert_eq!(scene.deliver(message(Q1, "new")), NOTHING);
    assert_eq!(scene.congested(false), [again(3), "PUBLISH q1 #4 t new".to_owned()]);
}

#[test]
fn identifiers_go_on_after_a_resume() {
    let mut scene = away(SessionSettings::default(), |scene| {
        scene.deliver_some(Q1, 1..=3);
        scene.puback(1);
        scene.puback(3);
    });
    scene.resume(&v5());
    assert_eq!(scene.deliver(message(Q1, "4")), ["PUBLISH q1 #4 t 4"]);
}

#[test]
fn b075_a_takeover_keeps_what_is_open_and_what_waits_in_order() {
    let mut scene = Scene::with_settings(narrow(1, 10));
    scene.deliver_some(Q1, 1..=3);
    for _ in 0..3 {
        assert_eq!(scene.detach(Ending::TakenOver), NOTHING);
        assert_eq!(resent(&mut scene, &v5()), ["PUBLISH q1 #1 t 1 dup"]);
    }
    assert_eq!(scene.puback(1), ["PUBLISH q1 #2 t 2"]);
    assert_eq!(scene.puback(2), ["PUBLISH q1 #3 t 3"]);
}

#[test]
fn b004_a_takeover_keeps_a_session_that_would_have_ended_with_its_connection() {
    let mut scene = Scene::with(SessionSettings::default(), &Connect { session_expiry_interval: None, ..v5() });
    scene.is_subscribed_to(&["t"]);
    scene.deliver(message(Q1, "1"));
    assert_eq!(scene.detach(Ending::TakenOver), NOTHING);
    assert_eq!(resent(&mut scene, &v5()), ["PUBLISH q1 #1 t 1 dup"]);
    assert_eq!(scene.session.info().subscriptions, 1);
}

#[test]
fn congestion_ends_with_its_connection() {
    let mut scene = away(SessionSettings::default(), |scene| {
        scene.congested(true);
        scene.deliver_some(Q1, 1..=1);
    });
    assert_eq!(resent(&mut scene, &v5()), ["PUBLISH q1 #1 t 1"]);
}
