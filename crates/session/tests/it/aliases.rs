//! Topic aliases, both ways (MQTT 5.0 §3.3.2.3.4).

use crate::{
    Q0, Q1,
    scene::{Scene, delivery, message, publish, v5},
};
use dunlin_codec::{Connect, Publish};
use dunlin_session::{Ending, SessionSettings};

fn aliased(topic: &'static str, alias: u16) -> Publish<'static> {
    Publish { topic, topic_alias: Some(alias), ..publish(Q0, 0) }
}

fn taking(aliases: u16) -> Scene {
    Scene::with(SessionSettings::default(), &Connect { topic_alias_maximum: Some(aliases), ..v5() })
}

#[test]
fn mqtt_3_3_2_12_and_b026_an_alias_is_set_used_and_set_anew() {
    let mut scene = Scene::connected();
    for (publish, expected) in [
        (aliased("a", 233), "route q0 a x"),
        (aliased("", 233), "route q0 a x"),
        (aliased("b", 65_535), "route q0 b x"),
        (aliased("c", 233), "route q0 c x"),
        (aliased("", 233), "route q0 c x"),
        (aliased("", 65_535), "route q0 b x"),
    ] {
        assert_eq!(scene.publish(&publish), [expected]);
    }
}

#[test]
fn what_a_publish_is_about_can_be_asked_before_it_is_handled() {
    let mut scene = Scene::connected();
    assert_eq!(scene.session.topic_of(&aliased("", 1)), None);
    assert_eq!(scene.session.topic_of(&aliased("a", 1)), Some("a"));
    assert_eq!(scene.session.topic_of(&aliased("", 1)), None, "asking sets nothing");
    scene.publish(&aliased("a", 1));
    assert_eq!(scene.session.topic_of(&aliased("", 1)), Some("a"));
    assert_eq!(scene.session.topic_of(&publish(Q0, 0)), Some("t"));
}

#[test]
fn mqtt_3_3_2_8_and_mqtt_3_3_2_9_an_alias_out_of_range_ends_the_connection() {
    let invalid = "fault topic_alias_invalid topic_alias_invalid";
    for (maximum, alias, expected) in [(10, 0, invalid), (10, 11, invalid), (0, 1, invalid), (10, 10, "route q0 a x")] {
        let mut scene =
            Scene::with_settings(SessionSettings { max_topic_alias: maximum, ..SessionSettings::default() });
        assert_eq!(scene.publish(&aliased("a", alias)), [expected], "{maximum} {alias}");
    }
}

#[test]
fn mqtt_3_3_2_7_aliases_end_with_the_connection() {
    let mut scene = Scene::connected();
    scene.publish(&aliased("a", 1));
    scene.break_and_resume();
    assert_eq!(scene.publish(&aliased("", 1)), ["fault protocol_error protocol_error"]);
    let mut scene = taking(5);
    scene.deliver(message(Q0, "1"));
    scene.detach(Ending::Closed);
    scene.resume(&Connect { topic_alias_maximum: Some(5), ..v5() });
    assert_eq!(scene.deliver(message(Q0, "2")), ["PUBLISH q0 t 2 alias=1"], "the topic goes along again");
}

#[test]
fn an_alias_may_not_stand_for_a_wildcard() {
    let mut scene = Scene::connected();
    assert_eq!(scene.publish(&aliased("a/#", 1)), ["fault topic_name_invalid topic_name_invalid"]);
}

#[test]
fn b032_the_first_topics_get_an_alias_and_keep_it() {
    let mut scene = taking(1);
    let lines: Vec<_> =
        ["1", "1", "2", "1"].iter().flat_map(|topic| scene.deliver(delivery(topic, Q0, b"x", None, 0))).collect();
    assert_eq!(lines, ["PUBLISH q0 1 x alias=1", "PUBLISH q0 - x alias=1", "PUBLISH q0 2 x", "PUBLISH q0 - x alias=1"]);
}

#[test]
fn topics_beyond_16_kib_get_no_alias() {
    let mut scene = taking(u16::MAX);
    for (topic, len, expected) in [
        ("a", 10_000, Some(1)),
        ("b", 6_384, Some(2)),
        ("c", 1, None),
        ("a", 10_000, Some(1)),
        ("d", 65_535, None),
        ("b", 6_384, Some(2)),
    ] {
        let name = topic.repeat(len);
        let lines = scene.deliver(delivery(&name, Q0, b"x", None, 0));
        let given = lines[0].split_once(" alias=").map(|(_, alias)| alias.to_owned());
        assert_eq!(given, expected.map(|alias: u16| alias.to_string()), "{topic} {len}");
    }
    let mut scene = taking(u16::MAX);
    for (len, expected) in [(16_385, false), (16_384, true)] {
        let lines = scene.deliver(delivery(&"t".repeat(len), Q0, b"x", None, 0));
        assert_eq!(lines[0].ends_with(" alias=1"), expected, "{len}: one that has no room takes none from others");
    }
}

#[test]
fn mqtt_3_1_2_27_no_alias_goes_to_a_client_that_takes_none() {
    for connect in [v5(), Connect { topic_alias_maximum: Some(0), ..v5() }] {
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        for _ in 0..2 {
            assert_eq!(scene.deliver(message(Q0, "x")), ["PUBLISH q0 t x"]);
        }
    }
}

#[test]
fn what_is_sent_again_has_its_topic_on_the_new_connection() {
    let mut scene = taking(5);
    scene.deliver(message(Q1, "1"));
    assert_eq!(scene.deliver(message(Q1, "2")), ["PUBLISH q1 #2 - 2 alias=1"]);
    scene.detach(Ending::Closed);
    let lines = scene.resume(&Connect { topic_alias_maximum: Some(5), ..v5() });
    assert_eq!(lines[1..], ["PUBLISH q1 #1 t 1 dup alias=1", "PUBLISH q1 #2 - 2 dup alias=1"]);
}

#[test]
fn mqtt_3_1_2_25_an_alias_never_makes_a_message_too_large() {
    let connect = Connect { topic_alias_maximum: Some(5), maximum_packet_size: Some(100), ..v5() };
    // Fixed header 2, topic 3, property length 1.
    for (len, expected) in [(80, " alias=1"), (94, "")] {
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        let lines = scene.deliver(delivery("t", Q0, &vec![b'x'; len], None, 0));
        assert_eq!(lines, [format!("PUBLISH q0 t ({len} bytes){expected}")]);
        assert_eq!(
            scene.deliver(message(Q0, "x"))[0].contains(" t "),
            expected.is_empty(),
            "what was not sent is not known"
        );
    }
}
