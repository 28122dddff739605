//! Very many connections that say nothing, and clients that are very slow before MQTT begins.

use crate::doors::{Bystanders, CONNECT, Waiting, expect_counts, open, read_to_end};
use dunlin_model::DisconnectReason::{self, IdleTimeout, Normal, ProxyProtocolTimeout, TlsTimeout};
use dunlin_testkit::{Authority, Client, Stopwatch, TestBroker, Way};
use rustix::process::{Resource, getrlimit};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// Of each kind of listener, where the limit of open files allows it.
const CROWD: u64 = 2_000;

/// Half-open connections of each listener: both ends are in this process, beside other tests.
fn crowd() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    CROWD.min(limit.saturating_sub(1_000) / 8) as usize
}

#[test]
fn a_crowd_that_says_nothing_is_in_nobodys_way_and_is_closed() {
    let authority = Authority::new("authority");
    let broker = TestBroker::with(&format!(
        "mqtt.idle_timeout = 4s
         listeners.tcp.inner.bind = 0
         listeners.ssl.default.ssl_options {{ {}, handshake_timeout = 4s }}",
        authority.issue("server").keys()
    ));
    let mut bystanders = Bystanders::of(&broker);
    let mut usual = Duration::ZERO;
    for _ in 0..5 {
        usual = usual.max(bystanders.exchange());
    }
    let count = crowd();
    assert!(count >= 100, "the limit of open files is too low for this test");
    let (plain, tls) = (broker.address_of("tcp:inner"), broker.address_of("ssl:default"));
    let sockets: Vec<_> = (0..count).flat_map(|_| [open(plain), open(tls)]).collect();
    let mut waited = Waiting::start();
    while broker.connections() < 2 * count as u64 {
        waited.go_on(|| format!("{} connections of {}", broker.connections(), 2 * count));
    }
    let mut with_crowd = Duration::ZERO;
    for _ in 0..5 {
        with_crowd = with_crowd.max(bystanders.exchange());
    }
    assert!(broker.connections() >= 2 * count as u64, "they are still there");
    println!("{count} connections of each kind; slowest exchange before {usual:?}, beside them {with_crowd:?}");
    assert!(with_crowd < usual * 10 + Duration::from_millis(500), "{with_crowd:?} beside them, {usual:?} before");
    for socket in sockets {
        assert_eq!(read_to_end(socket), b"");
    }
    let count = count as u64;
    expect_counts(&broker, "tcp:inner", &[(IdleTimeout, count)], &[]);
    expect_counts(&broker, "ssl:default", &[(TlsTimeout, count)], &[]);
    bystanders.exchange();
}

/// Sends one byte after the other, and so slowly that it never comes to an end, until the broker closes.
#[track_caller]
fn trickle(address: SocketAddr, bytes: &[u8]) {
    let mut socket = open(address);
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("not zero");
    let since = Stopwatch::start();
    for byte in bytes.iter().cycle() {
        assert!(since.passed() < crate::doors::PATIENCE, "it is not closed");
        if socket.write_all(&[*byte]).is_err() {
            return;
        }
        match socket.read(&mut [0; 64]) {
            Ok(0) => return,
            Ok(_) => panic!("an answer to nothing whole"),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
    }
}

#[test]
fn who_goes_on_sending_and_never_ends_is_closed_in_time() {
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    // A record of 16 KiB that begins a ClientHello.
    let hello = [&b"\x16\x03\x01\x40\x00\x01\x00\x3f\xf0\x03\x03"[..], &[0x55; 1_000]].concat();
    let header = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x0f\xff"[..], &[0; 1_000]].concat();
    let connect = [&CONNECT[..1], b"\xff\x7f\0\x04MQTT\x04\x02\0\0\x10\0", &[b'c'; 1_000]].concat();
    for (listener, options, bytes, reason) in [
        ("tcp:inner", String::new(), &connect, IdleTimeout),
        ("ssl:inner", format!("ssl_options {{ {keys}, handshake_timeout = 500ms }}"), &hello, TlsTimeout),
        ("tcp:inner", "proxy_protocol = true, proxy_protocol_timeout = 500ms".into(), &header, ProxyProtocolTimeout),
    ] {
        let place = listener.replace(':', ".");
        let broker =
            TestBroker::with(&format!("mqtt.idle_timeout = 500ms\nlisteners.{place} {{ bind = 0\n {options} }}"));
        let mut bystanders = Bystanders::of(&broker);
        let since = Stopwatch::start();
        trickle(broker.address_of(listener), bytes);
        since.assert_passed(Duration::from_millis(500));
        let nothing: &[(&str, u64)] = &[];
        expect_counts(&broker, listener, &[(reason, 1)], nothing);
        bystanders.exchange();
    }
}

/// A byte in each segment, through all the layers.
#[test]
fn what_comes_byte_by_byte_is_understood() {
    const PROXY_LINE: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.1 40312 8084\r\n";
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    let broker = TestBroker::with(&format!(
        "listeners.tcp.inner {{ bind = 0, proxy_protocol = true }}
         listeners.ssl.default.ssl_options {{ {keys} }}
         listeners.ws.default {{}}
         listeners.wss.default {{ proxy_protocol = true, ssl_options {{ {keys} }} }}"
    ));
    let mut bystanders = Bystanders::of(&broker);
    let tls = || Way::tcp().tls(authority.trusting());
    for (listener, way) in [
        ("tcp:inner", Way::tcp().after(PROXY_LINE)),
        ("ssl:default", tls()),
        ("ws:default", Way::tcp().websocket()),
        ("wss:default", tls().websocket().after(PROXY_LINE)),
    ] {
        let mut slow = Client::v5("slow").through(&way.in_single_bytes()).connect_to(broker.address_of(listener));
        slow.ping();
        slow.disconnect();
        let expected: &[(DisconnectReason, u64)] = &[(Normal, 1)];
        expect_counts(&broker, listener, expected, &[]);
        bystanders.exchange();
    }
}
