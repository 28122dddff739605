//! Which listeners take pre-shared keys, and what is wrong with the file of keys.

use super::certificates::Told;
use super::{configuration, listener};
use crate::listening::{Certificates, layering, quic_server_config};
use dunlin_config::{Config, Mqtt};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn with_keys(folder: &Path, more: &str) -> Config {
    let file = folder.join("psk.txt");
    configuration(
        folder,
        &format!("psk_authentication {{ enable = true, init_file = \"{}\" }}\n{more}", file.display()),
    )
}

/// What an `ssl` listener with these ciphers takes, as its layers are shown.
fn taken(folder: &Path, ciphers: &str) -> &'static str {
    let config = with_keys(folder, &format!("listeners.ssl.default.ssl_options.ciphers = \"{ciphers}\""));
    Certificates::check(&config).unwrap();
    let layers = layering(listener(&config, "ssl:default"), &Mqtt::default(), &Certificates::new(&config));
    let shown = format!("{:?}", layers.unwrap().unwrap());
    let kinds = ["Some(Keys(", "Some(Either(", "Some(Certificates("];
    kinds.into_iter().find(|kind| shown.contains(kind)).unwrap()
}

#[test]
fn the_ciphers_of_a_listener_say_whether_it_takes_keys() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("psk.txt"), "client1:1234\n").unwrap();
    for (ciphers, expected) in [
        ("", "Some(Either("),
        ("PSK-AES128-GCM-SHA256", "Some(Keys("),
        ("PSK-AES128-GCM-SHA256,TLS_AES_256_GCM_SHA384", "Some(Either("),
        ("ECDHE-ECDSA-AES128-GCM-SHA256,TLS_AES_128_GCM_SHA256", "Some(Certificates("),
    ] {
        assert_eq!(taken(folder.path(), ciphers), expected, "{ciphers}");
    }
}

/// It has TLS 1.3 with certificates only.
#[test]
fn a_quic_listener_takes_no_keys() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("psk.txt"), "client1:1234\n").unwrap();
    let config = with_keys(folder.path(), "listeners.quic.default.bind = 3");
    let certificates = Certificates::new(&config);
    quic_server_config(listener(&config, "quic:default"), &certificates).unwrap();
    assert!(certificates.quic_server_config("quic:default").is_some());
}

#[test]
fn mistakes_are_one_line_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("psk.txt");
    let error = |ciphers: &str| {
        let config =
            with_keys(folder.path(), &format!("listeners.ssl.default.ssl_options {{ ciphers = \"{ciphers}\" }}"));
        let layers = layering(listener(&config, "ssl:default"), &Mqtt::default(), &Certificates::new(&config));
        let line = layers.unwrap_err().to_string();
        assert_eq!(Certificates::check(&config).unwrap_err().to_string(), line);
        assert!(!line.contains('\n'), "{line}");
        line
    };
    let expected = format!("psk_authentication.init_file: {} cannot be read: ", file.display());
    assert!(error("").starts_with(&expected));
    fs::write(&file, "client1:sesame\nclient2 sesame\n").unwrap();
    let expected = format!(
        "psk_authentication.init_file: {} line 2: there is no : between an identity and its secret",
        file.display()
    );
    assert_eq!(error(""), expected);
    fs::write(&file, "client1:sesame\n").unwrap();
    let line = error("RSA-PSK-AES128-GCM-SHA256");
    assert!(line.starts_with("listeners.ssl.default.ssl_options.certfile is missing: "), "{line}");
}

#[test]
fn a_file_that_breaks_is_an_alarm_until_it_is_right_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("psk.txt");
    fs::write(&file, "client1:1234\n").unwrap();
    let config = with_keys(folder.path(), "");
    let certificates = Arc::new(Certificates::new(&config));
    layering(listener(&config, "ssl:default"), &Mqtt::default(), &certificates).unwrap();
    let told = Told::default();
    let _watch = certificates.watch(told.hooks()).unwrap();
    fs::write(&file, "client1\n").unwrap();
    certificates.check_files();
    let line = format!("{} line 1: there is no : between an identity and its secret", file.display());
    assert_eq!(told.take(), [format!("raise psk_reload_failed: psk_authentication.init_file: {line}")]);
    certificates.check_files();
    assert!(told.take().is_empty(), "it is said once");
    fs::write(&file, "client1:1234\n").unwrap();
    certificates.check_files();
    assert_eq!(told.take(), ["end psk_reload_failed"]);
}
