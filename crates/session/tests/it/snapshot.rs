//! What of a session is kept on disk, and a session made from it after the broker has died.

use crate::{
    NOTHING, Q0, Q1, Q2, V4, V5,
    scene::{Lines, Scene, message, older, publish, v5},
};
use dunlin_codec::{Connect, Will};
use dunlin_model::ReasonCode;
use dunlin_session::{Ending, Fate, Session, SessionSettings, SessionSnapshot};

const WILL: &str = "will q1 w gone retain";

/// A durable session with all that a snapshot holds.
fn connected(will_delay: u32) -> Scene {
    let will =
        Will { topic: "w", payload: b"gone", qos: Q1, retain: true, delay_interval: will_delay, ..Will::default() };
    let mut scene = Scene::with(SessionSettings::default(), &Connect { will: Some(will), ..v5() });
    scene.session.set_durable(true);
    scene.is_subscribed_to(&["a", "$share/g/b"]);
    for id in [3, 2, 1] {
        scene.publish(&publish(Q2, id));
    }
    scene.session.mark_release_stored(2);
    scene.session.mark_release_stored(3);
    scene
}

/// The broker dies, and runs again so many seconds later with what it finds on disk.
fn restart(scene: &mut Scene, after_secs: u64) -> Lines {
    let snapshot = scene.session.snapshot();
    scene.session = Session::restore("c".into(), snapshot);
    scene.now += after_secs * 1000;
    scene.input(|session, turn, out| {
        session.resume_after_restart(turn, out);
        Ok(())
    })
}

fn filters(snapshot: &SessionSnapshot) -> Vec<&str> {
    let mut filters: Vec<_> = snapshot.subscriptions.iter().map(|subscription| subscription.filter.as_str()).collect();
    filters.sort_unstable();
    filters
}

#[test]
fn a_snapshot_says_all_but_the_queue() {
    let mut scene = connected(7);
    let snapshot = scene.session.snapshot();
    assert_eq!(
        (snapshot.facts.version, snapshot.facts.expiry_secs, snapshot.facts.connected, snapshot.facts.expires_at),
        (V5, 100, true, None)
    );
    assert_eq!(filters(&snapshot), ["$share/g/b", "a"]);
    assert_eq!(snapshot.awaiting_release, [3, 2], "1 is not on disk: the client has to send it again");
    let will = snapshot.facts.will.as_ref().expect("there is a will");
    assert_eq!((will.message.topic(), will.message.payload(), will.message.received_at()), ("w", &b"gone"[..], 0));
    assert_eq!((will.message.qos(), will.message.retain(), will.message.publisher()), (Q1, true, "c"));
    assert_eq!((will.delay_secs, will.due_at), (7, None));
    scene.detach(Ending::Closed);
    let snapshot = scene.session.snapshot();
    assert_eq!((snapshot.facts.connected, snapshot.facts.expires_at), (false, Some(scene.now + 100_000)));
    assert_eq!(snapshot.facts.will.map(|will| will.due_at), Some(Some(scene.now + 7_000)));
}

#[test]
fn a_restored_session_has_the_same_snapshot() {
    for is_connected in [true, false] {
        let mut scene = connected(7);
        if !is_connected {
            scene.detach(Ending::Closed);
        }
        let before = scene.session.snapshot();
        let restored = Session::restore("c".into(), before.clone());
        assert!(restored.is_durable() && !restored.is_connected());
        assert_eq!((restored.version(), restored.info().expiry_secs, restored.info().subscriptions), (V5, 100, 2));
        let after = restored.snapshot();
        assert_eq!(filters(&after), filters(&before));
        assert_eq!(after.awaiting_release, before.awaiting_release);
        assert_eq!((after.facts.connected, after.facts.expires_at), (before.facts.connected, before.facts.expires_at));
        let due = |snapshot: &SessionSnapshot| snapshot.facts.will.as_ref().map(|will| (will.delay_secs, will.due_at));
        assert_eq!(due(&after), due(&before));
    }
}

#[test]
fn mqtt_3_1_2_23_the_expiry_of_a_session_cut_off_begins_with_the_restart() {
    let mut scene = connected(7);
    assert_eq!(restart(&mut scene, 1_000), NOTHING);
    assert_eq!(scene.wait_secs(6), NOTHING);
    assert_eq!(scene.wait_secs(1), [WILL]);
    assert_eq!((scene.wait_secs(92), scene.fate), (vec![], Fate::Kept));
    assert_eq!(
        (scene.wait_secs(1), scene.fate),
        (vec!["unsubscribe a".to_owned(), "unsubscribe $share/g/b".to_owned()], Fate::Ended)
    );
}

#[test]
fn mqtt_3_1_2_8_the_will_of_a_session_cut_off_is_published_once() {
    let mut scene = connected(0);
    assert_eq!(restart(&mut scene, 5), [WILL]);
    assert_eq!(restart(&mut scene, 5), NOTHING);
    scene.resume(&v5());
    assert_eq!(scene.detach(Ending::Closed), NOTHING);
}

#[test]
fn the_deadlines_of_a_session_offline_go_on_while_the_broker_is_away() {
    let mut scene = connected(7);
    scene.detach(Ending::Closed);
    assert_eq!(restart(&mut scene, 5), NOTHING);
    assert_eq!(scene.wait_secs(1), NOTHING);
    assert_eq!(scene.wait_secs(1), [WILL]);
    // Past the end of the session: nothing is waited for.
    assert_eq!(restart(&mut scene, 200), NOTHING);
    assert!(scene.session.next_deadline(&scene.settings).is_some_and(|at| at <= scene.now));
}

#[test]
fn a_session_that_never_expires_stays_so() {
    let mut scene =
        Scene::with(SessionSettings::default(), &Connect { session_expiry_interval: Some(u32::MAX), ..v5() });
    scene.session.set_durable(true);
    assert_eq!(restart(&mut scene, 1 << 20), NOTHING);
    assert_eq!(scene.session.next_deadline(&scene.settings), None);
    scene.resume(&older(V4));
    scene.session.set_durable(true);
    restart(&mut scene, 1);
    assert_eq!(scene.session.version(), V4);
}

#[test]
fn mqtt_4_3_3_10_a_restored_exchange_is_recognised_and_has_its_whole_time() {
    let mut scene = connected(0);
    restart(&mut scene, 1_000);
    assert_eq!(scene.open(), (0, 0, 2));
    scene.resume(&v5());
    let dup = |id| dunlin_codec::Publish { dup: true, ..publish(Q2, id) };
    assert_eq!(scene.publish(&dup(3)), ["PUBREC #3"]);
    assert_eq!(scene.publish(&dup(1)), ["route q2 #1 t x"], "its message was not on disk");
    assert_eq!(scene.pubrel(3), ["PUBCOMP #3", "released #3"]);
    assert_eq!(scene.wait_secs(299), NOTHING);
    assert_eq!(scene.wait_secs(1), ["given up 2"]);
    assert_eq!(scene.publish(&dup(2)), ["PUBREC #2"]);
    assert_eq!(scene.publish(&publish(Q2, 2)), ["released #2", "route q2 #2 t x"], "started over");
}

#[test]
fn a_client_that_comes_back_makes_the_session_its_own() {
    let mut scene = connected(7);
    restart(&mut scene, 5);
    let lines = scene.resume(&v5());
    assert!(lines[0].starts_with("CONNACK success present"), "{lines:?}");
    assert_eq!(scene.session.next_deadline(&scene.settings), Some(scene.now + 300_000), "only what it has to release");
    assert!(scene.session.snapshot().facts.will.is_none());
    assert_eq!(scene.deliver(message(Q0, "x")), ["PUBLISH q0 t x"]);
    assert_eq!(scene.disconnect(ReasonCode::Success, Some(0)), ["close normal"]);
    assert_eq!((scene.detach(Ending::Closed).len(), scene.fate), (2, Fate::Ended));
}

#[test]
fn a_client_that_comes_back_before_the_restart_is_said_is_not_cut_off() {
    let mut scene = connected(0);
    scene.session = Session::restore("c".into(), scene.session.snapshot());
    scene.resume(&v5());
    let said = scene.input(|session, turn, out| {
        session.resume_after_restart(turn, out);
        Ok(())
    });
    assert_eq!(said, NOTHING);
    assert_eq!(scene.session.next_deadline(&scene.settings), Some(scene.now + 300_000), "no expiry while connected");
}
