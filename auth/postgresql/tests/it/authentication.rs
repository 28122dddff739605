//! Who comes in.

use crate::scenarios::{self, Database, Limits, SHA256, USERS, comes_in, insert_user};
use crate::server::shared;
use dunlin_access::{Authenticator, BackendFailure, BackendStatus, Credentials, Outcome, Password};
use dunlin_auth_postgresql::authenticator;
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

#[tokio::test]
async fn without_prepared_statements() {
    let mut database = shared();
    database.is_without_prepared_statements = true;
    insert_user(&database, "unprepared", SHA256, "true");
    for _ in 0..3 {
        comes_in(&*database.authenticator(USERS, SHA256, Limits::default()), "unprepared").await;
    }
    let query = "SELECT password_hash, salt FROM mqtt_user WHERE username = ${username} AND ${peerhost}::inet << '192.0.2.0/24'";
    comes_in(&*database.authenticator(query, SHA256, Limits::default()), "unprepared").await;
}

/// A prepared statement whose table has changed cannot be used any more.
#[tokio::test]
async fn a_table_changes() {
    let database = shared();
    insert_user(&database, "changed", SHA256, "false");
    database.execute(
        "CREATE TABLE mqtt_changing AS SELECT username, password_hash, salt FROM mqtt_user WHERE username = 'changed';",
    );
    let query = "SELECT * FROM mqtt_changing WHERE username = ${username}";
    let authenticator = database.authenticator(query, SHA256, Limits::default());
    comes_in(&*authenticator, "changed").await;
    database.execute(
        "ALTER TABLE mqtt_changing ADD COLUMN is_superuser smallint DEFAULT 1;
         ALTER TABLE mqtt_changing ALTER COLUMN salt TYPE varchar(100);",
    );
    comes_in(&*authenticator, "changed").await;
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}

/// Values are compared in the type of the column, whatever that is; one that cannot have it says nothing of the server.
#[tokio::test]
async fn columns_of_other_types() {
    let database = shared();
    let hash = SHA256.hash(b"secret", b"").expect("a hash");
    database.execute(&format!(
        "CREATE TABLE mqtt_device (number int, address inet, name varchar(20), password_hash bytea, is_superuser int);
         INSERT INTO mqtt_device VALUES (42, '192.0.2.7', 'd', '{hash}', 1);"
    ));
    let query = "SELECT password_hash, is_superuser FROM mqtt_device \
                 WHERE number = ${username} AND address = ${peerhost} AND name = ${clientid}";
    let authenticator = authenticator(database.settings(Limits::default()), query, SHA256).expect("settings");
    let mut credentials = Credentials { client: Default::default(), password: Some(Password::new(b"secret")) };
    credentials.client.client_id = ArcStr::from("d");
    credentials.client.peer = "192.0.2.7:1".parse().expect("an address");
    credentials.client.username = Some(ArcStr::from("42"));
    let outcome = authenticator.authenticate(&credentials).await;
    assert!(matches!(&outcome, Outcome::Allow(admission) if admission.is_superuser), "{outcome:?}");
    credentials.client.username = Some(ArcStr::from("43"));
    assert_eq!(authenticator.authenticate(&credentials).await, Outcome::Ignore);
    credentials.client.username = Some(ArcStr::from("ann"));
    let outcome = authenticator.authenticate(&credentials).await;
    assert!(matches!(&outcome, Outcome::Failed(BackendFailure::BadAnswer(_))), "{outcome:?}");
    assert_eq!(authenticator.status(), BackendStatus::Connected, "a name that is no number says nothing of the server");
}
