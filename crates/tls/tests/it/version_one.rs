//! Certificates of X.509 version 1, of clients and of the listener itself.

use crate::support::authority::{Authority, Signed, client_named};
use crate::support::now;
use crate::support::pair::{Pair, client_config};
use dunlin_tls::{CrlStore, PemSource, TlsContext, TlsError, TlsOptions, Verify};
use rcgen::date_time_ymd;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use std::slice::from_ref;
use std::sync::Arc;

fn options(root: &Authority) -> TlsOptions {
    TlsOptions {
        cacertfile: Some(PemSource::parse(&root.pem())),
        verify: Verify::Peer,
        fail_if_no_peer_cert: true,
        ..root.server("localhost").options()
    }
}

/// Connects with a chain and a key in both versions; `Err` has word and sentence of the refusal.
fn connect(
    root: &Authority,
    options: &TlsOptions,
    chain: &[CertificateDer<'static>],
    key: &Signed,
) -> Result<(), (&'static str, String)> {
    let context = TlsContext::load(options, &CrlStore::new(10), now()).unwrap();
    let results = [&TLS12, &TLS13].map(|version| {
        let mut config = client_config(root.certificate.der(), None, &[version]);
        let key = aws_lc_rs::sign::any_supported_type(&key.key_der()).unwrap();
        let shown = Arc::new(CertifiedKey::new(chain.to_vec(), key));
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(shown));
        let mut pair = Pair::new(&context, &Arc::new(config), "localhost");
        pair.run();
        if pair.server_error.is_some() {
            let failure = pair.failure();
            return Err((failure.word, failure.detail));
        }
        let peer = pair.server.peer_certificate().unwrap();
        assert_eq!(peer.common_name().unwrap(), "old sensor");
        Ok(())
    });
    assert_eq!(results[0], results[1]);
    let [result, _] = results;
    result
}

fn word(result: Result<(), (&'static str, String)>) -> &'static str {
    result.unwrap_err().0
}

#[test]
fn a_client_of_version_1_is_let_in_where_an_authority_of_the_file_has_signed_it() {
    let root = Authority::root("root");
    let client = root.client("old sensor");
    let old = root.as_version_one(&client);
    assert_eq!(connect(&root, &options(&root), from_ref(&old), &client), Ok(()));
    let deep = [old, root.certificate.der().clone()];
    assert_eq!(connect(&root, &options(&root), &deep, &client), Ok(()));
}

#[test]
fn what_is_wrong_with_a_client_of_version_1_is_seen() {
    let root = Authority::root("root");
    let options = options(&root);
    let client = root.client("old sensor");
    let old = root.as_version_one(&client);
    let stranger = Authority::root("root");
    assert_eq!(word(connect(&root, &options, &[stranger.as_version_one(&client)], &client)), "decrypt_error");
    assert_eq!(word(connect(&root, &options, from_ref(&old), &root.client("other key"))), "decrypt_error");
    for byte in [20, old.len() / 2, old.len() - 1] {
        let mut changed = old.to_vec();
        changed[byte] ^= 1;
        assert!(connect(&root, &options, &[changed.into()], &client).is_err(), "byte {byte} is not what was signed");
    }
    let expired = root.sign(|parameters| {
        client_named("old sensor")(parameters);
        parameters.not_after = date_time_ymd(2020, 1, 1);
    });
    assert_eq!(word(connect(&root, &options, &[root.as_version_one(&expired)], &expired)), "certificate_expired");
    let early = root.sign(|parameters| {
        client_named("old sensor")(parameters);
        parameters.not_before = date_time_ymd(2100, 1, 1);
    });
    assert_eq!(word(connect(&root, &options, &[root.as_version_one(&early)], &early)), "certificate_expired");
    let purposes = TlsOptions { verify_peer_ext_key_usage: vec!["clientAuth".into()], ..options.clone() };
    assert_eq!(word(connect(&root, &purposes, from_ref(&old), &client)), "unsupported_certificate");
    let revocable = TlsOptions { enable_crl_check: true, ..options };
    assert_eq!(word(connect(&root, &revocable, &[old], &client)), "bad_certificate");
}

#[test]
fn an_intermediate_authority_signs_version_3_only_and_version_1_is_no_authority() {
    let root = Authority::root("root");
    let between = root.intermediate("between");
    let client = between.client("old sensor");
    let chain = [between.as_version_one(&client), between.certificate.der().clone()];
    let (word, sentence) = connect(&root, &options(&root), &chain, &client).unwrap_err();
    assert_eq!(word, "unsupported_certificate");
    assert!(sentence.contains("X.509 version 1") && sentence.contains("-extfile"), "{sentence}");
    assert!(!sentence.contains("UnsupportedCertVersion"), "{sentence}");
    let as_signed = Signed { certificate: between.certificate.clone(), key: rcgen::KeyPair::generate().unwrap() };
    let chain = [client.certificate.der().clone(), root.as_version_one(&as_signed)];
    assert!(connect(&root, &options(&root), &chain, &client).is_err());
}

#[test]
fn a_listener_shows_a_certificate_of_version_1_with_a_warning() {
    let root = Authority::root("root");
    let (server, other) = (root.server("localhost"), root.server("localhost"));
    let pem = |der: &[u8]| {
        let text = base64_of(der);
        PemSource::parse(&format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"))
    };
    let certfile = Some(pem(&root.as_version_one(&server)));
    let context =
        TlsContext::load(&TlsOptions { certfile: certfile.clone(), ..server.options() }, &CrlStore::new(1), now())
            .unwrap();
    let warnings = context.warnings();
    assert!(
        warnings.iter().any(|line| line.contains("X.509 version 1") && line.starts_with("certfile")),
        "{warnings:?}"
    );
    let error = TlsContext::load(&TlsOptions { certfile, ..other.options() }, &CrlStore::new(1), now()).unwrap_err();
    assert!(matches!(error, TlsError::KeyMismatch { .. }), "{error}");
}

fn base64_of(der: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(der)
}
