//! Deliveries that take long are told of.

use crate::{
    NOTHING, Q0, Q1, Q2,
    scene::{Scene, delivery, narrow, v5},
};
use dunlin_model::ReasonCode;
use dunlin_session::{Delivery, DeliverySpan, Ending, SlowWatch};

/// A scene whose session began at 1,000,000 and is watched.
fn watched(span: DeliverySpan, above_ms: u64) -> Scene {
    let mut scene = Scene::with(narrow(1, 10), &v5());
    scene.watch(SlowWatch::new(span, above_ms));
    scene
}

fn received_at(qos: dunlin_model::Qos, at: u64) -> Delivery {
    delivery("t", qos, b"x", None, at)
}

#[test]
fn each_span_has_its_beginning_and_its_end() {
    for (span, first, second) in [
        (DeliverySpan::Whole, Some("slow t 400"), Some("slow t 1000")),
        (DeliverySpan::Internal, None, Some("slow t 300")),
        (DeliverySpan::Response, Some("slow t 300"), Some("slow t 700")),
    ] {
        let mut scene = watched(span, 200);
        scene.now = 1_000_200;
        assert_eq!(scene.deliver(received_at(Q1, 1_000_100)), ["PUBLISH q1 #1 t x"]);
        assert_eq!(scene.deliver(received_at(Q1, 1_000_200)), NOTHING, "the window is closed");
        scene.now = 1_000_500;
        let expected: Vec<_> = ["PUBLISH q1 #2 t x"].into_iter().chain(first).collect();
        assert_eq!(scene.puback(1), expected, "{span:?}");
        scene.now = 1_001_200;
        let lines = scene.puback(2);
        assert_eq!(lines, Vec::from_iter(second), "{span:?}");
    }
}

#[test]
fn qos_0_is_complete_when_it_is_written() {
    for (span, told) in [
        (DeliverySpan::Whole, &["PUBLISH q0 t x", "slow t 300"][..]),
        (DeliverySpan::Internal, &["PUBLISH q0 t x", "slow t 300"]),
        (DeliverySpan::Response, &["PUBLISH q0 t x"]),
    ] {
        let mut scene = watched(span, 200);
        scene.congested(true);
        assert_eq!(scene.deliver(received_at(Q0, 1_000_100)), NOTHING);
        scene.now = 1_000_400;
        assert_eq!(scene.congested(false), told, "{span:?}");
    }
}

#[test]
fn qos_2_is_complete_with_pubcomp() {
    let mut scene = watched(DeliverySpan::Whole, 200);
    scene.deliver(received_at(Q2, 1_000_100));
    scene.now = 1_000_400;
    assert_eq!(scene.pubrec(1, ReasonCode::Success), ["PUBREL #1"]);
    assert!(scene.session.inflight_after(None, 9)[0].message.is_none(), "the client has it");
    // Nor does a broken connection bring it back.
    assert_eq!(scene.break_and_resume()[1..], ["PUBREL #1"]);
    scene.now = 1_000_900;
    assert_eq!(scene.pubcomp(1), ["slow t 800"]);
    scene.deliver(received_at(Q2, 1_000_950));
    scene.pubrec(2, ReasonCode::Success);
    assert!(scene.detach(Ending::Discarded).iter().all(|line| !line.starts_with("dropped")), "the client has it");
}

#[test]
fn what_is_fast_enough_older_than_the_session_or_delayed_is_not_told_of() {
    let mut scene = watched(DeliverySpan::Whole, 200);
    scene.deliver(received_at(Q1, 1_000_100));
    scene.now = 1_000_300;
    assert_eq!(scene.puback(1), NOTHING, "not more than 200 ms");
    scene.deliver(received_at(Q1, 999_999));
    assert_eq!(scene.puback(2), NOTHING, "from before the session began");
    let delayed = received_at(Q1, 1_000_001);
    scene.deliver(Delivery { message: delayed.message.delayed(), ..delayed });
    assert_eq!(scene.puback(3), NOTHING, "it was meant to wait");
    scene.watch(SlowWatch::OFF);
    scene.deliver(received_at(Q1, 1_000_001));
    assert_eq!(scene.puback(4), NOTHING, "nobody wants to know");
}
