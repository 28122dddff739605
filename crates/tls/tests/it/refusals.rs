//! Clients that are refused, and clients that refuse: the word and the side for each.

use crate::support::authority::{Authority, Signed, client_named, revocable};
use crate::support::now;
use crate::support::pair::{Pair, client_config};
use dunlin_tls::{CrlStore, PartialChain, PemSource, Side, TlsContext, TlsOptions, Verify};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, date_time_ymd};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SupportedProtocolVersion};
use std::sync::Arc;

const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// A listener that verifies clients against an authority's file.
struct Listener {
    root: Authority,
    options: TlsOptions,
    crls: Arc<CrlStore>,
}

impl Listener {
    fn new() -> Self {
        let root = Authority::root("root");
        let options = TlsOptions {
            cacertfile: Some(PemSource::parse(&root.pem())),
            verify: Verify::Peer,
            fail_if_no_peer_cert: true,
            ..root.server("localhost").options()
        };
        Self { root, options, crls: CrlStore::new(10) }
    }

    fn context(&self) -> TlsContext {
        TlsContext::load(&self.options, &self.crls, now()).unwrap()
    }

    fn client(&self, identity: Option<&Signed>, version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
        let identity = identity.map(|signed| (signed.chain(), signed.key_der()));
        Arc::new(client_config(self.root.certificate.der(), identity, &[version]))
    }

    fn connect(&self, identity: Option<&Signed>, version: &'static SupportedProtocolVersion) -> Pair {
        let mut pair = Pair::new(&self.context(), &self.client(identity, version), "localhost");
        pair.run();
        pair
    }

    /// The word for a client that the server refuses, in both versions.
    fn refusal(&self, identity: Option<&Signed>) -> &'static str {
        let words = BOTH.map(|version| {
            let pair = self.connect(identity, version);
            let failure = pair.failure();
            assert_eq!(failure.side, Side::Server, "{failure}");
            assert!(pair.client_error.is_some(), "the client hears of it");
            failure.word
        });
        assert_eq!(words[0], words[1]);
        words[0]
    }

    fn accepts(&self, identity: Option<&Signed>) -> bool {
        let accepted = BOTH.map(|version| !self.connect(identity, version).server.is_handshaking());
        assert_eq!(accepted[0], accepted[1]);
        let failed = BOTH.map(|version| self.connect(identity, version).server_error.is_some());
        assert_eq!(failed, accepted.map(|accepted| !accepted || failed[0]));
        accepted[0] && !failed[0]
    }
}

#[test]
fn a_client_with_a_good_certificate_is_known_by_it() {
    let listener = Listener::new();
    let client = listener.root.client("sensor 7");
    for version in BOTH {
        let pair = listener.connect(Some(&client), version);
        let peer = pair.server.peer_certificate().unwrap();
        assert_eq!(peer.common_name().unwrap(), "sensor 7");
        assert_eq!(peer.der(), client.certificate.der().as_ref());
    }
}

#[test]
fn a_client_without_a_certificate_is_refused_only_when_one_is_required() {
    let mut listener = Listener::new();
    assert_eq!(listener.refusal(None), "certificate_required");
    listener.options.fail_if_no_peer_cert = false;
    for version in BOTH {
        let pair = listener.connect(None, version);
        assert!(!pair.server.is_handshaking() && pair.server.peer_certificate().is_none());
    }
    assert_eq!(listener.refusal(Some(&Authority::root("other").client("x"))), "unknown_ca");
}

#[test]
fn bad_client_certificates_have_the_words_operators_search_for() {
    let listener = Listener::new();
    let root = &listener.root;
    let expired = root.sign(|parameters| {
        client_named("x")(parameters);
        parameters.not_after = date_time_ymd(2020, 1, 1);
    });
    assert_eq!(listener.refusal(Some(&expired)), "certificate_expired");
    let early = root.sign(|parameters| {
        client_named("x")(parameters);
        parameters.not_before = date_time_ymd(2100, 1, 1);
    });
    assert_eq!(listener.refusal(Some(&early)), "certificate_expired");
    let for_servers = root.sign(|parameters| {
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    assert_eq!(listener.refusal(Some(&for_servers)), "unsupported_certificate");
    let forged = Authority::root("root").client("x");
    assert_eq!(listener.refusal(Some(&forged)), "decrypt_error", "the authority's name, but not its signature");
}

#[test]
fn a_client_that_does_not_trust_the_server_says_so() {
    let listener = Listener::new();
    let client = listener.root.client("x");
    for version in BOTH {
        let identity = Some((client.chain(), client.key_der()));
        let other = Authority::root("other");
        let config = Arc::new(client_config(other.certificate.der(), identity, &[version]));
        let mut pair = Pair::new(&listener.context(), &config, "localhost");
        pair.run();
        let failure = pair.failure();
        assert_eq!((failure.word, failure.side), ("unknown_ca", Side::Client));
    }
}

#[test]
fn versions_and_ciphers_that_do_not_meet() {
    let mut listener = Listener::new();
    let client = listener.root.client("x");
    listener.options.versions = vec!["tlsv1.3".into()];
    assert_eq!(listener.connect(Some(&client), &TLS12).failure().word, "protocol_version");
    listener.options.versions = vec!["tlsv1.2".into()];
    assert_eq!(listener.connect(Some(&client), &TLS13).failure().word, "protocol_version");
    listener.options.ciphers = vec!["ECDHE-RSA-AES256-GCM-SHA384".into()];
    // The certificate is ECDSA: no suite for both is left.
    assert_eq!(listener.connect(Some(&client), &TLS12).failure().word, "no_suitable_cipher");
    listener.options.ciphers = vec!["ECDHE-ECDSA-CHACHA20-POLY1305".into()];
    let pair = listener.connect(Some(&client), &TLS12);
    assert_eq!(pair.server.cipher(), Some("ECDHE-ECDSA-CHACHA20-POLY1305"));
}

#[test]
fn a_wrong_key_proves_nothing() {
    let listener = Listener::new();
    let (client, other) = (listener.root.client("x"), listener.root.client("y"));
    for version in BOTH {
        let config = client_config(listener.root.certificate.der(), None, &[version]);
        let key = aws_lc_rs::sign::any_supported_type(&other.key_der()).unwrap();
        let shown = Arc::new(rustls::sign::CertifiedKey::new(client.chain(), key));
        let mut config = config;
        config.client_auth_cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(shown));
        let mut pair = Pair::new(&listener.context(), &Arc::new(config), "localhost");
        pair.run();
        assert_eq!(pair.failure().word, "decrypt_error");
    }
}

fn connects_with_chain(listener: &Listener, client: &Signed, chain: &[&Authority]) -> Result<(), &'static str> {
    let mut certificates: Vec<CertificateDer<'static>> = client.chain();
    certificates.extend(chain.iter().map(|authority| authority.certificate.der().clone()));
    let identity = Some((certificates, client.key_der()));
    let config = Arc::new(client_config(listener.root.certificate.der(), identity, &[&TLS13]));
    let mut pair = Pair::new(&listener.context(), &config, "localhost");
    pair.run();
    if pair.server_error.is_some() { Err(pair.failure().word) } else { Ok(()) }
}

#[test]
fn chains_are_followed_to_the_depth_allowed() {
    let mut listener = Listener::new();
    let first = listener.root.intermediate("first");
    let second = first.intermediate("second");
    let client = second.client("x");
    assert_eq!(connects_with_chain(&listener, &client, &[&second, &first]), Ok(()));
    assert_eq!(connects_with_chain(&listener, &client, &[&first]), Err("unknown_ca"));
    listener.options.depth = 1;
    assert!(connects_with_chain(&listener, &client, &[&second, &first]).is_err());
    assert_eq!(connects_with_chain(&listener, &first.client("y"), &[&first]), Ok(()));
    listener.options.depth = 0;
    assert!(connects_with_chain(&listener, &first.client("y"), &[&first]).is_err());
    assert_eq!(connects_with_chain(&listener, &listener.root.client("z"), &[]), Ok(()));
}

#[test]
fn an_intermediate_certificate_in_the_file_is_trusted_only_with_partial_chain() {
    let mut listener = Listener::new();
    let first = listener.root.intermediate("first");
    let second = listener.root.intermediate("second");
    let (of_first, of_second) = (first.client("1"), second.client("2"));
    // With the root in the file the intermediate ones complete the chain of a client that does not send it.
    listener.options.cacertfile =
        Some(PemSource::parse(&format!("{}{}{}", listener.root.pem(), first.pem(), second.pem())));
    assert_eq!(connects_with_chain(&listener, &of_first, &[]), Ok(()));
    // Without it nothing ends a chain.
    listener.options.cacertfile = Some(PemSource::parse(&format!("{}{}", first.pem(), second.pem())));
    let error = TlsContext::load(&listener.options, &listener.crls, now()).unwrap_err().to_string();
    assert!(error.starts_with("cacertfile: no certificate in the PEM text"), "{error}");
    listener.options.partial_chain = PartialChain::LastCertificate;
    assert_eq!(connects_with_chain(&listener, &of_second, &[]), Ok(()));
    assert_eq!(connects_with_chain(&listener, &of_first, &[]), Err("unknown_ca"));
    listener.options.partial_chain = PartialChain::LastTwoCertificates;
    assert_eq!(connects_with_chain(&listener, &of_first, &[]), Ok(()));
    assert_eq!(connects_with_chain(&listener, &of_second, &[]), Ok(()));
}

#[test]
fn purposes_that_are_asked_for_must_all_be_named() {
    let mut listener = Listener::new();
    let with = |purposes: &[ExtendedKeyUsagePurpose]| {
        listener.root.sign(|parameters: &mut CertificateParams| parameters.extended_key_usages = purposes.to_vec())
    };
    let client_only = with(&[ExtendedKeyUsagePurpose::ClientAuth]);
    let both = with(&[
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::CodeSigning,
        ExtendedKeyUsagePurpose::Other(vec![1, 2, 3, 4]),
    ]);
    let none = with(&[]);
    assert!(listener.accepts(Some(&none)));
    listener.options.verify_peer_ext_key_usage = vec!["clientAuth, codeSigning".into(), "OID:1.2.3.4".into()];
    assert!(listener.accepts(Some(&both)));
    assert_eq!(listener.refusal(Some(&client_only)), "unsupported_certificate");
    assert_eq!(listener.refusal(Some(&none)), "unsupported_certificate");
    listener.options.verify_peer_ext_key_usage = vec!["clientauthentication".into()];
    let error = TlsContext::load(&listener.options, &listener.crls, now()).unwrap_err().to_string();
    assert!(error.contains("clientauthentication is no purpose; possible are: serverAuth, clientAuth"), "{error}");
}

const URL: &str = "http://crl.example.com/list.crl";

#[test]
fn without_its_revocation_list_a_client_is_refused_and_the_list_is_wanted() {
    let mut listener = Listener::new();
    listener.options.enable_crl_check = true;
    let (good, bad) = (listener.root.sign(revocable(7, URL)), listener.root.sign(revocable(8, URL)));
    assert_eq!(listener.refusal(Some(&good)), "bad_certificate");
    assert_eq!(listener.crls.wanted_urls(), [URL]);
    listener.crls.set(URL, &listener.root.revoke(&[8], 2100)).unwrap();
    assert!(listener.crls.wanted_urls().is_empty());
    assert_eq!(listener.crls.known_urls(), [URL]);
    assert!(listener.accepts(Some(&good)));
    assert_eq!(listener.refusal(Some(&bad)), "certificate_revoked");
    // A stranger's certificate makes nobody fetch anything.
    let stranger = Authority::root("other").sign(revocable(7, "http://attacker.example.com/"));
    assert_eq!(listener.refusal(Some(&stranger)), "unknown_ca");
    assert!(listener.crls.wanted_urls().is_empty());
    listener.crls.forget(URL);
    assert_eq!(listener.refusal(Some(&good)), "bad_certificate");
}

#[test]
fn a_list_that_is_overdue_or_signed_by_another_proves_nothing() {
    let mut listener = Listener::new();
    listener.options.enable_crl_check = true;
    let good = listener.root.sign(revocable(7, URL));
    listener.crls.set(URL, &listener.root.revoke(&[8], 2021)).unwrap();
    assert_eq!(listener.refusal(Some(&good)), "bad_certificate");
    listener.crls.set(URL, &Authority::root("other").revoke(&[8], 2100)).unwrap();
    assert_eq!(listener.refusal(Some(&good)), "bad_certificate");
    listener.crls.set(URL, &Authority::root("root").revoke(&[8], 2100)).unwrap();
    assert_eq!(listener.refusal(Some(&good)), "bad_certificate", "in the authority's name, but not by it");
    let error = listener.crls.set(URL, b"<html>not found</html>").unwrap_err().to_string();
    assert!(error.starts_with("the revocation list from http://crl.example.com/list.crl cannot be used"), "{error}");
}

#[test]
fn lists_may_be_files_too() {
    let mut listener = Listener::new();
    listener.options.enable_crl_check = true;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("list.crl");
    std::fs::write(&path, listener.root.revoke(&[8], 2100)).unwrap();
    listener.options.crl_files = vec![PemSource::from(path.as_path())];
    assert!(listener.accepts(Some(&listener.root.sign(revocable(7, URL)))));
    assert_eq!(listener.refusal(Some(&listener.root.sign(revocable(8, URL)))), "certificate_revoked");
}

#[test]
fn the_store_keeps_the_newest_lists_and_remembers_as_many_wishes() {
    let root = Authority::root("root");
    let store = CrlStore::new(2);
    for url in ["http://a/", "http://b/", "http://c/"] {
        store.set(url, &root.revoke(&[1], 2100)).unwrap();
    }
    assert_eq!(store.known_urls(), ["http://b/", "http://c/"]);
}
