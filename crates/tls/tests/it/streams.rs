//! What a stream promises to an event loop, with the TLS library's own client at the other end.

use crate::support::authority::Authority;
use crate::support::memory_socket::MemorySocket;
use crate::support::now;
use crate::support::pair::{Pair, client_config};
use dunlin_tls::{CrlStore, Side, TlsContext};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, SupportedProtocolVersion};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

fn server_and_client(versions: &[&'static SupportedProtocolVersion]) -> (TlsContext, Arc<ClientConfig>) {
    let root = Authority::root("root");
    let context = TlsContext::load(&root.server("localhost").options(), &CrlStore::new(1), now()).unwrap();
    (context, Arc::new(client_config(root.certificate.der(), None, versions)))
}

#[test]
fn plaintext_goes_both_ways_in_both_versions() {
    for (version, name) in [(&TLS12, "tlsv1.2"), (&TLS13, "tlsv1.3")] {
        let (context, client) = server_and_client(&[version]);
        let mut pair = Pair::new(&context, &client, "localhost");
        assert!(pair.server.is_handshaking());
        pair.run();
        assert!(!pair.server.is_handshaking());
        assert_eq!(pair.server.version(), Some(name));
        assert_eq!(pair.server.server_name(), Some("localhost"));
        assert!(pair.server.cipher().unwrap().contains("AES256-GCM") || name == "tlsv1.3");
        pair.client_sends(b"connect");
        assert_eq!(pair.received, b"connect");
        assert_eq!(pair.server.write(b"connack").unwrap(), 7);
        pair.run();
        assert_eq!(pair.client_received(), b"connack");
        assert!(!pair.server.wants_write() && !pair.server.has_pending_read());
    }
}

#[test]
fn a_handshake_that_comes_byte_by_byte_succeeds() {
    for version in [&TLS12, &TLS13] {
        let (context, client) = server_and_client(&[version]);
        let mut pair = Pair::new(&context, &client, "localhost");
        pair.server.socket_mut().read_bytes_max = 1;
        pair.run();
        pair.client_sends(b"one");
        assert_eq!(pair.received, b"one");
    }
}

#[test]
fn a_socket_that_takes_little_at_a_time_gets_everything_in_order() {
    for version in [&TLS12, &TLS13] {
        let (context, client) = server_and_client(&[version]);
        let mut pair = Pair::with_room(&context, &client, "localhost", 100);
        pair.run();
        assert!(!pair.server.is_handshaking());
        let message: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
        let (mut written, mut received) = (0, Vec::new());
        while received.len() < message.len() {
            if written < message.len() {
                match pair.server.write(&message[written..]) {
                    Ok(count) => written += count,
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
                }
            }
            // What waits stays bounded, whatever is written.
            assert!(pair.server.outgoing_bytes() <= 66 * 1024);
            assert!(pair.step(), "nothing moves after {} bytes", received.len());
            received.extend(pair.client_received());
        }
        assert_eq!(received, message);
        assert!(!pair.server.wants_write());
    }
}

#[test]
fn a_reader_with_a_small_buffer_is_told_that_there_is_more() {
    let (context, client) = server_and_client(&[&TLS13]);
    let mut pair = Pair::new(&context, &client, "localhost");
    pair.run();
    let message: Vec<u8> = (0..20_000_u32).flat_map(u32::to_be_bytes).collect();
    pair.client.writer().write_all(&message[..50_000]).unwrap();
    pair.step_client();
    pair.client.writer().write_all(&message[50_000..]).unwrap();
    pair.step_client();
    let mut received = Vec::new();
    let mut buffer = [0; 1000];
    loop {
        match pair.server.read(&mut buffer) {
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                break;
            }
        }
        if !pair.server.has_pending_read() {
            break;
        }
    }
    assert_eq!(received, message, "as much as was promised, without another readiness");
}

#[test]
fn an_end_shows_after_what_was_sent_before_it() {
    for with_alert in [true, false] {
        let (context, client) = server_and_client(&[&TLS13]);
        let mut pair = Pair::new(&context, &client, "localhost");
        pair.run();
        pair.client.writer().write_all(b"disconnect").unwrap();
        if with_alert {
            pair.client.send_close_notify();
        }
        pair.step_client();
        if !with_alert {
            pair.client_socket.shutdown();
        }
        let mut buffer = [0; 100];
        assert_eq!(pair.server.read(&mut buffer).unwrap(), 10);
        assert_eq!(&buffer[..10], b"disconnect");
        assert_eq!(
            pair.server.has_pending_read(),
            with_alert,
            "an alert has been read already, a socket's end has not"
        );
        assert_eq!(pair.server.read(&mut buffer).unwrap(), 0);
        assert_eq!(pair.server.read(&mut buffer).unwrap(), 0);
        assert!(!pair.server.has_pending_read());
    }
}

#[test]
fn the_client_hears_the_end() {
    for version in [&TLS12, &TLS13] {
        let (context, client) = server_and_client(&[version]);
        let mut pair = Pair::new(&context, &client, "localhost");
        pair.run();
        pair.server.write_all(b"bye").unwrap();
        pair.server.close_notify();
        pair.run();
        let mut bytes = Vec::new();
        assert_eq!(pair.client.reader().read_to_end(&mut bytes).unwrap(), 3, "a clean end, not a cut");
        assert_eq!(pair.server.write(b"more").unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}

#[test]
fn nothing_is_written_before_the_handshake_has_ended() {
    let (context, client) = server_and_client(&[&TLS13]);
    let mut pair = Pair::new(&context, &client, "localhost");
    assert_eq!(pair.server.write(b"early").unwrap_err().kind(), ErrorKind::WouldBlock);
    pair.server.close_notify();
    assert!(!pair.server.wants_write());
    pair.step_client();
    pair.step_server();
    assert_eq!(pair.server.write(b"early").unwrap_err().kind(), ErrorKind::WouldBlock);
    pair.run();
    assert_eq!(pair.server.write(b"late").unwrap(), 4);
}

#[test]
fn keys_can_be_renewed_in_the_middle() {
    let (context, client) = server_and_client(&[&TLS13]);
    let mut pair = Pair::new(&context, &client, "localhost");
    pair.run();
    for round in 0..3_u8 {
        pair.client.refresh_traffic_keys().unwrap();
        pair.client_sends(&[round]);
        pair.server.write_all(&[round]).unwrap();
        pair.run();
        assert_eq!(pair.client_received(), [round]);
    }
    assert_eq!(pair.received, [0, 1, 2]);
}

#[test]
fn a_damaged_record_ends_the_connection_after_what_came_before_it() {
    let (context, client) = server_and_client(&[&TLS13]);
    let mut pair = Pair::new(&context, &client, "localhost");
    pair.run();
    pair.client.writer().write_all(b"good").unwrap();
    pair.step_client();
    pair.client_socket
        .write_all(&[0x17, 3, 3, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        .unwrap();
    let mut buffer = [0; 100];
    assert_eq!(pair.server.read(&mut buffer).unwrap(), 4);
    assert!(pair.server.has_pending_read(), "the failure waits, and no readiness tells of it");
    assert_eq!(pair.server.read(&mut buffer).unwrap_err().kind(), ErrorKind::InvalidData);
    assert!(!pair.server.has_pending_read());
    assert_eq!(pair.server.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    pair.step_client();
    assert!(matches!(pair.client_error, Some(rustls::Error::AlertReceived(rustls::AlertDescription::BadRecordMac))));
}

#[test]
fn records_without_content_do_not_hold_the_loop() {
    let (context, client) = server_and_client(&[&TLS12]);
    let mut pair = Pair::new(&context, &client, "localhost");
    pair.run();
    // Never a plaintext byte, however long it is read.
    pair.client_socket.write_all(&[0x17]).unwrap();
    pair.server.socket_mut().read_bytes_max = 1;
    pair.client_socket.write_all(&[3, 3, 0x40, 0]).unwrap();
    pair.client_socket.write_all(&[0; 100]).unwrap();
    let mut buffer = [0; 100];
    let unread = pair.client_socket.unread_by_peer();
    assert_eq!(pair.server.read(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert!(pair.server.has_pending_read());
    assert!(pair.client_socket.unread_by_peer() > unread / 2, "others have their turn");
}

#[test]
fn other_protocols_are_recognised() {
    let (context, _) = server_and_client(&[&TLS13]);
    for (bytes, detail) in [
        (&b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"[..], "MQTT"),
        (b"GET /mqtt HTTP/1.1\r\n\r\n", "HTTP"),
        (b"\x00\x00\x00\x00\x00\x00\x00", "not TLS"),
    ] {
        let (socket, mut client) = MemorySocket::pair(1000);
        let mut server = context.accept(socket).unwrap();
        client.write_all(bytes).unwrap();
        let error = server.read(&mut [0; 100]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let failure = server.handshake_failure().unwrap();
        assert_eq!((failure.word, failure.side), ("not_tls", Side::Server));
        assert!(failure.detail.contains(detail), "{failure}");
        assert_eq!(failure.to_string(), error.to_string());
    }
}

#[test]
fn a_client_that_leaves_during_the_handshake_is_an_end_with_a_reason() {
    let (context, client) = server_and_client(&[&TLS13]);
    let mut pair = Pair::new(&context, &client, "localhost");
    pair.step_client();
    pair.client_socket.shutdown();
    assert_eq!(pair.server.read(&mut [0; 100]).unwrap(), 0);
    let failure = pair.server.handshake_failure().unwrap();
    assert_eq!((failure.word, failure.side), ("closed", Side::Client));
}
