//! Clients with pre-shared keys, and without, where listeners take keys.

use super::client::Client;
use super::event_loop::EventLoop;
use super::key_client::{IDENTITY, KeyClient, SECRET, keys};
use super::setting::certificates;
use crate::{Layers, Tls};
use dunlin_transport::{LayerEnding, Stage};
use openssl::ssl::SslVersion;
use rustls::{AlertDescription, Error};
use std::sync::Arc;

const VERSIONS: [SslVersion; 2] = [SslVersion::TLS1_2, SslVersion::TLS1_3];

fn only_keys() -> Layers {
    Layers { tls: Some(Tls::Keys(keys())), ..Layers::default() }
}

fn either() -> Layers {
    Layers { tls: Some(Tls::Either(Arc::clone(&certificates().context), keys())), ..Layers::default() }
}

/// Moves bytes until nothing moves.
fn run(layers: &Layers, client: &mut Client) -> EventLoop {
    let mut event_loop = EventLoop::new(layers, 64 * 1024, 1 << 20);
    loop {
        let there = std::mem::take(&mut client.to_wire);
        event_loop.peer.deliver(&there);
        event_loop.readable();
        let back = event_loop.peer.drain(usize::MAX);
        client.take(&back);
        if there.is_empty() && back.is_empty() {
            return event_loop;
        }
    }
}

fn with_key(version: SslVersion, identity: &'static str, secret: &'static str) -> Client {
    let mut client = Client::default();
    client.begin_tls_with_key(KeyClient::of_version(Some(version), identity, secret));
    client.send(b"mqtt");
    client
}

fn ending(layers: &Layers, client: &mut Client) -> LayerEnding {
    let event_loop = run(layers, client);
    assert_eq!((event_loop.stack.stage(), event_loop.facts.is_none()), (Stage::Tls, true));
    assert_eq!(event_loop.received, b"", "nothing a client says counts before it is let in");
    event_loop.stack.ending().expect("it has ended")
}

#[test]
fn the_right_key_opens_with_both_versions() {
    for layers in [only_keys(), either()] {
        for version in VERSIONS {
            let event_loop = run(&layers, &mut with_key(version, IDENTITY, SECRET));
            assert_eq!((&*event_loop.received, event_loop.stack.ending()), (&b"mqtt"[..], None), "{version:?}");
            let facts = event_loop.facts.unwrap();
            assert_eq!((facts.server_name.as_deref(), facts.username), (Some("localhost"), None));
        }
    }
}

#[test]
fn another_key_does_not_open_and_the_log_says_whose_it_was() {
    for layers in [only_keys(), either()] {
        for (version, word) in VERSIONS.into_iter().zip(["bad_record_mac", "decrypt_error"]) {
            let mut client = with_key(version, IDENTITY, "shut sesame");
            let LayerEnding { layer, word: said, detail, by_peer } = ending(&layers, &mut client);
            assert_eq!((layer, said, by_peer), (Stage::Tls, word, false), "{version:?} {detail}");
            assert!(
                detail.starts_with("the client's key for the identity \"sensor 7\" is probably another one"),
                "{detail}"
            );
            assert!(!detail.contains(SECRET), "{detail}");
            assert!(client.key.unwrap().error.unwrap().contains("alert"), "the client is told");
        }
    }
}

#[test]
fn an_identity_that_nobody_knows_is_refused_where_there_are_only_keys() {
    for version in VERSIONS {
        let ending = ending(&only_keys(), &mut with_key(version, "nobody", SECRET));
        assert_eq!((ending.word, ending.by_peer), ("unknown_psk_identity", false), "{version:?} {}", ending.detail);
        assert_eq!(ending.detail, "there is no key for the identity \"nobody\"");
    }
    // In TLS 1.2 it is known from the first bytes on that the client wants a key.
    assert_eq!(ending(&either(), &mut with_key(SslVersion::TLS1_2, "nobody", SECRET)).word, "unknown_psk_identity");
}

/// In TLS 1.3 a key that is not known is no reason to refuse: the server shows its certificate, as RFC 8446 §4.2.11 has it.
#[test]
fn an_identity_that_nobody_knows_is_answered_with_a_certificate_where_there_is_one() {
    let event_loop = run(&either(), &mut with_key(SslVersion::TLS1_3, "nobody", SECRET));
    assert_eq!(event_loop.stack.ending(), None);
    assert_eq!(event_loop.received, b"mqtt", "this client verifies no certificate");
}

#[test]
fn a_client_without_a_key_is_refused_where_there_are_only_keys() {
    let mut client = Client::default();
    client.begin_tls(Arc::clone(&certificates().client), "localhost");
    let ending = ending(&only_keys(), &mut client);
    assert_eq!((ending.word, ending.by_peer), ("handshake_failure", false), "{}", ending.detail);
    assert_eq!(ending.detail, "the client offers no pre-shared key, and nothing else is spoken here");
    assert_eq!(client.tls_error, Some(Error::AlertReceived(AlertDescription::HandshakeFailure)));
}

#[test]
fn what_is_not_tls_is_called_so() {
    for layers in [only_keys(), either()] {
        for said in [&b"\x10\x0c\0\x04MQTT\x05\0\0\x3c"[..], b"GET /mqtt HTTP/1.1\r\n\r\n"] {
            let mut client = Client::default();
            client.to_wire.extend_from_slice(said);
            assert_eq!(ending(&layers, &mut client).word, "not_tls");
        }
    }
}

#[test]
fn an_end_before_the_greeting_is_whole_is_the_clients() {
    for layers in [only_keys(), either()] {
        for count in [0, 1, 5, 100] {
            let mut event_loop = EventLoop::new(&layers, 64, 1 << 20);
            let client = with_key(SslVersion::TLS1_3, IDENTITY, SECRET);
            event_loop.peer.deliver(&client.to_wire[..count]);
            event_loop.readable();
            assert_eq!((event_loop.ended, event_loop.stack.stage()), (None, Stage::Tls));
            event_loop.peer.end();
            event_loop.readable();
            assert_eq!(event_loop.ended, Some(Ok(())));
            let ending = event_loop.stack.ending().unwrap();
            assert_eq!((ending.layer, ending.word, ending.by_peer), (Stage::Tls, "closed", true), "{count}");
        }
    }
}

#[test]
fn the_handshake_has_the_same_limit_of_time_for_both() {
    use dunlin_transport::Layering;
    for layers in [only_keys(), either()] {
        assert_eq!((layers.timeout_ms(Stage::Tls), layers.is_empty()), (Some(15_000), false));
    }
}
