//! Mistakes in `ssl_options`: one line each, with the key, the file and the way out.

use crate::support::authority::{Authority, Signed};
use crate::support::now;
use dunlin_tls::{CrlStore, Password, PemSource, SniCertificate, TlsContext, TlsOptions, Verify};
use rcgen::{KeyPair, PKCS_ED25519, date_time_ymd};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

fn error_of(options: &TlsOptions) -> String {
    let error = TlsContext::load(options, &CrlStore::new(1), now()).unwrap_err().to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    error
}

fn warnings_of(options: &TlsOptions) -> Vec<String> {
    TlsContext::load(options, &CrlStore::new(1), now()).unwrap().warnings()
}

fn server() -> Signed {
    Authority::root("root").server("localhost")
}

fn file(path: &Path, text: impl AsRef<[u8]>) -> Option<PemSource> {
    fs::write(path, text).unwrap();
    Some(PemSource::from(path))
}

#[test]
fn a_missing_key_or_file_is_named() {
    let good = server().options();
    assert!(error_of(&TlsOptions::default()).starts_with("certfile is missing: a TLS listener needs"));
    assert!(error_of(&TlsOptions { keyfile: None, ..good.clone() }).starts_with("keyfile is missing"));
    let nowhere = Some(PemSource::parse("/nowhere/server.pem"));
    let error = error_of(&TlsOptions { certfile: nowhere.clone(), ..good.clone() });
    assert!(error.starts_with("certfile: /nowhere/server.pem cannot be read: No such file"), "{error}");
    let error = error_of(&TlsOptions { keyfile: nowhere.clone(), ..good.clone() });
    assert!(error.starts_with("keyfile: /nowhere/server.pem cannot be read"), "{error}");
    let error = error_of(&TlsOptions { cacertfile: nowhere, ..good });
    assert!(error.starts_with("cacertfile: /nowhere/server.pem cannot be read"), "{error}");
}

#[test]
fn a_directory_and_a_file_of_somebody_else_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let error = error_of(&TlsOptions { certfile: Some(PemSource::from(directory.path())), ..server().options() });
    assert!(error.contains("it is not a file"), "{error}");
    let path = directory.path().join("key.pem");
    let keyfile = file(&path, "secret");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // The administrator may read everything.
    if fs::File::open(&path).is_err() {
        let error = error_of(&TlsOptions { keyfile, ..server().options() });
        assert!(error.contains("Permission denied") && error.contains("user the broker runs as"), "{error}");
    }
}

#[test]
fn files_with_something_else_in_them_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.pem");
    let good = server();
    let error = error_of(&TlsOptions { certfile: file(&path, ""), ..good.options() });
    assert!(error.contains("x.pem holds no certificate"), "{error}");
    let error = error_of(&TlsOptions { certfile: file(&path, good.key.serialize_pem()), ..good.options() });
    assert!(error.contains("x.pem holds no certificate"), "{error}");
    let error = error_of(&TlsOptions { keyfile: file(&path, good.certificate.pem()), ..good.options() });
    assert!(error.contains("x.pem holds no private key"), "{error}");
    let error = error_of(&TlsOptions { cacertfile: file(&path, "\n"), ..good.options() });
    assert!(error.starts_with("cacertfile: ") && error.contains("holds no certificate"), "{error}");
    let cut = good.certificate.pem().replacen("MII", "AII", 1);
    let error = error_of(&TlsOptions { certfile: file(&path, cut), ..good.options() });
    assert!(error.contains("certificate 1 in") && error.contains("it is damaged"), "{error}");
}

#[test]
fn a_key_must_belong_to_the_certificate() {
    let (one, other) = (server(), server());
    let error = error_of(&TlsOptions { keyfile: other.options().keyfile, ..one.options() });
    assert!(error.starts_with("keyfile: the key in the PEM text in the configuration is not the key of"), "{error}");
    let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let signed = Authority::root("root").sign_key(ed25519, |_| ());
    assert!(warnings_of(&signed.options()).is_empty());
}

#[test]
fn certificates_out_of_their_time_are_a_warning() {
    let root = Authority::root("root");
    let expired = root.sign(|parameters| parameters.not_after = date_time_ymd(2020, 1, 1));
    let warnings = warnings_of(&expired.options());
    assert!(warnings[0].contains("expired at") && warnings[0].starts_with("certfile: "), "{warnings:?}");
    let early = root.sign(|parameters| parameters.not_before = date_time_ymd(2100, 1, 1));
    assert!(warnings_of(&early.options())[0].contains("is not valid before"));
    assert!(warnings_of(&root.server("localhost").options()).is_empty());
}

#[test]
fn contradictions_are_refused() {
    let good = server().options();
    let error = error_of(&TlsOptions { fail_if_no_peer_cert: true, ..good.clone() });
    assert!(error.starts_with("fail_if_no_peer_cert: ") && error.contains("verify = verify_peer"), "{error}");
    let error = error_of(&TlsOptions { enable_crl_check: true, ..good.clone() });
    assert!(error.starts_with("enable_crl_check: "), "{error}");
    let error = error_of(&TlsOptions { verify: Verify::Peer, ..good });
    assert!(error.starts_with("cacertfile is missing: verify = verify_peer needs"), "{error}");
}

#[test]
fn certificates_for_names_say_where_they_are() {
    let sni = SniCertificate {
        names: Vec::new(),
        certfile: PemSource::parse("/nowhere"),
        keyfile: PemSource::parse("/nowhere"),
        password: None,
    };
    let error = error_of(&TlsOptions { sni: vec![sni], ..server().options() });
    assert!(error.starts_with("sni_certs.certfile: /nowhere cannot be read"), "{error}");
}

/// Writes a key encrypted with the password `secret`.
fn openssl_key(input: &Path, output: &Path, arguments: &[&str]) -> PemSource {
    let done = Command::new("openssl").args(arguments).arg("-in").arg(input).arg("-out").arg(output).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    PemSource::from(output)
}

#[test]
fn encrypted_keys_open_with_their_password_only() {
    let directory = tempfile::tempdir().unwrap();
    let (plain, encrypted) = (directory.path().join("plain.pem"), directory.path().join("encrypted.pem"));
    let good = server();
    fs::write(&plain, good.key.serialize_pem()).unwrap();
    for kind in [
        &["-v2", "aes-256-cbc"][..],
        &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"],
        &["-v2", "des3", "-v2prf", "hmacWithSHA1"],
        &["-scrypt"],
    ] {
        let arguments = [&["pkcs8", "-topk8", "-passout", "pass:secret"], kind].concat();
        let keyfile = Some(openssl_key(&plain, &encrypted, &arguments));
        let with = |password: Option<&str>| TlsOptions {
            keyfile: keyfile.clone(),
            password: password.map(Password::new),
            ..good.options()
        };
        assert!(warnings_of(&with(Some("secret"))).is_empty());
        let error = error_of(&with(None));
        assert!(error.contains("encrypted.pem is encrypted: set password"), "{error}");
        let error = error_of(&with(Some("wrong")));
        assert!(error.contains("does not open with the password") && !error.contains("wrong"), "{error}");
    }
    let keyfile = Some(openssl_key(&plain, &encrypted, &["ec", "-aes128", "-passout", "pass:secret"]));
    let error = error_of(&TlsOptions { keyfile, password: Some(Password::new("secret")), ..good.options() });
    assert!(error.contains("openssl pkcs8 -topk8"), "{error}");
    let arguments = ["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-passout", "pass:secret"];
    let keyfile = Some(openssl_key(&plain, &encrypted, &arguments));
    let error = error_of(&TlsOptions { keyfile, password: Some(Password::new("secret")), ..good.options() });
    assert!(error.contains("openssl pkcs8 -topk8 -v2 aes-256-cbc"), "{error}");
}

#[test]
fn older_forms_of_plain_keys_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let (plain, old) = (directory.path().join("plain.pem"), directory.path().join("old.pem"));
    let good = server();
    fs::write(&plain, good.key.serialize_pem()).unwrap();
    let keyfile = Some(openssl_key(&plain, &old, &["ec"]));
    assert!(fs::read_to_string(&old).unwrap().contains("BEGIN EC PRIVATE KEY"));
    assert!(warnings_of(&TlsOptions { keyfile, ..good.options() }).is_empty());
}

#[test]
fn no_output_shows_a_secret() {
    let options = TlsOptions { password: Some(Password::new("open sesame")), ..server().options() };
    let shown = format!("{options:?}");
    assert!(!shown.contains("sesame") && !shown.contains("PRIVATE KEY"), "{shown}");
}
