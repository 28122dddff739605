//! MQTT clients that connect to a port where HTTP is spoken: a mistake that everybody makes once.

use crate::api_certs::address;
use crate::api_client::ApiNode;
use crate::clients::program;
use crate::doors::{Bystanders, CONNECT, read_to_end, say};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

/// A node with HTTP, HTTPS and WebSocket ports.
fn node() -> (ApiNode, SocketAddr, SocketAddr) {
    let mut node = ApiNode::start(
        "dashboard.listeners.https.bind = \"127.0.0.1:0\"\nlisteners.ws.default.bind = \"127.0.0.1:0\"\n\
         listeners.ssl.default.enable = false\nlisteners.wss.default.enable = false",
    );
    let https = node.process.address("https:dashboard");
    let ws = address(&node, "ws:default");
    (node, https, ws)
}

#[test]
fn mqtt_at_a_port_of_http_is_answered_at_once_and_told_once() {
    let (mut node, https, ws) = node();
    let mut bystanders = Bystanders::at(node.mqtt);
    let answer = say(node.api, CONNECT);
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
    // A fatal alert.
    assert!(say(https, CONNECT).starts_with(b"\x15\x03"));
    assert!(say(ws, CONNECT).starts_with(b"HTTP/1.1 400 "));
    for _ in 0..20 {
        say(node.api, CONNECT);
    }
    bystanders.exchange();
    node.nobody().get("/status").expect_status(200);
    let of_http = node.process.line_with(&["api_wrong_protocol", &node.api.to_string()]);
    for words in ["protocol: mqtt", "MQTT clients connect to a listener such as tcp:default", "peername: 127.0.0.1:"] {
        assert!(of_http.contains(words), "{of_http}");
    }
    let of_https = node.process.line_with(&["api_wrong_protocol", &https.to_string()]);
    assert!(of_https.contains("protocol: mqtt"), "{of_https}");
    let of_ws = node.process.line_with(&["connection_shutdown", "ws:default"]);
    assert!(of_ws.contains("cause: ws_upgrade_refused") && of_ws.contains("MQTT"), "{of_ws}");
    node.process.terminate();
    let output = node.process.wait().output;
    let about_http = output.iter().filter(|line| line.contains("api_wrong_protocol")).count();
    assert_eq!(about_http, 2, "one for each port: {output:#?}");
}

#[test]
fn tls_and_http_at_each_others_port_are_told() {
    let (mut node, https, _) = node();
    let hello = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03";
    assert!(say(node.api, hello).starts_with(b"HTTP/1.1 400 "));
    assert!(say(https, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").starts_with(b"\x15\x03"));
    assert!(node.process.line_with(&["api_wrong_protocol", &node.api.to_string()]).contains("protocol: tls"));
    assert!(node.process.line_with(&["api_wrong_protocol", &https.to_string()]).contains("protocol: no_tls"));
}

#[test]
fn mosquitto_at_a_port_of_http_gives_up() {
    let Some(mosquitto) = program("mosquitto_pub") else { return };
    let (node, _, ws) = node();
    let mut bystanders = Bystanders::at(node.mqtt);
    for port in [node.api.port(), ws.port()] {
        let mut publish = Command::new(&mosquitto);
        publish.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "t", "-m", "m"]);
        let ended = publish.output().expect("it runs");
        assert!(!ended.status.success(), "{ended:?}");
        bystanders.exchange();
    }
}

/// CONNECT that comes in pieces, and a client that says half of it and waits.
#[test]
fn a_part_of_connect_keeps_nobody_waiting() {
    let (node, ..) = node();
    let mut bystanders = Bystanders::at(node.mqtt);
    let mut slow = TcpStream::connect(node.api).expect("the port is open");
    slow.write_all(&CONNECT[..1]).expect("it is sent");
    assert!(read_to_end(&slow).starts_with(b"HTTP/1.1 400 "));
    bystanders.exchange();
    node.nobody().get("/status").expect_status(200);
}
