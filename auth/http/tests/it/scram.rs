//! `scram:http`: whole exchanges with users of a service.

use crate::service::{NOW, Service, client, with_body};
use dunlin_access::{Authenticator, BackendFailure, BackendStatus, Exchange, ExchangeStep};
use dunlin_auth_http::{HttpScram, HttpScramKeys, HttpSettings, Method};
use dunlin_model::ReasonCode;
use dunlin_passwords::{ScramClient, ScramCredentials, ScramMechanism};
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

const ITERATIONS: u32 = 4_096;
const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const FIRST: &str = "n,,n=alice,r=rOprNGfwEbeRWgbNEkqO";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("it is written to a string");
        text
    })
}

fn scram(settings: &HttpSettings) -> HttpScram {
    let keys = HttpScramKeys::new(settings, ScramMechanism::Sha256, ITERATIONS, Arc::new(|| NOW)).expect("settings");
    HttpScram::new(Arc::new(keys), Arc::from(&b"secret"[..]))
}

/// What a client answers that thinks this is the password.
fn answer(password: &str, question: &[u8]) -> String {
    let client = ScramClient::new(ScramMechanism::Sha256, "alice", password, NONCE).expect("a client");
    client.final_message(question).expect("a question").message
}

async fn first_step(scram: &HttpScram, first: &str) -> (Box<dyn Exchange>, ExchangeStep) {
    let mut exchange = scram.exchange("SCRAM-SHA-256", &client("c")).expect("its method");
    let said = exchange.step(first.as_bytes()).await;
    (exchange, said)
}

#[tokio::test]
async fn users_of_a_service_come_in() {
    let service = Service::start();
    let known = ScramCredentials::derive(ScramMechanism::Sha256, "pencil", &[7; 16], ITERATIONS).expect("keys");
    let body = json!({
        "username": "${username}", "stored_key": hex(known.stored_key()), "server_key": hex(known.server_key()).to_uppercase(),
        "salt": hex(known.salt()),
    });
    let settings = with_body(HttpSettings::new(Method::Post, &service.url("/scram")), &body);
    let scram_http = scram(&settings);
    assert!(scram_http.exchange("SCRAM-SHA-512", &client("c")).is_none());

    let (mut exchange, said) = first_step(&scram_http, FIRST).await;
    let ExchangeStep::Ask(question) = said else { panic!("{said:?}") };
    let said = exchange.step(answer("pencil", &question).as_bytes()).await;
    let ExchangeStep::Allow(proven) = said else { panic!("{said:?}") };
    assert!(proven.username == "alice" && proven.admission.is_superuser && proven.data.starts_with(b"v="));

    let (mut exchange, said) = first_step(&scram_http, FIRST).await;
    let ExchangeStep::Ask(question) = said else { panic!("{said:?}") };
    let said = exchange.step(answer("pencils", &question).as_bytes()).await;
    assert_eq!(said, ExchangeStep::Deny(ReasonCode::NotAuthorized));

    let nobody = FIRST.replace("alice", "nobody");
    let salt_of = |said: ExchangeStep| match said {
        ExchangeStep::Unknown(question) => {
            String::from_utf8(question).expect("text").split_once(",s=").expect("a salt").1.to_owned()
        }
        said => panic!("{said:?}"),
    };
    let (one, other) = (first_step(&scram_http, &nobody).await.1, first_step(&scram_http, &nobody).await.1);
    assert_eq!(salt_of(one), salt_of(other), "who does not exist is asked the same each time");
    assert_eq!(scram_http.status(), BackendStatus::Connected);

    for (name, bad) in [("salt", ""), ("stored_key", "zz"), ("stored_key", "abc"), ("server_key", "00")] {
        let mut body = body.clone();
        body[name] = json!(bad);
        let (_, said) = first_step(&scram(&with_body(settings.clone(), &body)), FIRST).await;
        assert!(matches!(said, ExchangeStep::Failed(BackendFailure::BadAnswer(_))), "{name}={bad}: {said:?}");
    }
    assert!(HttpScramKeys::new(&settings, ScramMechanism::Sha256, 0, Arc::new(|| NOW)).is_err());
}

#[tokio::test]
async fn a_service_that_says_nothing_is_awaited_no_longer_than_its_timeout() {
    let service = Service::start();
    let settings = HttpSettings {
        request_timeout: Duration::from_millis(100),
        ..HttpSettings::new(Method::Get, &service.url("/silent"))
    };
    let (mut exchange, said) = first_step(&scram(&settings), FIRST).await;
    assert_eq!(said, ExchangeStep::Failed(BackendFailure::Timeout(100)));
    assert_eq!(exchange.step(FIRST.as_bytes()).await, ExchangeStep::Deny(ReasonCode::NotAuthorized), "it is over");
}
