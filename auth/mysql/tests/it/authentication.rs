//! Who comes in.

use crate::scenarios::{self, Database, Limits, SHA256, insert_user};
use crate::server::shared;
use dunlin_access::{Authenticator, BackendStatus, Credentials, Outcome, Password};
use dunlin_auth_mysql::authenticator;
use dunlin_model::ArcStr;

#[tokio::test]
async fn users() {
    scenarios::users(&shared()).await;
}

#[tokio::test]
async fn placeholders_are_bind_variables() {
    scenarios::placeholders(&shared()).await;
}

#[tokio::test]
async fn hostile_names() {
    scenarios::hostile_names(&shared()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dear_hashes() {
    scenarios::dear_hashes(&shared()).await;
}

#[tokio::test]
async fn wrong_query() {
    scenarios::wrong_query(&shared()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_query() {
    scenarios::slow_query(&shared()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_questions() {
    scenarios::dropped_questions(&shared()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crowd() {
    scenarios::crowd(&shared()).await;
}

/// A table changes under a prepared statement, and columns have other types than text.
#[tokio::test]
async fn columns_of_other_types() {
    let database = shared();
    insert_user(&database, "other", SHA256, "false");
    let hash = SHA256.hash(b"secret", b"").expect("a hash");
    database.execute(&format!(
        "CREATE TABLE mqtt_device (number INT, name VARCHAR(20), password_hash VARBINARY(100), is_superuser BIT(1));
         INSERT INTO mqtt_device VALUES (42, 'd', '{hash}', 1);"
    ));
    let query = "SELECT * FROM mqtt_device WHERE number = ${username} AND name = ${clientid}";
    let authenticator = authenticator(database.settings(Limits::default()), query, SHA256).expect("settings");
    let mut credentials = Credentials { client: Default::default(), password: Some(Password::new(b"secret")) };
    credentials.client.client_id = ArcStr::from("d");
    for (name, comes_in) in [("42", true), ("43", false), ("ann", false)] {
        credentials.client.username = Some(ArcStr::from(name));
        let outcome = authenticator.authenticate(&credentials).await;
        assert_eq!(matches!(&outcome, Outcome::Allow(admission) if admission.is_superuser), comes_in, "{outcome:?}");
    }
    database.execute("ALTER TABLE mqtt_device ADD COLUMN salt INT FIRST, MODIFY is_superuser VARCHAR(5);");
    database.execute("UPDATE mqtt_device SET is_superuser = 'true';");
    credentials.client.username = Some(ArcStr::from("42"));
    let outcome = authenticator.authenticate(&credentials).await;
    assert!(matches!(&outcome, Outcome::Allow(admission) if admission.is_superuser), "{outcome:?}");
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}
