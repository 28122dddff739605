//! Keys of users for `scram:http`, through a whole exchange.

use crate::service::{NOW, Service, client, with_body};
use dunlin_access::BackendFailure;
use dunlin_auth_http::{HttpScram, HttpSettings, Method};
use dunlin_passwords::{ScramClientFirst, ScramCredentials, ScramMechanism};
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("it is written to a string");
        text
    })
}

fn scram(settings: &HttpSettings) -> HttpScram {
    HttpScram::new(settings, ScramMechanism::Sha256, 4_096, Arc::new(|| NOW)).expect("settings")
}

#[tokio::test]
async fn keys_are_fetched() {
    let service = Service::start();
    let known = ScramCredentials::derive(ScramMechanism::Sha256, "pencil", &[7; 16], 4_096).expect("keys");
    let body = json!({
        "username": "${username}", "stored_key": hex(known.stored_key()), "server_key": hex(known.server_key()).to_uppercase(),
        "salt": hex(known.salt()),
    });
    let settings = with_body(HttpSettings::new(Method::Post, &service.url("/scram")), &body);
    let fetching = scram(&settings);
    let first = ScramClientFirst::parse(b"n,,n=alice,r=rOprNGfwEbeRWgbNEkqO").expect("a message");
    let user = fetching.fetch(&client("somebody"), first.username()).await.expect("an answer").expect("a user");
    assert!(user.credentials == known, "the keys are those of the service");
    assert!(user.admission.is_superuser);
    assert!(fetching.fetch(&client("alice"), "nobody").await.expect("an answer").is_none());
    assert_eq!(fetching.status(), Ok(()));
    for (name, bad) in [("salt", ""), ("stored_key", "zz"), ("stored_key", "abc"), ("server_key", "00")] {
        let mut body = body.clone();
        body[name] = json!(bad);
        let failed = scram(&with_body(settings.clone(), &body)).fetch(&client("x"), "alice").await;
        assert!(matches!(failed, Err(BackendFailure::BadAnswer(_))), "{name}={bad}: {failed:?}");
    }
    assert!(HttpScram::new(&settings, ScramMechanism::Sha256, 0, Arc::new(|| NOW)).is_err());
}
