//! What a client with a mountpoint says and sees, and what the router knows of it.

use crate::{
    NOTHING, Q0, Q1, Q2, V3, V4, V5,
    scene::{Lines, Scene, at_most, by_group, delivery, older, publish, v5},
};
use dunlin_codec::{Connect, Publish, Will};
use dunlin_model::{ProtocolVersion, ReasonCode};
use dunlin_session::{Ending, Mountpoint, Opening, PublishOutcome, Session, SessionSettings, check_mounted_will};
use proptest::prelude::*;

const VERSIONS: [ProtocolVersion; 3] = [V3, V4, V5];

fn connect(version: ProtocolVersion) -> Connect<'static> {
    if version.is_v5() { v5() } else { older(version) }
}

/// The connection of a client by a listener with this mountpoint, where delayed messages are on.
fn attach(scene: &mut Scene, at: &str, connect: &Connect<'_>, resumed: bool) -> Lines {
    let mountpoint = Mountpoint::new(at).expect("a good one");
    let opening = Opening { mountpoint: Some(&mountpoint), has_delayed: true, ..Opening::default() };
    scene.input(|session, turn, out| {
        session.attach(turn, connect, resumed, opening, out);
        Ok(())
    })
}

/// A connected client with the mountpoint `m/`.
fn mounted(settings: SessionSettings, connect: &Connect<'_>) -> Scene {
    let mut scene = Scene::offstage(settings);
    attach(&mut scene, "m/", connect, false);
    scene
}

fn mounted_v5() -> Scene {
    mounted(SessionSettings::default(), &v5())
}

fn to(topic: &str) -> Publish<'_> {
    Publish { topic, ..publish(Q0, 0) }
}

fn held(session: &Session) -> Vec<&str> {
    let mut filters: Vec<_> = session.subscriptions().map(|held| held.filter.as_str()).collect();
    filters.sort_unstable();
    filters
}

#[test]
fn every_packet_of_every_version_names_topics_without_the_mountpoint() {
    for version in VERSIONS {
        let will = Will { topic: "gone", payload: b"w", ..Will::default() };
        let mut scene = mounted(SessionSettings::default(), &Connect { will: Some(will), ..connect(version) });
        let (grants, removed) = if version.is_v5() {
            ("SUBACK #9 success granted_qos1", "UNSUBACK #10 success no_subscription_existed")
        } else {
            ("SUBACK #9 success granted_qos1", "UNSUBACK #10 ")
        };

        assert_eq!(
            scene.subscribe(&[("t/#", at_most(Q0)), ("$share/g/t", at_most(Q1))]),
            ["subscribe #9, m/t/# q0 success new, $share/g/m/t q1 granted_qos1 new"]
        );
        assert_eq!(scene.answer(&[]), [grants], "in the order of the filters");
        assert_eq!(held(&scene.session), ["$share/g/m/t", "m/t/#"]);

        assert_eq!(scene.publish(&publish(Q0, 0)), ["route q0 m/t x"]);
        assert_eq!(scene.publish(&publish(Q1, 5)), ["route q1 #5 m/t x"]);
        assert_eq!(scene.published(Q1, 5, PublishOutcome::Routed), ["PUBACK #5"]);
        assert_eq!(scene.publish(&publish(Q2, 6)), ["route q2 #6 m/t x"]);
        assert_eq!(scene.published(Q2, 6, PublishOutcome::Routed), ["PUBREC #6"]);
        assert_eq!(scene.publish(&publish(Q2, 6)), ["PUBREC #6"], "repeated");
        assert_eq!(scene.pubrel(6), ["PUBCOMP #6"]);

        assert_eq!(scene.deliver(delivery("m/t", Q0, b"0", None, 0)), ["PUBLISH q0 t 0"]);
        assert_eq!(scene.deliver(delivery("m/t/u", Q1, b"1", None, 0)), ["PUBLISH q1 #1 t/u 1"]);
        assert_eq!(scene.deliver(delivery("m/t", Q2, b"2", None, 0)), ["PUBLISH q2 #2 t 2"]);

        let removed_filter = "unsubscribe $share/g/m/t";
        assert_eq!(scene.unsubscribe(&["$share/g/t", "m/t/#"]), [removed, removed_filter]);
        assert_eq!(held(&scene.session), ["m/t/#"]);
        assert_eq!(scene.detach(Ending::Closed), ["will q0 m/gone w"]);
        assert_eq!(
            attach(&mut scene, "m/", &connect(version), true)[1..],
            ["PUBLISH q1 #1 t/u 1 dup", "PUBLISH q2 #2 t 2 dup"]
        );
    }
}

#[test]
fn a_publish_goes_behind_its_delay_where_there_are_delays() {
    for (topic, with_delays, without) in [
        ("$delayed/5/t", "$delayed/5/m/t", "m/$delayed/5/t"),
        ("$delayed/5/", "$delayed/5/", "m/$delayed/5/"),
        ("$delayed/5/$SYS/t", "$delayed/5/$SYS/t", "m/$delayed/5/$SYS/t"),
        ("$share/g/t", "m/$share/g/t", "m/$share/g/t"),
    ] {
        for (has_delayed, expected) in [(true, with_delays), (false, without)] {
            let mountpoint = Mountpoint::new("m/").expect("a good one");
            let opening = Opening { mountpoint: Some(&mountpoint), has_delayed, ..Opening::default() };
            let will = Will { topic, payload: b"w", ..Will::default() };
            let connect = Connect { will: Some(will), ..v5() };
            let mut scene = Scene::offstage(SessionSettings::default());
            scene.input(|session, turn, out| {
                session.attach(turn, &connect, false, opening, out);
                Ok(())
            });
            assert_eq!(scene.publish(&to(topic)), [format!("route q0 {expected} x")]);
            assert_eq!(scene.detach(Ending::Closed), [format!("will q0 {expected} w")]);
        }
    }
}

#[test]
fn the_topics_of_the_broker_stay_its_own() {
    let mut scene = mounted_v5();
    assert_eq!(scene.publish(&Publish { topic: "$SYS/x", ..publish(Q1, 5) }), ["PUBACK #5 not_authorized"]);
    assert_eq!(scene.subscribe(&[("$SYS/#", at_most(Q0))]), ["subscribe #9, m/$SYS/# q0 success new"]);
}

#[test]
fn mqtt_4_7_3_3_what_does_not_fit_behind_the_mountpoint_is_refused() {
    let (fits, too_long) = ("t".repeat(65_533), "t".repeat(65_534));
    let mut scene = mounted_v5();
    assert_eq!(scene.publish(&to(&fits)), [format!("route q0 m/{fits} x")]);
    for qos_and_id in [(Q0, 0), (Q1, 5), (Q2, 6)] {
        let publish = Publish { topic: &too_long, ..publish(qos_and_id.0, qos_and_id.1) };
        assert_eq!(scene.publish(&publish), ["fault topic_name_invalid topic_name_invalid"]);
    }
    assert_eq!(scene.open(), (0, 0, 0), "nothing was begun");

    scene.subscribe(&[(&too_long, at_most(Q1)), ("t", at_most(Q1)), (&fits, at_most(Q1))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 topic_filter_invalid granted_qos1 granted_qos1"]);
    let lines = scene.unsubscribe(&[&too_long, &fits]);
    assert_eq!(lines, ["UNSUBACK #10 topic_filter_invalid success".to_owned(), format!("unsubscribe m/{fits}")]);

    let mountpoint = Mountpoint::new("m/").expect("a good one");
    let at = Opening { mountpoint: Some(&mountpoint), ..Opening::default() };
    for (topic, opening, expected) in
        [(&fits, at, None), (&too_long, at, Some(ReasonCode::TopicNameInvalid)), (&too_long, Opening::default(), None)]
    {
        let connect = Connect { will: Some(Will { topic, ..Will::default() }), ..v5() };
        assert_eq!(check_mounted_will(&connect, &opening).err().map(|refusal| refusal.code), expected);
    }
    let connect = Connect { will: Some(Will { topic: &too_long, ..Will::default() }), ..v5() };
    assert_eq!(
        mounted(SessionSettings::default(), &connect).detach(Ending::Closed),
        NOTHING,
        "never to a topic cut short"
    );
}

#[test]
fn a_mountpoint_that_ends_within_a_level_takes_no_wildcard_there() {
    let mut scene = Scene::offstage(SessionSettings::default());
    attach(&mut scene, "m", &v5(), false);
    scene.subscribe(&[("#", at_most(Q0)), ("+/t", at_most(Q0)), ("/#", at_most(Q0)), ("t/+", at_most(Q0))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 topic_filter_invalid topic_filter_invalid success success"]);
    assert_eq!(held(&scene.session), ["m/#", "mt/+"]);
    assert_eq!(scene.unsubscribe(&["#"]), ["UNSUBACK #10 topic_filter_invalid"]);
    assert_eq!(scene.publish(&to("t")), ["route q0 mt x"]);
}

#[test]
fn the_levels_of_the_mountpoint_are_not_counted() {
    let settings = SessionSettings { max_topic_levels: 2, ..SessionSettings::default() };
    let mut scene = Scene::offstage(settings);
    attach(&mut scene, "a/b/c/", &v5(), false);
    assert_eq!(scene.publish(&to("t/u")), ["route q0 a/b/c/t/u x"]);
    assert_eq!(scene.publish(&to("t/u/v")), ["fault topic_name_invalid topic_name_invalid"]);
    scene.subscribe(&[("t/u", at_most(Q0)), ("$share/g/t/u", at_most(Q0)), ("t/u/v", at_most(Q0))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 success success topic_filter_invalid"]);
}

#[test]
fn the_same_filters_are_the_same_subscriptions() {
    let settings = SessionSettings { max_subscriptions: Some(2), ..SessionSettings::default() };
    let mut scene = mounted(settings, &v5());
    let filters = ["$queue/t", "$share/$queue/t", "t", "u"].map(|filter| (filter, at_most(Q0)));
    assert_eq!(
        scene.subscribe(&filters),
        ["subscribe #9, $queue/m/t q0 success new, $share/$queue/m/t q0 success, m/t q0 success new, \
          m/u q0 quota_exceeded new"]
    );
    scene.answer(&[]);
    assert_eq!(scene.subscribe(&[("t", at_most(Q1))]), ["subscribe #9, m/t q1 granted_qos1"]);
}

#[test]
fn refusals_of_the_broker_and_of_the_session_are_answered_in_order() {
    for (version, expected) in
        [(V5, "not_authorized topic_filter_invalid success"), (V4, "unspecified_error unspecified_error success")]
    {
        let mut scene = mounted(SessionSettings::default(), &connect(version));
        scene.subscribe(&[("a", at_most(Q0)), ("b#", at_most(Q0)), ("c", at_most(Q0))]);
        assert_eq!(scene.answer(&[("m/a", ReasonCode::NotAuthorized)]), [format!("SUBACK #9 {expected}")]);
        assert_eq!(held(&scene.session), ["m/c"]);
    }
}

/// [MQTT-3.3.2-12]
#[test]
fn mqtt_3_3_2_12_aliases_stand_for_topics_as_the_client_knows_them() {
    let mut scene = mounted(SessionSettings::default(), &Connect { topic_alias_maximum: Some(5), ..v5() });
    let aliased = |topic, alias| Publish { topic, topic_alias: Some(alias), ..publish(Q0, 0) };
    assert_eq!(scene.publish(&aliased("t", 3)), ["route q0 m/t x"]);
    assert_eq!(scene.publish(&aliased("", 3)), ["route q0 m/t x"]);
    assert_eq!(scene.session.memory_bytes(), 1 + 16, "the alias holds the topic without the mountpoint");

    let mut deliver = |topic| scene.deliver(delivery(topic, Q0, b"x", None, 0));
    assert_eq!(deliver("m/t"), ["PUBLISH q0 t x alias=1"]);
    assert_eq!(deliver("m/t"), ["PUBLISH q0 - x alias=1"]);
    assert_eq!(deliver("t"), ["PUBLISH q0 - x alias=1"], "from outside, but the client sees no difference");
    assert_eq!(deliver("m/m/t"), ["PUBLISH q0 m/t x alias=2"]);
}

#[test]
fn mqtt_3_1_2_25_the_size_that_counts_is_without_the_mountpoint() {
    // Fixed header 2, topic 3, property length 1.
    for (len, is_sent) in [(24, true), (25, false)] {
        let mut scene = mounted(SessionSettings::default(), &Connect { maximum_packet_size: Some(30), ..v5() });
        let expected =
            if is_sent { format!("PUBLISH q0 t ({len} bytes)") } else { format!("dropped ({len} bytes) too_large") };
        assert_eq!(scene.deliver(delivery("m/t", Q0, &vec![b'x'; len], None, 0)), [expected]);
    }
}

#[test]
fn a_topic_outside_the_mountpoint_is_delivered_whole() {
    let mut scene = mounted_v5();
    for (topic, seen) in [("n/t", "n/t"), ("m", "m"), ("m/", "m/"), ("m//", "/"), ("$SYS/x", "$SYS/x")] {
        assert_eq!(scene.deliver(delivery(topic, Q0, b"x", None, 0)), [format!("PUBLISH q0 {seen} x")]);
    }
}

#[test]
fn a_resumed_session_keeps_its_subscriptions_and_sees_them_from_where_it_is() {
    let mut scene = mounted_v5();
    scene.is_subscribed_to(&["t", "$share/g/t"]);
    scene.deliver(by_group("$share/g/m/t", Q1, "by group"));
    scene.detach(Ending::Closed);
    assert!(scene.session.mountpoint().is_none());
    scene.deliver(delivery("m/t", Q1, b"waits", None, 0));

    let snapshot = scene.session.snapshot();
    let restored = Session::restore("c".into(), snapshot);
    assert_eq!(held(&restored), ["$share/g/m/t", "m/t"], "on disk is what the router knows");

    assert_eq!(attach(&mut scene, "n/", &v5(), true)[1..], ["PUBLISH q1 #1 t by group dup", "PUBLISH q1 #2 m/t waits"]);
    assert_eq!(scene.session.mountpoint().map(Mountpoint::as_str), Some("n/"));
    assert_eq!(held(&scene.session), ["$share/g/m/t", "m/t"]);
    assert_eq!(scene.unsubscribe(&["t"]), ["UNSUBACK #10 no_subscription_existed"], "that is n/t");
    assert_eq!(scene.subscribe(&[("t", at_most(Q0))]), ["subscribe #9, n/t q0 success new"]);
    scene.answer(&[]);
    assert_eq!(scene.hand_back(&["$share/g/m/t"]), ["redispatch by group q1 $share/g/m/t"]);

    scene.detach(Ending::TakenOver);
    scene.resume(&v5());
    assert_eq!(scene.unsubscribe(&["m/t"]), ["UNSUBACK #10 success", "unsubscribe m/t"], "without a mountpoint");
    let mut ended = scene.detach(Ending::Kicked);
    ended.sort();
    assert_eq!(ended[1..], ["unsubscribe $share/g/m/t", "unsubscribe n/t"]);
}

#[test]
fn a_will_stays_mounted_over_a_restart() {
    let will = Will { topic: "gone", payload: b"w", delay_interval: 10, ..Will::default() };
    let mut scene = mounted(SessionSettings::default(), &Connect { will: Some(will), ..v5() });
    scene.detach(Ending::Closed);
    scene.session = Session::restore("c".into(), scene.session.snapshot());
    assert_eq!(scene.wait_secs(10), ["will q0 m/gone w"]);
}

proptest! {
    /// What one client says is what another one with the same mountpoint hears, at every QoS and in every version.
    #[test]
    fn publish_and_delivery_behind_one_mountpoint_name_the_same_topic(
        at in "[a-zé/]{1,8}",
        topic in "(\\$?[a-z]{1,3}/)?[a-zé$/ ]{1,8}",
        version in prop_oneof![Just(V3), Just(V4), Just(V5)],
        qos in prop_oneof![Just((Q0, 0)), Just((Q1, 5)), Just((Q2, 5))],
    ) {
        let one = |connect| {
            let mut scene = Scene::offstage(SessionSettings::default());
            attach(&mut scene, &at, connect, false);
            scene
        };
        let (mut publisher, mut subscriber) = (one(&v5()), one(&connect(version)));
        let packet = Publish { topic: &topic, ..publish(qos.0, qos.1) };
        let id = if qos.1 > 0 { " #5" } else { "" };
        let routed = format!("{at}{topic}");
        prop_assert_eq!(publisher.publish(&packet), [format!("route q{}{id} {routed} x", qos.0.as_u8())]);
        let id = if qos.1 > 0 { " #1" } else { "" };
        let seen = subscriber.deliver(delivery(&routed, qos.0, b"x", None, 0));
        prop_assert_eq!(seen, [format!("PUBLISH q{}{id} {topic} x", qos.0.as_u8())]);
    }
}
