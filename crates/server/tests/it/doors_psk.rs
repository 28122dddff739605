//! Clients with pre-shared keys: OpenSSL's and mosquitto's, with both versions of TLS, let in and refused.

use crate::clients::program;
use crate::doors::{Bystanders, expect_counts, open, openssl, read_to_end};
use dunlin_model::DisconnectReason::{Normal, TlsError, TlsTimeout};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::{Authority, Client, TestBroker, Way};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const SSL: &str = "ssl:default";

/// What the broker answers to CONNECT.
const CONNACK: &str = "\x20\x02\0\0";

/// Each version as OpenSSL's client is told it.
const VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

/// In place of `ssl_options` for clients with keys only.
const ONLY_KEYS: &str = "ciphers = [\"ECDHE-PSK-CHACHA20-POLY1305\", \"PSK-AES128-GCM-SHA256\"]";

/// A file of keys, and the certificate of a server.
struct Setting {
    authority: Authority,
}

impl Setting {
    fn new() -> Self {
        let setting = Self { authority: Authority::new("authority") };
        setting.write("sensor7:open sesame\nsensor8:0123456789abcdef\n");
        setting
    }

    fn file(&self) -> PathBuf {
        self.authority.folder().join("psk.txt")
    }

    fn write(&self, lines: &str) {
        fs::write(self.file(), lines).expect("the file of keys is written");
    }

    fn broker(&self, ssl_options: &str) -> TestBroker {
        TestBroker::with(&format!(
            "psk_authentication {{ enable = true, init_file = \"{}\" }}
             listeners.ssl.default.ssl_options {{ {ssl_options} }}",
            self.file().display()
        ))
    }

    fn with_certificates(&self) -> TestBroker {
        self.broker(&self.authority.issue("server").keys())
    }
}

/// A secret as tools want it that take hexadecimal.
fn hexadecimal(secret: &str) -> String {
    secret.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Runs OpenSSL's client with a key; what it printed.
fn with_key(broker: &TestBroker, identity: &str, secret: &str, more: &[&str]) -> Option<String> {
    let secret = hexadecimal(secret);
    let arguments = [&["-psk_identity", identity, "-psk", &secret], more].concat();
    openssl(broker.address_of(SSL), &arguments)
}

#[test]
fn the_right_key_opens() {
    let setting = Setting::new();
    for broker in [setting.broker(ONLY_KEYS), setting.with_certificates()] {
        for (before, version) in VERSIONS.into_iter().enumerate() {
            let Some(output) = with_key(&broker, "sensor7", "open sesame", &[version]) else { return };
            assert!(output.contains(CONNACK), "{version}: {output}");
            expect_counts(&broker, SSL, &[(Normal, before as u64 + 1)], &[]);
        }
    }
}

#[test]
fn a_suite_that_is_named_alone_is_the_one_that_is_spoken() {
    let setting = Setting::new();
    for suite in ["PSK-AES128-GCM-SHA256", "PSK-AES256-CCM", "ECDHE-PSK-AES256-CBC-SHA384", "PSK-AES128-CBC-SHA"] {
        let broker = setting.broker(&format!("ciphers = \"{suite}\", versions = [tlsv1.2]"));
        let Some(output) = with_key(&broker, "sensor8", "0123456789abcdef", &["-cipher", suite]) else { return };
        assert!(output.contains(CONNACK), "{suite}: {output}");
        // TLS 1.3 is switched off.
        let output = with_key(&broker, "sensor8", "0123456789abcdef", &["-tls1_3"]).expect("it is installed");
        assert!(output.contains("alert protocol version"), "{output}");
        expect_counts(&broker, SSL, &[(Normal, 1), (TlsError, 1)], &[("protocol_version", 1)]);
    }
}

#[test]
fn another_key_is_refused() {
    let setting = Setting::new();
    for (version, word) in VERSIONS.into_iter().zip(["bad_record_mac", "decrypt_error"]) {
        for broker in [setting.broker(ONLY_KEYS), setting.with_certificates()] {
            let mut bystanders = Bystanders::of(&broker);
            let Some(output) = with_key(&broker, "sensor7", "shut sesame", &[version]) else { return };
            assert!(output.contains("alert") && !output.contains(CONNACK), "{version}: {output}");
            expect_counts(&broker, SSL, &[(TlsError, 1)], &[(word, 1)]);
            bystanders.exchange();
        }
    }
}

#[test]
fn an_identity_that_nobody_knows_is_refused() {
    let setting = Setting::new();
    let broker = setting.broker(ONLY_KEYS);
    for (before, version) in VERSIONS.into_iter().enumerate() {
        let Some(output) = with_key(&broker, "sensor9", "open sesame", &[version]) else { return };
        assert!(output.contains("alert") && !output.contains(CONNACK), "{version}: {output}");
        let count = before as u64 + 1;
        expect_counts(&broker, SSL, &[(TlsError, count)], &[("unknown_psk_identity", count)]);
    }
}

/// Whoever has no key is refused where there are only keys, and shown a certificate where there is one.
#[test]
fn a_client_without_a_key_needs_a_listener_with_a_certificate() {
    let setting = Setting::new();
    let broker = setting.broker(ONLY_KEYS);
    let words = [("no_suitable_cipher", 1), ("handshake_failure", 1)];
    for (index, version) in VERSIONS.into_iter().enumerate() {
        let Some(output) = openssl(broker.address_of(SSL), &[version]) else { return };
        assert!(output.contains("alert handshake failure"), "{version}: {output}");
        let mut words = words[..=index].to_vec();
        words.sort_unstable();
        expect_counts(&broker, SSL, &[(TlsError, index as u64 + 1)], &words);
    }
    let broker = setting.with_certificates();
    let way = Way::tcp().tls(setting.authority.trusting());
    let mut client = Client::v5("certified").through(&way).connect_to(broker.address_of(SSL));
    client.ping();
    client.disconnect();
    expect_counts(&broker, SSL, &[(Normal, 1)], &[]);
}

#[test]
fn mosquitto_publishes_with_a_key() {
    let Some(mosquitto_pub) = program("mosquitto_pub") else { return };
    let setting = Setting::new();
    for broker in [setting.broker(ONLY_KEYS), setting.with_certificates()] {
        let mut subscriber = Client::v5("subscriber").connect(&broker);
        subscriber.subscribe("psk/#", AtLeastOnce);
        let port = broker.address_of(SSL).port().to_string();
        for version in ["tlsv1.2", "tlsv1.3"] {
            let secret = hexadecimal("open sesame");
            let published = Command::new(&mosquitto_pub)
                .args(["-h", "127.0.0.1", "-p", &port, "--psk-identity", "sensor7", "--psk", &secret])
                .args(["--tls-version", version, "-q", "1", "-t", "psk/t", "-m", version])
                .output()
                .expect("mosquitto_pub runs");
            assert!(published.status.success(), "{version}: {published:?}");
            assert_eq!(subscriber.expect_publish().payload, version.as_bytes());
        }
    }
}

/// The suites that EMQX's manual names for pre-shared keys.
#[test]
fn suites_with_an_rsa_certificate_as_well() {
    let Some(program) = program("openssl") else { return };
    let setting = Setting::new();
    let [certificate, key] = ["rsa.pem", "rsa.key"].map(|name| setting.authority.folder().join(name));
    let made = Command::new(program)
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{made:?}");
    let broker = setting.broker(&format!(
        "certfile = \"{}\", keyfile = \"{}\", versions = [\"tlsv1.2\"]
         ciphers = [\"RSA-PSK-AES256-GCM-SHA384\", \"RSA-PSK-AES128-CBC-SHA256\", \"RSA-PSK-AES128-CBC-SHA\"]",
        certificate.display(),
        key.display()
    ));
    for suite in ["RSA-PSK-AES256-GCM-SHA384", "RSA-PSK-AES128-CBC-SHA256"] {
        let output = with_key(&broker, "sensor7", "open sesame", &["-cipher", suite]).expect("it is installed");
        assert!(output.contains(CONNACK), "{suite}: {output}");
    }
    expect_counts(&broker, SSL, &[(Normal, 2)], &[]);
}

#[test]
fn a_key_that_is_written_into_the_file_counts_without_a_restart() {
    let setting = Setting::new();
    let broker = setting.broker(ONLY_KEYS);
    let Some(output) = with_key(&broker, "sensor9", "new", &[]) else { return };
    assert!(!output.contains(CONNACK), "{output}");
    setting.write("sensor9:new\n");
    broker.certificates().clean_pem_cache();
    let output = with_key(&broker, "sensor9", "new", &[]).expect("it is installed");
    assert!(output.contains(CONNACK), "{output}");
    let output = with_key(&broker, "sensor7", "open sesame", &[]).expect("it is installed");
    assert!(!output.contains(CONNACK), "a key that was taken away opens nothing: {output}");
    // What cannot be read changes nothing.
    setting.write("sensor9\n");
    broker.certificates().clean_pem_cache();
    let output = with_key(&broker, "sensor9", "new", &[]).expect("it is installed");
    assert!(output.contains(CONNACK), "{output}");
}

#[test]
fn who_does_not_say_what_it_wants_is_closed_in_time() {
    let setting = Setting::new();
    for options in [ONLY_KEYS.to_owned(), setting.authority.issue("server").keys()] {
        let broker = setting.broker(&format!("{options}, handshake_timeout = 300ms"));
        let silent = open(broker.address_of(SSL));
        assert_eq!(read_to_end(silent), b"");
        expect_counts(&broker, SSL, &[(TlsTimeout, 1)], &[]);
    }
}
