//! The server is away, or does not let us in.

use crate::scenarios::{self, Limits, SHA256, USERS, comes_in, comes_to_nothing, insert_user, refused};
use crate::server::{own, shared};
use dunlin_access::{Authenticator, BackendStatus};
use dunlin_auth_backend::sql::{Secret, ServerAddress, SqlSettings};
use dunlin_auth_postgresql::{PostgresqlSettings, PostgresqlSettingsError, authenticator};
use dunlin_real_servers::free_port;

#[tokio::test(flavor = "multi_thread")]
async fn outage() {
    scenarios::outage(&mut own()).await;
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let mut settings = shared().settings(Limits::default());
    settings.sql.password = Secret::new("pass'wrong");
    refused(&authenticator(settings, USERS, SHA256).expect("settings"), "password authentication failed").await;
    let mut settings = shared().settings(Limits::default());
    settings.sql.database = "nowhere".to_owned();
    refused(&authenticator(settings, USERS, SHA256).expect("settings"), "\"nowhere\" does not exist").await;
    let mut settings = shared().settings(Limits::default());
    settings.sql.servers[0].port = free_port();
    refused(&authenticator(settings, USERS, SHA256).expect("settings"), "refused").await;
}

#[tokio::test]
async fn a_probe_tells_how_the_server_is() {
    let mut settings = shared().settings(Limits::default());
    let here = authenticator(settings.clone(), USERS, SHA256).expect("settings");
    for _ in 0..2 {
        assert_eq!(here.probe().await, Ok(()));
        comes_to_nothing(&here).await;
    }
    settings.sql.servers[0].port = free_port();
    let gone = authenticator(settings, USERS, SHA256).expect("settings");
    let failure = gone.probe().await.expect_err("nobody is there");
    assert_eq!(gone.status(), BackendStatus::Disconnected(failure));
}

#[tokio::test]
async fn the_next_server_is_tried() {
    let database = shared();
    insert_user(&database, "second", SHA256, "false");
    let mut settings = database.settings(Limits::default());
    settings.sql.servers.insert(0, ServerAddress { host: "127.0.0.1".to_owned(), port: free_port() });
    comes_in(&authenticator(settings, USERS, SHA256).expect("settings"), "second").await;
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let right = shared().settings(Limits::default());
    let error = |change: fn(&mut PostgresqlSettings), query: &str| {
        let mut settings = right.clone();
        change(&mut settings);
        authenticator(settings, query, SHA256).expect_err("it cannot work")
    };
    assert_eq!(error(|settings| settings.sql.servers.clear(), USERS), PostgresqlSettingsError::NoServer);
    assert_eq!(error(|settings| settings.sql.username.clear(), USERS), PostgresqlSettingsError::NoUsername);
    assert_eq!(
        error(|settings| settings.sql.query_timeout = Default::default(), USERS),
        PostgresqlSettingsError::NoTime
    );
    assert_eq!(
        error(|settings| settings.sql.password = Secret::new("a\0"), USERS),
        PostgresqlSettingsError::ZeroByte("password")
    );
    assert_eq!(error(|_| {}, " ").to_string(), "query: the query is empty");
    assert_eq!(right.sql.query_timeout, Limits::default().timeout);
    assert_eq!(SqlSettings::new(Vec::new(), "").pool_size.get(), 8);
}
