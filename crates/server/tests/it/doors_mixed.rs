//! Clients that speak the wrong protocol at a door.

use crate::doors::{Bystanders, CONNECT, expect_counts, openssl, read_to_end, say};
use dunlin_model::DisconnectReason::{
    self, InvalidConnectPacket, Normal, ProxyProtocolError, TlsError, UpgradeRefused,
};
use dunlin_testkit::{Authority, Client, TestBroker, Way};

const REQUEST: &[u8] = b"GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
const PROXY_LINE: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.1 40312 1883\r\n";
const PROXY_HEADER: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x9d\x78\x07\x5b";
/// What a client of TLS 1.2 says first, as far as anybody looks.
const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03";

/// What to expect of whoever says something wrong at a door.
struct Refused<'a> {
    /// How the answer begins; empty for none.
    answer: &'a [u8],
    reason: DisconnectReason,
    /// The word it is counted under, if it ended before MQTT.
    word: Option<&'a str>,
}

/// Says each of these at a listener, and makes sure that others are served.
fn say_all(authority: &Authority, listener: &str, options: &str, all: &[&[u8]], refused: &Refused<'_>) {
    let (kind, name) = listener.split_once(':').expect("an id");
    let has_tls = matches!(kind, "ssl" | "wss");
    let keys = if has_tls { authority.issue("server").keys() } else { String::new() };
    let ssl = if has_tls { format!("ssl_options {{ {keys} }}") } else { String::new() };
    let broker = TestBroker::with(&format!("listeners.{kind}.{name} {{ bind = 0\n {ssl}\n {options} }}"));
    let mut bystanders = Bystanders::of(&broker);
    let mut count = 0;
    let mut expect_refused = |served: &[(DisconnectReason, u64)]| {
        count += u64::from(served.is_empty());
        let failures: Vec<_> = refused.word.iter().map(|word| (*word, count)).collect();
        expect_counts(&broker, listener, &[served, &[(refused.reason, count)]].concat(), &failures);
    };
    for bytes in all {
        let answer = say(broker.address_of(listener), bytes);
        let context = format!("{listener} {options} {:?}: {answer:02x?}", String::from_utf8_lossy(bytes));
        assert!(answer.starts_with(refused.answer) && answer.is_empty() == refused.answer.is_empty(), "{context}");
        expect_refused(&[]);
        bystanders.exchange();
    }
    if options.is_empty() {
        let way = if has_tls { Way::tcp().tls(authority.trusting()) } else { Way::tcp() };
        let way = if kind.starts_with('w') { way.websocket() } else { way };
        let mut good = Client::v5("good").through(&way).connect_to(broker.address_of(listener));
        good.ping();
        good.disconnect();
        expect_refused(&[(Normal, 1)]);
    }
}

#[test]
fn at_the_door_of_mqtt() {
    let refused = Refused { answer: b"", reason: InvalidConnectPacket, word: None };
    let all = [REQUEST, CLIENT_HELLO, PROXY_LINE, PROXY_HEADER];
    say_all(&Authority::new("authority"), "tcp:inner", "", &all, &refused);
}

#[test]
fn at_the_door_of_tls() {
    let authority = Authority::new("authority");
    // A fatal alert.
    let refused = Refused { answer: b"\x15\x03", reason: TlsError, word: Some("not_tls") };
    for listener in ["ssl:default", "wss:default"] {
        say_all(&authority, listener, "", &[CONNECT, REQUEST, PROXY_LINE, PROXY_HEADER], &refused);
    }
}

#[test]
fn at_the_door_of_websocket() {
    let refused = Refused { answer: b"HTTP/1.1 400 ", reason: UpgradeRefused, word: Some("ws_upgrade_refused") };
    let all = [CONNECT, CLIENT_HELLO, PROXY_LINE, PROXY_HEADER];
    say_all(&Authority::new("authority"), "ws:default", "", &all, &refused);
}

#[test]
fn where_a_proxy_is_expected() {
    let authority = Authority::new("authority");
    let refused = Refused { answer: b"", reason: ProxyProtocolError, word: Some("proxy_proto_close") };
    let all: [&[u8]; 4] = [CONNECT, REQUEST, CLIENT_HELLO, b"PROXY TCP4 192.0.2.7\r\n"];
    for listener in ["tcp:inner", "ssl:default", "ws:default", "wss:default"] {
        say_all(&authority, listener, "proxy_protocol = true", &all, &refused);
    }
}

#[test]
fn where_a_proxy_is_expected_and_one_comes() {
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    let broker = TestBroker::with(&format!(
        "listeners.tcp.inner {{ bind = 0, proxy_protocol = true }}
         listeners.ssl.default {{ proxy_protocol = true, ssl_options {{ {keys} }} }}
         listeners.ws.default.proxy_protocol = true
         listeners.wss.default {{ proxy_protocol = true, ssl_options {{ {keys} }} }}"
    ));
    let tls = || Way::tcp().tls(authority.trusting());
    for (listener, way) in [
        ("tcp:inner", Way::tcp()),
        ("ssl:default", tls()),
        ("ws:default", Way::tcp().websocket()),
        ("wss:default", tls().websocket()),
    ] {
        for (header, count) in [(PROXY_LINE, 1), (PROXY_HEADER, 2)] {
            let way = way.clone().after(header);
            let mut client = Client::v5("c").through(&way).connect_to(broker.address_of(listener));
            client.ping();
            client.disconnect();
            expect_counts(&broker, listener, &[(Normal, count)], &[]);
        }
    }
}

#[test]
fn mqtt_without_websocket_inside_tls() {
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    let broker = TestBroker::with(&format!("listeners.wss.default.ssl_options {{ {keys} }}"));
    let mut bystanders = Bystanders::of(&broker);
    let client = Client::v5("c").through(&Way::tcp().tls(authority.trusting()));
    drop(client.send_connect(broker.address_of("wss:default")));
    expect_counts(&broker, "wss:default", &[(UpgradeRefused, 1)], &[("ws_upgrade_refused", 1)]);
    bystanders.exchange();
}

/// A real ClientHello.
#[test]
fn openssl_at_the_door_of_mqtt() {
    let broker = TestBroker::with("listeners.tcp.inner.bind = 0");
    let mut bystanders = Bystanders::of(&broker);
    if let Some(output) = openssl(broker.address_of("tcp:inner"), &[]) {
        assert!(output.contains("error") || output.contains("errno"), "{output}");
        expect_counts(&broker, "tcp:inner", &[(InvalidConnectPacket, 1)], &[]);
        bystanders.exchange();
    }
}

/// Both at once, and what comes first counts.
#[test]
fn two_headers_of_two_proxies() {
    let broker = TestBroker::with("listeners.tcp.inner { bind = 0, proxy_protocol = true }");
    let mut bystanders = Bystanders::of(&broker);
    let twice = [PROXY_LINE, PROXY_LINE, CONNECT].concat();
    assert_eq!(say(broker.address_of("tcp:inner"), &twice), b"");
    expect_counts(&broker, "tcp:inner", &[(InvalidConnectPacket, 1)], &[]);
    bystanders.exchange();
    let whole = crate::doors::open(broker.address_of("tcp:inner"));
    std::io::Write::write_all(&mut &whole, &[PROXY_LINE, CONNECT, b"\xE0\0"].concat()).expect("it is sent");
    assert_eq!(read_to_end(&whole), [0x20, 2, 0, 0]);
}
