//! User names that are tokens (`jwt` with `from = username`) are told to nobody: not in the log, in traces, in spans, in what the node
//! says of clients, nor in answers of the API.

use crate::access_secrets::{PLANTED, expect_no_secret};
use crate::access_secrets_watched::read_all;
use crate::access_services::token;
use crate::api_client::ApiNode;
use crate::lifecycle_site::eventually;
use crate::opentelemetry::{attribute, export_spans, spans};
use dunlin_codec::{Packet, Will};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce};
use dunlin_model::ReasonCode::{BadUserNameOrPassword, Banned, NotAuthorized};
use dunlin_real_servers::CollectorServer;
use dunlin_testkit::Client;
use serde_json::json;
use std::fs;

const SECRET: &str = "a secret that is long enough for HS256";

/// Tokens for user names, and one client that comes in without any.
fn authentication() -> String {
    format!(
        "authentication = [{{ mechanism = jwt, from = username, algorithm = hmac-based, secret = \"{SECRET}\" }}
           {{ mechanism = cinfo, checks = [{{ is_match = \"str_eq(username, 'dashboard')\", result = allow }}] }}]"
    )
}

#[test]
fn user_names_that_are_tokens_are_told_to_nobody() {
    let node = ApiNode::start(&format!(
        "{}\nlog.file.default {{ enable = true, level = debug }}\nlog.throttling.time_window = 1s
         sys_topics.sys_event_messages {{ client_connected = true, client_disconnected = true, client_subscribed = true }}",
        authentication()
    ));
    let admin = node.administrator();
    let trace = json!({"name": "t1", "type": "ip_address", "ip_address": "127.0.0.1", "payload_encode": "text"});
    admin.post("/trace", &trace).expect_status(200);
    admin.post("/banned", &json!({"as": "clientid", "who": "banned"})).expect_status(200);
    let claims = json!({"acl": [{"permission": "deny", "action": "publish", "topic": "closed"}]}).to_string();
    let good = token(SECRET, &claims);
    // A part of every token that is good, and of nothing else.
    let signature = good.rsplit('.').next().expect("a signature").to_owned();
    let look = |text: &str| {
        expect_no_secret(text);
        let line = text.lines().find(|line| line.contains(&signature));
        assert!(line.is_none(), "a token is told: {line:?}");
    };
    let mut watcher = Client::v5("watcher").with(|connect| connect.username = Some("dashboard")).connect_to(node.mqtt);
    watcher.subscribe("$SYS/brokers/+/clients/#", AtMostOnce);
    let will = Will { topic: "closed", payload: b"gone", ..Will::default() };
    let mut client = Client::v5("in").will(will).with(|connect| connect.username = Some(&good)).connect_to(node.mqtt);
    assert_eq!(client.publish("closed", "x", AtLeastOnce), NotAuthorized);
    client.subscribe("t", AtLeastOnce);
    let forged = format!("eyJhbGciOiJIUzI1NiJ9.{PLANTED}.{PLANTED}");
    for (id, username, expected) in [("out", &forged, BadUserNameOrPassword), ("banned", &good, Banned)] {
        let mut refused = Client::v5(id).with(|connect| connect.username = Some(username)).send_connect(node.mqtt);
        assert_eq!(refused.recv().connack().reason_code, expected);
    }
    let of_client = admin.get("/clients/in").expect_status(200).json();
    assert_eq!(of_client["username"], "******");
    assert_eq!(admin.get("/clients/watcher").expect_status(200).json()["username"], "dashboard");
    assert!(read_all(&admin, &look) > 40);
    let trace = eventually(|| {
        let log = admin.get("/trace/t1/log?bytes=1000000").expect_status(200).json();
        log["items"].as_str().filter(|text| text.contains("ClientId=banned")).map(str::to_owned)
    });
    assert!(trace.contains("Username=******"), "{trace}");
    look(&trace);
    client.disconnect();
    let mut heard = String::new();
    while !heard.contains("clients/in/disconnected") {
        let frame = watcher.recv();
        let Packet::Publish(publish) = frame.packet() else { continue };
        heard += &format!("{} {}\n", publish.topic, String::from_utf8_lossy(publish.payload));
    }
    assert!(heard.contains("******"), "{heard}");
    look(&heard);
    let folder = node.process.path("data").join("log");
    let wanted = ["authentication_failure", "client_banned", "cannot_publish_to_topic_due_to_not_authorized"];
    let log = eventually(|| {
        let files = fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let log: String = files.map(|path| fs::read_to_string(path).unwrap_or_default()).collect();
        wanted.iter().all(|word| log.contains(word)).then_some(log)
    });
    look(&log);
}

#[test]
fn user_names_that_are_tokens_are_not_exported() {
    let Some(collector) = CollectorServer::start() else { return };
    let filter = "trace_mode = e2e, e2e_tracing_options { sample_ratio = \"100%\", client_connect_disconnect = true }";
    let node = ApiNode::start(&format!("{}\n{}", export_spans(&collector, filter), authentication()));
    let good = token(SECRET, "{}");
    let forged = format!("eyJhbGciOiJIUzI1NiJ9.{PLANTED}.{PLANTED}");
    Client::v5("out").with(|connect| connect.username = Some(&forged)).send_connect(node.mqtt).recv();
    drop(Client::v5("in").with(|connect| connect.username = Some(&good)).connect_to(node.mqtt));
    collector.wait_until("the last", |received| spans(received, "broker.disconnect").pop());
    let connects = collector
        .wait_until("both", |received| Some(spans(received, "client.connect")).filter(|connects| connects.len() == 2));
    for connect in &connects {
        assert_eq!(attribute(connect, "client.username"), "******");
    }
    let received = collector.received();
    expect_no_secret(&received);
    assert!(!received.contains(&good), "{received}");
}
