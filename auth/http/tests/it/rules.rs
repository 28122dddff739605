//! What the source says.

use crate::service::{Service, client, with_body};
use dunlin_access::{Action, AuthorizationSource, BackendFailure, BackendStatus, Verdict};
use dunlin_auth_http::{HttpAuthorization, HttpSettings, Method};
use dunlin_model::Qos;
use serde_json::json;

const PUBLISH: Action = Action::Publish { qos: Qos::AtLeastOnce, retain: true };

#[tokio::test]
async fn every_answer() {
    let service = Service::start();
    for (target, expected) in [
        ("/status/204", Some(Verdict::Allow)),
        ("/status/404", Some(Verdict::NoMatch)),
        ("/status/403", Some(Verdict::NoMatch)),
        ("/status/500", None),
        ("/status/302", None),
        ("/says?body={\"result\":\"allow\"}", Some(Verdict::Allow)),
        ("/says?body={\"result\":\"deny\"}", Some(Verdict::Deny)),
        ("/says?body={\"result\":\"ignore\"}", Some(Verdict::NoMatch)),
        ("/says?body={}", Some(Verdict::NoMatch)),
        ("/says?body={\"result\":\"yes\"}", None),
        ("/says?body=allow", None),
        ("/breaks", None),
    ] {
        let target = target.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
        let settings = HttpSettings::for_rules(Method::Post, &service.url(&target));
        let source = HttpAuthorization::new(&settings).expect("settings");
        match (source.authorize(&client("alice"), PUBLISH, "t").await, expected) {
            (Err(BackendFailure::BadAnswer(_)), None) => {}
            (verdict, expected) => assert_eq!(verdict.ok(), expected, "{target}"),
        }
    }
}

#[tokio::test]
async fn what_is_asked() {
    let service = Service::start();
    let target = "/says?body=%7B%22result%22:%22${action}%22%7D";
    let source = |settings: &HttpSettings| HttpAuthorization::new(settings).expect("settings");
    let asked = source(&HttpSettings::for_rules(Method::Get, &service.url(target)));
    assert_eq!(asked.kind(), "http");
    let failed = asked.authorize(&client("alice"), PUBLISH, "t").await;
    assert!(matches!(failed, Err(BackendFailure::BadAnswer(_))), "publish is no result: {failed:?}");
    // The topic is the answer.
    let settings = with_body(
        HttpSettings::for_rules(Method::Post, &service.url("/says")),
        &json!({"body": "${topic}", "qos": "${qos}", "retain": "${retain}"}),
    );
    let asked = source(&settings);
    for (topic, expected) in [(r#"{"result":"allow"}"#, Verdict::Allow), (r#"{"result":"deny"}"#, Verdict::Deny)] {
        let subscribe = Action::Subscribe { qos: Qos::ExactlyOnce };
        assert_eq!(asked.authorize(&client("alice"), subscribe, topic).await, Ok(expected));
    }
    assert_eq!(asked.status(), BackendStatus::Connected);
}
