//! TLS to the server.

use crate::scenarios::{Limits, SHA256, USERS, comes_in, insert_user, is_late, nobody_sleeps, refused};
use crate::server::shared;
use dunlin_auth_postgresql::{PostgresqlSettings, PostgresqlSettingsError, Tls, authenticator};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;

/// Trusts the certificate of the server of the test, or nobody.
fn tls(is_trusting: bool, server_name: Option<&str>) -> Tls {
    let mut roots = RootCertStore::empty();
    if is_trusting {
        let certificate = CertificateDer::from_pem_slice(shared().server().certificate_pem().as_bytes());
        roots.add(certificate.expect("a certificate")).expect("it can be trusted");
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Tls { config: Arc::new(config), server_name: server_name.map(str::to_owned) }
}

fn settings(tls: Tls) -> PostgresqlSettings {
    PostgresqlSettings { tls: Some(tls), ..shared().settings(Limits::default()) }
}

#[tokio::test]
async fn a_trusted_server_is_asked() {
    let database = shared();
    insert_user(&database, "tls", SHA256, "false");
    let only_secured = "SELECT password_hash, salt FROM mqtt_user JOIN pg_stat_ssl ON pid = pg_backend_pid() AND ssl WHERE username = ${username}";
    for name in [None, Some("localhost")] {
        comes_in(&authenticator(settings(tls(true, name)), only_secured, SHA256).expect("settings"), "tls").await;
    }
    // A question that is given up is cancelled over TLS too.
    let slow = format!("{only_secured} AND pg_sleep(30) IS NULL");
    let mut settings = settings(tls(true, None));
    settings.sql.query_timeout = Duration::from_secs(1);
    let slow = authenticator(settings, &slow, SHA256).expect("settings");
    is_late(&slow, "tls").await;
    nobody_sleeps(&database).await;
}

#[tokio::test]
async fn another_server_is_not() {
    let untrusted = authenticator(settings(tls(false, None)), USERS, SHA256).expect("settings");
    refused(&untrusted, "invalid peer certificate").await;
    let renamed = authenticator(settings(tls(true, Some("db.example.org"))), USERS, SHA256).expect("settings");
    refused(&renamed, "not valid for name").await;
}

#[test]
fn a_name_that_is_none_is_refused() {
    let error = authenticator(settings(tls(true, Some("a b"))), USERS, SHA256).expect_err("no name");
    assert_eq!(error, PostgresqlSettingsError::InvalidServerName("a b".into()));
}
