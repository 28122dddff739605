//! Users, clients and their questions.

use dunlin_access::{Authenticator, BackendFailure, ClientInfo, Credentials, Outcome, Password};
use dunlin_auth_redis::{RedisAuthenticator, RedisSettings, ServerAddress};
use dunlin_passwords::{Algorithm, Digest, SaltPosition};
use dunlin_real_servers::{PATIENCE, RedisServer};
use std::time::Duration;
use tokio::time::{Instant, sleep};

pub(crate) const ALGORITHM: Algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);
pub(crate) const COMMAND: &str = "HMGET mqtt_user:${username} password_hash salt is_superuser";

pub(crate) fn address(port: u16) -> ServerAddress {
    ServerAddress::new("127.0.0.1", port)
}

pub(crate) fn settings(server: &RedisServer) -> RedisSettings {
    RedisSettings::single(address(server.port()))
}

pub(crate) fn authenticator(settings: RedisSettings) -> RedisAuthenticator {
    RedisAuthenticator::new(settings, COMMAND, ALGORITHM).expect("settings that work")
}

/// The fields of a user whose password is `password`.
pub(crate) fn fields(password: &str) -> [String; 4] {
    let stored = ALGORITHM.create(password.as_bytes(), [7; 16]).expect("a hash");
    ["password_hash".into(), stored.hash, "salt".into(), stored.salt]
}

/// `HSET mqtt_user:NAME …`, to be given to `redis-cli`.
pub(crate) fn user(name: &str, password: &str) -> Vec<String> {
    ["HSET".to_owned(), format!("mqtt_user:{name}")].into_iter().chain(fields(password)).collect()
}

pub(crate) fn add_user(server: &RedisServer, name: &str, password: &str) {
    let user = user(name, password);
    server.cli(&user.iter().map(String::as_str).collect::<Vec<_>>());
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

/// Asks until the client is let in, and says how often it was not.
pub(crate) async fn until_admitted(authenticator: &RedisAuthenticator, credentials: &Credentials) -> usize {
    let end = Instant::now() + PATIENCE;
    let mut refusals = 0;
    loop {
        let outcome = authenticator.authenticate(credentials).await;
        if outcome == admitted() {
            return refusals;
        }
        assert!(Instant::now() < end, "still {outcome:?}");
        refusals += 1;
        sleep(Duration::from_millis(5)).await;
    }
}
