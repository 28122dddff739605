//! The will: when it is published, and when it is not (MQTT 5.0 §3.1.2.5 and §3.1.3.2).

use crate::{
    NOTHING, Q0, Q1, V4,
    scene::{Scene, older, v5},
};
use dunlin_codec::{Connect, Will};
use dunlin_model::ReasonCode;
use dunlin_session::{Ending, Fate, SessionSettings};

const WILL: &str = "will q0 w gone";
const NORMAL: ReasonCode = ReasonCode::Success;
const WITH_WILL: ReasonCode = ReasonCode::DisconnectWithWill;

fn will(delay_interval: u32) -> Will<'static> {
    Will { topic: "w", payload: b"gone", delay_interval, ..Will::default() }
}

/// CONNECT with a will after this delay, and this session expiry.
fn connect(delay: u32, expiry: Option<u32>) -> Connect<'static> {
    Connect { will: Some(will(delay)), session_expiry_interval: expiry, ..v5() }
}

fn scene(delay: u32, expiry: Option<u32>) -> Scene {
    Scene::with(SessionSettings::default(), &connect(delay, expiry))
}

#[test]
fn mqtt_3_1_2_8_and_b043_a_connection_that_breaks_publishes_the_will() {
    for connect in [connect(0, None), connect(0, Some(100)), Connect { will: Some(will(0)), ..older(V4) }] {
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        assert_eq!(scene.detach(Ending::Closed), [WILL]);
        assert_eq!(scene.wait_secs(100_000), NOTHING, "once");
    }
}

#[test]
fn mqtt_3_14_4_3_and_b012_a_normal_goodbye_discards_the_will() {
    for delay in [0, 3] {
        let mut scene = scene(delay, Some(10));
        assert_eq!(scene.disconnect(NORMAL, None), ["close normal"]);
        assert_eq!(scene.detach(Ending::Closed), NOTHING);
        assert_eq!(scene.wait_secs(100), NOTHING);
    }
}

#[test]
fn mqtt_3_1_4_5_and_b011_any_other_goodbye_keeps_it() {
    for code in [WITH_WILL, ReasonCode::UnspecifiedError, ReasonCode::AdministrativeAction] {
        let mut scene = scene(0, None);
        assert_eq!(scene.disconnect(code, None), ["close normal"]);
        assert_eq!(scene.detach(Ending::Closed), [WILL], "{code}");
        assert_eq!(scene.fate, Fate::Ended);
    }
}

#[test]
fn mqtt_3_1_2_14_and_15_the_message_is_as_the_client_left_it() {
    let left = Will { qos: Q1, retain: true, message_expiry_interval: Some(60), ..will(0) };
    let mut scene = Scene::with(SessionSettings::default(), &Connect { will: Some(left.clone()), ..v5() });
    assert_eq!(scene.detach(Ending::Closed), ["will q1 w gone retain expiry=60"]);
    let capped = SessionSettings { message_expiry_secs: Some(5), ..SessionSettings::default() };
    let mut scene = Scene::with(capped, &Connect { will: Some(left), ..v5() });
    assert_eq!(scene.detach(Ending::Closed), ["will q1 w gone retain expiry=5"]);
}

#[test]
fn b079_a_delayed_will_comes_when_the_delay_has_passed() {
    let mut scene = scene(3, Some(10));
    assert_eq!(scene.detach(Ending::Closed), NOTHING);
    assert_eq!(scene.wait_secs(2), NOTHING);
    assert_eq!(scene.wait_secs(1), [WILL]);
    assert_eq!((scene.wait_secs(100), scene.fate), (vec![], Fate::Ended));
}

#[test]
fn b080_the_end_of_the_session_comes_first() {
    for (delay, expiry) in [(10, Some(3)), (3, Some(3)), (u32::MAX, Some(3))] {
        let mut scene = scene(delay, expiry);
        assert_eq!(scene.detach(Ending::Closed), NOTHING);
        assert_eq!(scene.wait_secs(2), NOTHING);
        assert_eq!((scene.wait_secs(1), scene.fate), (vec![WILL.to_owned()], Fate::Ended), "{delay}");
    }
    for expiry in [None, Some(0)] {
        assert_eq!(scene(10, expiry).detach(Ending::Closed), [WILL], "the session ends with the connection");
    }
}

#[test]
fn a_session_that_never_expires_delays_its_will_all_the_same() {
    let mut scene = scene(7, Some(u32::MAX));
    scene.detach(Ending::Closed);
    assert_eq!(scene.wait_secs(6), NOTHING);
    assert_eq!(scene.wait_secs(1), [WILL]);
    assert_eq!((scene.wait_secs(1 << 33), scene.fate), (vec![], Fate::Kept));
}

#[test]
fn mqtt_3_1_3_9_and_b086_a_client_that_comes_back_in_time_takes_its_will_back() {
    let mut scene = scene(3, Some(10));
    scene.detach(Ending::Closed);
    scene.wait_secs(2);
    scene.resume(&v5());
    assert_eq!(scene.wait_secs(100), NOTHING);
    assert_eq!(scene.detach(Ending::Closed), NOTHING);
    assert_eq!(scene.wait_secs(9), NOTHING);
}

#[test]
fn b081_and_b082_a_takeover_publishes_the_will_unless_it_has_a_delay() {
    for expiry in [None, Some(100)] {
        assert_eq!(scene(0, expiry).detach(Ending::TakenOver), [WILL]);
        let mut delayed = scene(10, expiry);
        assert_eq!(delayed.detach(Ending::TakenOver), NOTHING);
        delayed.resume(&v5());
        assert_eq!(delayed.wait_secs(1_000), NOTHING);
    }
}

#[test]
fn b076_b077_and_b078_a_clean_start_publishes_the_old_will_at_once() {
    for delay in [0, 10] {
        let mut online = scene(delay, Some(100));
        assert_eq!((online.detach(Ending::Discarded), online.fate), (vec![WILL.to_owned()], Fate::Ended));
    }
    let mut offline = scene(10, Some(100));
    offline.detach(Ending::Closed);
    assert_eq!(offline.end_offline(Ending::Discarded), [WILL]);
}

#[test]
fn b083_after_a_takeover_a_normal_goodbye_leaves_no_will() {
    let mut scene = scene(10, Some(20));
    scene.detach(Ending::TakenOver);
    scene.resume(&connect(10, Some(20)));
    scene.disconnect(NORMAL, None);
    assert_eq!(scene.detach(Ending::Closed), NOTHING);
    assert_eq!(scene.wait_secs(100), NOTHING);
}

#[test]
fn b084_after_a_takeover_disconnect_with_will_publishes_once() {
    let mut scene = scene(10, Some(5));
    scene.detach(Ending::TakenOver);
    scene.resume(&connect(10, Some(5)));
    scene.disconnect(WITH_WILL, None);
    assert_eq!(scene.detach(Ending::Closed), NOTHING);
    assert_eq!(scene.wait_secs(4), NOTHING);
    assert_eq!(scene.wait_secs(100), [WILL]);
}

#[test]
fn b085_of_two_connections_only_the_second_without_delay_publishes() {
    let mut scene = scene(1, Some(10));
    scene.detach(Ending::TakenOver);
    let second = Will { payload: b"second", ..will(0) };
    scene.resume(&Connect { will: Some(second), ..v5() });
    assert_eq!(scene.detach(Ending::Closed), ["will q0 w second"]);
    assert_eq!(scene.wait_secs(100), NOTHING);
}

#[test]
fn b087_a_kick_publishes_the_will() {
    for delay in [0, 10] {
        let mut scene = scene(delay, Some(100));
        assert_eq!((scene.detach(Ending::Kicked), scene.fate), (vec![WILL.to_owned()], Fate::Ended));
    }
    let mut offline = scene(10, Some(100));
    offline.detach(Ending::Closed);
    assert_eq!(offline.end_offline(Ending::Kicked), [WILL]);
}

#[test]
fn a_session_expiry_in_disconnect_moves_the_will_too() {
    let mut scene = scene(10, Some(100));
    scene.disconnect(WITH_WILL, Some(4));
    scene.detach(Ending::Closed);
    assert_eq!(scene.wait_secs(3), NOTHING);
    assert_eq!(scene.wait_secs(1), [WILL]);
    assert_eq!(scene.fate, Fate::Ended);
}

#[test]
fn a_faulty_disconnect_keeps_the_will() {
    let mut scene = scene(0, None);
    assert_eq!(scene.disconnect(NORMAL, Some(30)), ["fault protocol_error protocol_error"]);
    assert_eq!(scene.detach(Ending::Closed), [WILL]);
}

#[test]
fn mqtt_3_1_3_10_user_properties_of_the_will_are_kept_in_order() {
    let bytes = b"\x26\x00\x01a\x00\x011\x26\x00\x01b\x00\x012\x26\x00\x01a\x00\x013";
    let properties = dunlin_codec::Properties::from_wire_checked(bytes);
    let mut scene = Scene::offstage(SessionSettings::default());
    scene.connect(&Connect { will: Some(Will { properties, ..will(0) }), ..v5() });
    let mut kept = Vec::new();
    let (mut wire, mut outputs, mut sent) = (Vec::new(), Vec::new(), dunlin_session::Sent::default());
    let turn = dunlin_session::Turn {
        now: scene.now,
        settings: &scene.settings,
        slow: dunlin_session::SlowWatch::OFF,
        latencies: None,
    };
    let mut out = dunlin_session::Outbox {
        wire: &mut wire,
        outputs: &mut outputs,
        sent: &mut sent,
        traffic: &mut Default::default(),
    };
    scene.session.detach(turn, Ending::Closed, &mut out);
    for output in outputs {
        if let dunlin_session::Output::PublishWill(message) = output {
            assert_eq!((message.publisher(), message.received_at()), ("c", scene.now));
            assert_eq!(message.qos(), Q0);
            kept.extend_from_slice(message.properties());
        }
    }
    assert_eq!(kept, bytes);
}
