//! Every answer and what becomes of it.

use crate::service::{NOW, Service, admission, ask, authenticator, with_body};
use dunlin_access::{Admission, Authenticator, BackendFailure, BackendStatus, Outcome};
use dunlin_auth_http::{HttpSettings, Method};
use dunlin_model::ReasonCode;
use dunlin_real_servers::Certificates;
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn right_wrong_and_unknown_in_every_form() {
    let service = Service::start();
    let as_json = service.settings("/auth");
    let as_form = HttpSettings { headers: vec![("Content-Type".into(), FORM.into())], ..as_json.clone() };
    let in_the_query = HttpSettings { method: Method::Get, ..as_json.clone() };
    let in_the_url = HttpSettings {
        method: Method::Get,
        url: service.url("/auth?username=${username}&password=${password}"),
        ..with_body(as_json.clone(), &json!({}))
    };
    for settings in [as_json, as_form, in_the_query, in_the_url] {
        let way = authenticator(&settings);
        assert_eq!(ask(&way, "alice", "right").await, Outcome::Allow(Box::default()), "{settings:?}");
        assert_eq!(ask(&way, "alice", "wrong").await, Outcome::Deny(ReasonCode::NotAuthorized));
        assert_eq!(ask(&way, "nobody", "right").await, Outcome::Ignore);
        assert_eq!(way.status(), BackendStatus::Connected);
        assert_eq!(way.id(), "password_based:http");
    }
}

#[tokio::test]
async fn fields_of_an_answer() {
    let service = Service::start();
    let way = authenticator(&service.settings("/auth"));
    assert!(admission(&way, "root").await.is_superuser);
    let teams = admission(&way, "teams").await;
    assert_eq!(teams.attributes, [("team".to_owned(), "a".to_owned())].into());
    assert_eq!((teams.expires_at, teams.client_id.as_deref()), (Some(1_800_000_000_000), Some("other")));
    assert!(teams.acl.is_some_and(|acl| acl.contains("t/${clientid}/#")));
    for refused in ["expired", "bad-acl"] {
        let outcome = ask(&way, refused, "right").await;
        assert_eq!(outcome, Outcome::Deny(ReasonCode::BadUserNameOrPassword), "{refused}");
    }
    let form = admission(&authenticator(&service.settings("/form")), "anybody").await;
    let expected = Admission {
        is_superuser: true,
        expires_at: Some(1_800_000_000_000),
        acl_expires_at: Some(1_800_000_000_000),
        acl: Some(r#"{"pub": ["a b"]}"#.into()),
        ..Admission::default()
    };
    assert_eq!(form, expected);
    assert!(expected.expires_at > Some(NOW));
}

#[tokio::test]
async fn every_status() {
    let service = Service::start();
    let way = authenticator(&service.settings("/status/204"));
    assert_eq!(ask(&way, "alice", "right").await, Outcome::Allow(Box::default()));
    for status in [201, 301, 302, 307, 400, 401, 403, 404, 429, 500, 503] {
        let way = authenticator(&service.settings(&format!("/status/{status}")));
        let outcome = ask(&way, "alice", "right").await;
        assert!(matches!(outcome, Outcome::Failed(BackendFailure::BadAnswer(_))), "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn every_body() {
    let service = Service::start();
    for (kind, body, expected) in [
        ("application/json", r#"{"result":"allow"}"#, Some(Outcome::Allow(Box::default()))),
        ("Application/JSON; charset=utf-8", r#"{"result":"allow"}"#, Some(Outcome::Allow(Box::default()))),
        ("application/json", r#"{}"#, Some(Outcome::Ignore)),
        ("application/json", r#"{"result":null}"#, Some(Outcome::Ignore)),
        ("application/json", r#"{"result":"Allow"}"#, Some(Outcome::Ignore)),
        ("application/json", r#"{"result":true}"#, Some(Outcome::Ignore)),
        (FORM, "result=deny", Some(Outcome::Deny(ReasonCode::NotAuthorized))),
        (FORM, "result=%ff", None),
        ("application/json", "result=allow", None),
        ("application/json", "[]", None),
        ("application/json", r#""allow""#, None),
        ("application/json", "\u{feff}{}", None),
        ("text/plain", r#"{"result":"allow"}"#, None),
        ("application/jsonp", r#"{"result":"allow"}"#, None),
    ] {
        let settings = with_body(service.settings("/says"), &json!({"body": body, "type": kind}));
        match (ask(&authenticator(&settings), "alice", "right").await, expected) {
            (Outcome::Failed(BackendFailure::BadAnswer(_)), None) => {}
            (outcome, expected) => assert_eq!(Some(outcome), expected, "{kind} {body}"),
        }
    }
}

#[tokio::test]
async fn over_tls() {
    let certificates = Certificates::for_host("localhost");
    let service = Service::start_tls(&certificates);
    let settings = HttpSettings {
        url: format!("https://127.0.0.1:{}/auth", service.port()),
        tls: Some(certificates.trusting()),
        server_name: Some("localhost".into()),
        ..service.settings("/auth")
    };
    let way = authenticator(&settings);
    for _ in 0..3 {
        assert_eq!(ask(&way, "alice", "right").await, Outcome::Allow(Box::default()));
    }
    for strangers in [
        HttpSettings { server_name: Some("other.example".into()), ..settings.clone() },
        HttpSettings { tls: Some(Certificates::for_host("localhost").trusting()), ..settings.clone() },
        HttpSettings { tls: None, url: service.url("/auth"), ..settings.clone() },
    ] {
        let outcome = ask(&authenticator(&strangers), "alice", "right").await;
        assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    }
    let without = HttpSettings { tls: None, ..settings };
    assert!(dunlin_auth_http::HttpAuthenticator::new(&without, std::sync::Arc::new(|| NOW)).is_err());
}
