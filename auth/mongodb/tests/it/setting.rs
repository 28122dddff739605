//! Users, clients and their questions.

use dunlin_access::{Authenticator, BackendFailure, ClientInfo, Credentials, Outcome, Password};
use dunlin_auth_mongodb::{Filter, MongodbAuthenticator, MongodbSettings, UserFields};
use dunlin_passwords::{Algorithm, Digest, SaltPosition};
use dunlin_real_servers::{FerretdbServer, PATIENCE};
use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection};
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub(crate) const ALGORITHM: Algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);

pub(crate) fn settings(server: &FerretdbServer) -> MongodbSettings {
    MongodbSettings::single(&format!("127.0.0.1:{}", server.port()), "mqtt")
}

pub(crate) fn authenticator(settings: MongodbSettings) -> MongodbAuthenticator {
    let filter = Filter::for_users(&json!({"username": "${username}"})).expect("a filter");
    MongodbAuthenticator::new(settings, "users", filter, UserFields::default(), ALGORITHM).expect("settings that work")
}

/// A collection of the server, for the test's own use.
pub(crate) async fn collection(server: &FerretdbServer, name: &str) -> Collection<Document> {
    let client = Client::with_uri_str(format!("mongodb://127.0.0.1:{}/?directConnection=true", server.port()));
    client.await.expect("a client").database("mqtt").collection(name)
}

/// The document of a user.
pub(crate) fn user(name: &str, password: &str) -> Document {
    let stored = ALGORITHM.create(password.as_bytes(), [7; 16]).expect("a hash");
    doc! { "username": name, "password_hash": stored.hash, "salt": stored.salt }
}

pub(crate) async fn add_user(server: &FerretdbServer, name: &str, password: &str) {
    collection(server, "users").await.insert_one(user(name, password)).await.expect("a document");
}

pub(crate) fn credentials(username: &str, password: &str) -> Credentials {
    let client = ClientInfo { username: Some(username.into()), client_id: "c1".into(), ..ClientInfo::default() };
    Credentials { client, password: Some(Password::new(password.as_bytes())) }
}

pub(crate) fn admitted() -> Outcome {
    Outcome::Allow(Box::default())
}

pub(crate) fn is_unreachable(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(BackendFailure::Unreachable(_)))
}

/// Asks until the client is let in.
pub(crate) async fn until_admitted(authenticator: &MongodbAuthenticator, credentials: &Credentials) {
    let end = Instant::now() + PATIENCE;
    loop {
        let outcome = authenticator.authenticate(credentials).await;
        if outcome == admitted() {
            return;
        }
        assert!(Instant::now() < end, "still {outcome:?}");
        sleep(Duration::from_millis(5)).await;
    }
}
