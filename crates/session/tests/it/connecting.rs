//! CONNECT and CONNACK.

use crate::{
    NOTHING, Q0, Q1, Q2, V3, V4, V5,
    scene::{Scene, older, packets_in_words, v5},
};
use dunlin_codec::{Connect, Will};
use dunlin_model::ReasonCode;
use dunlin_session::{Ending, Opening, SessionSettings, check_connect, refuse};

/// What CONNACK says of the default settings, after the properties of the session.
const LIMITS: &str = "receive=32 retain=true size=1048576 aliases=65535 wildcard=true ids=true shared=true";

fn connack(settings: SessionSettings, connect: &Connect<'_>) -> String {
    Scene::offstage(settings).connect(connect).join("\n")
}

#[test]
fn b003_a_new_session_is_not_present_and_the_limits_are_announced() {
    assert_eq!(connack(SessionSettings::default(), &v5()), format!("CONNACK success {LIMITS}"));
}

#[test]
fn mqtt_3_2_2_3_a_resumed_session_is_present() {
    let mut scene = Scene::offstage(SessionSettings::default());
    assert_eq!(scene.resume(&v5()), [format!("CONNACK success present {LIMITS}")]);
}

#[test]
fn older_clients_get_session_present_and_nothing_else() {
    for version in [V3, V4] {
        let mut scene = Scene::offstage(SessionSettings::default());
        assert_eq!(scene.connect(&older(version)), ["CONNACK success"]);
    }
    let mut scene = Scene::offstage(SessionSettings::default());
    assert_eq!(scene.resume(&older(V4)), ["CONNACK success present"]);
}

#[test]
fn every_limit_below_the_default_of_the_protocol_is_announced() {
    let settings = SessionSettings {
        max_inflight: 7,
        max_qos: Q1,
        retain_available: false,
        max_packet_size: 500,
        max_topic_alias: 0,
        wildcard_subscription: false,
        shared_subscription: false,
        server_keep_alive: Some(30),
        ..SessionSettings::default()
    };
    assert_eq!(
        connack(settings, &v5()),
        "CONNACK success receive=7 qos=1 retain=false size=500 aliases=0 wildcard=false ids=true shared=false alive=30"
    );
}

#[test]
fn mqtt_3_2_2_9_and_b019_maximum_qos_is_announced_below_2_only() {
    for (max_qos, expected) in [(Q0, Some("qos=0")), (Q1, Some("qos=1")), (Q2, None)] {
        let line = connack(SessionSettings { max_qos, ..SessionSettings::default() }, &v5());
        assert_eq!(line.split(' ').find(|word| word.starts_with("qos")), expected);
    }
}

#[test]
fn mqtt_3_1_2_28_response_information_only_on_request() {
    let settings = || SessionSettings { response_information: "r/".into(), ..SessionSettings::default() };
    assert!(!connack(settings(), &v5()).contains("response"));
    let asking = Connect { request_response_information: true, ..v5() };
    assert!(connack(settings(), &asking).ends_with("response=\"r/\""));
    assert!(!connack(SessionSettings::default(), &asking).contains("response"), "there is none to give");
}

#[test]
fn mqtt_3_1_3_7_an_assigned_client_id_and_the_authentication_are_announced() {
    let mut scene = Scene::offstage(SessionSettings::default());
    let opening = Opening {
        assigned_client_id: true,
        authentication_method: Some("m"),
        authentication_data: Some(&[1, 2]),
        ..Opening::default()
    };
    let lines = scene.input(|session, turn, out| {
        session.attach(turn, &v5(), false, opening, out);
        Ok(())
    });
    assert_eq!(
        lines[0],
        "CONNACK success receive=32 retain=true size=1048576 id=\"c\" aliases=65535 wildcard=true ids=true shared=true \
         method=\"m\" data=[1, 2]"
    );
}

#[test]
fn b071_to_b074_the_session_expiry_that_is_granted() {
    let never = u32::MAX;
    for (what, cap, asked, granted, announced) in [
        ("nothing asked", None, None, 0, None),
        ("as asked", None, Some(60), 60, None),
        ("for ever", None, Some(never), never, None),
        ("within the cap", Some(100), Some(60), 60, None),
        ("at the cap", Some(100), Some(100), 100, None),
        ("above the cap", Some(100), Some(200), 100, Some(100)),
        ("for ever, capped", Some(100), Some(never), 100, Some(100)),
        ("cap 0", Some(0), Some(60), 0, Some(0)),
        ("cap 0, nothing asked", Some(0), None, 0, None),
    ] {
        let settings = SessionSettings { max_session_expiry_secs: cap, ..SessionSettings::default() };
        let mut scene = Scene::offstage(settings);
        let line = scene.connect(&Connect { session_expiry_interval: asked, ..v5() }).join("\n");
        assert_eq!(scene.session.info().expiry_secs, granted, "{what}");
        let said = line.split(' ').find_map(|word| word.strip_prefix("expiry=")?.parse::<u32>().ok());
        assert_eq!(said, announced, "{what}");
        assert_eq!(scene.session.is_persistent(), granted > 0, "{what}");
    }
}

#[test]
fn b073_older_clients_get_the_setting_or_nothing_and_no_cap() {
    let settings = || SessionSettings {
        session_expiry_secs: 500,
        max_session_expiry_secs: Some(100),
        ..SessionSettings::default()
    };
    for (version, clean_start, granted) in [(V3, true, 0), (V3, false, 500), (V4, true, 0), (V4, false, 500)] {
        let scene = Scene::with(settings(), &Connect { clean_start, ..older(version) });
        assert_eq!(scene.session.info().expiry_secs, granted, "{version:?} {clean_start}");
    }
}

#[test]
fn a_connack_that_would_be_too_large_leaves_out_what_has_its_default() {
    let settings = || SessionSettings {
        max_inflight: 7,
        wildcard_subscription: false,
        server_keep_alive: Some(30),
        ..SessionSettings::default()
    };
    let small = Connect { maximum_packet_size: Some(24), ..v5() };
    assert_eq!(
        connack(settings(), &small),
        "CONNACK success receive=7 size=1048576 aliases=65535 wildcard=false alive=30"
    );
}

#[test]
fn a_client_that_can_take_no_connack_is_closed() {
    let tiny = Connect { maximum_packet_size: Some(4), ..v5() };
    assert_eq!(connack(SessionSettings::default(), &tiny), "close packet_too_large");
}

#[test]
fn mqtt_3_2_2_6_a_refusal_has_no_session_and_the_code_of_its_version() {
    for (version, code, expected) in [
        (V5, ReasonCode::ServerBusy, "CONNACK server_busy reason=\"THROTTLED\""),
        (V5, ReasonCode::UnsupportedProtocolVersion, "CONNACK unsupported_protocol_version reason=\"THROTTLED\""),
    ] {
        let mut wire = Vec::new();
        refuse(version, code, Some("THROTTLED"), None, &mut wire);
        assert_eq!(packets_in_words(version, &wire), [expected]);
    }
    for version in [V3, V4] {
        let mut wire = Vec::new();
        refuse(version, ReasonCode::ServerBusy, Some("THROTTLED"), None, &mut wire);
        assert_eq!(wire, [0x20, 2, 0, 3], "server unavailable");
    }
}

#[test]
fn mqtt_3_2_2_19_a_reason_string_that_does_not_fit_is_left_out() {
    for (limit, expected) in
        [(Some(5), "CONNACK server_busy"), (Some(4), ""), (None, "CONNACK server_busy reason=\"busy\"")]
    {
        let mut wire = Vec::new();
        refuse(V5, ReasonCode::ServerBusy, Some("busy"), limit, &mut wire);
        assert_eq!(packets_in_words(V5, &wire).join("\n"), expected, "{limit:?}");
    }
}

#[test]
fn mqtt_3_1_3_5_ordinary_client_ids_are_accepted() {
    let connect = Connect { client_id: "abcdefghijklmnopqrstuvw", ..v5() };
    assert_eq!(check_connect(&connect, &SessionSettings::default()), Ok(()));
}

#[test]
fn nobody_leaves_a_will_below_sys() {
    let will = Will { topic: "$SYS/broker/connection/bridge/state", ..Will::default() };
    let connect = Connect { will: Some(will), ..v5() };
    assert_eq!(check_connect(&connect, &SessionSettings::default()), Ok(()), "a bridge may come in");
    let mut scene = Scene::offstage(SessionSettings::default());
    scene.connect(&connect);
    assert_eq!(scene.detach(Ending::Closed), NOTHING);
}
