//! The certificate of the suites that need one.

use super::*;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::rsa::Rsa;
use openssl::symm::Cipher;
use std::fs;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000)
}

fn rsa_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn ec_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A self-signed certificate, in PEM.
fn certificate(key: &PKey<Private>) -> PemSource {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    inline(builder.build().to_pem().unwrap())
}

fn inline(pem: Vec<u8>) -> PemSource {
    PemSource::Inline(String::from_utf8(pem).unwrap())
}

fn plain(key: &PKey<Private>) -> PemSource {
    inline(key.private_key_to_pem_pkcs8().unwrap())
}

fn load(certificate: Option<RsaCertificate>) -> Result<PskContext, TlsError> {
    let keys = Arc::new(PskKeys::load(None, ':', now()).unwrap());
    let ciphers = vec!["PSK-AES128-GCM-SHA256".into(), "RSA-PSK-AES128-GCM-SHA256".into()];
    PskContext::load(PskOptions { ciphers, certificate, ..PskOptions::default() }, keys, now())
}

fn why(certfile: PemSource, keyfile: PemSource, password: Option<&str>) -> String {
    let password = password.map(Password::new);
    let line = load(Some(RsaCertificate { certfile, keyfile, password })).unwrap_err().to_string();
    assert!(!line.contains('\n'), "{line}");
    line
}

#[test]
fn suites_with_a_certificate_need_one_with_an_rsa_key() {
    let missing = load(None).unwrap_err().to_string();
    assert_eq!(
        missing,
        "certfile is missing: suites whose name begins with RSA-PSK need a certificate with an RSA key"
    );
    let (rsa, ec) = (rsa_key(), ec_key());
    let line = why(certificate(&ec), plain(&ec), None);
    assert!(line.contains("its key is not RSA, which RSA-PSK-AES128-GCM-SHA256 needs"), "{line}");
    let line = why(certificate(&rsa), plain(&rsa_key()), None);
    assert!(line.starts_with("keyfile: ") && line.contains("is not the key of the certificate"), "{line}");
    let line = why(PemSource::Inline("no PEM".into()), plain(&rsa), None);
    assert!(line.starts_with("certfile: "), "{line}");
    let line = why(PemSource::File("/nowhere".into()), plain(&rsa), None);
    assert!(line.starts_with("certfile: /nowhere cannot be read: "), "{line}");
    let line = why(certificate(&rsa), PemSource::Inline("no PEM".into()), None);
    assert!(line.starts_with("keyfile: ") && line.contains("cannot be used"), "{line}");
}

#[test]
fn an_encrypted_key_opens_with_its_password_only() {
    let key = rsa_key();
    let encrypted = inline(key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"sesame").unwrap());
    let good = RsaCertificate {
        certfile: certificate(&key),
        keyfile: encrypted.clone(),
        password: Some(Password::new("sesame")),
    };
    load(Some(good)).unwrap();
    let line = why(certificate(&key), encrypted.clone(), None);
    assert!(line.contains("is encrypted: set password"), "{line}");
    let line = why(certificate(&key), encrypted, Some("other"));
    assert!(line.contains("does not open with the password that is set") && !line.contains("other"), "{line}");
}

#[test]
fn a_certificate_that_changes_is_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let [certfile, keyfile] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
    let write = |certificate: &PemSource, key: &PemSource| {
        for (file, pem) in [(&certfile, certificate), (&keyfile, key)] {
            let PemSource::Inline(text) = pem else { panic!("it is inline") };
            fs::write(file, text).unwrap();
        }
    };
    let (first, second) = (rsa_key(), rsa_key());
    write(&certificate(&first), &plain(&first));
    let sources = RsaCertificate {
        certfile: PemSource::File(certfile.clone()),
        keyfile: PemSource::File(keyfile.clone()),
        password: None,
    };
    let context = load(Some(sources)).unwrap();
    let subject_key =
        || context.current.read().certificate().unwrap().public_key().unwrap().public_key_to_der().unwrap();
    let before = subject_key();
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Unchanged);
    write(&certificate(&second), &plain(&first));
    assert!(context.check_for_changes(now()).unwrap_err().to_string().contains("is not the key of the certificate"));
    assert_eq!((context.check_for_changes(now()).unwrap(), subject_key() == before), (Reload::Unchanged, true));
    write(&certificate(&second), &plain(&second));
    assert_eq!((context.check_for_changes(now()).unwrap(), subject_key() == before), (Reload::Renewed, false));
}

#[test]
fn a_listener_without_such_suites_needs_no_certificate() {
    let keys = Arc::new(PskKeys::load(None, ':', now()).unwrap());
    let context = PskContext::load(PskOptions::default(), keys, now()).unwrap();
    assert_eq!(context.reload(now()).unwrap(), Reload::Unchanged);
    assert_eq!((context.warnings().len(), context.handshake_timeout().as_secs()), (0, 15));
}
