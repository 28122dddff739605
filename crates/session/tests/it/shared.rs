//! Messages that came by a shared subscription are given to another member when this one goes (MQTT 5.0 §4.8.2).

use crate::{
    NOTHING, Q0, Q1, Q2,
    scene::{Scene, by_group, message, narrow, v5},
};
use dunlin_codec::Connect;
use dunlin_model::ReasonCode;
use dunlin_session::{Ending, SessionSettings};

const G: &str = "$share/g/t";
const H: &str = "$share/h/t";
const OK: ReasonCode = ReasonCode::Success;

/// A member of both groups with the window full and more waiting, away.
fn away() -> Scene {
    let mut scene = Scene::with_settings(narrow(4, 100));
    scene.is_subscribed_to(&[G, H]);
    for (filter, qos, payload) in [
        (Some(G), Q1, "1 sent"),
        (Some(H), Q1, "2 sent"),
        (Some(G), Q2, "3 sent"),
        (None, Q1, "4 own"),
        (Some(G), Q1, "5 waits"),
        (Some(G), Q2, "6 waits"),
        (Some(H), Q1, "7 waits"),
        (None, Q1, "8 own"),
    ] {
        scene.deliver(filter.map_or_else(|| message(qos, payload), |filter| by_group(filter, qos, payload)));
    }
    scene.detach(Ending::Closed);
    assert_eq!(scene.open(), (4, 4, 0));
    scene
}

#[test]
fn b124_and_b128_what_is_unacknowledged_goes_to_another_member_in_order() {
    let mut scene = away();
    assert_eq!(
        scene.hand_back(&[G]),
        ["redispatch 1 sent q1 $share/g/t", "redispatch 5 waits q1 $share/g/t", "redispatch 6 waits q2 $share/g/t"]
    );
    assert_eq!(scene.hand_back(&[G]), NOTHING, "once");
    assert_eq!(
        scene.resume(&v5())[1..],
        [
            "PUBLISH q1 #2 t 2 sent dup",
            "PUBLISH q2 #3 t 3 sent dup",
            "PUBLISH q1 #4 t 4 own dup",
            "PUBLISH q1 #5 t 7 waits"
        ]
    );
}

#[test]
fn b039_mqtt_4_8_2_4_a_qos_2_message_that_was_sent_is_completed_with_its_member() {
    let mut scene = Scene::connected();
    scene.deliver(by_group(G, Q2, "1"));
    scene.deliver(by_group(G, Q2, "2"));
    scene.pubrec(2, OK);
    scene.detach(Ending::Closed);
    assert_eq!(scene.hand_back(&[G]), NOTHING);
    assert_eq!(scene.resume(&v5())[1..], ["PUBLISH q2 #1 t 1 dup", "PUBREL #2"]);
}

#[test]
fn mqtt_4_8_2_5_a_qos_2_message_that_was_sent_goes_to_nobody_else_when_the_session_ends() {
    let mut scene = Scene::connected();
    scene.deliver(by_group(G, Q2, "1"));
    scene.detach(Ending::Closed);
    assert_eq!(scene.wait_secs(100), ["dropped 1 session_ended"]);
}

#[test]
fn b126_the_end_of_a_session_hands_everything_else_back_after_leaving_its_groups() {
    let mut scene = away();
    let lines = scene.wait_secs(100);
    let (mut left, rest) = (lines[..2].to_vec(), &lines[2..]);
    left.sort();
    assert_eq!(left, ["unsubscribe $share/g/t", "unsubscribe $share/h/t"]);
    let redispatched: Vec<_> = rest.iter().filter(|line| line.starts_with("redispatch")).collect();
    assert_eq!(
        redispatched,
        [
            "redispatch 1 sent q1 $share/g/t",
            "redispatch 2 sent q1 $share/h/t",
            "redispatch 5 waits q1 $share/g/t",
            "redispatch 6 waits q2 $share/g/t",
            "redispatch 7 waits q1 $share/h/t"
        ]
    );
    let dropped: Vec<_> = rest.iter().filter(|line| line.starts_with("dropped")).collect();
    assert_eq!(
        dropped,
        ["dropped 3 sent session_ended", "dropped 4 own session_ended", "dropped 8 own session_ended"],
        "sent or not, what was not acknowledged is counted"
    );
}

#[test]
fn b127_qos_0_is_not_given_to_another_member() {
    let mut scene = Scene::connected();
    scene.congested(true);
    scene.deliver(by_group(G, Q0, "0"));
    scene.deliver(by_group(G, Q1, "1"));
    scene.detach(Ending::Closed);
    assert_eq!(scene.hand_back(&[G]), ["redispatch 1 q1 $share/g/t"]);
    assert_eq!(scene.end_offline(Ending::Discarded), ["dropped 0 session_ended"]);
}

#[test]
fn b129_a_kicked_session_hands_nothing_back() {
    let mut scene = Scene::with_settings(narrow(1, 10));
    scene.deliver(by_group(G, Q1, "1"));
    scene.deliver(by_group(G, Q1, "2"));
    assert_eq!(scene.detach(Ending::Kicked), ["dropped 1 session_ended", "dropped 2 session_ended"]);
}

#[test]
fn a_session_without_expiry_hands_back_when_its_connection_breaks() {
    let connect = Connect { session_expiry_interval: None, ..v5() };
    let mut scene = Scene::with(SessionSettings::default(), &connect);
    scene.is_subscribed_to(&[G]);
    scene.deliver(by_group(G, Q1, "1"));
    assert_eq!(scene.detach(Ending::Closed), ["unsubscribe $share/g/t", "redispatch 1 q1 $share/g/t"]);
}

#[test]
fn mqtt_4_8_2_6_what_a_member_has_refused_goes_to_nobody_else() {
    let mut scene = Scene::connected();
    scene.deliver(by_group(G, Q2, "1"));
    scene.deliver(by_group(G, Q1, "2"));
    scene.pubrec(1, ReasonCode::UnspecifiedError);
    scene.puback(2);
    scene.detach(Ending::Closed);
    assert_eq!(scene.hand_back(&[G]), NOTHING);
}
