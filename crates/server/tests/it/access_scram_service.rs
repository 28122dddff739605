//! `scram:http` at a node: the keys of its users are those that a service in Python has made, and the service dies and comes back.

use crate::access_scenario::{BackEnd, pool, until_nobody_is_left};
use crate::access_scram_clients::{NONCE, begin, expect_auth, expect_refusal, expect_welcome, send_auth_by};
use crate::access_services::Service;
use dunlin_model::ReasonCode::{
    self, ContinueAuthentication, NotAuthorized, ReAuthenticate, ServerBusy, ServerUnavailable, Success,
};
use dunlin_passwords::{ScramClient, ScramMechanism::Sha512};
use dunlin_testkit::{Client, TestBroker};

fn node(service: &Service) -> TestBroker {
    TestBroker::with(&format!(
        "authentication = [{{ mechanism = scram, backend = http, method = post, url = \"http://127.0.0.1:{}/scram\", \
         request_timeout = 4s, algorithm = sha512, iteration_count = 64, body {{ username = \"${{username}}\" }}, {} }}]",
        service.port,
        pool()
    ))
}

fn knows(username: &str, password: &str) -> ScramClient {
    ScramClient::new(Sha512, username, password, NONCE).expect("a client")
}

/// Answers the question that follows a first message; what the broker should prove then.
fn answer_by_sha512(client: &mut Client, scram: &ScramClient) -> String {
    let last = scram.final_message(&expect_auth(client, ContinueAuthentication)).expect("a question");
    send_auth_by(client, ContinueAuthentication, Sha512.name(), last.message.as_bytes());
    last.expected
}

fn come_in(broker: &TestBroker, id: &str) -> Client {
    let scram = knows("ann", "right");
    let mut client = begin(broker, id, Sha512, scram.first_message().as_bytes());
    let last = scram.final_message(&expect_auth(&mut client, ContinueAuthentication)).expect("a question");
    send_auth_by(&mut client, ContinueAuthentication, Sha512.name(), last.message.as_bytes());
    expect_welcome(&client.recv(), Sha512, &last);
    client
}

fn begin_again(client: &mut Client, scram: &ScramClient) {
    send_auth_by(client, ReAuthenticate, Sha512.name(), scram.first_message().as_bytes());
}

fn refusal(broker: &TestBroker, reason_code: ReasonCode) {
    let scram = knows("ann", "right");
    let mut client = begin(broker, "refused", Sha512, scram.first_message().as_bytes());
    expect_refusal(&mut client, reason_code);
}

fn wait_for(broker: &TestBroker, status: &'static str) {
    broker.wait_until(status, |_| broker.server().authenticators()[0].status == status);
}

#[test]
fn who_knows_the_password_comes_in_by_sha_512_and_authenticates_again() {
    let service = Service::start(None);
    let broker = node(&service);
    let mut client = come_in(&broker, "c");
    let again = knows("ann", "right");
    for _ in 0..3 {
        begin_again(&mut client, &again);
        let expected = answer_by_sha512(&mut client, &again);
        assert_eq!(expect_auth(&mut client, Success), expected.as_bytes());
        client.ping();
    }
    // Somebody else may know her password, and is not she.
    for scram in [knows("ann", "wrong"), knows("nobody", "right"), knows("eve", "right")] {
        let mut client = come_in(&broker, "d");
        begin_again(&mut client, &scram);
        answer_by_sha512(&mut client, &scram);
        client.expect_disconnect(NotAuthorized);
    }
    for scram in [knows("ann", "wrong"), knows("nobody", "right")] {
        let mut refused = begin(&broker, "e", Sha512, scram.first_message().as_bytes());
        answer_by_sha512(&mut refused, &scram);
        expect_refusal(&mut refused, NotAuthorized);
    }
}

#[test]
fn a_service_that_dies_keeps_new_ones_out_and_those_who_authenticate_again() {
    let mut service = Service::start(None);
    let broker = node(&service);
    let (mut staying, mut asking, mut half) =
        (come_in(&broker, "staying"), come_in(&broker, "asking"), knows("ann", "right"));
    let mut coming = begin(&broker, "coming", Sha512, half.first_message().as_bytes());
    let question = expect_auth(&mut coming, ContinueAuthentication);
    service.kill();
    // The service was asked before it died: nothing more has to be known of this one.
    let last = half.final_message(&question).expect("a question");
    send_auth_by(&mut coming, ContinueAuthentication, Sha512.name(), last.message.as_bytes());
    expect_welcome(&coming.recv(), Sha512, &last);
    wait_for(&broker, "disconnected");
    for _ in 0..8 {
        refusal(&broker, ServerUnavailable);
    }
    begin_again(&mut asking, &half);
    // There is no DISCONNECT that says that a server is unavailable (MQTT 5.0 §3.14.2.1).
    asking.expect_disconnect(ServerBusy);
    staying.ping();
    service.start_again();
    wait_for(&broker, "connected");
    for _ in 0..8 {
        come_in(&broker, "c").disconnect();
    }
    half = knows("ann", "right");
    begin_again(&mut staying, &half);
    let expected = answer_by_sha512(&mut staying, &half);
    assert_eq!(expect_auth(&mut staying, Success), expected.as_bytes());
    drop((staying, coming));
    until_nobody_is_left(&broker);
}
