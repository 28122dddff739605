//! Who may come in: what an authenticator says, and what becomes of it.

use crate::access_back_ends::{Told, authentication, authorization, broker_with, rules};
use dunlin_access::{Admission, AuthorizationSettings, BackendFailure, Outcome};
use dunlin_broker::{AccessControl, Metric};
use dunlin_codec::Packet;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_testkit::{Client, TestBroker};
use tokio::sync::watch::Sender;

const DENY_ALL: &str = "{allow, {client_attr, \"team\", \"red\"}, publish, [\"red\"]}. {deny, all}.";

fn asking() -> (Sender<Option<Outcome>>, TestBroker) {
    let (tell, told) = Told::<Outcome>::nothing();
    let authorization = authorization(AuthorizationSettings::default(), vec![rules(DENY_ALL)]);
    (tell, broker_with(AccessControl { authentication: authentication(told), authorization }))
}

fn that_says(outcome: Outcome) -> TestBroker {
    let (tell, broker) = asking();
    tell.send_replace(Some(outcome));
    broker
}

fn that_admits(admission: Admission) -> TestBroker {
    that_says(Outcome::Allow(Box::new(admission)))
}

#[test]
fn a_refusal_has_the_code_of_its_cause_in_both_versions() {
    use ReasonCode::{BadUserNameOrPassword, NotAuthorized, ServerUnavailable};
    for (outcome, newer, older, reason) in [
        (Outcome::Deny(BadUserNameOrPassword), BadUserNameOrPassword, 4, DisconnectReason::BadUserNameOrPassword),
        (Outcome::Deny(NotAuthorized), NotAuthorized, 5, DisconnectReason::NotAuthorized),
        (Outcome::Ignore, NotAuthorized, 5, DisconnectReason::NotAuthorized),
        (Outcome::Failed(BackendFailure::Timeout(5)), ServerUnavailable, 3, DisconnectReason::ServerUnavailable),
    ] {
        let broker = that_says(outcome);
        assert_eq!(Client::v5("newer").connect_refused(&broker).connack().reason_code, newer);
        let refused = Client::v4("older").connect_refused(&broker);
        assert_eq!(refused.connack().reason_code.as_v3_connack(), older);
        broker.wait_until("both are counted", |broker| {
            broker.disconnects(reason) == 2 && broker.metric(Metric::PacketsConnackAuthError) == 2
        });
        assert_eq!(broker.sessions(), 0);
    }
}

#[test]
fn packets_behind_connect_wait_for_the_answer_in_their_order() {
    let (tell, broker) = asking();
    let mut early = Client::v5("early").send_connect(broker.address());
    early.send(&Packet::PingReq);
    early.send(&Packet::PingReq);
    // Somebody else is not kept waiting by it.
    let mut silent = Client::silent(broker.address());
    silent.send_raw(b"\xF0\x00");
    silent.expect_closed();
    tell.send_replace(Some(Outcome::Allow(Box::default())));
    assert!(matches!(early.recv().packet(), Packet::ConnAck(ack) if ack.reason_code == ReasonCode::Success));
    assert!(matches!(early.recv().packet(), Packet::PingResp));
    assert!(matches!(early.recv().packet(), Packet::PingResp));
}

#[test]
fn a_client_that_leaves_before_the_answer_has_no_session() {
    let (tell, broker) = asking();
    drop(Client::v5("c").send_connect(broker.address()));
    tell.send_replace(Some(Outcome::Allow(Box::default())));
    let mut other = Client::v5("other").connect(&broker);
    other.ping();
    broker.wait_until("only the other one is left", |broker| broker.connections() == 1);
}

#[test]
fn a_superuser_may_do_everything() {
    let broker = that_admits(Admission { is_superuser: true, ..Admission::default() });
    let mut client = Client::v5("c").connect(&broker);
    client.subscribe("anything", AtLeastOnce);
    assert_eq!(client.publish("anything", "x", AtLeastOnce), ReasonCode::Success);
}

#[test]
fn what_the_authenticator_says_of_a_client_counts_in_rules() {
    let broker = that_admits(Admission {
        attributes: [("team".to_owned(), "red".to_owned())].into(),
        acl: Some(r#"[{"permission": "allow", "action": "publish", "topic": "mine/${clientid}"}]"#.to_owned()),
        ..Admission::default()
    });
    let mut client = Client::v5("c").connect(&broker);
    for (topic, code) in [
        ("mine/c", ReasonCode::NoMatchingSubscribers),
        ("mine/d", ReasonCode::NotAuthorized),
        ("red", ReasonCode::NoMatchingSubscribers),
        ("blue", ReasonCode::NotAuthorized),
    ] {
        assert_eq!(client.publish(topic, "x", AtLeastOnce), code, "{topic}");
    }
}

#[test]
fn rules_that_make_no_sense_keep_their_client_out() {
    let broker = that_admits(Admission { acl: Some("{\"pub\": 7".to_owned()), ..Admission::default() });
    assert_eq!(Client::v5("c").connect_refused(&broker).connack().reason_code, ReasonCode::NotAuthorized);
}

#[test]
fn another_client_id_moves_the_client_to_the_worker_that_owns_it() {
    let broker =
        that_admits(Admission { client_id: Some("given".to_owned()), is_superuser: true, ..Admission::default() });
    // Whatever worker their own names belong to, all end with the same one, and each takes over from the one before.
    let mut last: Option<Client> = None;
    for number in 0..8 {
        let name = format!("own-{number}");
        let mut client = Client::v5(&name).send_connect(broker.address());
        client.send_publish("t", "x", AtLeastOnce);
        assert!(matches!(client.recv().packet(), Packet::ConnAck(ack) if ack.reason_code == ReasonCode::Success));
        client.recv_where("PUBACK", |packet| matches!(packet, Packet::PubAck(_)));
        if let Some(mut before) = last.replace(client) {
            before.expect_disconnect(ReasonCode::SessionTakenOver);
        }
    }
    assert_eq!(broker.sessions(), 1);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the end is a time of day, which the broker compares with its own clock")]
fn a_client_has_to_go_when_its_time_is_over() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let expires_at = u64::try_from(now.as_millis()).expect("before the year 500 million") + 1_000;
    let broker = that_admits(Admission { expires_at: Some(expires_at), ..Admission::default() });
    let mut client = Client::v5("c").connect(&broker);
    client.ping();
    client.expect_disconnect(ReasonCode::NotAuthorized);
    assert_eq!(broker.disconnects(DisconnectReason::Expired), 1);
}

#[test]
fn an_answer_that_never_comes_ends_with_the_timeout_of_connect() {
    let (tell, told) = Told::<Outcome>::nothing();
    let broker = TestBroker::with_settings("mqtt.idle_timeout = 100ms", |settings| {
        settings.access.authentication = authentication(told);
        settings.runtime = Some(std::sync::Arc::new(dunlin_server::Background::start().expect("threads")));
    });
    let mut client = Client::v5("c").send_connect(broker.address());
    client.expect_closed();
    drop(tell);
    assert_eq!(broker.disconnects(DisconnectReason::IdleTimeout), 1);
}

#[test]
fn without_a_runtime_nobody_comes_in_who_would_have_to_be_asked_about() {
    let (_tell, told) = Told::<Outcome>::nothing();
    let broker = TestBroker::with_settings("", |settings| settings.access.authentication = authentication(told));
    assert_eq!(Client::v5("c").connect_refused(&broker).connack().reason_code, ReasonCode::ServerUnavailable);
}
