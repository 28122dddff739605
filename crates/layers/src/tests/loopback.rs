//! The same over sockets and a poll of the operating system: slow readers, and buffers that hold next to nothing.

use super::client::Client;
use super::setting::Combination;
use dunlin_transport::{Layering, Listener, Stage, Stream, TcpOptions};
use mio::{Events, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

/// Enough to fill every buffer on the way several times.
const BYTES: usize = 600_000;

/// After so long without anything the test has failed.
const PATIENCE: Duration = Duration::from_secs(60);

fn payload() -> Vec<u8> {
    (0..BYTES).map(|index| (index % 241) as u8).collect()
}

/// Sends the payload and takes it back, in small pieces.
fn talk(combination: Combination, address: SocketAddr) -> Client {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut client = combination.client();
    let mut piece = [0; 3000];
    for part in payload().chunks(20_000) {
        client.send(part);
    }
    let mut reading = socket.try_clone().unwrap();
    // Sending must not wait for what the server sends, which waits for being read.
    let (to_send, sending) = std::sync::mpsc::sync_channel::<Vec<u8>>(1_000);
    let sender = thread::spawn(move || {
        for bytes in sending {
            (&socket).write_all(&bytes).unwrap();
        }
        socket
    });
    while client.received.len() < BYTES {
        if !client.to_wire.is_empty() {
            to_send.send(std::mem::take(&mut client.to_wire)).unwrap();
        }
        let count = reading.read(&mut piece).unwrap();
        assert!(count > 0, "{combination:?}: the server closed after {} bytes", client.received.len());
        client.take(&piece[..count]);
    }
    drop(to_send);
    sender.join().unwrap().shutdown(Shutdown::Write).unwrap();
    while let Ok(count @ 1..) = reading.read(&mut piece) {
        client.take(&piece[..count]);
    }
    client
}

/// Sends back what comes, as a worker of the broker would: with edge-triggered readiness, and reading as much as there is.
fn serve(combination: Combination, listener: &mut Listener) {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(8);
    poll.registry().register(listener.source(), Token(0), mio::Interest::READABLE).unwrap();
    let (socket, peer) = loop {
        match listener.accept() {
            Ok(accepted) => break accepted,
            Err(_) => poll.poll(&mut events, Some(PATIENCE)).unwrap(),
        }
    };
    let mut stream = combination.layers().wrap(socket, peer).unwrap();
    stream.register(poll.registry(), Token(1)).unwrap();
    let (mut out, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    let (mut is_blocked, mut has_ended, mut has_facts) = (false, false, false);
    while !has_ended || !out.is_empty() {
        poll.poll(&mut events, Some(PATIENCE)).unwrap();
        assert!(!events.is_empty(), "{combination:?}: nothing happened for {PATIENCE:?}");
        for event in events.iter().filter(|event| event.token() == Token(1)) {
            if event.is_writable() && is_blocked {
                is_blocked = stream.flush().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            }
            while event.is_readable() && !has_ended {
                match stream.read(&mut buffer) {
                    Ok(0) => has_ended = true,
                    Ok(count) => out.extend_from_slice(&buffer[..count]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock && stream.has_pending_read() => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => panic!("{combination:?}: {error} {:?}", stream.ending()),
                }
            }
            has_facts |= stream.take_facts().is_some();
            is_blocked |= stream.wants_write();
            write_out(&mut stream, &mut out, &mut is_blocked);
        }
    }
    assert!(has_facts, "{combination:?}");
    stream.shutdown_write();
}

fn write_out(stream: &mut Stream, out: &mut Vec<u8>, is_blocked: &mut bool) {
    while !*is_blocked && !out.is_empty() {
        match stream.write(out) {
            Ok(count) => {
                out.drain(..count);
                *is_blocked = stream.wants_write();
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => *is_blocked = stream.stage() == Stage::Open,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn slow_readers_get_everything_over_sockets() {
    for combination in Combination::all() {
        let options = TcpOptions { send_buffer_bytes: Some(1), receive_buffer_bytes: Some(1), ..TcpOptions::default() };
        let mut listener = Listener::bind("127.0.0.1:0".parse().unwrap(), options).unwrap();
        let address = listener.address();
        let client = thread::spawn(move || talk(combination, address));
        serve(combination, &mut listener);
        let client = client.join().unwrap();
        assert!(client.received == payload(), "{combination:?}: other bytes came back");
        assert!(client.tls_error.is_none(), "{combination:?}");
    }
}
