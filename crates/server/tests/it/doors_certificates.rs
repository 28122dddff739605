//! TLS sessions that are resumed, and certificates that change while clients are connected.

use crate::clients::program;
use crate::doors::{CONNECT, Waiting, open};
use dunlin_testkit::{Authority, Client, TestBroker, Way};
use rustls::ClientConnection;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

const SSL: &str = "ssl:default";

/// Runs `openssl s_client` through a whole connection and gives what it says of the session: `New` or `Reused`.
fn session(openssl: &Path, address: SocketAddr, arguments: &[&str]) -> &'static str {
    let mut client = Command::new(openssl)
        .args(["s_client", "-connect", &address.to_string(), "-ign_eof"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl runs");
    let mut input = client.stdin.take().expect("a pipe");
    input.write_all(&[CONNECT, b"\xE0\0"].concat()).expect("a connection that is let in");
    let output = client.wait_with_output().expect("openssl ends");
    let text = String::from_utf8_lossy(&output.stdout);
    let is = |word: &str| text.lines().any(|line| line.starts_with(&format!("{word}, TLSv1.")));
    match (is("New"), is("Reused")) {
        (true, false) => "New",
        (false, true) => "Reused",
        _ => panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn sessions_are_resumed_where_that_is_switched_on() {
    let Some(openssl) = program("openssl") else { return };
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    let file = authority.folder().join("session.pem").display().to_string();
    for (options, version, expected) in [
        ("", "-tls1_2", "New"),
        ("", "-tls1_3", "New"),
        ("reuse_sessions = true", "-tls1_2", "Reused"),
        ("reuse_sessions = true, session_tickets = stateless", "-tls1_3", "Reused"),
    ] {
        let broker = TestBroker::with(&format!("listeners.ssl.default.ssl_options {{ {keys}\n {options} }}"));
        let address = broker.address_of(SSL);
        assert_eq!(session(&openssl, address, &[version, "-sess_out", &file]), "New", "{options} {version}");
        if Path::new(&file).exists() {
            assert_eq!(session(&openssl, address, &[version, "-sess_in", &file]), expected, "{options} {version}");
            std::fs::remove_file(&file).expect("it was written");
        } else {
            assert_eq!(expected, "New", "{options} {version}");
        }
    }
}

/// The certificate that a new connection is shown.
pub(crate) fn shown(authority: &Authority, address: SocketAddr) -> CertificateDer<'static> {
    let name = ServerName::try_from("localhost").expect("a name");
    let mut connection = ClientConnection::new(authority.trusting(), name).expect("a client");
    let mut socket = open(address);
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).expect("a handshake");
    }
    connection.peer_certificates().expect("a certificate")[0].clone().into_owned()
}

fn in_file(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).expect("a certificate")
}

#[test]
fn a_certificate_that_is_replaced_is_shown_to_new_clients_and_the_old_ones_stay() {
    let authority = Authority::new("authority");
    let server = authority.issue("server");
    let keys = server.keys();
    let broker = TestBroker::with(&format!(
        "listeners.ssl.default.ssl_options {{ {keys} }}\nlisteners.wss.default.ssl_options {{ {keys} }}"
    ));
    let listeners = [SSL, "wss:default"].map(|listener| broker.address_of(listener));
    let mut old = Client::v5("old").through(&Way::tcp().tls(authority.trusting())).connect_to(listeners[0]);
    let before = in_file(&server.certificate);
    assert!(listeners.iter().all(|address| shown(&authority, *address) == before));
    let after = in_file(&authority.issue("server").certificate);
    assert_ne!(before, after);
    // Nobody is told: the files are looked at every few seconds.
    let mut waited = Waiting::start();
    while !listeners.iter().all(|address| shown(&authority, *address) == after) {
        waited.go_on(|| "still the old certificate".into());
    }
    old.ping();
    old.disconnect();
}

#[test]
fn a_broken_file_keeps_the_certificate_that_was_there() {
    let authority = Authority::new("authority");
    let server = authority.issue("server");
    let broker = TestBroker::with(&format!("listeners.ssl.default.ssl_options {{ {} }}", server.keys()));
    let address = broker.address_of(SSL);
    let before = in_file(&server.certificate);
    std::fs::write(&server.certificate, "-----BEGIN CERTIFICATE-----\nhalf").expect("it is written");
    assert_eq!(broker.certificates().clean_pem_cache().renewed, 0);
    assert_eq!(shown(&authority, address), before);
    assert_eq!(broker.alarms().len(), 1, "{:?}", broker.alarms());
    let mut client = Client::v5("c").through(&Way::tcp().tls(authority.trusting())).connect_to(address);
    let after = in_file(&authority.issue("server").certificate);
    assert_eq!(broker.certificates().clean_pem_cache().renewed, 1);
    assert_eq!(shown(&authority, address), after);
    assert_eq!(broker.alarms().len(), 0, "{:?}", broker.alarms());
    client.ping();
}
