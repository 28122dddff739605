//! Clients that authenticate again while they are connected (MQTT 5.0 §4.12.1).

use crate::access_back_ends::{authentication, authorization, broker_with, rules};
use crate::access_scram_clients::{
    answer, broker, chain, come_in, entry, expect_auth, knows, send_auth, send_auth_by, told_broker, users,
};
use dunlin_access::{
    Admission, Answer, Authenticator, AuthorizationSettings, BackendFailure, ClientInfo, Credentials, Exchange,
    ExchangeStep, Outcome, Proven,
};
use dunlin_auth_built_in_database::UserChange;
use dunlin_broker::AccessControl;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_model::ReasonCode::{
    self, ContinueAuthentication, NotAuthorized, ProtocolError, ReAuthenticate, ServerBusy, Success,
};
use dunlin_passwords::{ScramClient, ScramMechanism::Sha256};
use dunlin_testkit::{Client, TestBroker};
use std::future::ready;

const OWN_TOPICS: &str = "{allow, all, all, [\"users/${username}/#\"]}. {deny, all}.";

/// Authenticates again, with success.
fn again(client: &mut Client, scram: &ScramClient) {
    send_auth(client, ReAuthenticate, scram.first_message().as_bytes());
    let last = answer(client, scram);
    assert_eq!(expect_auth(client, Success), last.expected.as_bytes());
}

fn ann(broker: &TestBroker) -> (Client, ScramClient) {
    let scram = knows("ann", "pencil");
    (come_in(broker, "c", &scram), scram)
}

// [MQTT-4.12.1-1]
#[test]
fn what_is_said_of_a_client_now_takes_the_place_of_what_was_said() {
    let users = users(Sha256);
    let broker = broker(&users, OWN_TOPICS);
    let (mut client, scram) = ann(&broker);
    let is_superuser = |is_superuser| UserChange { password: None, is_superuser: Some(is_superuser) };
    for is_chief in [true, false, true] {
        users.update("ann", is_superuser(is_chief)).expect("there is one");
        again(&mut client, &scram);
        let code = client.publish("elsewhere", "x", AtLeastOnce);
        assert_eq!(code, if is_chief { ReasonCode::NoMatchingSubscribers } else { NotAuthorized });
        assert_ne!(client.publish("users/ann/x", "x", AtLeastOnce), NotAuthorized, "its name is still known");
    }
}

/// A method `until`: the client says itself when it has to go.
#[derive(Debug)]
struct Until;

impl Authenticator for Until {
    fn id(&self) -> &str {
        "until:test"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(ready(Outcome::Ignore))
    }

    fn exchange(&self, method: &str, _: &ClientInfo) -> Option<Box<dyn Exchange>> {
        (method == "until").then(|| Box::new(Self) as Box<dyn Exchange>)
    }
}

impl Exchange for Until {
    fn step<'a>(&'a mut self, data: &'a [u8]) -> Answer<'a, ExchangeStep> {
        let expires_at = std::str::from_utf8(data).ok().and_then(|text| text.parse().ok());
        let admission = Admission { expires_at, ..Admission::default() };
        let proven = Proven { username: "ann".to_owned(), data: Vec::new(), admission };
        Box::pin(ready(ExchangeStep::Allow(Box::new(proven))))
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the end is a time of day, which the broker compares with its own clock")]
fn whoever_authenticates_again_in_time_may_stay_as_long_as_is_said_now() {
    let broker = broker_with(AccessControl { authentication: authentication(Until), authorization: None });
    let in_one_second = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        (now.as_millis() + 1_000).to_string().into_bytes()
    };
    let until = in_one_second();
    let come = |id: &'static str| {
        let connecting = Client::v5(id).with(|connect| {
            connect.authentication_method = Some("until");
            connect.authentication_data = Some(&until);
        });
        connecting.connect(&broker)
    };
    let (mut staying, mut going) = (come("staying"), come("going"));
    send_auth_by(&mut staying, ReAuthenticate, "until", b"");
    expect_auth(&mut staying, Success);
    going.expect_disconnect(NotAuthorized);
    // The one that has to go came after it, so its time would be over too.
    staying.ping();
    staying.expect_nothing();
    send_auth_by(&mut staying, ReAuthenticate, "until", &in_one_second());
    expect_auth(&mut staying, Success);
    staying.expect_disconnect(NotAuthorized);
}

#[test]
fn packets_go_both_ways_between_its_steps() {
    let users = users(Sha256);
    let broker = broker(&users, "{allow, all}.");
    let (mut client, scram) = ann(&broker);
    let mut other = come_in(&broker, "other", &knows("bob", "pencil"));
    client.subscribe("t", AtLeastOnce);
    send_auth(&mut client, ReAuthenticate, scram.first_message().as_bytes());
    let question = expect_auth(&mut client, ContinueAuthentication);
    other.publish("t", "to it", AtLeastOnce);
    client.expect_payloads(["to it"]);
    assert_eq!(client.publish("u", "from it", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    let last = scram.final_message(&question).expect("a question");
    send_auth(&mut client, ContinueAuthentication, last.message.as_bytes());
    assert_eq!(expect_auth(&mut client, Success), last.expected.as_bytes());
}

#[test]
fn deliveries_go_on_while_the_back_end_is_asked() {
    let (tell, broker) = told_broker();
    tell.send_replace(Some(Ok(())));
    let (mut client, scram) = ann(&broker);
    let mut other = come_in(&broker, "other", &knows("bob", "pencil"));
    client.subscribe("t", AtLeastOnce);
    tell.send_replace(None);
    send_auth(&mut client, ReAuthenticate, scram.first_message().as_bytes());
    // It waits behind the question.
    client.send(&dunlin_codec::Packet::PingReq);
    other.publish("t", "meanwhile", AtLeastOnce);
    client.expect_payloads(["meanwhile"]);
    tell.send_replace(Some(Ok(())));
    let last = answer(&mut client, &scram);
    assert_eq!(expect_auth(&mut client, Success), last.expected.as_bytes());
    client.recv_where("PINGRESP", |packet| matches!(packet, dunlin_codec::Packet::PingResp));
}

// [MQTT-4.12.1-2]
#[test]
fn who_fails_has_to_go() {
    let users = users(Sha256);
    let broker = broker(&users, "{allow, all}.");
    for scram in [knows("ann", "crayon"), knows("eve", "pencil"), knows("bob", "pencil")] {
        let (mut client, _) = ann(&broker);
        send_auth(&mut client, ReAuthenticate, scram.first_message().as_bytes());
        answer(&mut client, &scram);
        client.expect_disconnect(NotAuthorized);
    }
    let (mut client, _) = ann(&broker);
    send_auth(&mut client, ReAuthenticate, b"");
    client.expect_disconnect(NotAuthorized);
    let (mut client, _) = ann(&broker);
    let long_nonce = [&b"n,,n=ann,r="[..], &[b'x'; 65_500]].concat();
    send_auth(&mut client, ReAuthenticate, &long_nonce);
    client.expect_disconnect(NotAuthorized);
}

#[test]
fn a_back_end_that_fails_ends_the_connection_with_a_code_to_come_again() {
    let (tell, broker) = told_broker();
    tell.send_replace(Some(Ok(())));
    let (mut client, scram) = ann(&broker);
    tell.send_replace(Some(Err(BackendFailure::Overloaded)));
    send_auth(&mut client, ReAuthenticate, scram.first_message().as_bytes());
    client.expect_disconnect(ServerBusy);
}

#[test]
fn there_is_one_exchange_at_a_time_and_by_one_method() {
    let users = users(Sha256);
    let broker = broker(&users, "{allow, all}.");
    let begun = || {
        let (mut client, scram) = ann(&broker);
        send_auth(&mut client, ReAuthenticate, scram.first_message().as_bytes());
        expect_auth(&mut client, ContinueAuthentication);
        client
    };
    let mut client = begun();
    send_auth(&mut client, ReAuthenticate, b"n,,n=ann,r=abc");
    client.expect_disconnect(ProtocolError);
    let mut client = begun();
    send_auth_by(&mut client, ContinueAuthentication, "SCRAM-SHA-512", b"");
    client.expect_disconnect(ProtocolError);
    let (mut client, _) = ann(&broker);
    send_auth(&mut client, ContinueAuthentication, b"c=biws");
    client.expect_disconnect(ProtocolError);
}

#[test]
fn a_client_whose_method_is_no_longer_offered_has_to_go() {
    let users = users(Sha256);
    let broker = broker(&users, "{allow, all}.");
    let (mut client, scram) = ann(&broker);
    broker.change_access(AccessControl { authentication: Some(chain(vec![])), authorization: None });
    // Answered at the end of a turn in which the worker has taken its mail.
    client.ping();
    send_auth(&mut client, ReAuthenticate, scram.first_message().as_bytes());
    client.expect_disconnect(NotAuthorized);
}

#[test]
fn other_rules_count_for_who_authenticates_again() {
    let users = users(Sha256);
    let access = |text| AccessControl {
        authentication: Some(chain(vec![entry(&users)])),
        authorization: authorization(AuthorizationSettings::default(), vec![rules(text)]),
    };
    let broker = broker_with(access(OWN_TOPICS));
    let (mut client, scram) = ann(&broker);
    broker.change_access(access("{allow, {username, \"ann\"}, publish, [\"new\"]}. {deny, all}."));
    client.ping();
    again(&mut client, &scram);
    assert_eq!(client.publish("new", "x", AtLeastOnce), ReasonCode::NoMatchingSubscribers);
    assert_eq!(client.publish("users/ann/x", "x", AtLeastOnce), NotAuthorized);
}
