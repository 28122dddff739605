//! Why connections end below MQTT, and what is said about it.

use super::client::Client;
use super::event_loop::EventLoop;
use super::setting::{Combination, Keys, certificates};
use crate::{Layers, Tls};
use dunlin_transport::{LayerEnding, Stage};
use dunlin_websocket::WebSocketOptions;
use rustls::{AlertDescription, Error};
use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::time::Duration;

/// Moves bytes until nothing moves.
fn run(event_loop: &mut EventLoop, client: &mut Client) {
    loop {
        let there = std::mem::take(&mut client.to_wire);
        event_loop.peer.deliver(&there);
        event_loop.readable();
        let back = event_loop.peer.drain(usize::MAX);
        client.take(&back);
        if there.is_empty() && back.is_empty() {
            return;
        }
    }
}

fn ending_after(layers: &Layers, client: &mut Client) -> (EventLoop, LayerEnding) {
    let mut event_loop = EventLoop::new(layers, 64 * 1024, 1 << 20);
    run(&mut event_loop, client);
    let ending = event_loop.stack.ending().expect("it has ended");
    (event_loop, ending)
}

fn only_proxy() -> Layers {
    Layers { proxy: Some(Duration::from_secs(3)), ..Layers::default() }
}

fn only_websocket() -> Layers {
    Layers { websocket: Some(Arc::new(WebSocketOptions::default())), ..Layers::default() }
}

/// A client that sends these bytes first.
fn client_saying(bytes: &[u8]) -> Client {
    let mut client = Client::default();
    client.to_wire.extend_from_slice(bytes);
    client
}

#[test]
fn who_sends_no_proxy_header_is_refused_whatever_is_above() {
    for combination in Combination::all().into_iter().filter(|combination| combination.proxy) {
        for said in [
            &b"\x10\x0c\0\x04MQTT\x05\0\0\x3c"[..],
            b"GET /mqtt HTTP/1.1\r\n",
            b"\x16\x03\x01\0\x05",
            b"PROXY TCP5 a b 1 2\r\n",
        ] {
            let (mut event_loop, ending) = ending_after(&combination.layers(), &mut client_saying(said));
            let LayerEnding { layer, word, by_peer, detail } = ending;
            assert_eq!((layer, word, by_peer), (Stage::Proxy, "proxy_proto_close", false), "{combination:?} {detail}");
            assert_eq!(event_loop.ended, Some(Err(ErrorKind::InvalidData)));
            assert_eq!(event_loop.stack.stage(), Stage::Proxy);
            assert_eq!((event_loop.received.len(), event_loop.facts.is_none()), (0, true));
            // It stays refused, also if a good header should follow.
            event_loop.peer.deliver(super::setting::PROXY_LINE);
            event_loop.ended = None;
            event_loop.readable();
            assert_eq!(event_loop.ended, Some(Err(ErrorKind::InvalidData)));
        }
    }
}

#[test]
fn a_header_in_pieces_is_refused_as_soon_as_it_is_wrong() {
    let mut event_loop = EventLoop::new(&only_proxy(), 16, 1 << 20);
    for piece in [&b"PROXY TCP4 192.0.2."[..], b"7 198.51.100.1 40312"] {
        event_loop.peer.deliver(piece);
        event_loop.readable();
        assert_eq!(event_loop.ended, None);
    }
    event_loop.peer.deliver(b" 99999\r\n\x10");
    event_loop.readable();
    assert_eq!(event_loop.ended, Some(Err(ErrorKind::InvalidData)));
    assert!(event_loop.stack.ending().unwrap().detail.contains("port"));
}

#[test]
fn a_header_of_the_greatest_length_is_taken_and_a_longer_one_refused() {
    for (length, is_taken) in [(8 * 1024 - 16, true), (8 * 1024 - 15, false)] {
        let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11".to_vec();
        header.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        header.extend_from_slice(&[192, 0, 2, 7, 198, 51, 100, 1, 0x9d, 0x78, 7, 0x5b, 4]);
        header.extend_from_slice(&u16::try_from(length - 15).unwrap().to_be_bytes());
        header.resize(16 + length, 0);
        header.extend_from_slice(b"mqtt");
        let mut event_loop = EventLoop::new(&only_proxy(), 100, 1 << 20);
        for piece in header.chunks(1000) {
            event_loop.peer.deliver(piece);
            event_loop.readable();
        }
        assert_eq!(event_loop.ended.is_none(), is_taken);
        assert_eq!(event_loop.received == b"mqtt", is_taken);
    }
}

#[test]
fn an_end_before_the_header_is_the_peers() {
    let mut event_loop = EventLoop::new(
        &Combination { proxy: true, tls: true, websocket: true, compress: false, keys: Keys::None }.layers(),
        64,
        64,
    );
    event_loop.peer.deliver(b"PROXY TCP4 ");
    event_loop.peer.end();
    event_loop.readable();
    assert_eq!(event_loop.ended, Some(Ok(())));
    let ending = event_loop.stack.ending().unwrap();
    assert_eq!((ending.layer, ending.word, ending.by_peer), (Stage::Proxy, "proxy_proto_close", true));
    assert_eq!(ending.detail, "the peer closed the connection after 11 bytes of its PROXY header");
}

#[test]
fn a_failed_handshake_says_why() {
    let verifying = |is_needed| Layers {
        tls: Some(Tls::Certificates(certificates().verifying_context(is_needed))),
        ..Layers::default()
    };
    let mut expired = Client::default();
    expired.begin_tls(certificates().client_named("late", true), "localhost");
    let (event_loop, ending) = ending_after(&verifying(false), &mut expired);
    assert_eq!((ending.layer, ending.word, ending.by_peer), (Stage::Tls, "certificate_expired", false));
    assert_eq!((event_loop.stack.stage(), event_loop.facts.is_none()), (Stage::Tls, true));
    assert_eq!(expired.tls_error, Some(Error::AlertReceived(AlertDescription::CertificateExpired)));

    let mut without = Client::default();
    without.begin_tls(Arc::clone(&certificates().client), "localhost");
    assert_eq!(ending_after(&verifying(true), &mut without).1.word, "certificate_required");

    let mut plain = client_saying(b"\x10\x0c\0\x04MQTT\x05\0\0\x3c");
    let (_, ending) = ending_after(&verifying(false), &mut plain);
    assert_eq!((ending.word, ending.by_peer), ("not_tls", false));

    // The client does not accept the name.
    let mut elsewhere = Client::default();
    elsewhere.begin_tls(Arc::clone(&certificates().client), "other.example");
    let mut event_loop = EventLoop::new(
        &Layers { tls: Some(Tls::Certificates(Arc::clone(&certificates().context))), ..Layers::default() },
        64,
        9000,
    );
    run(&mut event_loop, &mut elsewhere);
    assert!(elsewhere.tls_error.is_some());
    let ending = event_loop.stack.ending().unwrap();
    assert_eq!((ending.layer, ending.by_peer), (Stage::Tls, true), "{ending:?}");
}

#[test]
fn a_broken_record_after_the_handshake_is_an_ssl_error() {
    let combination = Combination { proxy: false, tls: true, websocket: false, compress: false, keys: Keys::None };
    let mut client = combination.client();
    let mut event_loop = EventLoop::new(&combination.layers(), 64 * 1024, 1 << 20);
    run(&mut event_loop, &mut client);
    client.to_wire.extend_from_slice(b"\x17\x03\x03\0\x20");
    client.to_wire.write_all(&[0; 32]).unwrap();
    run(&mut event_loop, &mut client);
    let ending = event_loop.stack.ending().unwrap();
    assert_eq!((ending.layer, ending.word, ending.by_peer), (Stage::Tls, "ssl_error", false));
    assert_eq!(event_loop.stack.stage(), Stage::Open);
}

#[test]
fn an_end_after_the_handshake_is_ssl_closed() {
    for combination in Combination::all().into_iter().filter(|combination| combination.tls) {
        let mut client = combination.client();
        let mut event_loop = EventLoop::new(&combination.layers(), 64 * 1024, 1 << 20);
        run(&mut event_loop, &mut client);
        event_loop.peer.end();
        event_loop.readable();
        assert_eq!(event_loop.ended, Some(Ok(())));
        let ending = event_loop.stack.ending().unwrap();
        assert_eq!((ending.layer, ending.word, ending.by_peer), (Stage::Tls, "ssl_closed", true));
    }
}

#[test]
fn a_refused_upgrade_is_answered() {
    for tls in [false, true] {
        let combination = Combination { proxy: false, tls, websocket: true, compress: false, keys: Keys::None };
        let mut client = Combination { websocket: false, ..combination }.client();
        client.write_below(
            b"GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        );
        let (event_loop, ending) = ending_after(&combination.layers(), &mut client);
        assert_eq!((ending.layer, ending.word, ending.by_peer), (Stage::Upgrade, "ws_upgrade_refused", false));
        assert!(ending.detail.starts_with("404 "), "{}", ending.detail);
        assert!(client.received.starts_with(b"HTTP/1.1 404 Not Found\r\n"));
        assert_eq!((event_loop.stack.stage(), event_loop.facts.is_none()), (Stage::Upgrade, true));
        assert_eq!(event_loop.ended, Some(Err(ErrorKind::InvalidData)));
    }
}

/// [MQTT-6.0.0-1]: MQTT is in binary frames, and the connection is closed otherwise.
#[test]
fn violations_of_websocket_have_their_words() {
    let small = WebSocketOptions { max_frame_size: Some(10), ..WebSocketOptions::default() };
    let small = Layers { websocket: Some(Arc::new(small)), ..Layers::default() };
    let rows = [
        (only_websocket(), 0x81, "unexpected_ws_frame", 1003),
        (small, 0x82, "ws_frame_too_large", 1009),
        (only_websocket(), 0x83, "ws_protocol_error", 1002),
    ];
    for (layers, first, word, code) in rows {
        let mut client = Client::default();
        client.begin_upgrade("");
        client.send_frame(first, b"more than ten bytes");
        let (event_loop, ending) = ending_after(&layers, &mut client);
        assert_eq!((ending.layer, ending.word, ending.by_peer), (Stage::Open, word, false));
        assert_eq!((client.close_code, event_loop.stack.stage()), (Some(code), Stage::Open));
        assert_eq!(event_loop.ended, Some(Err(ErrorKind::InvalidData)));
    }
}

#[test]
fn a_client_that_closes_websocket_is_answered() {
    let mut client = Client::default();
    client.begin_upgrade("");
    client.send(b"mqtt");
    client.send_frame(0x88, &1001_u16.to_be_bytes());
    let (event_loop, ending) = ending_after(&only_websocket(), &mut client);
    assert_eq!((ending.word, ending.by_peer), ("closed", true));
    assert_eq!(ending.detail, "the client closed WebSocket with code 1001");
    assert_eq!((&*event_loop.received, client.close_code), (&b"mqtt"[..], Some(1001)));
    assert_eq!(event_loop.ended, Some(Ok(())));
}

/// It would be served without its forwarded address, which only an open connection has.
#[test]
fn a_client_that_says_everything_before_the_answer_is_not_served() {
    let mut event_loop = EventLoop::new(&only_websocket(), 64 * 1024, 1 << 20);
    let mut waiting = Client::default();
    waiting.begin_upgrade("X-Forwarded-For: 203.0.113.9\r\n");
    let mut bytes = std::mem::take(&mut waiting.to_wire);
    // What it would send after the answer: MQTT, and its goodbye.
    bytes.extend_from_slice(&[0x82, 0x84, 0, 0, 0, 0, b'm', b'q', b't', b't', 0x88, 0x80, 0, 0, 0, 0]);
    event_loop.peer.deliver(&bytes);
    event_loop.readable();
    assert_eq!((event_loop.received.len(), event_loop.facts.is_none()), (0, true));
    assert_eq!(event_loop.ended, Some(Ok(())));
}
