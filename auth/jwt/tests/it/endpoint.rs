//! Key sets that are fetched, from Python's web server.

use crate::mint::{DENIED, Mint, authenticator, is_allowed, order, show};
use dunlin_access::{Authenticator, BackendFailure, BackendStatus, Outcome};
use dunlin_auth_jwt::{JwtAuthenticator, JwtSettings, KeyEndpointSettings, KeySource};
use dunlin_real_servers::{PATIENCE, ServerProcess, free_port};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

struct Publisher {
    folder: TempDir,
    port: u16,
}

impl Publisher {
    fn new(key_set: &str) -> Self {
        let publisher = Self { folder: tempfile::tempdir().expect("a folder"), port: free_port() };
        publisher.publish(key_set);
        publisher
    }

    fn publish(&self, key_set: &str) {
        let draft = self.folder.path().join("draft");
        fs::write(&draft, key_set).expect("it can be written");
        fs::rename(draft, self.folder.path().join("jwks.json")).expect("it can be renamed");
    }

    fn start(&self) -> ServerProcess {
        let (port, folder) = (self.port.to_string(), self.folder.path().display().to_string());
        let arguments = ["-u", "-m", "http.server", &port, "--bind", "127.0.0.1", "--directory", &folder];
        ServerProcess::start("python3", &arguments.map(str::to_owned), "Serving HTTP")
    }

    fn endpoint(&self, target: &str, refresh_interval: Duration) -> KeyEndpointSettings {
        let url = format!("http://127.0.0.1:{}{target}", self.port);
        KeyEndpointSettings { refresh_interval, timeout: PATIENCE, ..KeyEndpointSettings::new(&url) }
    }

    fn authenticator(&self, refresh_interval: Duration) -> JwtAuthenticator {
        with_endpoint(self.endpoint("/jwks.json", refresh_interval))
    }
}

fn with_endpoint(endpoint: KeyEndpointSettings) -> JwtAuthenticator {
    authenticator(JwtSettings::new(KeySource::Endpoint(Box::new(endpoint))))
}

fn named(algorithm: &str, key: &str) -> Value {
    json!({"alg": algorithm, "key": key, "claims": {}, "headers": {"kid": key}})
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::task::yield_now().await;
    }
}

const SELDOM: Duration = Duration::from_secs(300);
const OFTEN: Duration = Duration::from_secs(1);

#[tokio::test]
async fn every_public_key_is_found_by_its_name_and_without() {
    let keys = [("RS256", "RSA"), ("PS512", "RSA"), ("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521")];
    let keys = keys.into_iter().chain([("EdDSA", "Ed25519")]);
    let orders: Vec<_> =
        keys.flat_map(|(algorithm, key)| [named(algorithm, key), order(algorithm, key, &json!({}))]).collect();
    let strangers = [named("RS256", "RSA-other"), order("HS256", "secret", &json!({}))];
    let mint = Mint::make(&[&orders[..], &strangers].concat());
    let publisher = Publisher::new(&mint.key_set(&["RSA", "P-256", "P-384", "P-521", "Ed25519"]));
    let _server = publisher.start();
    let way = publisher.authenticator(SELDOM);
    for (index, order) in orders.iter().enumerate() {
        assert!(is_allowed(&show(&way, mint.token(index)).await), "{order}");
    }
    for index in orders.len()..orders.len() + strangers.len() {
        assert_eq!(show(&way, mint.token(index)).await, DENIED);
    }
    assert_eq!(way.status(), BackendStatus::Connected);
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it() {
    let mint = Mint::make(&[named("RS256", "RSA"), named("RS256", "RSA-other")]);
    let publisher = Publisher::new(&mint.key_set(&["RSA"]));
    let _server = publisher.start();
    let way = publisher.authenticator(SELDOM);
    assert!(is_allowed(&show(&way, mint.token(0)).await));
    publisher.publish(&mint.key_set(&["RSA-other"]));
    until("the new key counts", async || is_allowed(&show(&way, mint.token(1)).await)).await;
    assert_eq!(show(&way, mint.token(0)).await, DENIED, "and the old one no more");
}

#[tokio::test]
async fn keys_are_kept_while_the_endpoint_is_gone_or_mad() {
    let mint = Mint::make(&[named("ES256", "P-256")]);
    let publisher = Publisher::new(&mint.key_set(&["P-256"]));
    let way = publisher.authenticator(OFTEN);
    let outcome = show(&way, mint.token(0)).await;
    assert!(matches!(outcome, Outcome::Failed(BackendFailure::Unreachable(_))), "nobody is there yet: {outcome:?}");
    let mut server = publisher.start();
    until("it is there", async || is_allowed(&show(&way, mint.token(0)).await)).await;
    assert_eq!(way.status(), BackendStatus::Connected);
    server.kill();
    until("it is gone", async || way.status().failure().is_some()).await;
    assert!(is_allowed(&show(&way, mint.token(0)).await), "the keys are as good as before");
    publisher.publish("<html>we are moving</html>");
    let _server = publisher.start();
    until("it is mad", async || matches!(way.status(), BackendStatus::Disconnected(BackendFailure::BadAnswer(_))))
        .await;
    assert!(is_allowed(&show(&way, mint.token(0)).await));
    publisher.publish(&mint.key_set(&["P-256"]));
    until("it is well again", async || way.status().failure().is_none()).await;
}

#[tokio::test]
async fn who_comes_before_the_keys_waits_no_longer_than_the_timeout() {
    let mint = Mint::make(&[named("ES256", "P-256")]);
    let publisher = Publisher::new(&mint.key_set(&["P-256"]));
    let server = publisher.start();
    server.freeze();
    let timeout = Duration::from_millis(300);
    let way = with_endpoint(KeyEndpointSettings { timeout, ..publisher.endpoint("/jwks.json", OFTEN) });
    let start = Instant::now();
    assert_eq!(show(&way, mint.token(0)).await, Outcome::Failed(BackendFailure::Timeout(300)));
    assert!(start.elapsed() < Duration::from_secs(10));
    server.thaw();
    until("it answers", async || is_allowed(&show(&way, mint.token(0)).await)).await;
}

#[tokio::test]
async fn what_is_no_key_set_is_a_failure() {
    let mint = Mint::make(&[named("ES256", "P-256")]);
    let publisher = Publisher::new(&" ".repeat(300_000));
    let _server = publisher.start();
    for target in ["/jwks.json", "/", "/missing"] {
        let way = with_endpoint(publisher.endpoint(target, OFTEN));
        let outcome = show(&way, mint.token(0)).await;
        assert!(matches!(outcome, Outcome::Failed(BackendFailure::BadAnswer(_))), "{target}: {outcome:?}");
    }
}
