//! DISCONNECT, the end of connections and the end of sessions.

use crate::{
    NOTHING, Q0, Q1, Q2, V3, V4,
    scene::{Scene, message, older, v5},
};
use dunlin_codec::Connect;
use dunlin_model::ReasonCode;
use dunlin_session::{Ending, Fate, SessionSettings};

const OK: ReasonCode = ReasonCode::Success;

fn expiring_after(secs: u32) -> Scene {
    Scene::with(SessionSettings::default(), &Connect { session_expiry_interval: Some(secs), ..v5() })
}

#[test]
fn mqtt_3_1_2_23_a_session_lives_as_long_as_it_was_granted() {
    let mut scene = expiring_after(2);
    scene.is_subscribed_to(&["a"]);
    assert_eq!(scene.detach(Ending::Closed), NOTHING);
    assert_eq!((scene.wait_secs(1), scene.fate), (vec![], Fate::Kept));
    assert_eq!((scene.wait_secs(1), scene.fate), (vec!["unsubscribe a".to_owned()], Fate::Ended));
}

#[test]
fn mqtt_4_1_0_2_the_time_starts_anew_with_every_connection_that_ends() {
    let mut scene = expiring_after(10);
    for _ in 0..5 {
        scene.detach(Ending::Closed);
        scene.wait_secs(9);
        assert_eq!(scene.fate, Fate::Kept);
        scene.resume(&Connect { session_expiry_interval: Some(10), ..v5() });
        assert_eq!(scene.wait_secs(1_000), NOTHING, "it does not run while a connection is attached");
    }
}

#[test]
fn without_expiry_a_session_ends_with_its_connection() {
    for connect in [
        Connect { session_expiry_interval: None, ..v5() },
        Connect { clean_start: true, ..older(V4) },
        Connect { clean_start: true, ..older(V3) },
    ] {
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        assert_eq!((scene.detach(Ending::Closed), scene.fate), (vec![], Fate::Ended));
    }
}

#[test]
fn b072_a_capped_session_ends_at_the_cap() {
    let settings = SessionSettings { max_session_expiry_secs: Some(3), ..SessionSettings::default() };
    let mut scene = Scene::with_settings(settings);
    scene.detach(Ending::Closed);
    scene.wait_secs(3);
    assert_eq!(scene.fate, Fate::Ended);
}

#[test]
fn disconnect_may_change_the_expiry_but_not_from_nothing() {
    for (what, connected_with, asked, expected) in [
        ("no word of it", Some(100), None, Ok(100)),
        ("shorter", Some(100), Some(10), Ok(10)),
        ("longer", Some(100), Some(1_000), Ok(500)),
        ("B096 to nothing", Some(100), Some(0), Ok(0)),
        ("nothing to nothing", None, Some(0), Ok(0)),
        ("B097 from nothing", Some(0), Some(30), Err(())),
        ("from nothing said", None, Some(30), Err(())),
    ] {
        let settings = SessionSettings { max_session_expiry_secs: Some(500), ..SessionSettings::default() };
        let connect = Connect { session_expiry_interval: connected_with, ..v5() };
        let mut scene = Scene::with(settings, &connect);
        let lines = scene.disconnect(OK, asked);
        match expected {
            Ok(secs) => {
                assert_eq!(lines, ["close normal"], "{what}");
                assert_eq!(scene.session.info().expiry_secs, secs, "{what}");
            }
            Err(()) => assert_eq!(lines, ["fault protocol_error protocol_error"], "{what}"),
        }
        scene.detach(Ending::Closed);
        let ends_at_once = scene.session.info().expiry_secs == 0;
        assert_eq!(scene.fate == Fate::Ended, ends_at_once, "{what}");
    }
}

#[test]
fn mqtt_3_14_2_1_every_reason_of_a_client_is_accepted() {
    for code in [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99] {
        let code = ReasonCode::from_u8(code).unwrap();
        assert_eq!(Scene::connected().disconnect(code, None), ["close normal"], "{code}");
    }
}

#[test]
fn after_its_disconnect_a_client_gets_nothing_and_what_comes_waits() {
    let mut scene = Scene::connected();
    scene.disconnect(OK, None);
    for qos in [Q0, Q1] {
        assert_eq!(scene.deliver(message(qos, "x")), NOTHING);
    }
    scene.detach(Ending::Closed);
    assert_eq!(scene.resume(&v5())[1..], ["PUBLISH q0 t x", "PUBLISH q1 #1 t x"]);
}

#[test]
fn mqtt_3_1_2_4_a_session_that_ends_gives_everything_back() {
    for ending in [Ending::Discarded, Ending::Kicked] {
        let mut scene = Scene::connected();
        scene.is_subscribed_to(&["a"]);
        scene.congested(true);
        for (qos, payload) in [(Q0, "0"), (Q1, "1"), (Q2, "2")] {
            scene.deliver(message(qos, payload));
        }
        assert_eq!(
            scene.detach(ending),
            ["unsubscribe a", "dropped 0 session_ended", "dropped 1 session_ended", "dropped 2 session_ended"]
        );
        assert_eq!(scene.fate, Fate::Ended);
        assert_eq!((scene.open(), scene.session.memory_bytes()), ((0, 0, 0), 0));
        assert_eq!(scene.session.info().subscriptions, 0);
        assert_eq!(scene.wait_secs(1_000), NOTHING);
    }
}

#[test]
fn mqtt_3_14_2_3_and_mqtt_3_1_2_29_disconnect_says_why_where_it_may() {
    for (what, connect, expected) in [
        ("by default", v5(), Some("DISCONNECT session_taken_over reason=\"session_taken_over\"")),
        (
            "no problem information",
            Connect { request_problem_information: Some(false), ..v5() },
            Some("DISCONNECT session_taken_over"),
        ),
        ("no room for words", Connect { maximum_packet_size: Some(20), ..v5() }, Some("DISCONNECT session_taken_over")),
        ("3.1.1 has no such packet", older(V4), None),
        ("nor has 3.1", older(V3), None),
    ] {
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        let lines = scene.input(|session, _, out| {
            session.write_disconnect(ReasonCode::SessionTakenOver, out);
            Ok(())
        });
        assert_eq!(lines, Vec::from_iter(expected), "{what}");
    }
}

#[test]
fn nothing_is_written_while_nobody_is_connected() {
    let mut scene = Scene::connected();
    scene.detach(Ending::Closed);
    assert!(!scene.session.is_connected());
    let lines = scene.input(|session, _, out| {
        session.write_disconnect(ReasonCode::ServerBusy, out);
        session.handle_ping(out);
        Ok(())
    });
    assert_eq!(lines, NOTHING);
    assert_eq!(scene.published(Q1, 3, dunlin_session::PublishOutcome::Routed), NOTHING);
    assert_eq!(scene.deliver(message(Q1, "x")), NOTHING);
    assert_eq!(scene.congested(false), NOTHING);
}
