//! Damaged and random input: refused, never a panic, at every point of a connection.

use crate::support::authority::Authority;
use crate::support::memory_socket::MemorySocket;
use crate::support::now;
use crate::support::pair::{Pair, client_config};
use dunlin_tls::{CrlStore, PemSource, TlsContext, TlsOptions, Verify};
use rustls::version::{TLS12, TLS13};
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

/// Reads until there is nothing more, and does what a worker might do next; a panic is the failure.
fn exhaust(pair: &mut Pair) {
    pair.step_server();
    let _ = pair.server.write(b"answer");
    let _ = pair.server.flush();
    pair.step_server();
    pair.server.close_notify();
    pair.step_server();
}

#[test]
fn damage_anywhere_in_a_connection_does_no_more_than_end_it() {
    let root = Authority::root("root");
    let options = TlsOptions {
        cacertfile: Some(PemSource::parse(&root.pem())),
        verify: Verify::Peer,
        reuse_sessions: true,
        ..root.server("localhost").options()
    };
    let context = TlsContext::load(&options, &CrlStore::new(1), now()).unwrap();
    let device = root.client("device");
    let mut random = fastrand::Rng::with_seed(20);
    for round in 0..600 {
        let identity = Some((device.chain(), device.key_der()));
        let version = if round % 2 == 0 { &TLS12 } else { &TLS13 };
        let client = Arc::new(client_config(root.certificate.der(), identity, &[version]));
        let mut pair = Pair::new(&context, &client, "localhost");
        pair.server.socket_mut().read_bytes_max = [1, 7, 100, 4000][random.usize(..4)];
        // Some whole turns, then one with damage.
        for _ in 0..random.usize(..4) {
            pair.step();
        }
        let _ = pair.client.writer().write_all(&[b'x'; 300]);
        let mut flight = Vec::new();
        while pair.client.wants_write() {
            pair.client.write_tls(&mut flight).unwrap();
        }
        match random.usize(..4) {
            0 => flight.truncate(random.usize(..=flight.len())),
            1 => flight.extend((0..random.usize(..200)).map(|_| random.u8(..))),
            _ if flight.is_empty() => {}
            2 => {
                let at = random.usize(..flight.len());
                flight[at] ^= 1 << random.usize(..8);
            }
            _ => {
                let at = random.usize(..flight.len());
                flight.splice(at..at, (0..random.usize(1..20)).map(|_| random.u8(..)));
            }
        }
        pair.client_socket.write_all(&flight).unwrap();
        exhaust(&mut pair);
        pair.client_socket.shutdown();
        exhaust(&mut pair);
    }
}

#[test]
fn random_bytes_behind_a_plausible_header_end_the_connection() {
    let root = Authority::root("root");
    let context = TlsContext::load(&root.server("localhost").options(), &CrlStore::new(1), now()).unwrap();
    let mut random = fastrand::Rng::with_seed(21);
    for _ in 0..2000 {
        let (socket, mut client) = MemorySocket::pair(100_000);
        let mut server = context.accept(socket).unwrap();
        for _ in 0..random.usize(1..4) {
            let length = random.u16(..600);
            let kind = [0x14, 0x15, 0x16, 0x16, 0x16, 0x17][random.usize(..6)];
            let mut record = vec![kind, 3, random.u8(..5)];
            record.extend_from_slice(&length.to_be_bytes());
            record.extend((0..length).map(|_| random.u8(..)));
            if kind == 0x16 && length > 4 {
                record[5..9].copy_from_slice(&[1, 0, random.u8(..3), random.u8(..)]);
            }
            client.write_all(&record).unwrap();
        }
        let mut buffer = [0; 1000];
        loop {
            match server.read(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !server.has_pending_read() {
                        break;
                    }
                }
                Err(_) => break,
                Ok(count) => panic!("{count} bytes of plaintext out of nothing"),
            }
        }
        server.close_notify();
    }
}

#[test]
fn a_handshake_message_without_end_is_cut_off() {
    let root = Authority::root("root");
    let context = TlsContext::load(&root.server("localhost").options(), &CrlStore::new(1), now()).unwrap();
    let (socket, mut client) = MemorySocket::pair(1 << 20);
    let mut server = context.accept(socket).unwrap();
    // A hello that claims 16 MB, in records of 16 KB.
    let mut sent = 0;
    let error = loop {
        let mut record = vec![0x16, 3, 3, 0x40, 0];
        let start = record.len();
        record.resize(start + 0x4000, 0);
        if sent == 0 {
            record[start..start + 4].copy_from_slice(&[1, 0xff, 0xff, 0xff]);
        }
        client.write_all(&record).unwrap();
        sent += record.len();
        match server.read(&mut [0; 64]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => assert!(sent < 200_000, "it goes on and on"),
            other => break other.unwrap_err(),
        }
    };
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}
