//! TLS handshakes that fail: what OpenSSL's client is told, and what the listener counts.

use crate::doors::{Bystanders, expect_counts, openssl};
use dunlin_model::DisconnectReason::{Normal, TlsError};
use dunlin_testkit::{Authority, Client, Issued, TestBroker, Way};

const SSL: &str = "ssl:default";

/// Two brokers' worth of trust: an authority, what it has signed, and somebody else.
struct Setting {
    authority: Authority,
    stranger: Authority,
}

impl Setting {
    fn new() -> Self {
        Self { authority: Authority::new("authority"), stranger: Authority::new("stranger") }
    }

    /// A broker whose clients show a certificate.
    fn verifying(&self, more: &str) -> TestBroker {
        let server = self.authority.issue("server");
        TestBroker::with(&format!(
            "listeners.ssl.default.ssl_options {{ {}, cacertfile = \"{}\", verify = verify_peer, fail_if_no_peer_cert = true \
             {more} }}",
            server.keys(),
            self.authority.certificate().display(),
        ))
    }
}

/// The arguments with which `openssl s_client` shows a certificate.
fn shown(client: &Issued) -> [String; 4] {
    ["-cert".into(), client.certificate.display().to_string(), "-key".into(), client.key.display().to_string()]
}

/// One client that is refused for the reason this word stands for, and then one that is not.
#[track_caller]
fn refused(setting: &Setting, broker: &TestBroker, arguments: &[String], word: &str) {
    let mut bystanders = Bystanders::of(broker);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some(output) = openssl(broker.address_of(SSL), &arguments) else { return };
    expect_counts(broker, SSL, &[(TlsError, 1)], &[(word, 1)]);
    assert!(output.contains("alert"), "the client is told: {output}");
    bystanders.exchange();
    let way = Way::tcp().tls(setting.authority.trusting_as(&setting.authority.issue("good")));
    let mut good = Client::v5("good").through(&way).connect_to(broker.address_of(SSL));
    good.ping();
    good.disconnect();
    expect_counts(broker, SSL, &[(Normal, 1), (TlsError, 1)], &[(word, 1)]);
}

#[test]
fn a_client_whose_certificate_somebody_else_signed_is_refused() {
    let setting = Setting::new();
    for version in ["-tls1_2", "-tls1_3"] {
        let broker = setting.verifying("");
        let shown = shown(&setting.stranger.issue("client"));
        refused(&setting, &broker, &[&shown[..], &[version.into()]].concat(), "unknown_ca");
    }
}

#[test]
fn a_client_whose_certificate_is_over_is_refused() {
    let setting = Setting::new();
    let broker = setting.verifying("");
    refused(&setting, &broker, &shown(&setting.authority.issue_expired("client")), "certificate_expired");
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    let setting = Setting::new();
    refused(&setting, &setting.verifying(""), &[], "certificate_required");
}

#[test]
fn a_client_with_other_ciphers_is_refused() {
    let setting = Setting::new();
    let broker = setting.verifying("");
    let arguments = ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"].map(String::from);
    refused(&setting, &broker, &arguments, "no_suitable_cipher");
}

#[test]
fn a_client_of_an_old_version_is_refused() {
    let setting = Setting::new();
    let broker = setting.verifying("");
    let arguments = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"].map(String::from);
    refused(&setting, &broker, &arguments, "protocol_version");
}

#[test]
fn a_client_of_a_version_that_is_switched_off_is_refused() {
    let setting = Setting::new();
    let broker = setting.verifying(", versions = [tlsv1.3]");
    refused(&setting, &broker, &["-tls1_2".to_owned()], "protocol_version");
}

#[test]
fn a_client_that_refuses_the_servers_certificate_is_counted_with_its_own_reason() {
    let setting = Setting::new();
    let expired = setting.authority.issue_expired("server");
    for (keys, trusted, word) in [
        (setting.authority.issue("current").keys(), &setting.stranger, "unknown_ca"),
        (expired.keys(), &setting.authority, "certificate_expired"),
    ] {
        let broker = TestBroker::with(&format!("listeners.ssl.default.ssl_options {{ {keys} }}"));
        let mut bystanders = Bystanders::of(&broker);
        let trusted = trusted.certificate().display().to_string();
        let arguments = ["-CAfile", &trusted, "-verify_return_error"];
        let Some(output) = openssl(broker.address_of(SSL), &arguments) else { return };
        assert!(output.contains("verify"), "{output}");
        expect_counts(&broker, SSL, &[(TlsError, 1)], &[(word, 1)]);
        bystanders.exchange();
    }
}
