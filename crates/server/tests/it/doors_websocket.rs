//! WebSocket listeners and clients that are no MQTT clients, or bad ones.

use crate::doors::{Bystanders, CONNECT, expect_counts, open, say};
use dunlin_model::DisconnectReason::{FrameTooLarge, Normal, UpgradeRefused, WebSocketError};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, TestBroker, Way, WebSocketLine};
use std::net::TcpStream;

const WS: &str = "ws:default";

fn broker(options: &str) -> TestBroker {
    TestBroker::with(&format!("listeners.ws.default.websocket {{ {options} }}"))
}

fn upgraded(broker: &TestBroker) -> WebSocketLine<TcpStream> {
    let answer = WebSocketLine::upgrade(open(broker.address_of(WS)), "mqtt", "").expect("an answer");
    answer.expect("the upgrade is granted")
}

/// The listener goes on.
fn assert_served(broker: &TestBroker, bystanders: &mut Bystanders) {
    bystanders.exchange();
    let mut client = Client::v5("good").through(&Way::tcp().websocket()).connect_to(broker.address_of(WS));
    client.ping();
    client.disconnect();
}

/// [MQTT-6.0.0-1]
#[test]
fn frames_against_the_rules_end_the_connection_with_a_code() {
    let masked_text: &[u8] = &[0x81, 0x81, 1, 2, 3, 4, b'a' ^ 1];
    let masked_binary_of_5: &[u8] = &[0x82, 0x85, 0, 0, 0, 0, 1, 2, 3, 4, 5];
    let unmasked: &[u8] = &[0x82, 2, 0xC0, 0];
    let reserved: &[u8] = &[0x83, 0x80, 0, 0, 0, 0];
    // A length of 2^32: refused before any of it comes.
    let huge: &[u8] = &[0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    for (options, frame, code, word) in [
        ("", masked_text, 1003, "unexpected_ws_frame"),
        ("max_frame_size = 4", masked_binary_of_5, 1009, "ws_frame_too_large"),
        ("max_frame_size = 1MB", huge, 1009, "ws_frame_too_large"),
        ("", unmasked, 1002, "ws_protocol_error"),
        ("", reserved, 1002, "ws_protocol_error"),
    ] {
        let broker = broker(options);
        let mut bystanders = Bystanders::of(&broker);
        let mut client = upgraded(&broker);
        client.send_raw(frame).expect("it is sent");
        let last = client.next_frame().expect("a frame").expect("a goodbye");
        assert_eq!(last.close_code(), Some(code), "{word} {last:?}");
        assert!(client.next_frame().map_or(true, |frame| frame.is_none()), "nothing follows");
        drop(client);
        expect_counts(&broker, WS, &[(WebSocketError, 1)], &[(word, 1)]);
        bystanders.exchange();
    }
}

#[test]
fn a_client_without_a_keep_alive_may_not_be_silent_for_ever() {
    let broker = broker("idle_timeout = 200ms");
    let connect_with = |seconds: u16| {
        let silent = Client::v5("silent").keep_alive(seconds).through(&Way::tcp().websocket());
        silent.connect_to(broker.address_of(WS))
    };
    connect_with(0).expect_disconnect(ReasonCode::KeepAliveTimeout);
    // A keep alive of its own may be shorter, not longer.
    connect_with(3_600).expect_disconnect(ReasonCode::KeepAliveTimeout);
}

/// [MQTT-6.0.0-2] What is well-formed WebSocket can still be too much for MQTT.
#[test]
fn a_packet_above_the_limit_ends_the_connection_whatever_its_frames() {
    let broker = TestBroker::with("listeners.ws.default.websocket {}\n mqtt.max_packet_size = 1KB");
    let mut bystanders = Bystanders::of(&broker);
    let mut client = upgraded(&broker);
    client.send_frame(0x82, CONNECT).expect("it is sent");
    assert_eq!(client.next_frame().expect("a frame").expect("CONNACK").payload, [0x20, 2, 0, 0]);
    // PUBLISH of 2,000 bytes, in small pieces.
    let mut packet = vec![0x30, 0xD0, 0x0F, 0, 1, b't'];
    packet.resize(2_003, b'x');
    for piece in packet.chunks(100) {
        if client.send_frame(0x82, piece).is_err() {
            break;
        }
    }
    drop(crate::doors::read_to_end(client));
    expect_counts(&broker, WS, &[(FrameTooLarge, 1)], &[]);
    assert_served(&broker, &mut bystanders);
}

/// [MQTT-6.0.0-3]
#[test]
fn a_client_of_another_subprotocol_or_of_none_is_refused() {
    let broker = broker("");
    let mut bystanders = Bystanders::of(&broker);
    for subprotocol in ["stomp", "mqttx", ""] {
        let answer = WebSocketLine::upgrade(open(broker.address_of(WS)), subprotocol, "").expect("an answer");
        let answer = answer.expect_err("no upgrade");
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("Sec-WebSocket-Protocol"), "{answer}");
    }
    expect_counts(&broker, WS, &[(UpgradeRefused, 3)], &[("ws_upgrade_refused", 3)]);
    assert_served(&broker, &mut bystanders);
    expect_counts(&broker, WS, &[(Normal, 1), (UpgradeRefused, 3)], &[("ws_upgrade_refused", 3)]);
}

#[test]
fn requests_that_are_no_upgrade_are_answered_in_http() {
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n";
    let long = "x".repeat(70_000);
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), "404"),
        (format!("GET /other HTTP/1.1\r\nHost: h\r\n{upgrade}\r\n"), "404"),
        ("GET /mqtt HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), "426"),
        (format!("POST /mqtt HTTP/1.1\r\nHost: h\r\n{upgrade}\r\n"), "405"),
        (format!("GET /mqtt HTTP/1.1\r\nHost: h\r\nCookie: {long}\r\n{upgrade}\r\n"), "431"),
    ] {
        let broker = broker("");
        let mut bystanders = Bystanders::of(&broker);
        let answer = say(broker.address_of(WS), request.as_bytes());
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{status}: {answer}");
        expect_counts(&broker, WS, &[(UpgradeRefused, 1)], &[("ws_upgrade_refused", 1)]);
        assert_served(&broker, &mut bystanders);
    }
}
