//! Very many connections that say nothing, and clients that are very slow before MQTT begins.

use crate::doors::{Bystanders, CONNECT, Waiting, expect_counts, open, read_to_end};
use crate::lifecycle_site::{Site, eventually};
use dunlin_model::DisconnectReason::{self, IdleTimeout, Normal, ProxyProtocolTimeout, TlsTimeout};
use dunlin_testkit::{Authority, Client, Stopwatch, TestBroker, Way};
use dunlin_transport::raise_descriptor_limit;
use serde_json::Value;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// Half-open connections, half of them of each kind of listener.
const CROWD: u64 = 10_000;

/// Descriptors that the tests beside this one may use.
const OTHERS: u64 = 3_000;

/// How long the broker waits for each of them. All have to be open before that.
const TIMEOUT: Duration = Duration::from_secs(10);

/// So many of each kind as there can be here: this process and the broker's have one end of each.
fn crowd() -> u64 {
    let limit = raise_descriptor_limit().now;
    let crowd = CROWD.min(limit.saturating_sub(OTHERS));
    assert!(crowd >= 100, "{limit} open files are too few for this test");
    if crowd < CROWD {
        println!("a hard limit of {limit} open files: only {crowd} half-open connections, not {CROWD}");
    }
    crowd / 2
}

/// What a node has of a listener: its address, how many connections, and what has ended.
fn listener(site: &Site, id: &str) -> (SocketAddr, u64, Value) {
    let shown: Vec<Value> = serde_json::from_str(&site.good(&["ctl", "listeners", "--json"])).expect("JSON");
    let listener = shown.into_iter().find(|listener| listener["id"] == id).expect("a listener");
    let address = listener["listen_on"].as_str().and_then(|address| address.parse().ok());
    let connections = listener["current_conn"].as_u64();
    (address.expect("an address"), connections.expect("a number"), listener["shutdown_count"].clone())
}

#[test]
fn a_crowd_that_says_nothing_is_in_nobodys_way_and_is_closed() {
    let authority = Authority::new("authority");
    let seconds = TIMEOUT.as_secs();
    let site = Site::new(&format!(
        "mqtt.idle_timeout = {seconds}s
         listeners.tcp.inner.bind = \"127.0.0.1:0\"
         listeners.ssl.default {{ enable = true, bind = \"127.0.0.1:0\" }}
         listeners.ssl.default.ssl_options {{ {}, handshake_timeout = {seconds}s }}",
        authority.issue("server").keys()
    ));
    let mut bystanders = Bystanders::at(site.start());
    let usual = (0..5).map(|_| bystanders.exchange()).max().unwrap_or_default();
    let count = crowd();
    let [(plain, ..), (tls, ..)] = ["tcp:inner", "ssl:default"].map(|id| listener(&site, id));
    let opening = Stopwatch::start();
    let sockets: Vec<_> = (0..count).flat_map(|_| [open(plain), open(tls)]).collect();
    let there = || ["tcp:inner", "ssl:default"].map(|id| listener(&site, id).1);
    let mut waited = Waiting::start();
    while there() != [count; 2] {
        waited.go_on(|| format!("{:?} connections of {count} each, opened in {:?}", there(), opening.passed()));
    }
    let with_crowd = (0..5).map(|_| bystanders.exchange()).max().unwrap_or_default();
    assert_eq!(there(), [count; 2], "they are still there; opened in {:?}", opening.passed());
    println!("{count} connections of each kind; slowest exchange before {usual:?}, beside them {with_crowd:?}");
    assert!(with_crowd < usual * 10 + Duration::from_millis(500), "{with_crowd:?} beside them, {usual:?} before");
    for socket in sockets {
        assert_eq!(read_to_end(socket), b"");
    }
    for (id, word) in [("tcp:inner", "idle_timeout"), ("ssl:default", "ssl_upgrade_timeout")] {
        eventually(|| (listener(&site, id).1 == 0).then_some(()));
        assert_eq!(listener(&site, id).2, serde_json::json!([[word, count]]));
    }
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
