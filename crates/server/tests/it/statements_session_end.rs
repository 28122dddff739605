//! MQTT 5.0 chapters 3.12 to 3.15, 4.12 and 4.13: PINGREQ, DISCONNECT, AUTH, errors.

use crate::access_back_ends::{authentication, broker_with};
use crate::statements_bytes::{CLEAN_START, connect, expect_fault, field, publish, refusal};
use dunlin_access::{
    Admission, Answer, Authenticator, ClientInfo, Credentials, Exchange, ExchangeStep, Outcome, Proven,
};
use dunlin_broker::AccessControl;
use dunlin_codec::{Auth, Connect, Disconnect, Packet, Publish};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Client, Connecting, TestBroker};
use std::future::ready;

#[test]
fn mqtt_3_12_4_1_a_ping_is_answered_among_other_traffic() {
    let broker = TestBroker::start();
    let mut busy = Client::v5("busy").connect(&broker);
    busy.subscribe("t", AtMostOnce);
    for _ in 0..1000 {
        busy.send_publish("t", "x", AtMostOnce);
    }
    Client::v5("other").connect(&broker).ping();
    busy.ping();
}

#[test]
fn mqtt_3_14_0_1_a_refused_client_gets_no_disconnect() {
    let broker = TestBroker::start();
    // Only CONNACK or nothing: the answer would be no packet of this list.
    assert_eq!(refusal(&broker, &[0xC0, 0]), None);
    let refused = refusal(&broker, &connect(CLEAN_START | 1, &[&field(b"c")]));
    assert_eq!(refused, Some(ReasonCode::MalformedPacket));
}

#[test]
fn mqtt_3_14_1_1_flags_of_disconnect_are_reserved() {
    let broker = TestBroker::start();
    expect_fault(&broker, &[0xE1, 0], ReasonCode::MalformedPacket);
}

#[test]
fn mqtt_3_14_2_1_every_reason_of_a_client_is_accepted() {
    let broker = TestBroker::start();
    let codes = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99];
    for code in codes {
        let mut client = Client::v5("client").connect(&broker);
        client.send_raw(&[0xE0, 1, code]);
        client.expect_closed();
    }
    assert_eq!(broker.disconnects(DisconnectReason::Normal), codes.len() as u64);
}

#[test]
fn mqtt_3_14_2_2_a_session_that_ends_with_its_connection_cannot_be_prolonged() {
    let broker = TestBroker::start();
    let mut client = Client::v5("client").connect(&broker);
    let later = Disconnect { session_expiry_interval: Some(30), ..Disconnect::default() };
    client.send(&Packet::Disconnect(later));
    let answer = client.expect_disconnect(ReasonCode::ProtocolError);
    assert_eq!(answer.disconnect().session_expiry_interval, None);
    assert!(!Client::v5("client").clean_start(false).connect(&broker).session_present());
}

// [MQTT-3.14.4-2]
#[test]
fn mqtt_3_14_4_1_nothing_after_disconnect_is_executed() {
    let broker = TestBroker::start();
    let mut watcher = Client::v5("watcher").connect(&broker);
    watcher.subscribe("t", AtLeastOnce);
    let mut client = Client::v5("client").connect(&broker);
    client.send_raw(&[publish(b"t", b"before"), vec![0xE0, 0], publish(b"t", b"after")].concat());
    client.expect_closed();
    watcher.expect_payloads(["before"]);
    watcher.expect_nothing();
}

#[test]
fn mqtt_3_15_1_1_flags_of_auth_are_reserved() {
    let broker = TestBroker::start();
    expect_fault(&broker, &[0xF1, 0], ReasonCode::MalformedPacket);
}

#[test]
fn mqtt_3_15_2_1_a_client_does_not_say_that_it_is_authenticated() {
    let broker = broker_with_method();
    let mut client = by_method("echo", Some(b"open sesame")).connect(&broker);
    client.send(&auth(ReasonCode::Success, "echo", b"open sesame"));
    client.expect_disconnect(ReasonCode::ProtocolError);
}

/// A method `echo`: the client has to send `open sesame`, and may be asked for it once more.
#[derive(Debug)]
struct Echo;

impl Authenticator for Echo {
    fn id(&self) -> &str {
        "echo:test"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(ready(Outcome::Allow(Box::default())))
    }

    fn exchange(&self, method: &str, _: &ClientInfo) -> Option<Box<dyn Exchange>> {
        (method == "echo").then(|| Box::new(Self) as Box<dyn Exchange>)
    }
}

impl Exchange for Echo {
    fn step<'a>(&'a mut self, data: &'a [u8]) -> Answer<'a, ExchangeStep> {
        Box::pin(ready(match data {
            b"open sesame" => ExchangeStep::Allow(Box::new(Proven {
                username: "ali".to_owned(),
                data: b"welcome".to_vec(),
                admission: Admission::default(),
            })),
            b"" => ExchangeStep::Ask(b"say it".to_vec()),
            _ => ExchangeStep::Deny(ReasonCode::NotAuthorized),
        }))
    }
}

fn broker_with_method() -> TestBroker {
    broker_with(AccessControl { authentication: authentication(Echo), authorization: None })
}

/// A client that names this method and brings this data.
fn by_method(method: &'static str, data: Option<&'static [u8]>) -> Connecting<'static> {
    let change = |connect: &mut Connect<'static>| {
        connect.authentication_method = Some(method);
        connect.authentication_data = data;
    };
    Client::v5("client").with(change)
}

fn auth(reason_code: ReasonCode, method: &'static str, data: &'static [u8]) -> Packet<'static> {
    let (authentication_method, authentication_data) = (Some(method), Some(data));
    Packet::Auth(Auth { reason_code, authentication_method, authentication_data, ..Auth::default() })
}

#[test]
fn mqtt_4_12_0_1_an_unknown_method_is_refused() {
    for broker in [TestBroker::start(), broker_with_method()] {
        let refused = by_method("unknown", None).connect_refused(&broker);
        assert_eq!(refused.connack().reason_code, ReasonCode::BadAuthenticationMethod);
    }
}

// [MQTT-4.12.0-3] [MQTT-4.12.0-5]
#[test]
fn mqtt_4_12_0_2_a_client_may_be_asked_for_more() {
    let broker = broker_with_method();
    let mut client = by_method("echo", None).send_connect(broker.address());
    let frame = client.recv();
    let Packet::Auth(question) = frame.packet() else { panic!("AUTH should have come, not {frame:?}") };
    assert_eq!(question.reason_code, ReasonCode::ContinueAuthentication);
    assert_eq!(question.authentication_method, Some("echo"));
    assert_eq!(question.authentication_data, Some(&b"say it"[..]));
    client.send(&auth(ReasonCode::ContinueAuthentication, "echo", b"open sesame"));
    let frame = client.recv();
    let connack = frame.connack();
    assert_eq!(connack.reason_code, ReasonCode::Success);
    assert_eq!((connack.authentication_method, connack.authentication_data), (Some("echo"), Some(&b"welcome"[..])));
    client.ping();
}

#[test]
fn mqtt_4_12_0_4_a_failure_is_refused() {
    let broker = broker_with_method();
    let refused = by_method("echo", Some(b"wrong")).connect_refused(&broker);
    assert_eq!(refused.connack().reason_code, ReasonCode::NotAuthorized);
}

// [MQTT-4.12.0-7]
#[test]
fn mqtt_4_12_0_6_without_a_method_there_is_no_auth() {
    for broker in [TestBroker::start(), broker_with_method()] {
        let mut client = Client::v5("client").connect(&broker);
        assert_eq!(client.connack().authentication_method, None);
        client.expect_nothing();
        client.send(&auth(ReasonCode::ReAuthenticate, "echo", b"open sesame"));
        client.expect_disconnect(ReasonCode::ProtocolError);
    }
}

#[test]
fn mqtt_4_12_1_1_a_client_authenticates_again_by_the_same_method() {
    let broker = broker_with_method();
    let mut client = by_method("echo", Some(b"open sesame")).connect(&broker);
    client.send(&auth(ReasonCode::ReAuthenticate, "echo", b"open sesame"));
    let frame = client.recv();
    let Packet::Auth(answer) = frame.packet() else { panic!("AUTH should have come, not {frame:?}") };
    assert_eq!((answer.reason_code, answer.authentication_data), (ReasonCode::Success, Some(&b"welcome"[..])));
    client.send(&auth(ReasonCode::ReAuthenticate, "another", b"open sesame"));
    client.expect_disconnect(ReasonCode::ProtocolError);
}

#[test]
fn mqtt_4_12_1_2_who_fails_to_authenticate_again_has_to_go() {
    let broker = broker_with_method();
    let mut client = by_method("echo", Some(b"open sesame")).connect(&broker);
    client.send(&auth(ReasonCode::ReAuthenticate, "echo", b"wrong"));
    client.expect_disconnect(ReasonCode::NotAuthorized);
}

// [MQTT-4.13.2-1]
#[test]
fn mqtt_4_13_1_1_after_an_error_the_connection_is_closed() {
    let broker = TestBroker::start();
    // Each of these waits for the end of the stream, and nothing may come between DISCONNECT and that.
    expect_fault(&broker, &[0x00, 0], ReasonCode::MalformedPacket);
    expect_fault(&broker, &publish(b"a/+", b"x"), ReasonCode::TopicNameInvalid);
    // A packet that only servers send.
    expect_fault(&broker, &[0xD0, 0], ReasonCode::ProtocolError);
    let mut client = Client::v5("client").connect(&broker);
    let publish = Publish { topic: "t", topic_alias: Some(1), ..Publish::default() };
    client.send_publish_with(Publish { topic: "", ..publish.clone() });
    client.send_publish_with(publish);
    client.expect_disconnect(ReasonCode::ProtocolError);
    broker.wait_until("nobody is connected", |broker| broker.connections() == 0);
}
