//! What goes together in `ssl_options`, and what is said of what does not.

use crate::{errors_of, load_text, warnings_of};

fn in_ssl(text: &str) -> String {
    format!("listeners.ssl.default.ssl_options {{\n{text}\n}}")
}

#[test]
fn a_certificate_and_its_key_need_each_other() {
    let key = "listeners.ssl.default.ssl_options";
    assert_eq!(
        errors_of(&in_ssl("certfile = a")),
        [format!("dunlin.conf:2: `{key}.certfile`: needs `keyfile`, the key of the certificate")]
    );
    assert_eq!(
        errors_of(&in_ssl("keyfile = a")),
        [format!("dunlin.conf:2: `{key}.keyfile`: needs `certfile`, the certificate of the key")]
    );
    let quic = "listeners.quic.default.ssl_options.keyfile = k";
    assert_eq!(
        errors_of(quic),
        ["dunlin.conf:1: `listeners.quic.default.ssl_options.keyfile`: needs `certfile`, the certificate of the key"]
    );
}

#[test]
fn what_needs_verify_peer_says_so() {
    for key in ["fail_if_no_peer_cert", "enable_crl_check"] {
        let expected = format!(
            "dunlin.conf:2: `listeners.ssl.default.ssl_options.{key}`: is true, but clients are not asked for a certificate; \
             set `verify = verify_peer` beside it, or this to false"
        );
        assert_eq!(errors_of(&in_ssl(&format!("{key} = true"))), [expected]);
        load_text(&in_ssl(&format!("{key} = true, verify = verify_peer, cacertfile = ca"))).unwrap();
        load_text(&in_ssl(&format!("{key} = false"))).unwrap();
    }
}

#[test]
fn verify_peer_without_authorities_is_warned_of() {
    let warnings = warnings_of(&in_ssl("verify = verify_peer"));
    let expected = "dunlin.conf:2: `listeners.ssl.default.ssl_options.verify`: no `cacertfile` is set beside it: without the \
                    certificates of those who sign the clients' certificates no client can be verified";
    assert!(warnings.iter().any(|warning| warning == expected), "{warnings:?}");
    let warnings = warnings_of(&in_ssl("verify = verify_peer, cacertfile = ca"));
    assert!(!warnings.iter().any(|warning| warning.contains("cacertfile")), "{warnings:?}");
}

#[test]
fn who_asks_for_an_old_version_is_told_why_it_is_not_there() {
    let expected = "dunlin.conf:2: `listeners.ssl.default.ssl_options.versions.3` is `tlsv1.1`, but must be one of `tlsv1.3`, \
                    `tlsv1.2`; 1.1, 1.0 and SSL are not offered: they are broken and forbidden since 2021 (RFC 8996)";
    assert_eq!(errors_of(&in_ssl("versions = [\"tlsv1.3\", \"tlsv1.2\", \"tlsv1.1\"]")), [expected]);
    assert_eq!(
        errors_of(&in_ssl("versions = []")),
        ["dunlin.conf:2: `listeners.ssl.default.ssl_options.versions`: is empty; name `tlsv1.3`, `tlsv1.2` or both"]
    );
}

#[test]
fn what_steers_the_tls_of_erlang_is_a_warning() {
    let warnings = warnings_of(&in_ssl("hibernate_after = 5s\nlog_level = notice"));
    let path = "listeners.ssl.default.ssl_options";
    let no_effect = "has no effect: what it tunes in EMQX does not exist here";
    for expected in [
        format!("dunlin.conf:2: `{path}.hibernate_after` {no_effect}"),
        format!("dunlin.conf:3: `{path}.log_level` {no_effect}"),
    ] {
        assert!(warnings.contains(&expected), "{expected} is not in {warnings:?}");
    }
}

#[test]
fn a_bundle_takes_the_place_of_files() {
    let key = "listeners.ssl.default.ssl_options";
    let warnings = warnings_of(&in_ssl(
        "certfile = a, keyfile = b\nmanaged_certs { bundle_name = \"example.com\" }\nverify = verify_peer",
    ));
    for name in ["certfile", "keyfile"] {
        let expected =
            format!("dunlin.conf:2: `{key}.{name}`: has no effect: the bundle in `managed_certs` takes its place");
        assert!(warnings.contains(&expected), "{warnings:?}");
    }
    assert!(!warnings.iter().any(|warning| warning.contains("no `cacertfile`")), "{warnings:?}");
    let quic = load_text("listeners.quic.default.ssl_options.managed_certs = [{ bundle_name = b }]").unwrap();
    let quic = quic.config.listeners.iter().find(|listener| listener.id() == "quic:default").unwrap();
    assert_eq!(quic.kind.ssl().unwrap().managed_certs[0].bundle_name, "b");
    let name = "a name of letters, digits, `-`, `_` and `.`, beginning with a letter or a digit, such as `example.com`";
    assert_eq!(
        errors_of(&in_ssl("managed_certs { bundle_name = \"../b\" }")),
        [format!("dunlin.conf:2: `{key}.managed_certs.1.bundle_name` is `../b`, but must be {name}")]
    );
    assert_eq!(
        errors_of(&in_ssl("managed_certs = [{ namespace = n }]")),
        [format!("dunlin.conf:2: `{key}.managed_certs.1.bundle_name` is missing; it must be {name}")]
    );
    let two = "authentication = [{ mechanism = password_based, backend = redis, server = \"r\", cmd = \"HMGET u p\", ssl { enable = \
               true, verify = verify_peer, managed_certs = [{ bundle_name = a }, { bundle_name = b }] } }]";
    let errors = errors_of(two);
    assert!(errors[0].ends_with("names several bundles; a client shows one certificate"), "{errors:?}");
}

#[test]
fn quic_has_a_part_of_the_options() {
    assert_eq!(
        errors_of("listeners.quic.default.ssl_options.versions = [\"tlsv1.2\"]"),
        ["dunlin.conf:1: unknown key `listeners.quic.default.ssl_options.versions`"]
    );
    assert_eq!(
        errors_of("listeners.quic.default.tcp_options.nodelay = true"),
        [
            "dunlin.conf:1: unknown key `listeners.quic.default.tcp_options`; did you mean `listeners.quic.default.ssl_options`?"
        ]
    );
    assert_eq!(
        errors_of("listeners.tcp.default.ssl_options.certfile = c"),
        [
            "dunlin.conf:1: unknown key `listeners.tcp.default.ssl_options`; did you mean `listeners.tcp.default.tcp_options`?"
        ]
    );
}

/// A key, or what was meant to be one, never stands in a message or in what is shown for debugging.
#[test]
fn no_secret_is_shown() {
    let text = in_ssl(
        "certfile = \"c\", keyfile = \"-----BEGIN PRIVATE KEY-----\\nSECRET\"\npassword = SECRET\nsni_certs = [{ certfile = \
         c, keyfile = \"MII\\nSECRET\" }]",
    );
    let loaded = load_text(&text).unwrap();
    assert!(!format!("{:?} {:?}", loaded.config, loaded.warnings).contains("SECRET"));
    let errors = errors_of(&in_ssl("keyfile = \"MII\\nSECRET\"\npassword = [SECRET]"));
    assert!(!errors.concat().contains("SECRET"), "{errors:?}");
}
