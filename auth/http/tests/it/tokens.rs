//! Services that want a token of the broker, and the one who gives it.

use crate::service::{Service, admission, ask, authenticator, client, with_body};
use dunlin_access::{Action, Authenticator, AuthorizationSource, BackendFailure, BackendStatus, Outcome};
use dunlin_auth_http::{HttpAuthorization, HttpSettings, Method, OAuth2Settings};
use dunlin_model::Qos;
use dunlin_real_servers::PATIENCE;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

fn oauth2(service: &Service, target: &str) -> OAuth2Settings {
    OAuth2Settings {
        token_endpoint: service.url(target),
        client_id: "dunlin".into(),
        client_secret: "a secret/with+all&of=it".into(),
        scope: Some("users:read".into()),
        timeout: PATIENCE,
        tls: None,
        server_name: None,
    }
}

fn settings(service: &Service, oauth2: OAuth2Settings) -> HttpSettings {
    HttpSettings { oauth2: Some(oauth2), ..service.settings("/guarded") }
}

/// How many tokens were given.
async fn given(service: &Service) -> u64 {
    let way = authenticator(&service.settings("/tokens"));
    admission(&way, "alice").await.attributes["tokens"].parse().expect("a number")
}

/// From now on no token is good that was given.
async fn revoke(service: &Service) {
    assert_eq!(ask(&authenticator(&service.settings("/tokens/revoke")), "alice", "right").await, allowed());
}

fn allowed() -> Outcome {
    Outcome::Allow(Box::default())
}

fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed(failure) => failure.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_show_a_token_that_is_got_once() {
    let service = Service::start();
    let way = authenticator(&settings(&service, oauth2(&service, "/token")));
    for _ in 0..20 {
        assert_eq!(ask(&way, "alice", "right").await, allowed());
        assert!(matches!(ask(&way, "alice", "wrong").await, Outcome::Deny(_)));
    }
    assert_eq!(given(&service).await, 1, "one token for all of them");
    assert_eq!(way.status(), BackendStatus::Connected);
}

#[tokio::test]
async fn without_a_token_nobody_is_asked_about() {
    let service = Service::start();
    let right = oauth2(&service, "/token");
    for (oauth2, because) in [
        (OAuth2Settings { client_secret: "wrong".into(), ..right.clone() }, "status 401 Unauthorized, invalid_client"),
        (OAuth2Settings { scope: Some("all".into()), ..right.clone() }, "status 400 Bad Request, invalid_scope"),
        (OAuth2Settings { token_endpoint: service.url("/token/down"), ..right.clone() }, "status 503"),
        (OAuth2Settings { token_endpoint: service.url("/status/204"), ..right.clone() }, "status 204"),
        (OAuth2Settings { token_endpoint: "http://host.invalid/".into(), ..right.clone() }, "http://host.invalid"),
    ] {
        let way = authenticator(&settings(&service, oauth2));
        let outcome = ask(&way, "alice", "right").await;
        assert!(matches!(outcome, Outcome::Failed(BackendFailure::Unreachable(_))), "{outcome:?}");
        let reason = reason(&outcome);
        assert!(reason.contains("no access token") && reason.contains(because), "{because}: {reason}");
        assert!(!reason.contains("wrong"), "the secret is not told: {reason}");
        assert!(way.status().failure().is_some(), "somebody is told");
    }
    let silent = OAuth2Settings { timeout: Duration::from_millis(100), ..oauth2(&service, "/silent") };
    let outcome = ask(&authenticator(&settings(&service, silent)), "alice", "right").await;
    assert!(reason(&outcome).contains("no access token"), "{outcome:?}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced() {
    let service = Service::start();
    let way = authenticator(&settings(&service, oauth2(&service, "/token")));
    assert_eq!(ask(&way, "alice", "right").await, allowed());
    revoke(&service).await;
    let outcome = ask(&way, "alice", "right").await;
    assert!(reason(&outcome).contains("refused"), "this is not about the client: {outcome:?}");
    let deadline = Instant::now() + PATIENCE;
    while ask(&way, "alice", "right").await != allowed() {
        assert!(Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
    assert_eq!(given(&service).await, 2);
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let service = Service::start();
    let way = authenticator(&settings(&service, oauth2(&service, "/token?lifetime=4")));
    let deadline = Instant::now() + PATIENCE;
    // Whoever comes is let in, whichever of them is shown.
    while given(&service).await < 2 {
        assert_eq!(ask(&way, "alice", "right").await, allowed());
        assert!(Instant::now() < deadline);
    }
    assert_eq!(ask(&way, "alice", "right").await, allowed());
}

#[tokio::test]
async fn rules_take_a_refused_token_for_a_failure_and_not_for_an_answer() {
    let service = Service::start();
    let body = json!({"username": "${username}", "password": "right"});
    let url = service.url("/guarded");
    let source = |oauth2| {
        let settings = HttpSettings { oauth2, ..HttpSettings::for_rules(Method::Post, &url) };
        HttpAuthorization::new(&with_body(settings, &body)).expect("settings")
    };
    let publish = Action::Publish { qos: Qos::AtLeastOnce, retain: false };
    let alice = client("alice");
    let with_token = source(Some(oauth2(&service, "/token")));
    assert_eq!(with_token.authorize(&alice, publish, "t").await, Ok(dunlin_access::Verdict::Allow));
    revoke(&service).await;
    let verdict = with_token.authorize(&alice, publish, "t").await;
    assert!(matches!(verdict, Err(BackendFailure::BadAnswer(_))), "{verdict:?}");
    let without = source(None).authorize(&alice, publish, "t").await;
    assert_eq!(without, Ok(dunlin_access::Verdict::NoMatch), "there 401 is the answer of the service");
}
