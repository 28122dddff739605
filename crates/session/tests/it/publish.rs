//! PUBLISH and PUBREL from the client, and the answers to them.

use crate::{
    NOTHING, Q0, Q1, Q2, V3, V4,
    scene::{Scene, older, publish, v5},
};
use dunlin_codec::Publish;
use dunlin_model::{Qos, ReasonCode};
use dunlin_session::{Ending, PublishOutcome, SessionSettings};

const ROUTED: PublishOutcome = PublishOutcome::Routed;
const NOBODY: PublishOutcome = PublishOutcome::NoMatchingSubscribers;
const DENIED: PublishOutcome = PublishOutcome::Refused(ReasonCode::NotAuthorized);

#[test]
fn mqtt_4_3_1_1_qos_0_is_routed_and_never_acknowledged() {
    let mut scene = Scene::connected();
    assert_eq!(scene.publish(&publish(Q0, 0)), ["route q0 t x"]);
    for outcome in [ROUTED, NOBODY, DENIED] {
        assert_eq!(scene.published(Q0, 0, outcome), NOTHING);
    }
}

#[test]
fn mqtt_3_4_2_1_every_outcome_has_its_acknowledgement() {
    for (version, qos, outcome, expected) in [
        (None, Q1, ROUTED, "PUBACK #7"),
        (None, Q1, NOBODY, "PUBACK #7 no_matching_subscribers"),
        (None, Q1, DENIED, "PUBACK #7 not_authorized"),
        (None, Q2, ROUTED, "PUBREC #7"),
        (None, Q2, NOBODY, "PUBREC #7 no_matching_subscribers"),
        (None, Q2, DENIED, "PUBREC #7 not_authorized"),
        (Some(V4), Q1, NOBODY, "PUBACK #7"),
        (Some(V4), Q2, DENIED, "PUBREC #7"),
        (Some(V3), Q1, DENIED, "PUBACK #7"),
    ] {
        let connect = version.map_or_else(v5, older);
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        assert_eq!(scene.publish(&publish(qos, 7)), [format!("route q{} #7 t x", qos.as_u8())]);
        assert_eq!(scene.published(qos, 7, outcome), [expected], "{version:?} {qos:?} {outcome:?}");
    }
}

#[test]
fn a_publish_that_is_not_allowed_is_answered_at_once_and_routed_nowhere() {
    for (version, qos, expected) in [
        (None, Q0, None),
        (None, Q1, Some("PUBACK #7 not_authorized")),
        (None, Q2, Some("PUBREC #7 not_authorized")),
        (Some(V4), Q1, Some("PUBACK #7")),
        (Some(V4), Q2, Some("PUBREC #7")),
    ] {
        let connect = version.map_or_else(v5, older);
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        let answer = scene.publish_refused(&publish(qos, 7));
        assert_eq!(answer, expected.into_iter().collect::<Vec<_>>(), "{version:?} {qos:?}");
    }
}

#[test]
fn mqtt_4_3_2_5_an_acknowledged_identifier_is_free_for_a_new_message_whatever_its_dup() {
    let mut scene = Scene::connected();
    for dup in [false, true] {
        assert_eq!(scene.publish(&Publish { dup, ..publish(Q1, 7) }), ["route q1 #7 t x"]);
        assert_eq!(scene.published(Q1, 7, ROUTED), ["PUBACK #7"]);
    }
}

#[test]
fn mqtt_4_3_3_10_a_repeated_qos_2_publish_is_acknowledged_and_not_routed_again() {
    for connect in [v5(), older(V4)] {
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        scene.publish(&publish(Q2, 7));
        scene.published(Q2, 7, ROUTED);
        for dup in [true, false] {
            assert_eq!(scene.publish(&Publish { dup, ..publish(Q2, 7) }), ["PUBREC #7"]);
        }
        assert_eq!(scene.open(), (0, 0, 1));
        assert_eq!(scene.pubrel(7), ["PUBCOMP #7"]);
        assert_eq!(scene.open(), (0, 0, 0));
    }
}

#[test]
fn mqtt_4_3_3_10_a_repetition_after_a_reconnect_is_recognised_too() {
    let mut scene = Scene::connected();
    scene.publish(&publish(Q2, 7));
    scene.break_and_resume();
    assert_eq!(scene.publish(&Publish { dup: true, ..publish(Q2, 7) }), ["PUBREC #7"]);
}

#[test]
fn mqtt_4_3_3_12_after_pubcomp_the_identifier_means_a_new_message() {
    let mut scene = Scene::connected();
    for _ in 0..2 {
        assert_eq!(scene.publish(&publish(Q2, 7)), ["route q2 #7 t x"]);
        assert_eq!(scene.published(Q2, 7, ROUTED), ["PUBREC #7"]);
        assert_eq!(scene.pubrel(7), ["PUBCOMP #7"]);
    }
}

#[test]
fn mqtt_4_3_3_9_a_refused_qos_2_publish_leaves_its_identifier_free() {
    let mut scene = Scene::connected();
    scene.publish(&publish(Q2, 7));
    assert_eq!(scene.published(Q2, 7, DENIED), ["PUBREC #7 not_authorized"]);
    assert_eq!(scene.open(), (0, 0, 0));
    assert_eq!(scene.publish(&publish(Q2, 7)), ["route q2 #7 t x"]);
}

#[test]
fn an_older_client_never_learns_of_a_refusal_so_its_exchange_goes_on() {
    let mut scene = Scene::with(SessionSettings::default(), &older(V4));
    scene.publish(&publish(Q2, 7));
    assert_eq!(scene.published(Q2, 7, DENIED), ["PUBREC #7"]);
    assert_eq!(scene.publish(&Publish { dup: true, ..publish(Q2, 7) }), ["PUBREC #7"]);
    assert_eq!(scene.pubrel(7), ["PUBCOMP #7"]);
}

#[test]
fn mqtt_4_3_3_11_a_pubrel_for_an_unknown_identifier_is_answered() {
    let mut scene = Scene::connected();
    assert_eq!(scene.pubrel(7), ["PUBCOMP #7 packet_identifier_not_found", "missed PubRel"]);
    let mut scene = Scene::with(SessionSettings::default(), &older(V4));
    assert_eq!(scene.pubrel(7), ["PUBCOMP #7", "missed PubRel"]);
}

#[test]
fn b070_a_dup_after_the_await_timeout_is_acknowledged_but_not_routed_again() {
    let mut scene =
        Scene::with_settings(SessionSettings { await_release_timeout_ms: 3_000, ..SessionSettings::default() });
    for id in [7, 8] {
        scene.publish(&publish(Q2, id));
        scene.published(Q2, id, ROUTED);
    }
    assert_eq!(scene.wait_secs(2), NOTHING);
    assert_eq!(scene.open(), (0, 0, 2));
    assert_eq!(scene.wait_secs(2), ["given up 2"]);
    assert_eq!(scene.open(), (0, 0, 0), "the slots are free");
    assert_eq!(scene.publish(&Publish { dup: true, ..publish(Q2, 7) }), ["PUBREC #7"]);
    assert_eq!(scene.publish(&publish(Q2, 8)), ["route q2 #8 t x"], "without DUP the client has started over");
    assert_eq!(scene.pubrel(7), ["PUBCOMP #7"]);
}

#[test]
fn mqtt_3_3_4_7_and_b068_more_than_the_receive_maximum_ends_the_connection() {
    const EXCEEDED: &str = "fault receive_maximum_exceeded receive_maximum_exceeded";
    for qos in [Q1, Q2] {
        let mut scene = Scene::with_settings(SessionSettings { max_inflight: 3, ..SessionSettings::default() });
        scene.publish(&publish(Q1, 1));
        scene.publish(&publish(Q2, 2));
        scene.publish(&publish(Q1, 3));
        assert_eq!(scene.publish(&publish(Q0, 0)), ["route q0 t x"], "QoS 0 needs no window");
        assert_eq!(scene.publish(&publish(qos, 4)), [EXCEEDED]);
        scene.published(Q1, 1, ROUTED);
        assert_eq!(scene.publish(&publish(qos, 4)).len(), 1, "PUBACK has made room");
        assert_eq!(scene.publish(&publish(qos, 5)), [EXCEEDED]);
        scene.published(Q2, 2, ROUTED);
        assert_eq!(scene.publish(&publish(qos, 5)), [EXCEEDED], "PUBREC makes no room");
        scene.pubrel(2);
        assert_eq!(scene.publish(&publish(qos, 5)).len(), 1, "PUBCOMP does");
    }
}

#[test]
fn the_receive_maximum_starts_afresh_with_each_connection() {
    const EXCEEDED: &str = "fault receive_maximum_exceeded receive_maximum_exceeded";
    let again = |id| Publish { dup: true, ..publish(Q2, id) };
    for (what, max_awaiting_release, packets, room) in [
        ("new at QoS 1", 100, vec![publish(Q1, 8), publish(Q1, 9)], 0),
        ("new at QoS 2", 100, vec![publish(Q2, 8), publish(Q2, 9)], 0),
        ("one again", 100, vec![again(1)], 1),
        ("one again, twice", 100, vec![again(1), again(1)], 1),
        ("all again", 100, vec![again(1), again(2)], 0),
        ("max_awaiting_rel counts older ones", 3, vec![publish(Q2, 8)], 0),
    ] {
        let settings = SessionSettings { max_inflight: 2, max_awaiting_release, ..SessionSettings::default() };
        let mut scene = Scene::with_settings(settings);
        scene.publish(&publish(Q2, 1));
        scene.publish(&publish(Q2, 2));
        scene.break_and_resume();
        for packet in packets {
            assert_ne!(scene.publish(&packet), [EXCEEDED], "{what}");
        }
        for id in 20..20 + room {
            assert_ne!(scene.publish(&publish(Q2, id)), [EXCEEDED], "{what}");
        }
        assert_eq!(scene.publish(&publish(Q2, 30)), [EXCEEDED], "{what}");
    }
}

#[test]
fn b068_after_the_await_timeout_the_slots_are_free() {
    let settings = SessionSettings { max_inflight: 2, await_release_timeout_ms: 5_000, ..SessionSettings::default() };
    let mut scene = Scene::with_settings(settings);
    scene.publish(&publish(Q2, 1));
    scene.publish(&publish(Q2, 2));
    scene.detach(Ending::Closed);
    scene.wait_secs(6);
    scene.resume(&v5());
    assert_eq!(scene.publish(&publish(Q2, 3)), ["route q2 #3 t x"]);
    assert_eq!(scene.publish(&publish(Q2, 4)), ["route q2 #4 t x"]);
}

#[test]
fn older_clients_are_held_to_max_awaiting_rel_alone() {
    let settings = SessionSettings { max_inflight: 1, max_awaiting_release: 3, ..SessionSettings::default() };
    let mut scene = Scene::with(settings, &older(V4));
    for id in 1..=3 {
        assert_eq!(scene.publish(&publish(Q2, id)).len(), 1);
        assert_eq!(scene.publish(&publish(Q1, 10 + id)), [format!("route q1 #{} t x", 10 + id)]);
    }
    assert_eq!(scene.publish(&publish(Q2, 4)), ["fault receive_maximum_exceeded receive_maximum_exceeded"]);
    let unlimited = SessionSettings { max_awaiting_release: 0, ..SessionSettings::default() };
    let mut scene = Scene::with(unlimited, &older(V4));
    for id in 1..=500 {
        assert_eq!(scene.publish(&publish(Q2, id)).len(), 1);
    }
}

#[test]
fn a_new_connection_starts_with_a_free_window_for_qos_1() {
    let mut scene = Scene::with_settings(SessionSettings { max_inflight: 1, ..SessionSettings::default() });
    scene.publish(&publish(Q1, 1));
    scene.break_and_resume();
    assert_eq!(scene.publish(&Publish { dup: true, ..publish(Q1, 1) }), ["route q1 #1 t x"]);
}

#[test]
fn what_a_publish_may_not_hold_ends_the_connection() {
    let levels = vec!["l"; 129].join("/");
    let limits = || SessionSettings { max_qos: Q1, retain_available: false, ..SessionSettings::default() };
    for (statement, publish, expected) in [
        ("MQTT-3.3.2-1", Publish { topic: "", ..publish(Q0, 0) }, "protocol_error protocol_error"),
        ("MQTT-3.3.2-2", Publish { topic: "a/+", ..publish(Q0, 0) }, "topic_name_invalid topic_name_invalid"),
        ("B023", Publish { topic: "#", ..publish(Q1, 1) }, "topic_name_invalid topic_name_invalid"),
        ("levels", Publish { topic: &levels, ..publish(Q0, 0) }, "topic_name_invalid topic_name_invalid"),
        ("MQTT-3.2.2-11", publish(Q2, 1), "qos_not_supported qos_not_supported"),
        ("MQTT-3.2.2-14", Publish { retain: true, ..publish(Q0, 0) }, "retain_not_supported retain_not_supported"),
        (
            "MQTT-3.3.4-6",
            Publish { subscription_ids: dunlin_codec::SubscriptionIdList::Values(&[1]), ..publish(Q0, 0) },
            "protocol_error protocol_error",
        ),
    ] {
        let mut scene = Scene::with_settings(limits());
        assert_eq!(scene.publish(&publish), [format!("fault {expected}")], "{statement}");
        assert_eq!(scene.open(), (0, 0, 0), "{statement}: nothing is left open");
    }
}

#[test]
fn as_many_levels_as_allowed_are_allowed() {
    let mut scene = Scene::with_settings(SessionSettings { max_topic_levels: 3, ..SessionSettings::default() });
    for (topic, allowed) in [("abcd", true), ("a/b/c", true), ("///", false), ("a/b/c/", false)] {
        let lines = scene.publish(&Publish { topic, ..publish(Q0, 0) });
        assert_eq!(lines[0].starts_with("route"), allowed, "{topic}");
    }
    scene.settings.max_topic_levels = 0;
    assert_eq!(scene.publish(&Publish { topic: "a/b/c/d/e", ..publish(Q0, 0) }), ["route q0 a/b/c/d/e x"]);
}

#[test]
fn nobody_but_the_broker_writes_to_sys() {
    for (qos, expected) in [(Q0, None), (Q1, Some("PUBACK #1 not_authorized")), (Q2, Some("PUBREC #1 not_authorized"))]
    {
        let mut scene = Scene::connected();
        let packet = Publish { topic: "$SYS/brokers", ..publish(qos, u16::from(qos > Qos::AtMostOnce)) };
        assert_eq!(scene.publish(&packet), Vec::from_iter(expected));
        assert_eq!(scene.open(), (0, 0, 0));
    }
}

#[test]
fn the_setting_is_default_and_cap_of_the_message_expiry() {
    for (cap, asked, expected) in [
        (None, None, "route q0 t x"),
        (None, Some(9), "route q0 t x expiry=9"),
        (Some(5), None, "route q0 t x expiry=5"),
        (Some(5), Some(9), "route q0 t x expiry=5"),
        (Some(5), Some(3), "route q0 t x expiry=3"),
    ] {
        let mut scene =
            Scene::with_settings(SessionSettings { message_expiry_secs: cap, ..SessionSettings::default() });
        let packet = Publish { message_expiry_interval: asked, ..publish(Q0, 0) };
        assert_eq!(scene.publish(&packet), [expected], "{cap:?} {asked:?}");
    }
}

#[test]
fn mqtt_3_3_1_3_dup_is_not_passed_on_and_retain_is() {
    let mut scene = Scene::connected();
    let packet = Publish { dup: true, retain: true, ..publish(Q1, 1) };
    assert_eq!(scene.publish(&packet), ["route q1 #1 t x retain"]);
}

#[test]
fn mqtt_3_12_4_1_a_ping_is_answered() {
    let mut scene = Scene::connected();
    let lines = scene.input(|session, _, out| {
        session.handle_ping(out);
        Ok(())
    });
    assert_eq!(lines, ["PINGRESP"]);
}
