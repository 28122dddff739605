//! Messages to the client and its acknowledgements.

use crate::{
    NOTHING, Q0, Q1, Q2, V3, V4, V5,
    scene::{Scene, at_most, delivery, expiring, message, narrow, older, v5},
};
use dunlin_codec::Connect;
use dunlin_model::{ReasonCode, SubscriptionIds};
use dunlin_session::{Delivery, Outbox, SessionSettings};

const OK: ReasonCode = ReasonCode::Success;
const FAULT: &str = "fault protocol_error protocol_error";

#[test]
fn mqtt_3_8_4_8_the_lower_of_published_and_granted_qos_is_delivered() {
    for (published, granted, lower, higher) in
        [(Q0, Q0, 0, 0), (Q0, Q2, 0, 2), (Q1, Q0, 0, 1), (Q1, Q2, 1, 2), (Q2, Q0, 0, 2), (Q2, Q1, 1, 2), (Q2, Q2, 2, 2)]
    {
        for (upgrade_qos, expected) in [(false, lower), (true, higher)] {
            let mut scene = Scene::with_settings(SessionSettings { upgrade_qos, ..SessionSettings::default() });
            let id = if expected == 0 { "" } else { " #1" };
            let lines = scene.deliver(Delivery { qos: granted, ..message(published, "x") });
            assert_eq!(lines, [format!("PUBLISH q{expected}{id} t x")], "{published:?} {granted:?} {upgrade_qos}");
        }
    }
}

#[test]
fn qos_1_ends_with_puback() {
    for connect in [v5(), older(V4), older(V3)] {
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        assert_eq!(scene.deliver(message(Q1, "x")), ["PUBLISH q1 #1 t x"]);
        assert_eq!(scene.open(), (1, 0, 0));
        assert_eq!(scene.puback(1), NOTHING);
        assert_eq!(scene.open(), (0, 0, 0));
        assert_eq!(scene.puback(1), ["missed PubAck"]);
    }
}

#[test]
fn mqtt_4_3_3_4_qos_2_goes_through_pubrec_pubrel_and_pubcomp() {
    for connect in [v5(), older(V4), older(V3)] {
        let mut scene = Scene::with(SessionSettings::default(), &connect);
        assert_eq!(scene.deliver(message(Q2, "x")), ["PUBLISH q2 #1 t x"]);
        assert_eq!(scene.pubrec(1, OK), ["PUBREL #1"]);
        assert_eq!(scene.open(), (1, 0, 0), "the identifier stays taken until PUBCOMP [MQTT-4.3.3-5]");
        assert_eq!(scene.pubrec(1, OK), ["PUBREL #1"], "a repeated PUBREC gets its answer again");
        assert_eq!(scene.pubcomp(1), NOTHING);
        assert_eq!(scene.open(), (0, 0, 0));
        assert_eq!(scene.pubcomp(1), ["missed PubComp"]);
    }
}

#[test]
fn mqtt_4_4_0_2_a_negative_acknowledgement_ends_the_exchange() {
    let mut scene = Scene::with_settings(narrow(1, 10));
    scene.deliver(message(Q2, "1"));
    assert_eq!(scene.deliver(message(Q1, "2")), NOTHING);
    assert_eq!(scene.pubrec(1, ReasonCode::QuotaExceeded), ["PUBLISH q1 #2 t 2"], "no PUBREL, and room for the next");
    // A PUBACK comes here without its code: any code ends it.
    assert_eq!(scene.puback(2), NOTHING);
    assert_eq!(scene.break_and_resume().len(), 1, "CONNACK alone: nothing is sent again");
}

#[test]
fn pubrec_0x10_is_no_error() {
    let mut scene = Scene::connected();
    scene.deliver(message(Q2, "x"));
    assert_eq!(scene.pubrec(1, ReasonCode::NoMatchingSubscribers), ["PUBREL #1"]);
}

#[test]
fn an_acknowledgement_of_the_wrong_kind_is_a_protocol_error() {
    type Act = fn(&mut Scene) -> Vec<String>;
    let puback: Act = |scene| scene.puback(1);
    let pubrec: Act = |scene| scene.pubrec(1, OK);
    let pubcomp: Act = |scene| scene.pubcomp(1);
    for (what, qos, before, act) in [
        ("PUBREC for QoS 1", Q1, None, pubrec),
        ("PUBCOMP for QoS 1", Q1, None, pubcomp),
        ("PUBACK for QoS 2", Q2, None, puback),
        ("PUBCOMP before PUBREC", Q2, None, pubcomp),
        ("PUBACK after PUBREC", Q2, Some(pubrec), puback),
    ] {
        let mut scene = Scene::connected();
        scene.deliver(message(qos, "x"));
        if let Some(before) = before {
            before(&mut scene);
        }
        assert_eq!(act(&mut scene), [FAULT], "{what}");
        assert_eq!(scene.open(), (1, 0, 0), "{what}: the exchange stays open for the next connection");
    }
}

#[test]
fn an_acknowledgement_of_nothing_is_counted() {
    let mut scene = Scene::connected();
    assert_eq!(scene.puback(5), ["missed PubAck"]);
    assert_eq!(scene.pubcomp(5), ["missed PubComp"]);
    assert_eq!(scene.pubrec(5, OK), ["PUBREL #5 packet_identifier_not_found", "missed PubRec"]);
    assert_eq!(scene.pubrec(5, ReasonCode::UnspecifiedError), ["missed PubRec"]);
}

#[test]
fn mqtt_2_2_1_4_identifiers_are_distinct_while_open() {
    let mut scene = Scene::with_settings(narrow(5, 10));
    assert_eq!(
        scene.deliver_some(Q1, 1..=5),
        ["PUBLISH q1 #1 t 1", "PUBLISH q1 #2 t 2", "PUBLISH q1 #3 t 3", "PUBLISH q1 #4 t 4", "PUBLISH q1 #5 t 5"]
    );
    scene.puback(2);
    assert_eq!(scene.deliver(message(Q1, "6")), ["PUBLISH q1 #6 t 6"]);
}

#[test]
fn b113_identifiers_wrap_around_and_pass_one_that_stays_open() {
    let mut scene = Scene::with_settings(narrow(2, 10));
    scene.deliver(message(Q2, "stuck"));
    for n in 0..70_000u32 {
        let id = u16::try_from(n % 65_534 + 2).unwrap();
        assert_eq!(scene.deliver(message(Q1, "x")), [format!("PUBLISH q1 #{id} t x")]);
        assert_eq!(scene.puback(id), NOTHING);
    }
    assert_eq!(scene.pubrec(1, OK), ["PUBREL #1"]);
}

#[test]
fn mqtt_3_3_4_9_the_window_is_the_smaller_of_receive_maximum_and_max_inflight() {
    for (setting, asked, window) in [(32, Some(2), 2), (2, Some(32), 2), (3, None, 3)] {
        let connect = Connect { receive_maximum: asked, ..v5() };
        let mut scene = Scene::with(narrow(setting, 100), &connect);
        assert_eq!(scene.deliver_some(Q1, 1..=5).len(), window, "{setting} {asked:?}");
        assert_eq!(scene.open(), (window, 5 - window, 0));
    }
}

#[test]
fn mqtt_4_9_0_2_a_qos_2_message_holds_its_place_until_pubcomp() {
    let connect = Connect { receive_maximum: Some(1), ..v5() };
    let mut scene = Scene::with(SessionSettings::default(), &connect);
    scene.deliver(message(Q2, "1"));
    assert_eq!(scene.deliver(message(Q2, "2")), NOTHING);
    assert_eq!(scene.pubrec(1, OK), ["PUBREL #1"]);
    assert_eq!(scene.pubcomp(1), ["PUBLISH q2 #2 t 2"]);
}

#[test]
fn mqtt_4_9_0_3_a_closed_window_holds_up_nothing_but_qos_1_and_2() {
    let mut scene = Scene::with_settings(narrow(1, 10));
    scene.deliver_some(Q1, 1..=2);
    assert_eq!(scene.deliver(message(Q0, "3")), ["PUBLISH q0 t 3"]);
    scene.subscribe(&[("a", at_most(Q1))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 granted_qos1"]);
    assert_eq!(scene.puback(1), ["PUBLISH q1 #2 t 2"]);
}

#[test]
fn mqtt_4_6_0_6_what_comes_later_does_not_pass_what_waits() {
    let mut scene = Scene::with_settings(narrow(1, 10));
    assert_eq!(scene.deliver_some(Q1, 1..=3), ["PUBLISH q1 #1 t 1"]);
    assert_eq!(scene.puback(1), ["PUBLISH q1 #2 t 2"]);
    assert_eq!(scene.puback(2), ["PUBLISH q1 #3 t 3"]);
    scene.congested(true);
    assert_eq!(scene.deliver_some(Q0, 4..=5), NOTHING);
    assert_eq!(scene.congested(false), ["PUBLISH q0 t 4", "PUBLISH q0 t 5"]);
}

#[test]
fn a_congested_client_gets_nothing_until_its_socket_has_room() {
    let mut scene = Scene::with_settings(narrow(2, 10));
    assert_eq!(scene.congested(true), NOTHING);
    for (qos, payload) in [(Q1, "1"), (Q0, "2"), (Q1, "3"), (Q1, "4")] {
        assert_eq!(scene.deliver(message(qos, payload)), NOTHING);
    }
    assert!(scene.session.has_backlog());
    assert_eq!(scene.congested(false), ["PUBLISH q1 #1 t 1", "PUBLISH q0 t 2", "PUBLISH q1 #2 t 3"]);
    scene.congested(true);
    assert_eq!(scene.puback(1), NOTHING);
    assert_eq!(scene.congested(false), ["PUBLISH q1 #3 t 4"]);
    assert!(!scene.session.has_backlog());
}

#[test]
fn a_long_backlog_is_written_in_portions() {
    let mut scene = Scene::connected();
    scene.congested(true);
    for _ in 0..10 {
        scene.deliver(delivery("t", Q0, &[b'x'; 100_000], None, 0));
    }
    let portions: Vec<_> = std::iter::repeat_with(|| scene.congested(false).len()).take(5).collect();
    assert_eq!(portions, [3, 3, 3, 1, 0], "each stops at 256 KiB");
}

#[test]
fn what_the_out_buffer_holds_already_does_not_hold_the_queue_up_unless_it_is_much() {
    for (held, portions) in
        [(0, [3, 3, 3, 1]), (262_144, [3, 3, 2, 0]), (700_000, [3, 1, 0, 0]), (1 << 20, [0; 4]), (2 << 20, [0; 4])]
    {
        let mut scene = Scene::with_settings(narrow(20, 20));
        scene.congested(true);
        for _ in 0..10 {
            scene.deliver(delivery("t", Q1, &[b'x'; 100_000], None, 0));
        }
        let mut wire = vec![0; held];
        let mut added = [dunlin_session::Sent::default(); 4];
        scene.input(|session, turn, out| {
            for count in &mut added {
                let mut out = Outbox {
                    wire: &mut wire,
                    outputs: out.outputs,
                    sent: count,
                    traffic: &mut dunlin_session::Traffic::default(),
                };
                session.set_congested(turn, false, &mut out);
            }
            Ok(())
        });
        let added = added.map(|sent| sent.publishes());
        assert_eq!(added, portions, "{held}");
        assert_eq!(scene.session.has_backlog(), portions.iter().sum::<u64>() < 10, "{held}");
    }
}

#[test]
fn mqtt_3_3_2_6_the_expiry_that_is_left_is_sent() {
    let mut scene = Scene::connected();
    assert_eq!(scene.deliver(expiring(Q1, "1", 10)), ["PUBLISH q1 #1 t 1 expiry=10"]);
    scene.now += 2_500;
    assert_eq!(scene.deliver(expiring(Q0, "2", 10)), ["PUBLISH q0 t 2 expiry=8"]);
    let mut older_client = Scene::with(SessionSettings::default(), &older(V4));
    assert_eq!(older_client.deliver(expiring(Q0, "2", 10)), ["PUBLISH q0 t 2"]);
}

#[test]
fn mqtt_3_3_2_5_what_has_expired_is_not_sent() {
    for qos in [Q0, Q1, Q2] {
        let mut scene = Scene::connected();
        scene.now += 10_000;
        assert_eq!(scene.deliver(expiring(qos, "x", 10)), ["dropped x expired"]);
        assert_eq!(scene.open(), (0, 0, 0));
    }
}

#[test]
fn mqtt_4_3_3_13_an_exchange_that_has_begun_outlives_the_expiry() {
    let mut scene = Scene::connected();
    scene.deliver(expiring(Q2, "x", 1));
    scene.now += 5_000;
    assert_eq!(scene.pubrec(1, OK), ["PUBREL #1"]);
    assert_eq!(scene.pubcomp(1), NOTHING);
}

#[test]
fn mqtt_3_1_2_25_and_b042_what_is_larger_than_the_client_takes_is_dropped_and_leaves_no_trace() {
    let connect = Connect { maximum_packet_size: Some(100), ..v5() };
    let mut scene = Scene::with(narrow(1, 10), &connect);
    // Fixed header 2, topic 3, property length 1, packet identifier 2 at QoS 1.
    for (qos, len, fits) in [(Q0, 94, true), (Q0, 95, false), (Q1, 92, true), (Q1, 93, false), (Q2, 1_000, false)] {
        let lines = scene.deliver(delivery("t", qos, &vec![b'x'; len], None, 0));
        assert_eq!(lines[0].starts_with("PUBLISH"), fits, "{qos:?} {len}: {lines:?}");
        if fits && qos == Q1 {
            scene.puback(1);
        }
    }
    assert_eq!(scene.open(), (0, 0, 0), "no place in the window is lost");
    assert_eq!(scene.deliver(message(Q1, "small")), ["PUBLISH q1 #2 t small"]);
}

#[test]
fn mqtt_3_3_4_3_subscription_identifiers_go_along() {
    let mut scene = Scene::connected();
    let ids = SubscriptionIds::from_ids([3, 268_435_455]);
    let lines = scene.deliver(Delivery { subscription_ids: ids, ..message(Q1, "x") });
    assert_eq!(lines, ["PUBLISH q1 #1 t x ids=[3, 268435455]"]);
    let one = Delivery { subscription_ids: SubscriptionIds::One(3), retain: true, ..message(Q0, "x") };
    assert_eq!(scene.deliver(one), ["PUBLISH q0 t x retain ids=[3]"]);
    assert_eq!(scene.session.version(), V5);
}
