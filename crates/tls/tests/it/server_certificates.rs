//! What the server shows of itself: certificates by name, completed chains, OCSP responses, a self-signed one.

use crate::support::authority::{Authority, Signed};
use crate::support::now;
use crate::support::pair::{Pair, client_config};
use dunlin_tls::{CrlStore, OcspOptions, PemSource, SelfSigned, SniCertificate, TlsContext, TlsOptions, Verify};
use rcgen::CustomExtension;
use rustls::HandshakeKind;
use rustls::client::ClientConnection;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::server::ServerConnection;
use rustls::version::{TLS12, TLS13};
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

fn load(options: &TlsOptions) -> TlsContext {
    TlsContext::load(options, &CrlStore::new(1), now()).unwrap()
}

fn shown(context: &TlsContext, root: &Authority, name: &str) -> Vec<CertificateDer<'static>> {
    let client = Arc::new(client_config(root.certificate.der(), None, &[&TLS13]));
    let mut pair = Pair::new(context, &client, name);
    pair.run();
    pair.client.peer_certificates().unwrap_or_default().to_vec()
}

fn for_names(signed: &Signed, names: &[&str]) -> SniCertificate {
    SniCertificate {
        names: names.iter().map(|&name| name.to_owned()).collect(),
        certfile: PemSource::parse(&signed.certificate.pem()),
        keyfile: PemSource::parse(&signed.key.serialize_pem()),
        password: None,
    }
}

#[test]
fn the_certificate_fits_the_name_that_is_asked_for() {
    let root = Authority::root("root");
    let names = ["default.example.com", "a.example.com", "*.example.com", "*.example.org"];
    let [default, exact, wildcard, given] = names.map(|name| root.server(name));
    let options = TlsOptions {
        sni: vec![for_names(&wildcard, &[]), for_names(&exact, &[]), for_names(&given, &["X.example.org"])],
        ..default.options()
    };
    let context = load(&options);
    for (asked, expected) in [
        ("a.example.com", &exact),
        ("A.Example.COM", &exact),
        ("b.example.com", &wildcard),
        ("x.example.org", &given),
        ("default.example.com", &default),
    ] {
        assert_eq!(shown(&context, &root, asked), expected.chain(), "{asked}");
    }
    // A name nobody has is answered with the listener's own certificate, which the client then refuses.
    for asked in ["c.b.example.com", "y.example.org", "example.com"] {
        let client = Arc::new(client_config(root.certificate.der(), None, &[&TLS12]));
        let mut pair = Pair::new(&context, &client, asked);
        pair.run();
        let error = pair.client_error.as_ref().unwrap().to_string();
        assert!(error.contains("default.example.com"), "{error}");
        assert_eq!(pair.failure().word, "bad_certificate");
    }
}

#[test]
fn intermediate_certificates_of_the_ca_file_complete_the_chain() {
    let root = Authority::root("root");
    let first = root.intermediate("first");
    let second = first.intermediate("second");
    let server = second.server("localhost");
    let unrelated = root.intermediate("unrelated").pem();
    let file = [root.pem(), unrelated, first.pem(), second.pem()].concat();
    let options = TlsOptions { cacertfile: Some(PemSource::parse(&file)), ..server.options() };
    let expected = [server.certificate.der(), second.certificate.der(), first.certificate.der()];
    assert_eq!(shown(&load(&options), &root, "localhost").iter().collect::<Vec<_>>(), expected);
}

#[test]
fn others_than_streams_of_ours_get_the_same_with_their_protocols() {
    let root = Authority::root("root");
    let server = root.server("localhost");
    let context = load(&TlsOptions { reuse_sessions: true, ..server.options() });
    let config = Arc::new(context.server_config(&[b"mqtt"]));
    let mut client_side = client_config(root.certificate.der(), None, &[&TLS13]);
    client_side.alpn_protocols = vec![b"mqtt".to_vec()];
    let client_side = Arc::new(client_side);
    for round in 0..2 {
        let mut client = ClientConnection::new(Arc::clone(&client_side), "localhost".try_into().unwrap()).unwrap();
        let mut accepted = ServerConnection::new(Arc::clone(&config)).unwrap();
        while client.is_handshaking() || client.wants_write() || accepted.wants_write() {
            let mut flight = Vec::new();
            while client.wants_write() {
                client.write_tls(&mut flight).unwrap();
            }
            accepted.read_tls(&mut flight.as_slice()).unwrap();
            accepted.process_new_packets().unwrap();
            flight.clear();
            while accepted.wants_write() {
                accepted.write_tls(&mut flight).unwrap();
            }
            client.read_tls(&mut flight.as_slice()).unwrap();
            client.process_new_packets().unwrap();
        }
        assert_eq!(accepted.alpn_protocol(), Some(&b"mqtt"[..]));
        assert_eq!(client.peer_certificates().unwrap(), server.chain());
        assert_eq!(client.handshake_kind() == Some(HandshakeKind::Resumed), round == 1);
    }
    let verifying = TlsOptions {
        cacertfile: Some(PemSource::parse(&root.pem())),
        verify: Verify::Peer,
        reuse_sessions: true,
        ..server.options()
    };
    let config = load(&verifying).server_config(&[]);
    assert!(!config.ticketer.enabled() && !config.session_storage.can_cache());
}

#[test]
fn a_self_signed_certificate_can_be_started_with() {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "broker.local".to_owned()];
    let made = SelfSigned::generate(&names, now()).unwrap();
    let options = TlsOptions {
        certfile: Some(PemSource::parse(&made.certificate_pem)),
        keyfile: Some(PemSource::parse(&made.key_pem)),
        ..TlsOptions::default()
    };
    let context = load(&options);
    assert!(context.warnings().is_empty());
    assert!(context.not_after().unwrap() > now() + Duration::from_secs(9 * 365 * 24 * 3600));
    let certificate = CertificateDer::from_pem_slice(made.certificate_pem.as_bytes()).unwrap();
    let client = Arc::new(client_config(&certificate, None, &[&TLS13]));
    for name in names {
        let mut pair = Pair::new(&context, &client, &name);
        pair.run();
        assert_eq!(pair.client_error, None, "{name}");
        assert!(!pair.server.is_handshaking());
    }
    assert!(SelfSigned::generate(&["näme".to_owned()], now()).is_err());
}

/// AuthorityInfoAccess with one OCSP responder.
fn responder(url: &str) -> CustomExtension {
    let name = [&[0x86, u8::try_from(url.len()).unwrap()], url.as_bytes()].concat();
    let oid = [6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 1];
    let description = [&[0x30, u8::try_from(oid.len() + name.len()).unwrap()], &oid[..], &name].concat();
    let content = [&[0x30, u8::try_from(description.len()).unwrap()], &description[..]].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content)
}

#[test]
fn the_ocsp_request_is_what_openssl_would_ask() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let root = Authority::root("root");
    let server = root.sign(|parameters| parameters.custom_extensions = vec![responder("http://ocsp.example.com/x")]);
    fs::write(path("root.pem"), root.pem()).unwrap();
    fs::write(path("server.pem"), server.certificate.pem()).unwrap();
    let done = Command::new("openssl")
        .args(["ocsp", "-no_nonce", "-issuer"])
        .arg(path("root.pem"))
        .arg("-cert")
        .arg(path("server.pem"))
        .arg("-reqout")
        .arg(path("request.der"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let issuer_pem = Some(PemSource::from(path("root.pem").as_path()));
    let ocsp = OcspOptions { issuer_pem, ..OcspOptions::default() };
    let staple = load(&TlsOptions { ocsp: Some(ocsp), ..server.options() }).ocsp_staple().unwrap();
    assert_eq!(staple.request(), fs::read(path("request.der")).unwrap());
    assert_eq!(staple.responder_url(), "http://ocsp.example.com/x");
    let url = staple.get_url();
    assert!(url.starts_with("http://ocsp.example.com/x/M") && !url[26..].contains(['/', '+', '=']), "{url}");
}

#[test]
fn what_ocsp_needs_is_asked_for() {
    let root = Authority::root("root");
    let error = |options: &TlsOptions| TlsContext::load(options, &CrlStore::new(1), now()).unwrap_err().to_string();
    let server = root.server("localhost");
    let without_issuer = TlsOptions { ocsp: Some(OcspOptions::default()), ..server.options() };
    assert!(error(&without_issuer).starts_with("ocsp.issuer_pem: the certificate's issuer (CN=root) is not given"));
    let without_url = TlsOptions { cacertfile: Some(PemSource::parse(&root.pem())), ..without_issuer };
    assert!(error(&without_url).starts_with("ocsp.responder_url: the certificate names no responder"));
}

#[test]
fn only_a_response_about_the_certificate_is_kept_and_it_outlives_a_reload() {
    let root = Authority::root("root");
    let server = root.sign(|parameters| parameters.serial_number = Some(0x0102_0304_0506_u64.into()));
    let ocsp = OcspOptions { responder_url: Some("http://ocsp/".into()), ..OcspOptions::default() };
    let options = TlsOptions { cacertfile: Some(PemSource::parse(&root.pem())), ocsp: Some(ocsp), ..server.options() };
    let context = load(&options);
    let staple = context.ocsp_staple().unwrap();
    let error = |bytes: &[u8]| staple.set(bytes).unwrap_err().to_string();
    assert!(error(b"<html>").ends_with("it is damaged"));
    assert!(error(&[0x30, 3, 0x0a, 1, 3]).ends_with("the responder wants to be asked later"));
    let about = |serial: [u8; 6]| [&[0x30, 13, 0x0a, 1, 0, 0xa0, 8, 2, 6], &serial[..]].concat();
    assert!(error(&about([1, 2, 3, 4, 5, 7])).ends_with("it is about another certificate"));
    staple.set(&about([1, 2, 3, 4, 5, 6])).unwrap();
    context.reload(now()).unwrap();
    let renewed = context.ocsp_staple().unwrap();
    assert!(!Arc::ptr_eq(&staple, &renewed));
}
