//! MQTT clients that this project did not write, over TLS, WebSocket and QUIC.

use crate::clients::{found_or_skipped, node, play_over, program, python};
use dunlin_testkit::{Authority, TestBroker};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What each of them does over each kind of listener.
const SCENARIOS: [&str; 4] =
    ["every_qos_both_ways", "large_payload", "thousand_messages_in_order", "will_of_a_vanished_client"];

fn paho(kind: &str) {
    if let Some(python) = python() {
        SCENARIOS.into_iter().for_each(|scenario| play_over(kind, &python, "paho_client.py", scenario, &["5"]));
        play_over(kind, &python, "paho_client.py", "every_qos_both_ways", &["3.1.1"]);
    }
}

fn mqtt_js(kind: &str) {
    if let Some(node) = node() {
        SCENARIOS.into_iter().for_each(|scenario| play_over(kind, &node, "mqtt_js_client.js", scenario, &["5"]));
        play_over(kind, &node, "mqtt_js_client.js", "every_qos_both_ways", &["3.1.1"]);
    }
}

#[test]
fn paho_over_tls() {
    paho("ssl");
}

#[test]
fn paho_over_websocket() {
    paho("ws");
}

#[test]
fn paho_over_websocket_and_tls() {
    paho("wss");
}

/// aioquic carries the bytes of paho.
#[test]
fn paho_over_quic() {
    let has_aioquic = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import aioquic"]).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    let Some(python) = python() else { return };
    if found_or_skipped("aioquic", Some(python).filter(has_aioquic)).is_some() {
        paho("quic");
    }
}

#[test]
fn mqtt_js_over_tls() {
    mqtt_js("ssl");
}

#[test]
fn mqtt_js_over_websocket() {
    mqtt_js("ws");
}

#[test]
fn mqtt_js_over_websocket_and_tls() {
    mqtt_js("wss");
}

#[test]
fn mosquitto_over_tls() {
    let (Some(publisher), Some(subscriber)) = (program("mosquitto_pub"), program("mosquitto_sub")) else { return };
    let authority = Authority::new("authority");
    let (server, client) = (authority.issue("server"), authority.issue("client"));
    let trusted = authority.certificate().display().to_string();
    let broker = TestBroker::with(&format!(
        "listeners.ssl.default.ssl_options {{ {}, cacertfile = \"{trusted}\", verify = verify_peer, fail_if_no_peer_cert = true }}",
        server.keys()
    ));
    let port = broker.address_of("ssl:default").port().to_string();
    let (certificate, key) = (client.certificate.display().to_string(), client.key.display().to_string());
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        let command = |program: &PathBuf| {
            let mut command = Command::new(program);
            command.args(["-h", "127.0.0.1", "-p", &port, "-V", version, "-t", "t", "-q", "2"]);
            command.args(["--cafile", &trusted, "--cert", &certificate, "--key", &key]);
            command
        };
        let listening = command(&subscriber).args(["-C", "1", "-W", "20"]).stdout(Stdio::piped()).spawn();
        let listening = listening.expect("mosquitto_sub runs");
        broker.wait_until("the subscription", |broker| broker.subscriptions() == 1);
        let published = command(&publisher).args(["-m", version]).output().expect("mosquitto_pub runs");
        assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
        let output = listening.wait_with_output().expect("mosquitto_sub ends");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), version);
        broker.wait_until("both are gone", |broker| broker.connections() == 0);
    }
    let report = broker.listeners().into_iter().find(|report| report.id == "ssl:default").expect("a listener");
    assert_eq!(report.handshakes_failed, []);
}
