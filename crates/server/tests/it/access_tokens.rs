//! A node that fetches the keys of tokens from an address: over TLS, again and again, and while nobody answers there.

use crate::access_crowd::{Crowd, expect_only};
use crate::access_scenario::{BackEnd, TIMEOUT, until_nobody_is_left};
use crate::access_services::Service;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dunlin_model::ReasonCode::{self, BadUserNameOrPassword, ServerUnavailable, Success};
use dunlin_real_servers::Certificates;
use dunlin_testkit::{Client, TestBroker, let_time_pass};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A key with a name.
pub(crate) struct Signer {
    name: &'static str,
    key: Ed25519KeyPair,
}

impl Signer {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, key: Ed25519KeyPair::generate().expect("a key") }
    }

    /// As a key set shows it (RFC 8037 §2).
    pub(crate) fn shown(&self) -> String {
        let public = URL_SAFE_NO_PAD.encode(self.key.public_key());
        format!(r#"{{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"{}","x":"{public}"}}"#, self.name)
    }

    pub(crate) fn token(&self, username: &str) -> String {
        let head = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, self.name);
        signed(&head, username, |text| self.key.sign(text).as_ref().to_vec())
    }
}

/// Makes the signature of a text.
type Sign = dyn Fn(&[u8]) -> Vec<u8>;

/// A key of OpenSSL's, whose public half stands in a file.
pub(crate) struct PemSigner {
    algorithm: &'static str,
    sign: Box<Sign>,
    folder: tempfile::TempDir,
}

impl PemSigner {
    /// An RSA key, for RS256.
    pub(crate) fn rs256() -> Self {
        let (key, folder) = openssl_key(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
        let key = RsaKeyPair::from_pkcs8(&key).expect("a key");
        let sign = move |text: &[u8]| {
            let mut signature = vec![0; key.public_modulus_len()];
            let signed = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature);
            signed.expect("a signature");
            signature
        };
        Self { algorithm: "RS256", sign: Box::new(sign), folder }
    }

    /// A key of the curve P-256, for ES256.
    pub(crate) fn es256() -> Self {
        let (key, folder) = openssl_key(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key).expect("a key");
        let sign = move |text: &[u8]| key.sign(&SystemRandom::new(), text).expect("a signature").as_ref().to_vec();
        Self { algorithm: "ES256", sign: Box::new(sign), folder }
    }

    /// Where the public key is.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("public.pem")
    }

    pub(crate) fn token(&self, username: &str) -> String {
        let head = format!(r#"{{"alg":"{}"}}"#, self.algorithm);
        signed(&head, username, |text| (self.sign)(text))
    }
}

/// A private key in PKCS #8, and a folder with its public half in `public.pem`.
fn openssl_key(options: &[&str]) -> (Vec<u8>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let [pem, key, public] =
        ["key.pem", "key.der", "public.pem"].map(|name| folder.path().join(name).display().to_string());
    let run = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).output().expect("openssl runs");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    run(&[&["genpkey", "-out", &pem][..], options].concat());
    run(&["pkcs8", "-topk8", "-nocrypt", "-in", &pem, "-outform", "DER", "-out", &key]);
    run(&["pkey", "-in", &pem, "-pubout", "-out", &public]);
    (fs::read(key).expect("a key"), folder)
}

/// A token of this user.
fn signed(head: &str, username: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let claims = format!(r#"{{"sub":"{username}"}}"#);
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
    let signature = sign(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn show(certificates: &Certificates, signers: &[&Signer]) {
    let keys: Vec<_> = signers.iter().map(|signer| signer.shown()).collect();
    // The service never sees half of it.
    let new = certificates.folder().join("new.json");
    fs::write(&new, format!(r#"{{"keys":[{}]}}"#, keys.join(","))).expect("it can be written");
    fs::rename(new, certificates.folder().join("keys.json")).expect("it can be put there");
}

fn node(port: u16, certificates: &Certificates) -> TestBroker {
    TestBroker::with(&format!(
        "authentication = [{{ mechanism = jwt, use_jwks = true, endpoint = \"https://localhost:{port}/keys\"
         refresh_interval = 1s, request_timeout = 5s, verify_claims {{ sub = \"${{username}}\" }}
         ssl {{ enable = true, verify = verify_peer, cacertfile = \"{}\" }} }}]",
        certificates.authority().display()
    ))
}

fn login(broker: &TestBroker, username: &str, token: &str) -> ReasonCode {
    let connecting = Client::v5("c").with(|connect| {
        connect.username = Some(username);
        connect.password = Some(token.as_bytes());
    });
    connecting.send_connect(broker.address()).recv().connack().reason_code
}

fn wait_for(broker: &TestBroker, status: &'static str) {
    broker.wait_until(status, |inner| {
        let has_alarm = inner.alarms().iter().any(|alarm| alarm.name == "authentication:jwt");
        broker.server().authenticators()[0].status == status && has_alarm == (status == "disconnected")
    });
}

fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        let_time_pass(Duration::from_millis(50));
    }
    panic!("it does not come to this: {what}");
}

#[test]
fn keys_are_fetched_over_tls_and_again_when_they_change() {
    let certificates = Certificates::for_host("localhost");
    let (old, new, stranger) = (Signer::new("old"), Signer::new("new"), Signer::new("old"));
    show(&certificates, &[&old]);
    let mut service = Service::start(Some(certificates.folder().to_owned()));
    let broker = node(service.port, &certificates);
    wait_for(&broker, "connected");
    assert_eq!(login(&broker, "ann", &old.token("ann")), Success);
    assert_eq!(login(&broker, "eve", &old.token("ann")), BadUserNameOrPassword, "it is not her token");
    assert_eq!(login(&broker, "ann", &stranger.token("ann")), BadUserNameOrPassword, "another key of that name");
    assert_eq!(login(&broker, "ann", &new.token("ann")), BadUserNameOrPassword);
    show(&certificates, &[&old, &new]);
    until("a new key counts", || login(&broker, "ann", &new.token("ann")) == Success);
    show(&certificates, &[&new]);
    until("a key that is withdrawn does not", || login(&broker, "ann", &old.token("ann")) == BadUserNameOrPassword);

    // What was known stays good, and somebody is told.
    let crowd = Crowd::come_with(&broker, "ann", &new.token("ann"), TIMEOUT);
    service.kill();
    wait_for(&broker, "disconnected");
    assert_eq!(login(&broker, "ann", &new.token("ann")), Success);
    assert_eq!(login(&broker, "ann", &old.token("ann")), BadUserNameOrPassword);
    service.start_again();
    wait_for(&broker, "connected");
    expect_only(&crowd.stop(), &[Success]);
    until_nobody_is_left(&broker);
}

#[test]
fn nobody_comes_in_before_there_are_keys() {
    let (right, wrong) = (Certificates::for_host("localhost"), Certificates::for_host("localhost"));
    let signer = Signer::new("k");
    show(&right, &[&signer]);
    let mut service = Service::start(Some(right.folder().to_owned()));
    let broker = node(service.port, &wrong);
    wait_for(&broker, "disconnected");
    assert_eq!(login(&broker, "ann", &signer.token("ann")), ServerUnavailable, "somebody else may stand there");
    service.kill();
    let broker = node(service.port, &right);
    wait_for(&broker, "disconnected");
    assert_eq!(login(&broker, "ann", &signer.token("ann")), ServerUnavailable);
    service.start_again();
    until("keys are there", || login(&broker, "ann", &signer.token("ann")) == Success);
}
