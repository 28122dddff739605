//! TLS to the server.

use crate::scenarios::{Limits, SHA256, USERS, comes_in, insert_user, is_late, nobody_sleeps, refused};
use crate::server::shared;
use dunlin_auth_backend::sql::Secret;
use dunlin_auth_mysql::{ClientCertificate, MysqlSettings, MysqlSettingsError, Tls, authenticator};
use dunlin_real_servers::MariadbServer;
use std::time::Duration;

/// A server that proves with this certificate who it is.
fn tls(certificate_pem: Option<&str>, server_name: Option<&str>) -> Tls {
    Tls {
        authorities_pem: certificate_pem.map(str::to_owned),
        certificate: None,
        verify: true,
        server_name: server_name.map(str::to_owned),
    }
}

fn settings(tls: Tls) -> MysqlSettings {
    MysqlSettings { tls: Some(tls), ..shared().settings(Limits::default()) }
}

/// A row only for those who come by TLS.
const ONLY_SECURED: &str = "SELECT password_hash, salt FROM mqtt_user JOIN information_schema.session_status ON variable_name = 'Ssl_cipher' \
     AND variable_value <> '' WHERE username = ${username}";

fn certificate(server: &MariadbServer) -> &str {
    server.certificate_pem()
}

#[tokio::test]
async fn a_trusted_server_is_asked() {
    let database = shared();
    insert_user(&database, "tls", SHA256, "false");
    for name in [None, Some("localhost")] {
        let tls = tls(Some(certificate(database.server())), name);
        comes_in(&authenticator(settings(tls), ONLY_SECURED, SHA256).expect("settings"), "tls").await;
    }
    // A question that is given up leaves nothing behind here either.
    let mut late = settings(tls(Some(certificate(database.server())), None));
    late.sql.query_timeout = Duration::from_secs(1);
    let late = authenticator(late, &format!("{ONLY_SECURED} AND SLEEP(30) = 1"), SHA256).expect("settings");
    is_late(&late, "tls").await;
    nobody_sleeps(&database).await;
    let unverified = Tls { verify: false, ..tls(None, None) };
    comes_in(&authenticator(settings(unverified), ONLY_SECURED, SHA256).expect("settings"), "tls").await;
}

#[tokio::test]
async fn another_server_is_not() {
    let untrusted = authenticator(settings(tls(None, None)), USERS, SHA256).expect("settings");
    refused(&untrusted, "invalid peer certificate").await;
    let renamed = tls(Some(certificate(shared().server())), Some("db.example.org"));
    refused(&authenticator(settings(renamed), USERS, SHA256).expect("settings"), "not valid for name").await;
}

#[test]
fn what_is_no_certificate_is_refused() {
    let error = |tls: Tls| authenticator(settings(tls), USERS, SHA256).expect_err("it cannot work");
    assert_eq!(error(tls(None, Some("a b"))), MysqlSettingsError::InvalidServerName("a b".into()));
    assert_eq!(error(tls(Some("none"), None)), MysqlSettingsError::NoPem("cacertfile"));
    let pem = certificate(shared().server()).to_owned();
    let client = |chain_pem: &str| {
        let certificate = ClientCertificate { chain_pem: chain_pem.to_owned(), key_pem: Secret::new("none") };
        Tls { certificate: Some(certificate), ..tls(None, None) }
    };
    assert_eq!(error(client("none")), MysqlSettingsError::NoPem("certfile"));
    assert_eq!(error(client(&pem)), MysqlSettingsError::NoPem("keyfile"));
}
