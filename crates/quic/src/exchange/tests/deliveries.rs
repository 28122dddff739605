//! On which stream the client gets messages.

use super::{CONTROL, FIRST, SECOND, Scene};
use dunlin_codec::{Packet, Publish, SubscriptionIdList};
use dunlin_model::ProtocolVersion;

#[test]
fn a_message_goes_to_the_stream_that_subscribed() {
    for version in [ProtocolVersion::V3, ProtocolVersion::V4, ProtocolVersion::V5] {
        let mut scene = Scene::connected(version);
        scene.subscribed(CONTROL, "c", None);
        scene.subscribed(FIRST, "a/#", None);
        scene.subscribed(SECOND, "$share/g/b/+", None);
        for (topic, stream) in
            [("a/1", FIRST), ("a", FIRST), ("b/1", SECOND), ("c", CONTROL), ("never/asked/for", CONTROL)]
        {
            assert_eq!(scene.delivered_to(topic), stream, "{topic}");
        }
    }
}

#[test]
fn a_subscription_belongs_to_who_made_it_last() {
    let mut scene = Scene::v5();
    for stream in [FIRST, SECOND, CONTROL, SECOND] {
        scene.subscribed(stream, "a", None);
        assert_eq!(scene.delivered_to("a"), stream);
    }
}

#[test]
fn one_filter_with_and_without_a_group_is_two_subscriptions() {
    let mut scene = Scene::v5();
    scene.subscribed(FIRST, "a", None);
    scene.subscribed(SECOND, "$share/g/a", None);
    assert_eq!(scene.delivered_to("a"), FIRST);
    let (unsubscribe, unsuback) = (scene.unsubscribe(3, &["a"]), scene.unsuback(3, &[0]));
    scene.client(FIRST, &unsubscribe);
    scene.broker(&unsuback);
    assert_eq!(scene.delivered_to("a"), SECOND);
}

#[test]
fn only_what_the_broker_grants_is_subscribed() {
    let mut scene = Scene::v5();
    scene.subscribed(FIRST, "a", None);
    let (subscribe, suback) = (scene.subscribe(3, &["a", "b", "c"], None), scene.suback(3, &[0x87, 2, 0x97]));
    scene.client(SECOND, &subscribe);
    assert_eq!(scene.delivered_to("b"), CONTROL, "not answered yet");
    assert_eq!(scene.broker(&suback), [(SECOND, suback)]);
    for (topic, stream) in [("a", FIRST), ("b", SECOND), ("c", CONTROL)] {
        assert_eq!(scene.delivered_to(topic), stream, "{topic}");
    }
}

#[test]
fn any_stream_may_unsubscribe() {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let mut scene = Scene::connected(version);
        scene.subscribed(FIRST, "a", None);
        scene.subscribed(FIRST, "b", None);
        let codes: &[u8] = if version.is_v5() { &[0, 0x87] } else { &[] };
        let (unsubscribe, unsuback) = (scene.unsubscribe(3, &["a", "b"]), scene.unsuback(3, codes));
        scene.client(CONTROL, &unsubscribe);
        assert_eq!(scene.broker(&unsuback), [(CONTROL, unsuback)]);
        assert_eq!(scene.delivered_to("a"), CONTROL);
        assert_eq!(scene.delivered_to("b"), if version.is_v5() { FIRST } else { CONTROL }, "refused only in 5.0");
    }
}

#[test]
fn among_overlapping_subscriptions_the_identifier_decides() {
    let mut scene = Scene::v5();
    scene.subscribed(FIRST, "a/#", Some(1));
    scene.subscribed(SECOND, "a/+", Some(2));
    assert_eq!(scene.delivered_to("a/b"), FIRST, "without one the stream that opened first");
    for (subscription_ids, stream) in [([1], FIRST), ([2], SECOND), ([3], FIRST)] {
        let message = scene.bytes(&Packet::Publish(Publish {
            topic: "a/b",
            subscription_ids: SubscriptionIdList::Values(&subscription_ids),
            ..Publish::default()
        }));
        assert_eq!(scene.broker(&message), [(stream, message)]);
    }
}

#[test]
fn a_stream_that_has_ended_leaves_its_subscriptions_to_the_control_stream() {
    let mut scene = Scene::v5();
    scene.subscribed(FIRST, "a", None);
    scene.subscribed(SECOND, "b", None);
    // The answer to this one comes too late.
    let (subscribe, suback) = (scene.subscribe(3, &["c"], None), scene.suback(3, &[0]));
    scene.client(FIRST, &subscribe);
    scene.exchange.finish(FIRST);
    scene.broker_reads();
    assert_eq!(scene.broker(&suback), [(FIRST, suback)]);
    for (topic, stream) in [("a", CONTROL), ("c", CONTROL), ("b", SECOND)] {
        assert_eq!(scene.delivered_to(topic), stream, "{topic}");
    }
    scene.exchange.abandon(SECOND);
    assert_eq!(scene.delivered_to("b"), CONTROL);
}

#[test]
fn filters_have_a_budget_and_what_is_beyond_it_goes_to_the_control_stream() {
    let mut scene = Scene::v5();
    let long = "x".repeat(10_000);
    for number in 0..40 {
        scene.subscribed(FIRST, &format!("{number}/{long}"), None);
    }
    assert_eq!(scene.delivered_to(&format!("0/{long}")), FIRST);
    assert_eq!(scene.delivered_to(&format!("39/{long}")), CONTROL);
    // Room comes back.
    for number in 0..20 {
        let filter = format!("{number}/{long}");
        let (unsubscribe, unsuback) = (scene.unsubscribe(3, &[&filter]), scene.unsuback(3, &[0]));
        scene.client(FIRST, &unsubscribe);
        scene.broker(&unsuback);
    }
    scene.subscribed(FIRST, &format!("39/{long}"), None);
    assert_eq!(scene.delivered_to(&format!("39/{long}")), FIRST);
}

#[test]
fn filters_of_questions_without_an_answer_have_a_budget() {
    let mut scene = Scene::v5();
    scene.subscribed(FIRST, "a", None);
    let long = "x".repeat(50_000);
    for _ in 0..10 {
        // One question, however often it is asked.
        let subscribe = scene.subscribe(1, &[&format!("1/{long}")], None);
        scene.client(FIRST, &subscribe);
    }
    let subscribe = scene.subscribe(9, &["a", &long[..30_000]], None);
    scene.client(SECOND, &subscribe);
    assert_eq!(scene.delivered_to("a"), FIRST, "until the broker says otherwise");
    for id in 1..=4 {
        let subscribe = scene.subscribe(id, &[&format!("{id}/{long}")], None);
        scene.client(FIRST, &subscribe);
    }
    assert_eq!(scene.delivered_to("a"), FIRST);
    let subscribe = scene.subscribe(6, &["a", &long, &long], None);
    scene.client(FIRST, &subscribe);
    assert_eq!(scene.delivered_to("a"), CONTROL, "nobody will remember who asked");
}

#[test]
fn an_answer_in_pieces_is_an_answer() {
    let mut scene = Scene::v5();
    let (subscribe, suback) = (scene.subscribe(3, &["a"], None), scene.suback(3, &[0]));
    scene.client(FIRST, &subscribe);
    for byte in &suback[..suback.len() - 1] {
        assert_eq!(scene.broker(&[*byte]), []);
    }
    assert_eq!(scene.broker(&suback[suback.len() - 1..]), [(FIRST, suback)]);
    assert_eq!(scene.delivered_to("a"), FIRST);
}
