//! The request, what it may be and what is answered to the rest.

use crate::peer::{REQUEST, Stream, frame, read_all, request_with, stream_of};
use dunlin_websocket::{Ending, Upgrade, WebSocketOptions};
use std::io::ErrorKind;
use std::net::SocketAddr;

fn ask(options: WebSocketOptions, request: &str) -> Stream {
    let mut stream = stream_of(options, [request.as_bytes().to_vec()]);
    read_all(&mut stream, 4096);
    stream
}

fn answer(stream: &Stream) -> String {
    String::from_utf8(stream.get_ref().written.clone()).expect("text")
}

/// The status and the sentence of a refusal.
fn refused(options: WebSocketOptions, request: &str) -> (u16, String) {
    let mut stream = stream_of(options, [request.as_bytes().to_vec()]);
    assert_eq!(read_all(&mut stream, 4096), (Vec::new(), Some(ErrorKind::InvalidData)), "{request}");
    let Some(Ending::Refused(refusal)) = stream.ending() else { panic!("{request}") };
    let answer = answer(&stream);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with(&format!("HTTP/1.1 {} ", refusal.status)), "{head}");
    assert!(head.contains(&format!("\r\nContent-Length: {}", body.len())) && head.contains("\r\nConnection: close"));
    assert_eq!(body.trim_end(), refusal.sentence);
    assert_eq!(head.contains("\r\nSec-WebSocket-Version: 13"), refusal.status == 426);
    assert_eq!(head.contains("\r\nAllow: GET"), refusal.status == 405);
    (refusal.status, refusal.sentence.clone())
}

fn granted(options: WebSocketOptions, request: &str) -> Box<Upgrade> {
    let mut stream = ask(options, request);
    let upgrade = stream.take_upgrade();
    assert!(stream.take_upgrade().is_none(), "only once");
    upgrade.unwrap_or_else(|| panic!("{}", answer(&stream)))
}

#[test]
fn the_sample_of_the_specification() {
    let stream = ask(WebSocketOptions::default(), REQUEST);
    assert_eq!(
        answer(&stream),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
    );
}

#[test]
fn however_the_request_is_split_and_with_frames_right_after_it() {
    let bytes = [REQUEST.as_bytes(), &frame(0x82, b"CONNECT")].concat();
    for cut in 1..bytes.len() {
        let (first, second) = bytes.split_at(cut);
        let mut stream = stream_of(WebSocketOptions::default(), [first.to_vec(), second.to_vec()]);
        assert_eq!(read_all(&mut stream, 4096), (b"CONNECT".to_vec(), Some(ErrorKind::WouldBlock)), "{cut}");
        assert!(stream.take_upgrade().is_some());
    }
    let mut stream = stream_of(WebSocketOptions::default(), bytes.iter().map(|byte| vec![*byte]));
    assert_eq!(read_all(&mut stream, 4096).0, b"CONNECT");
    let mut stream = stream_of(WebSocketOptions::default(), [bytes]);
    assert_eq!(read_all(&mut stream, 1).0, b"CONNECT", "also by a buffer of one byte");
}

#[test]
fn requests_that_are_refused() {
    let change = |from: &str, to: &str| REQUEST.replace(from, to);
    let rows = [
        (change("GET", "POST"), 405, "GET"),
        (change("/mqtt", "/"), 404, "/mqtt"),
        (change("/mqtt", "/mqtts"), 404, "/mqtt"),
        (change("/mqtt", "http://broker/other"), 404, "/mqtt"),
        (change("HTTP/1.1", "HTTP/1.0"), 505, "proxy_http_version"),
        (change("HTTP/1.1", "HTTP/2.0"), 505, "HTTP/1.1"),
        (change("Host: broker:8083\r\n", ""), 400, "Host"),
        (change("Upgrade: websocket\r\n", ""), 426, "Upgrade"),
        (change("Upgrade: websocket\r\n", "Upgrade: h2c\r\n"), 426, "Upgrade"),
        (change("Connection: Upgrade", "Connection: keep-alive"), 426, "Connection"),
        (change("Version: 13", "Version: 8"), 426, "13"),
        (change("Sec-WebSocket-Version: 13\r\n", ""), 426, "13"),
        (change("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400, "Sec-WebSocket-Key"),
        (change("dGhlIHNhbXBsZSBub25jZQ==", "dG9vIHNob3J0"), 400, "Sec-WebSocket-Key"),
        (change("dGhlIHNhbXBsZSBub25jZQ==", "dGhpcyBrZXkgaXMgZmFyIHRvbyBsb25nIQ=="), 400, "Sec-WebSocket-Key"),
        (change("dGhlIHNhbXBsZSBub25jZQ==", "!"), 400, "Sec-WebSocket-Key"),
        (request_with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, "once"),
        (change("Sec-WebSocket-Protocol: mqtt\r\n", ""), 400, "Sec-WebSocket-Protocol is missing"),
        (change("Protocol: mqtt", "Protocol: wamp, stomp"), 400, "none that is supported"),
        (change("Host:", "Ho st:"), 400, "HTTP/1.1"),
        (change("GET /mqtt HTTP/1.1", "GET\r\nHTTP/1.1"), 400, "HTTP/1.1"),
        (request_with(&vec!["X: y"; 64].join("\r\n")), 431, "64 headers"),
    ];
    for (request, status, words) in rows {
        let (found, sentence) = refused(WebSocketOptions::default(), &request);
        assert_eq!(found, status, "{request}\n{sentence}");
        assert!(sentence.contains(words) && sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn what_is_not_http_is_refused_at_its_first_byte() {
    for (byte, words) in [
        ("\x10", "MQTT without WebSocket"),
        ("\x16", "TLS"),
        ("g", "not HTTP"),
        ("\r", "not HTTP"),
        ("PROXY TCP4", "PROXY protocol"),
    ] {
        let (status, sentence) = refused(WebSocketOptions::default(), byte);
        assert!(status == 400 && sentence.contains(words), "{sentence}");
    }
}

#[test]
fn the_length_of_a_request_is_limited() {
    let fill = |length: usize| request_with(&format!("X: {}", "x".repeat(length - REQUEST.len() - 5)));
    let longest = fill(16 * 1024);
    assert_eq!(longest.len(), 16 * 1024);
    granted(WebSocketOptions::default(), &longest);
    assert_eq!(refused(WebSocketOptions::default(), &fill(16 * 1024 + 1)).0, 431);
    // One that never ends is not waited for.
    assert_eq!(refused(WebSocketOptions::default(), &format!("GET /{}", "x".repeat(16 * 1024))).0, 431);
}

#[test]
fn paths_with_a_slash_a_query_or_a_host() {
    for target in ["/mqtt", "/mqtt/", "/mqtt?token=7", "http://broker:8083/mqtt", "https://broker/mqtt?x=http://y/z"] {
        let upgrade = granted(WebSocketOptions::default(), &REQUEST.replace("/mqtt", target));
        assert_eq!(upgrade.target(), target.as_bytes());
    }
    let options = WebSocketOptions { mqtt_path: "/".into(), ..WebSocketOptions::default() };
    granted(options.clone(), &REQUEST.replace("/mqtt", "/"));
    assert_eq!(refused(options, REQUEST).0, 404);
}

#[test]
fn headers_in_any_case_and_with_lists() {
    let request = REQUEST
        .replace("Upgrade: websocket", "uPGRADE: foo, WebSocket")
        .replace("Connection: Upgrade", "connection: keep-alive,upgrade")
        .replace("Sec-WebSocket-Version", "sec-websocket-version");
    granted(WebSocketOptions::default(), &request);
}

/// [MQTT-6.0.0-3] [MQTT-6.0.0-4]
#[test]
fn the_first_of_the_clients_subprotocols_that_is_supported() {
    let ask_for = |value: &str| REQUEST.replace("Protocol: mqtt", &format!("Protocol: {value}"));
    let rows = [
        ("mqtt", "mqtt"),
        ("wamp, mqtt-v3.1.1 ,mqtt", "mqtt-v3.1.1"),
        ("a\r\nSec-WebSocket-Protocol: mqtt", "mqtt"),
        ("mqtt-v5", "mqtt-v5"),
    ];
    for (value, chosen) in rows {
        let stream = ask(WebSocketOptions::default(), &ask_for(value));
        assert!(answer(&stream).contains(&format!("\r\nSec-WebSocket-Protocol: {chosen}\r\n")), "{}", answer(&stream));
        let upgrade = granted(WebSocketOptions::default(), &ask_for(value));
        assert_eq!(upgrade.subprotocol.as_deref(), Some(chosen));
    }
    let lenient = WebSocketOptions { fail_if_no_subprotocol: false, ..WebSocketOptions::default() };
    let without = REQUEST.replace("Sec-WebSocket-Protocol: mqtt\r\n", "");
    let stream = ask(lenient.clone(), &without);
    assert!(stream.is_open() && !answer(&stream).contains("Protocol:"));
    assert_eq!(granted(lenient.clone(), &without).subprotocol, None);
    assert_eq!(refused(lenient, &ask_for("wamp")).0, 400, "asking only for others is refused all the same");
}

#[test]
fn origins() {
    let base = WebSocketOptions {
        check_origin_enable: true,
        check_origins: vec!["https://app.example.com".into()],
        ..WebSocketOptions::default()
    };
    let strict = WebSocketOptions { allow_origin_absence: false, ..base.clone() };
    let (good, bad) = ("Origin: https://app.example.com", "Origin: https://app.example.com.evil.org");
    let origin = |text: &str| request_with(text);
    for (options, request, status) in [
        (&base, REQUEST.to_owned(), None),
        (&strict, REQUEST.to_owned(), Some(403)),
        (&strict, origin(good), None),
        (&strict, origin("Origin: HTTPS://App.Example.com"), None),
        (&base, origin(bad), Some(403)),
        (&base, origin("Origin: http://app.example.com"), Some(403)),
        (&base, origin("Origin: null"), Some(403)),
        (&base, origin(&format!("{good}\r\n{bad}")), Some(403)),
        (&WebSocketOptions::default(), origin(bad), None),
    ] {
        match status {
            None => drop(granted(options.clone(), &request)),
            Some(status) => assert_eq!(refused(options.clone(), &request).0, status, "{request}"),
        }
    }
}

#[test]
fn the_clients_address_behind_a_proxy() {
    let peer: SocketAddr = "10.0.0.1:5000".parse().expect("address");
    let rows = [
        ("X: y", "10.0.0.1:5000"),
        ("X-Forwarded-For: 192.0.2.7", "192.0.2.7:5000"),
        ("X-Forwarded-For: 192.0.2.7, 10.0.0.9\r\nX-Forwarded-Port: 40312", "192.0.2.7:40312"),
        ("x-forwarded-for: 2001:db8::7", "[2001:db8::7]:5000"),
        ("X-Forwarded-For: 192.0.2.7:40312", "192.0.2.7:40312"),
        ("X-Forwarded-For: [2001:db8::7]:40312", "[2001:db8::7]:40312"),
        ("X-Forwarded-For: [2001:db8::7]", "[2001:db8::7]:5000"),
        ("X-Forwarded-For: unknown\r\nX-Forwarded-Port: 70000", "10.0.0.1:5000"),
        ("X-Forwarded-Port: 40312", "10.0.0.1:40312"),
    ];
    for (headers, client) in rows {
        let upgrade = granted(WebSocketOptions::default(), &request_with(headers));
        assert_eq!(upgrade.client(peer), client.parse().expect("address"), "{headers}");
    }
    let off = WebSocketOptions {
        proxy_address_header: String::new(),
        proxy_port_header: "X-Real-Port".into(),
        ..WebSocketOptions::default()
    };
    let upgrade = granted(off, &request_with("X-Forwarded-For: 192.0.2.7\r\nx-real-port: 9"));
    assert_eq!(upgrade.client(peer), "10.0.0.1:9".parse().expect("address"));
}

#[test]
fn what_the_client_said_is_kept_for_who_asks() {
    let request =
        request_with("User-Agent:  MQTT.js/5 \r\nCookie: a=1; session=x=y\r\ncookie: b=2; broken\r\nX-Raw: \u{e9}");
    let upgrade = granted(WebSocketOptions::default(), &request);
    assert_eq!(upgrade.header("user-agent"), Some(&b"MQTT.js/5"[..]));
    assert_eq!(upgrade.header("x-raw"), Some("\u{e9}".as_bytes()));
    assert_eq!(upgrade.header("missing"), None);
    let cookies: Vec<_> = upgrade.cookies().collect();
    assert_eq!(cookies, [(&b"a"[..], &b"1"[..]), (b"session", b"x=y"), (b"b", b"2")]);
    assert_eq!(upgrade.headers().count(), 10);
}

#[test]
fn the_options_are_those_of_emqx() {
    let options = WebSocketOptions::default();
    assert_eq!(
        (options.mqtt_path.as_str(), options.idle_timeout.as_secs(), options.max_frame_size),
        ("/mqtt", 7200, None)
    );
    assert_eq!(options.supported_subprotocols, ["mqtt", "mqtt-v3", "mqtt-v3.1.1", "mqtt-v5"]);
    assert!(options.fail_if_no_subprotocol && options.allow_origin_absence);
    assert!(!options.compress && !options.check_origin_enable);
}
