//! Names of ciphers and versions.

use super::Negotiable;
use rustls::version::{TLS12, TLS13};

fn read(versions: &[&str], ciphers: &[&str]) -> Result<Negotiable, String> {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    Negotiable::read(&owned(versions), &owned(ciphers)).map_err(|error| error.to_string())
}

#[test]
fn both_kinds_of_names_mean_the_same_suite_in_the_order_given() {
    let openssl = read(&["tlsv1.2"], &["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]).unwrap();
    let iana =
        read(&["tlsv1.2"], &["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"])
            .unwrap();
    assert_eq!(openssl.suites, iana.suites);
    assert_eq!(openssl.suites.len(), 2);
    assert!(openssl.warnings.is_empty());
}

#[test]
fn every_suite_of_the_default_has_a_name_that_finds_it() {
    for suite in read(&["tlsv1.3", "tlsv1.2"], &[]).unwrap().suites {
        let name = super::openssl_name(suite.suite());
        assert_eq!(super::suite_of(name), Some(suite), "{name}");
    }
}

#[test]
fn a_typing_error_is_answered_with_the_list() {
    let error = read(&["tlsv1.2"], &["ECDHE-RSA-AES129-GCM-SHA256"]).unwrap_err();
    assert!(
        error.starts_with("ciphers: ECDHE-RSA-AES129-GCM-SHA256 is no cipher suite; possible are: TLS_AES_256"),
        "{error}"
    );
    assert!(error.contains("ECDHE-RSA-CHACHA20-POLY1305"), "{error}");
}

#[test]
fn old_suites_are_left_out_with_a_warning_and_refused_when_nothing_else_is_left() {
    let old = [
        "ECDHE-RSA-AES256-SHA384",
        "DHE-DSS-AES256-GCM-SHA384",
        "AES128-SHA",
        "DES-CBC3-SHA",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
    ];
    let mut mixed = old.to_vec();
    mixed.push("ECDHE-RSA-AES256-GCM-SHA384");
    let read_mixed = read(&["tlsv1.2"], &mixed).unwrap();
    assert_eq!(read_mixed.suites.len(), 1);
    assert!(old.iter().all(|name| read_mixed.warnings[0].contains(name)), "{:?}", read_mixed.warnings);
    assert!(read(&["tlsv1.2"], &old).unwrap_err().contains("possible are"), "nothing is left");
}

#[test]
fn suites_with_a_shared_key_say_that_this_build_has_none() {
    let error = read(&["tlsv1.2"], &["RSA-PSK-AES256-GCM-SHA384"]).unwrap_err();
    assert!(
        error.starts_with("ciphers: RSA-PSK-AES256-GCM-SHA384 needs pre-shared keys, and there are none here: "),
        "{error}"
    );
}

#[test]
fn a_version_without_a_suite_is_not_offered() {
    let negotiable = read(&["tlsv1.3", "tlsv1.2"], &["ECDHE-RSA-AES256-GCM-SHA384"]).unwrap();
    assert_eq!(negotiable.versions, [&TLS12]);
    assert!(negotiable.warnings[0].contains("tlsv1.3"), "{:?}", negotiable.warnings);
    assert!(read(&["tlsv1.3"], &["ECDHE-RSA-AES256-GCM-SHA384"]).is_err());
}

#[test]
fn old_versions_are_left_out_with_a_warning() {
    let negotiable = read(&["tlsv1.3", "tlsv1.2", "tlsv1.1", "tlsv1"], &[]).unwrap();
    assert_eq!(negotiable.versions, [&TLS13, &TLS12]);
    assert!(negotiable.warnings[0].contains("tlsv1.1, tlsv1"), "{:?}", negotiable.warnings);
    assert!(read(&["tlsv1"], &[]).unwrap_err().contains("no usable version"));
    assert!(read(&["tls1.2"], &[]).unwrap_err().contains("tls1.2 is no version"));
}
