//! SUBSCRIBE and UNSUBSCRIBE.

use crate::{
    NOTHING, Q0, Q1, Q2, V3, V4,
    scene::{Scene, at_most, message, older, v5},
};
use dunlin_codec::{Subscribe, SubscribeFilters, UserProperties};
use dunlin_model::{Qos, ReasonCode, SubscriptionOptions};
use dunlin_session::SessionSettings;

fn no_local(qos: Qos) -> SubscriptionOptions {
    SubscriptionOptions { no_local: true, ..at_most(qos) }
}

#[test]
fn mqtt_3_8_4_6_one_code_for_each_filter_in_order() {
    let mut scene = Scene::connected();
    assert_eq!(
        scene.subscribe(&[("a/+", at_most(Q1)), ("a/#/b", at_most(Q0)), ("b", at_most(Q2)), ("c", at_most(Q0))]),
        ["subscribe #9, a/+ q1 granted_qos1 new, a/#/b q0 topic_filter_invalid new, b q2 granted_qos2 new, \
          c q0 success new"]
    );
    let answer = scene.answer(&[("b", ReasonCode::NotAuthorized)]);
    assert_eq!(answer, ["SUBACK #9 granted_qos1 topic_filter_invalid not_authorized success"]);
    let mut held: Vec<_> = scene.session.subscriptions().map(|held| held.filter.to_string()).collect();
    held.sort();
    assert_eq!(held, ["a/+", "c"]);
}

#[test]
fn filters_the_client_may_not_have_are_denied_unless_they_are_wrong_already() {
    let mut scene = Scene::connected();
    let filters = [("a", at_most(Q1)), ("b/#/c", at_most(Q1)), ("c", at_most(Q1)), ("d", at_most(Q1))];
    assert_eq!(
        scene.subscribe_denied(&filters, &[false, true, true]),
        ["subscribe #9, a q1 granted_qos1 new, b/#/c q1 topic_filter_invalid new, c q1 not_authorized new, \
          d q1 granted_qos1 new"]
    );
}

#[test]
fn b013_refused_filters_are_no_subscriptions() {
    let mut scene = Scene::connected();
    let denied = ReasonCode::NotAuthorized;
    scene.subscribe(&[("a", at_most(Q1)), ("b", at_most(Q1)), ("c", at_most(Q1))]);
    let refused = [("a", denied), ("b", denied), ("c", denied)];
    assert_eq!(scene.answer(&refused), ["SUBACK #9 not_authorized not_authorized not_authorized"]);
    assert_eq!(
        scene.unsubscribe(&["a", "b", "c"]),
        ["UNSUBACK #10 no_subscription_existed no_subscription_existed no_subscription_existed"]
    );
}

#[test]
fn mqtt_3_8_4_3_and_b001_subscribing_again_replaces() {
    let mut scene = Scene::connected();
    for (qos, expected) in [
        (Q1, "subscribe #9, a q1 granted_qos1 new"),
        (Q2, "subscribe #9, a q2 granted_qos2"),
        (Q0, "subscribe #9, a q0 success"),
    ] {
        assert_eq!(scene.subscribe(&[("a", at_most(qos))]), [expected]);
        scene.answer(&[]);
        let held: Vec<_> = scene.session.subscriptions().map(|held| held.options.qos).collect();
        assert_eq!(held, [qos]);
    }
}

#[test]
fn mqtt_3_2_2_10_and_b018_a_qos_above_the_maximum_is_granted_at_the_maximum() {
    let mut scene = Scene::with_settings(SessionSettings { max_qos: Q1, ..SessionSettings::default() });
    assert_eq!(scene.subscribe(&[("a", at_most(Q2))]), ["subscribe #9, a q1 granted_qos1 new"]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 granted_qos1"]);
}

#[test]
fn filters_that_are_none_get_0x8f() {
    for filter in ["a#", "a/#/b", "a+", "+a/b", "$share/g", "$share//t", "$share/g+/t", "$share/g/", "$exclusive/"] {
        let mut scene = Scene::connected();
        scene.subscribe(&[(filter, at_most(Q0))]);
        assert_eq!(scene.answer(&[]), ["SUBACK #9 topic_filter_invalid"], "{filter}");
    }
}

#[test]
fn older_clients_get_0x80_for_any_failure() {
    for version in [V3, V4] {
        let mut scene = Scene::with(SessionSettings::default(), &older(version));
        scene.subscribe(&[("a", at_most(Q1)), ("a#", at_most(Q1)), ("b", at_most(Q1))]);
        let answer = scene.answer(&[("b", ReasonCode::NotAuthorized)]);
        assert_eq!(answer, ["SUBACK #9 granted_qos1 unspecified_error unspecified_error"]);
    }
}

#[test]
fn mqtt_3_8_3_4_and_b040_no_local_on_a_shared_subscription_is_a_protocol_error() {
    for filter in ["$share/g/t", "$queue/t"] {
        let mut scene = Scene::connected();
        assert_eq!(scene.subscribe(&[(filter, no_local(Q1))]), ["fault protocol_error protocol_error"], "{filter}");
    }
    let mut scene = Scene::connected();
    assert_eq!(scene.subscribe(&[("t", no_local(Q1))]), ["subscribe #9, t q1 granted_qos1 new no-local"]);
}

#[test]
fn b132_shared_subscriptions_off_closes_the_connection() {
    let fault = "fault shared_subscriptions_not_supported shared_subscriptions_not_supported";
    for connect in [v5(), older(V4), older(V3)] {
        let settings = SessionSettings { shared_subscription: false, ..SessionSettings::default() };
        let mut scene = Scene::with(settings, &connect);
        assert_eq!(scene.subscribe(&[("a", at_most(Q0)), ("$share/g/t", at_most(Q0))]), [fault]);
        assert_eq!(scene.subscribe(&[("$queue/t", at_most(Q0))]), [fault]);
        assert_eq!(scene.subscribe(&[("a", at_most(Q0))]), ["subscribe #9, a q0 success new"]);
    }
}

#[test]
fn wildcards_off_closes_a_new_client_and_refuses_an_older_one() {
    let settings = || SessionSettings { wildcard_subscription: false, ..SessionSettings::default() };
    let fault = "fault wildcard_subscriptions_not_supported wildcard_subscriptions_not_supported";
    for filter in ["#", "a/+", "$share/g/a/#"] {
        let mut scene = Scene::with_settings(settings());
        assert_eq!(scene.subscribe(&[(filter, at_most(Q0))]), [fault]);
        let mut scene = Scene::with(settings(), &older(V4));
        scene.subscribe(&[(filter, at_most(Q0))]);
        assert_eq!(scene.answer(&[]), ["SUBACK #9 unspecified_error"]);
    }
}

#[test]
fn b151_exclusive_subscriptions_are_off_until_turned_on() {
    let mut scene = Scene::connected();
    scene.subscribe(&[("$exclusive/t", at_most(Q1))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 topic_filter_invalid"]);
    scene.settings.exclusive_subscription = true;
    assert_eq!(scene.subscribe(&[("$exclusive/t", at_most(Q1))]), ["subscribe #9, $exclusive/t q1 granted_qos1 new"]);
    assert_eq!(scene.answer(&[("$exclusive/t", ReasonCode::QuotaExceeded)]), ["SUBACK #9 quota_exceeded"]);
}

#[test]
fn a_client_holds_so_many_subscriptions_and_may_always_renew_them() {
    let settings = || SessionSettings { max_subscriptions: Some(2), ..SessionSettings::default() };
    let mut scene = Scene::with_settings(settings());
    scene.subscribe(&[("a", at_most(Q0)), ("b", at_most(Q0)), ("c", at_most(Q0))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 success success quota_exceeded"]);
    scene.subscribe(&[("b", at_most(Q1)), ("c", at_most(Q0))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 granted_qos1 quota_exceeded"]);
    scene.unsubscribe(&["a"]);
    scene.subscribe(&[("c", at_most(Q0))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 success"]);
    let mut scene = Scene::with_settings(settings());
    scene.subscribe(&[("a", at_most(Q0)), ("a", at_most(Q1)), ("b", at_most(Q0))]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 success granted_qos1 success"], "one filter named twice is one");
}

#[test]
fn naming_a_filter_twice_does_not_get_it_past_the_maximum() {
    for (held, named, expected) in [
        (&["a", "b"][..], &["c", "c"][..], "quota_exceeded quota_exceeded"),
        (&["a"], &["b", "c", "c", "b"], "success quota_exceeded quota_exceeded success"),
        (&[], &["a", "a", "b", "b", "c", "c"], "success success success success quota_exceeded quota_exceeded"),
        (&["a", "b"], &["c", "a", "c", "b"], "quota_exceeded success quota_exceeded success"),
        (&["a"], &["a#", "a#", "b"], "topic_filter_invalid topic_filter_invalid success"),
    ] {
        let settings = SessionSettings { max_subscriptions: Some(2), ..SessionSettings::default() };
        let mut scene = Scene::with_settings(settings);
        scene.is_subscribed_to(held);
        let named: Vec<_> = named.iter().map(|filter| (*filter, at_most(Q0))).collect();
        scene.subscribe(&named);
        assert_eq!(scene.answer(&[]), [format!("SUBACK #9 {expected}")], "{held:?} {named:?}");
        assert!(scene.session.info().subscriptions <= 2, "{held:?} {named:?}");
    }
}

#[test]
fn filters_may_be_as_deep_as_the_setting_says() {
    let mut scene = Scene::with_settings(SessionSettings { max_topic_levels: 2, ..SessionSettings::default() });
    scene.subscribe(&[
        ("a/b", at_most(Q0)),
        ("a/b/c", at_most(Q0)),
        ("$share/g/a/b", at_most(Q0)),
        ("///", at_most(Q0)),
    ]);
    assert_eq!(scene.answer(&[]), ["SUBACK #9 success topic_filter_invalid success topic_filter_invalid"]);
}

#[test]
fn ignore_loop_deliver_is_no_local_for_older_clients() {
    for (connect, expected) in [(older(V4), " no-local"), (v5(), "")] {
        let settings = SessionSettings { ignore_loop_deliver: true, ..SessionSettings::default() };
        let mut scene = Scene::with(settings, &connect);
        let lines = scene.subscribe(&[("a", at_most(Q0)), ("$share/g/a", at_most(Q0))]);
        assert_eq!(lines, [format!("subscribe #9, a q0 success new{expected}, $share/g/a q0 success new")]);
    }
}

#[test]
fn mqtt_3_3_4_4_a_subscription_identifier_is_kept_with_every_filter() {
    let mut scene = Scene::connected();
    let filters = [("a", at_most(Q0)), ("b", at_most(Q0))];
    let packet = Subscribe {
        packet_id: 9,
        subscription_id: Some(77),
        user_properties: UserProperties::default(),
        filters: SubscribeFilters::Values(&filters),
    };
    let lines = scene.input(|session, turn, out| session.handle_subscribe(turn, &packet, &[], out));
    assert_eq!(lines, ["subscribe #9 id=77, a q0 success new, b q0 success new"]);
    scene.answer(&[]);
    assert!(scene.session.subscriptions().all(|held| held.subscription_id == 77));
    assert_eq!(scene.session.info().subscriptions, 2);
}

#[test]
fn b037_mqtt_3_11_3_1_unsuback_says_what_existed_in_order() {
    let mut scene = Scene::connected();
    scene.is_subscribed_to(&["a", "b"]);
    assert_eq!(
        scene.unsubscribe(&["b", "x", "a", "a#"]),
        ["UNSUBACK #10 success no_subscription_existed success topic_filter_invalid", "unsubscribe b", "unsubscribe a"]
    );
    assert_eq!(scene.session.subscriptions().count(), 0);
}

#[test]
fn mqtt_3_10_4_1_filters_are_compared_character_by_character() {
    let mut scene = Scene::connected();
    scene.is_subscribed_to(&["a/b"]);
    assert_eq!(scene.unsubscribe(&["a/+"]), ["UNSUBACK #10 no_subscription_existed"]);
    assert_eq!(scene.unsubscribe(&["A/b"]), ["UNSUBACK #10 no_subscription_existed"]);
}

#[test]
fn both_names_of_the_queue_group_are_one_subscription() {
    const SHORT: &str = "$queue/t";
    const LONG: &str = "$share/$queue/t";
    for (first, second) in [(SHORT, LONG), (LONG, SHORT), (SHORT, SHORT), (LONG, LONG)] {
        let mut scene =
            Scene::with_settings(SessionSettings { max_subscriptions: Some(2), ..SessionSettings::default() });
        scene.is_subscribed_to(&["$share/g/t"]);
        let lines = scene.subscribe(&[(first, at_most(Q2)), (second, at_most(Q1))]);
        assert_eq!(lines, [format!("subscribe #9, {first} q2 granted_qos2 new, {second} q1 granted_qos1")]);
        assert_eq!(scene.answer(&[]), ["SUBACK #9 granted_qos2 granted_qos1"], "one and the same within the maximum");
        assert_eq!(scene.subscribe(&[(first, at_most(Q0))]), [format!("subscribe #9, {first} q0 success")]);
        scene.answer(&[]);
        assert_eq!(scene.session.info().subscriptions, 2);
        assert_eq!(
            scene.unsubscribe(&[second, first]),
            ["UNSUBACK #10 success no_subscription_existed".to_owned(), format!("unsubscribe {first}")]
        );
        let left: Vec<_> = scene.session.subscriptions().map(|held| held.filter.as_str()).collect();
        assert_eq!(left, ["$share/g/t"], "another group");
    }
}

#[test]
fn unsuback_of_an_older_client_has_no_codes() {
    let mut scene = Scene::with(SessionSettings::default(), &older(V4));
    scene.is_subscribed_to(&["a"]);
    assert_eq!(scene.unsubscribe(&["a", "b"]), ["UNSUBACK #10 ", "unsubscribe a"]);
}

#[test]
fn mqtt_3_10_4_3_a_delivery_that_has_begun_is_completed() {
    let mut scene = Scene::connected();
    scene.is_subscribed_to(&["t"]);
    scene.deliver(message(Q2, "x"));
    scene.unsubscribe(&["t"]);
    assert_eq!(scene.pubrec(1, ReasonCode::Success), ["PUBREL #1"]);
    assert_eq!(scene.pubcomp(1), NOTHING);
}

#[test]
fn mqtt_3_1_2_24_an_answer_larger_than_the_client_takes_ends_the_connection() {
    let told = "DISCONNECT packet_too_large reason=\"packet_too_large\"";
    let of_v5 = dunlin_codec::Connect { maximum_packet_size: Some(40), ..v5() };
    // Fixed header 2, packet identifier 2, property length 1.
    for (connect, count, fits) in [(&of_v5, 35, true), (&of_v5, 36, false), (&v5(), 500, true), (&older(V4), 500, true)]
    {
        let filters: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        let subscribed: Vec<_> = filters.iter().map(|filter| (filter.as_str(), at_most(Q0))).collect();
        let mut scene = Scene::with(SessionSettings::default(), connect);
        let lines = scene.subscribe(&subscribed);
        assert_eq!(lines == ["fault packet_too_large packet_too_large"], !fits, "{count}: {lines:?}");
        if fits {
            assert_eq!(scene.answer(&[]).len(), 1, "{count}: SUBACK");
        }
        assert_eq!(scene.session.info().subscriptions, if fits { count } else { 0 });

        let mut scene = Scene::with(SessionSettings::default(), connect);
        scene.is_subscribed_to(&["0"]);
        let lines = scene.unsubscribe(&filters.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(lines == [told, "close packet_too_large"], !fits, "{count}: {lines:?}");
        assert_eq!(lines[0].starts_with("UNSUBACK #10 "), fits, "{count}: {lines:?}");
        assert_eq!(scene.session.info().subscriptions, usize::from(!fits), "{count}");
    }
}
