//! The REST API under those who mean no good, or are careless: floods of logins, large bodies, callers that hang up, and changes made by
//! somebody who was not shown the secrets.

use crate::access_services::token;
use crate::api_client::ApiNode;
use crate::lifecycle_site::eventually;
use dunlin_model::ReasonCode;
use dunlin_testkit::Client;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

const SECRET: &str = "a secret that is long enough for HS256";

/// Begins a request and does not wait for its answer.
fn begin(api: SocketAddr, head: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(api).expect("it listens");
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    stream
}

/// The status of the answer.
fn status(mut stream: TcpStream) -> u16 {
    let mut head = [0; 12];
    stream.read_exact(&mut head).expect("an answer");
    String::from_utf8_lossy(&head[9..]).parse().expect("a status")
}

#[test]
fn a_flood_of_logins_leaves_the_api_to_others() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let flood: Vec<_> = (0..100)
        .map(|number| {
            begin(node.api, "POST /api/v5/login", &format!("{{\"username\":\"n{number}\",\"password\":\"x\"}}"))
        })
        .collect();
    // Far from all of them are done yet.
    admin.get("/clients").expect_status(200);
    admin.get("/nodes").expect_status(200);
    let statuses: Vec<_> = flood.into_iter().map(status).collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!(count(401) + count(503), 100, "{statuses:?}");
    assert!(count(503) > 50 && count(401) > 0, "{statuses:?}");
    node.nobody().log_in("admin", crate::api_client::PASSWORD).get("/nodes").expect_status(200);
}

#[test]
fn who_has_not_logged_in_sends_no_large_bodies() {
    let node = ApiNode::start("");
    let long = "x".repeat(100_000);
    assert_eq!(node.nobody().post("/login", &json!({"username": "admin", "password": long})).status, 413);
    node.administrator().get("/nodes").expect_status(200);
}

#[test]
fn what_was_begun_is_in_the_audit_log_although_its_caller_hangs_up() {
    let node = ApiNode::start("log.audit.enable = true");
    let admin = node.administrator();
    let stream = begin(node.api, "POST /api/v5/login", "{\"username\":\"hangs up\",\"password\":\"wrong\"}");
    stream.shutdown(Shutdown::Both).expect("it is open");
    drop(stream);
    eventually(|| {
        let told = admin.get("/audit?limit=100").expect_status(200).json();
        told["data"].as_array()?.iter().find(|entry| entry["source"] == "hangs up").cloned()
    });
}

#[test]
fn a_password_of_ones_own_in_the_configuration_is_one_like_any_other() {
    let node = ApiNode::start("dashboard.default_password = \"Strong-1-enough\"");
    let login = "{\"username\":\"admin\",\"password\":\"Strong-1-enough\"}";
    for _ in 0..2 {
        let head = "POST /api/v5/login HTTP/1.1\r\nx-forwarded-for: 203.0.113.7";
        let mut stream = TcpStream::connect(node.api).expect("it listens");
        let length = login.len();
        let request = format!(
            "{head}\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{login}"
        );
        stream.write_all(request.as_bytes()).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
        assert_eq!(body["must_change_password"], false, "{body}");
        node.nobody().with_token(body["token"].as_str().expect("a token")).get("/clients").expect_status(200);
    }
}

#[test]
fn secrets_stay_what_they_are_for_whoever_sends_back_what_was_shown() {
    let node = ApiNode::start("");
    let text = format!(
        "listeners.tcp.default.authentication = [{{ mechanism = jwt, algorithm = hmac-based, secret = \"{SECRET}\" }}]\n\
         authorization.sources = [{{ type = http, method = get, url = \"http://127.0.0.1:9/x\", enable = false, \
         headers {{ x-key = planted-2 }} }}, {{ type = redis, redis_type = single, server = \"127.0.0.1:9\", \
         cmd = \"HGETALL a\", password = planted-3, enable = false }}]\n\
         opentelemetry.exporter {{ endpoint = \"http://127.0.0.1:9\", headers {{ authorization = planted-4 }} }}"
    );
    crate::api_security::set(&node, &text);
    let admin = node.administrator();
    let password = token(SECRET, &json!({"sub": "ann"}).to_string());
    let comes_in = || {
        let connecting = Client::v5("c").with(|connect| connect.password = Some(password.as_bytes()));
        assert_eq!(connecting.send_connect(node.mqtt).recv().connack().reason_code, ReasonCode::Success);
    };
    comes_in();
    let stored = || node.process.ctl(&["conf", "show", "--set"]).stdout;
    let mut listener = admin.get("/listeners/tcp:default").expect_status(200).json();
    assert!(listener["authentication"].to_string().contains("******"), "{listener}");
    listener["max_connections"] = json!(77);
    admin.put("/listeners/tcp:default", &listener).expect_status(200);
    comes_in();
    let mut authorization = admin.get("/configs/authorization").expect_status(200).json();
    authorization["no_match"] = json!("deny");
    admin.put("/configs/authorization", &authorization).expect_status(200);
    let exporter = admin.get("/opentelemetry").expect_status(200).json();
    admin.put("/opentelemetry", &exporter).expect_status(200);
    let everything = admin.send("GET", "/configs", None).expect_status(200).text;
    assert!(!everything.contains("planted") && !stored().is_empty());
    let file = std::fs::read_to_string(node.process.path("data/configs/cluster.hocon")).expect("it was changed");
    for secret in ["planted-2", "planted-3", "planted-4", SECRET] {
        assert!(file.contains(secret), "{secret} is lost: {file}");
    }
    assert!(!file.contains("******"), "{file}");
    // Nobody knows a secret of something that is new.
    authorization["sources"][1]["type"] = json!("ldap");
    admin.put("/configs/authorization", &authorization).expect_error(400, "BAD_REQUEST");
    comes_in();
}
