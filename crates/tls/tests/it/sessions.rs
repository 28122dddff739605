//! Sessions that are resumed, and what may not be.

use crate::support::authority::{Authority, revocable};
use crate::support::now;
use crate::support::pair::{Pair, client_config};
use dunlin_tls::{CrlStore, PemSource, TlsContext, TlsOptions, Verify};
use rustls::client::{Resumption, Tls12Resumption};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, HandshakeKind, SupportedProtocolVersion};
use std::sync::Arc;

const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

fn connect(context: &TlsContext, client: &Arc<ClientConfig>) -> Pair {
    let mut pair = Pair::new(context, client, "localhost");
    pair.run();
    pair
}

fn plain(options: impl FnOnce(&mut TlsOptions)) -> (TlsContext, Authority) {
    let root = Authority::root("root");
    let mut own = root.server("localhost").options();
    options(&mut own);
    (TlsContext::load(&own, &CrlStore::new(1), now()).unwrap(), root)
}

#[test]
fn a_client_that_comes_back_skips_the_full_handshake() {
    let (context, root) = plain(|options| options.reuse_sessions = true);
    for version in BOTH {
        let client = Arc::new(client_config(root.certificate.der(), None, &[version]));
        let first = connect(&context, &client);
        assert!(!first.server.is_resumed());
        let mut again = connect(&context, &client);
        assert!(again.server.is_resumed());
        assert_eq!(again.client.handshake_kind(), Some(HandshakeKind::Resumed));
        assert_eq!(again.server.server_name(), Some("localhost"));
        again.client_sends(b"x");
        assert_eq!(again.received, b"x");
    }
}

#[test]
fn tls_1_2_sessions_resume_by_id_too() {
    let (context, root) = plain(|options| options.reuse_sessions = true);
    let mut config = client_config(root.certificate.der(), None, &[&TLS12]);
    config.resumption = Resumption::in_memory_sessions(8).tls12_resumption(Tls12Resumption::SessionIdOnly);
    let client = Arc::new(config);
    connect(&context, &client);
    assert!(connect(&context, &client).server.is_resumed());
}

#[test]
fn without_reuse_every_handshake_is_a_full_one() {
    let (context, root) = plain(|_| ());
    for version in BOTH {
        let client = Arc::new(client_config(root.certificate.der(), None, &[version]));
        let first = connect(&context, &client);
        assert_eq!(first.client.tls13_tickets_received(), 0);
        assert!(!connect(&context, &client).server.is_resumed());
    }
}

#[test]
fn stateless_tickets_alone_are_enough() {
    let (context, root) = plain(|options| options.session_tickets = true);
    let client = Arc::new(client_config(root.certificate.der(), None, &[&TLS13]));
    assert_eq!(connect(&context, &client).client.tls13_tickets_received(), 1);
    assert!(connect(&context, &client).server.is_resumed());
}

#[test]
fn a_resumed_client_keeps_its_certificate_and_is_verified_again() {
    let root = Authority::root("root");
    let url = "http://crl.example.com/";
    let crls = CrlStore::new(1);
    crls.set(url, &root.revoke(&[], 2100)).unwrap();
    let options = TlsOptions {
        cacertfile: Some(PemSource::parse(&root.pem())),
        verify: Verify::Peer,
        fail_if_no_peer_cert: true,
        enable_crl_check: true,
        reuse_sessions: true,
        ..root.server("localhost").options()
    };
    let context = TlsContext::load(&options, &crls, now()).unwrap();
    for version in BOTH {
        crls.set(url, &root.revoke(&[], 2100)).unwrap();
        let device = root.sign(revocable(7, url));
        let identity = Some((device.chain(), device.key_der()));
        let client = Arc::new(client_config(root.certificate.der(), identity, &[version]));
        connect(&context, &client);
        let again = connect(&context, &client);
        assert!(again.server.is_resumed());
        assert_eq!(again.server.peer_certificate().unwrap().der(), device.certificate.der().as_ref());
        crls.set(url, &root.revoke(&[7], 2100)).unwrap();
        let mut revoked = Pair::new(&context, &client, "localhost");
        // What it says right behind its handshake must not be heard.
        std::io::Write::write_all(&mut revoked.client.writer(), b"publish").unwrap();
        revoked.run();
        assert_eq!(revoked.failure().word, "certificate_revoked");
        assert!(revoked.received.is_empty() && revoked.server.peer_certificate().is_none());
    }
}

#[test]
fn sessions_of_another_name_or_an_earlier_load_are_not_resumed() {
    let (context, root) = plain(|options| options.reuse_sessions = true);
    let client = Arc::new(client_config(root.certificate.der(), None, &[&TLS13]));
    connect(&context, &client);
    context.reload(now()).unwrap();
    let again = connect(&context, &client);
    assert!(!again.server.is_resumed() && !again.server.is_handshaking(), "a full handshake instead");
}
