//! Messages that go out one by one, each with a permit of its own, and a SUBSCRIBE that comes too early.

use crate::scene::{Scene, at_most, message, narrow, v5};
use crate::{NOTHING, Q0, Q1, Q2, V4, V5};
use dunlin_codec::{Connect, Subscribe, SubscribeFilters, UserProperties};
use dunlin_model::ReasonCode;
use dunlin_session::{Opening, SessionSettings};

/// One permit, and what goes out with it.
fn permit(scene: &mut Scene) -> Vec<String> {
    scene.input(|session, turn, out| {
        session.permit();
        session.send_waiting(turn, out);
        Ok(())
    })
}

/// A client whose deliveries are paced from the beginning.
fn paced(settings: SessionSettings) -> Scene {
    let mut scene = Scene::offstage(settings);
    let opening = Opening { is_paced: true, ..Opening::default() };
    scene.input(|session, turn, out| {
        session.attach(turn, &v5(), false, opening, out);
        Ok(())
    });
    scene
}

#[test]
fn a_message_goes_out_for_each_permit_and_the_others_wait_in_their_order() {
    let mut scene = paced(SessionSettings::default());
    for (number, qos) in [("1", Q1), ("2", Q0), ("3", Q2)] {
        assert_eq!(scene.deliver(message(qos, number)), NOTHING);
    }
    assert_eq!(scene.congested(false), NOTHING);
    assert_eq!(permit(&mut scene), ["PUBLISH q1 #1 t 1"]);
    assert_eq!(scene.puback(1), NOTHING);
    assert_eq!(permit(&mut scene), ["PUBLISH q0 t 2"]);
    assert_eq!(permit(&mut scene), ["PUBLISH q2 #2 t 3"]);
    assert!(!scene.session.take_permit(), "it was used");
    assert_eq!(permit(&mut scene), NOTHING);
    assert!(scene.session.take_permit() && !scene.session.take_permit(), "it was not, and is taken back once");
    assert_eq!(scene.deliver(message(Q1, "4")), NOTHING);
}

#[test]
fn a_permit_lets_the_next_delivery_pass_at_once() {
    let mut scene = paced(SessionSettings::default());
    scene.session.permit();
    assert_eq!(scene.deliver_some(Q0, 1..=2), ["PUBLISH q0 t 1"]);
}

#[test]
fn a_permit_does_not_open_the_window() {
    let mut scene = paced(narrow(1, 10));
    assert_eq!(scene.deliver_some(Q1, 1..=2), NOTHING);
    assert_eq!(permit(&mut scene), ["PUBLISH q1 #1 t 1"]);
    assert_eq!(permit(&mut scene), NOTHING);
    assert_eq!(scene.puback(1), ["PUBLISH q1 #2 t 2"]);
}

#[test]
fn a_new_connection_needs_permits_for_what_is_sent_again() {
    let mut scene = paced(SessionSettings::default());
    scene.deliver_some(Q1, 1..=2);
    permit(&mut scene);
    scene.detach(dunlin_session::Ending::Closed);
    let opening = Opening { is_paced: true, ..Opening::default() };
    let lines = scene.input(|session, turn, out| {
        session.attach(turn, &v5(), true, opening, out);
        Ok(())
    });
    assert_eq!(lines.len(), 1, "CONNACK: {lines:?}");
    assert_eq!(permit(&mut scene), ["PUBLISH q1 #1 t 1 dup"]);
    assert_eq!(permit(&mut scene), ["PUBLISH q1 #2 t 2"]);
}

#[test]
fn without_a_pace_no_permit_is_needed_and_none_is_left() {
    let mut scene = Scene::connected();
    assert_eq!(scene.deliver(message(Q1, "1")), ["PUBLISH q1 #1 t 1"]);
    scene.session.permit();
    assert!(!scene.session.take_permit());
    scene.session.set_paced(true);
    assert_eq!(scene.deliver(message(Q1, "2")), NOTHING);
    scene.session.set_paced(false);
    let waiting = scene.input(|session, turn, out| {
        session.send_waiting(turn, out);
        Ok(())
    });
    assert_eq!(waiting, ["PUBLISH q1 #2 t 2"]);
}

#[test]
fn a_refused_subscribe_gives_a_code_for_each_filter_and_nothing_else() {
    for (version, answer) in [(V5, "quota_exceeded"), (V4, "unspecified_error")] {
        let connect = Connect { version, client_id: "c", ..Connect::default() };
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        let filters = [("a", at_most(Q1)), ("b/#", at_most(Q2))];
        let filters = SubscribeFilters::Values(&filters);
        let packet =
            Subscribe { packet_id: 9, subscription_id: None, user_properties: UserProperties::default(), filters };
        let code = ReasonCode::QuotaExceeded;
        let lines = scene.input(|session, _, out| session.handle_refused_subscribe(&packet, code, out));
        assert_eq!(lines, [format!("SUBACK #9 {answer} {answer}")]);
        assert_eq!(scene.session.info().subscriptions, 0);
    }
}
