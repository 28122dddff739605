//! Planted secrets that are sent to a running node over HTTP: those of back ends, of listeners, of users.

use crate::access_secrets::PLANTED;
use crate::api_client::ApiClient;
use dunlin_real_servers::Certificates;
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

/// What clients and people come with.
pub(crate) struct Sent {
    /// Of the superuser `watcher`.
    pub(crate) watcher_password: String,
    /// Of `ann`, who uses the dashboard.
    pub(crate) dashboard_password: String,
    /// A line of a private key.
    pub(crate) key_line: String,
}

fn secret(of: &str) -> String {
    format!("{PLANTED}-{of}")
}

/// As `{"a": 1}` and `{"b": 2}` become one object.
fn joined(parts: &[Value]) -> Value {
    let fields = parts.iter().flat_map(|part| part.as_object().expect("an object").clone());
    Value::Object(fields.collect())
}

/// Where a back end is, with its password, by the name that authenticators and sources of rules know it by.
fn back_ends(gone: u16, echo: SocketAddr, ssl: &Value) -> [(&'static str, Value); 6] {
    let server = format!("127.0.0.1:{gone}");
    let sql = |of: &str| json!({"server": server, "database": "d", "username": "u", "password": secret(of), "query_timeout": "1s"});
    [
        ("mysql", sql("mysql")),
        ("postgresql", joined(&[sql("postgresql"), json!({"ssl": ssl})])),
        (
            "mongodb",
            json!({"mongo_type": "single", "server": server, "database": "d", "username": "u",
                "password": secret("mongodb"), "collection": "c", "filter": {"n": "${username}"}, "query_timeout": "1s"}),
        ),
        (
            "redis",
            json!({"redis_type": "sentinel", "servers": server, "sentinel": "m", "password": secret("redis"),
                "sentinel_username": "u", "sentinel_password": secret("sentinel"), "query_timeout": "1s"}),
        ),
        (
            "ldap",
            json!({"server": server, "username": "cn=root", "password": secret("ldap"), "base_dn": "dc=d",
                "query_timeout": "1s"}),
        ),
        (
            "http",
            json!({"method": "post", "url": format!("http://{echo}/a?token={PLANTED}-url"), "request_timeout": "1s",
                "headers": {"authorization": format!("Bearer {PLANTED}-bearer"), "x-own": secret("own-header")},
                "body": {"password": "${password}", "app_secret": secret("body")}}),
        ),
    ]
}

fn authenticators(gone: u16, echo: SocketAddr, ssl: &Value) -> Vec<Value> {
    let query = json!({"query": "SELECT password_hash FROM u WHERE n = ${username}"});
    let of_back_ends = back_ends(gone, echo, ssl).into_iter().map(|(backend, place)| {
        let asks = match backend {
            "mysql" | "postgresql" => query.clone(),
            "redis" => json!({"cmd": "HMGET u:${username} password_hash"}),
            "ldap" => json!({"filter": "(uid=${username})"}),
            _ => json!({}),
        };
        joined(&[json!({"mechanism": "password_based", "backend": backend}), place, asks])
    });
    let others = [
        json!({"mechanism": "jwt", "algorithm": "hmac-based", "secret": secret("which-is-long-enough-for-hs256")}),
        json!({"mechanism": "scram", "backend": "http", "method": "post", "request_timeout": "1s",
            "url": format!("http://127.0.0.1:{gone}/?access_token={PLANTED}-scram"),
            "headers": {"x-api-key": secret("scram-header")}, "body": {"username": "${username}"},
            "oauth2": {"enable": true, "token_endpoint": format!("http://{echo}/token?access_token={PLANTED}-endpoint"),
                "client_id": "dunlin", "client_secret": secret("oauth2"), "timeout": "1s"}}),
        json!({"mechanism": "scram", "backend": "built_in_database", "iteration_count": 16}),
        json!({"mechanism": "password_based", "backend": "built_in_database"}),
    ];
    of_back_ends.chain(others).collect()
}

fn sources(gone: u16, echo: SocketAddr, ssl: &Value) -> Vec<Value> {
    let asks = |kind: &str| match kind {
        "mysql" | "postgresql" => json!({"query": "SELECT permission, action, topic FROM r WHERE n = ${username}"}),
        "redis" => json!({"cmd": "HGETALL r:${username}"}),
        "http" => json!({"body": {"topic": "${topic}", "app_token": secret("rules-body")}}),
        _ => json!({}),
    };
    back_ends(gone, echo, ssl).map(|(kind, place)| joined(&[json!({"type": kind}), place, asks(kind)])).to_vec()
}

/// Makes all that there can be, with a secret in each place, and asks for what is refused.
pub(crate) fn plant(admin: &ApiClient, gone: u16, echo: SocketAddr, websocket: u16) -> Sent {
    let certificates = Certificates::for_host("localhost");
    let password = secret("of-a-key");
    let encrypted = certificates.folder().join("encrypted.pem");
    let mut openssl = Command::new("openssl");
    openssl.args(["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", &format!("pass:{password}"), "-in"]);
    let done = openssl.arg(certificates.key()).arg("-out").arg(&encrypted).output().expect("openssl runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let ssl =
        json!({"enable": true, "certfile": certificates.certificate(), "keyfile": encrypted, "password": password});
    for authenticator in authenticators(gone, echo, &ssl) {
        admin.post("/authentication", &authenticator).expect_status(200);
    }
    for source in sources(gone, echo, &ssl) {
        admin.post("/authorization/sources", &source).expect_status(204);
    }
    let sent = Sent {
        watcher_password: secret("watcher"),
        dashboard_password: secret("dashboard-1"),
        key_line: key_line(&fs::read_to_string(certificates.key()).expect("a key")),
    };
    add_listeners(admin, gone, websocket, &ssl, &certificates);
    add_users(admin, &sent);
    send_what_is_refused(admin);
    sent
}

/// The first line of base64, which no other key has.
fn key_line(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("---")).max_by_key(|line| line.len()).expect("a line").to_owned()
}

fn add_listeners(admin: &ApiClient, gone: u16, websocket: u16, ssl: &Value, certificates: &Certificates) {
    let text = |path: std::path::PathBuf| fs::read_to_string(path).expect("it can be read");
    let mut options = ssl.clone();
    options.as_object_mut().expect("an object").remove("enable");
    let own = json!([{"mechanism": "password_based", "backend": "redis", "server": format!("127.0.0.1:{gone}"),
        "password": secret("of-a-listener"), "cmd": "HMGET u:${username} password_hash"}]);
    let inline = json!({"certfile": text(certificates.certificate()), "keyfile": text(certificates.key())});
    for listener in [
        json!({"type": "ssl", "name": "encrypted", "bind": "127.0.0.1:0", "ssl_options": options, "authentication": own}),
        json!({"type": "ssl", "name": "inline", "bind": "127.0.0.1:0", "ssl_options": inline}),
        json!({"type": "ws", "name": "web", "bind": format!("127.0.0.1:{websocket}")}),
    ] {
        admin.post("/listeners", &listener).expect_status(200);
    }
    let gateway = json!({"push_gateway": {"enable": true, "url": format!("http://127.0.0.1:{gone}"), "interval": "1s",
        "headers": {"Authorization": secret("push")}}});
    admin.put("/prometheus", &gateway).expect_status(200);
}

fn add_users(admin: &ApiClient, sent: &Sent) {
    const BUILT_IN: &str = "/authentication/password_based:built_in_database";
    let users = format!("{BUILT_IN}/users");
    let watcher = json!({"user_id": "watcher", "password": sent.watcher_password, "is_superuser": true});
    admin.post(&users, &watcher).expect_status(201);
    admin.post(&users, &json!({"user_id": "ann", "password": secret("before")})).expect_status(201);
    admin.put(&format!("{users}/ann"), &json!({"password": secret("client")})).expect_status(200);
    let bea = json!([{"user_id": "bea", "password": secret("imported"), "is_superuser": false}]);
    admin.post(&format!("{BUILT_IN}/import_users?type=plain"), &bea).expect_status(200);
    let cid =
        json!([{"user_id": "cid", "password_hash": "5e".repeat(32), "salt": secret("salt"), "is_superuser": false}]);
    admin.post(&format!("{BUILT_IN}/import_users?type=hash"), &cid).expect_status(200);
    let scram = json!({"user_id": "ann", "password": secret("of-scram")});
    admin.post("/authentication/scram:built_in_database/users", &scram).expect_status(201);
    let ann = json!({"username": "ann", "password": secret("first-1"), "role": "viewer"});
    admin.post("/users", &ann).expect_status(200);
    let change = json!({"old_pwd": secret("first-1"), "new_pwd": sent.dashboard_password});
    admin.post("/users/ann/change_pwd", &change).expect_status(204);
    let check =
        json!({"clientid": "c", "username": "ann", "password": secret("client"), "action": "publish", "topic": "t"});
    admin.post("/authorization/check", &check).expect_status(200);
}

/// What is wrong in some way that is told, with a secret beside it or in it.
fn send_what_is_refused(admin: &ApiClient) {
    let wrong = secret("refused");
    let answers = [
        admin.post("/authentication", &json!({"mechanism": "password_based", "backend": "oracle", "password": wrong})),
        admin.put("/authentication/jwt", &json!({"mechanism": "jwt", "algorithm": "none", "secret": wrong})),
        admin.put("/authentication/jwt", &json!({"mechanism": "jwt", "algorithm": "hmac-based", "secret": [wrong]})),
        admin.post("/authorization/sources", &json!({"type": "redis", "password": wrong, "cmd": "FLUSHALL"})),
        admin.post(
            "/authentication/password_based:built_in_database/users",
            &json!({"user_id": "u", "password": {"is": wrong}}),
        ),
        admin.post(
            "/authentication/password_based:built_in_database/import_users?type=hash",
            &json!([{"user_id": "u", "password_hash": [wrong]}]),
        ),
        admin.post(
            "/listeners",
            &json!({"type": "ssl", "name": "x", "bind": "nowhere", "ssl_options": {"password": wrong}}),
        ),
        admin.put("/prometheus", &json!({"push_gateway": {"headers": [wrong]}})),
        admin.put("/configs/dashboard", &json!({"default_password": {"x": wrong}})),
        admin.send("PUT", "/configs", Some(("text/plain", format!("node.cookie = {{ {wrong}")))),
    ];
    for answer in answers {
        assert!((400..500).contains(&answer.status), "{} {}", answer.status, answer.text);
        crate::access_secrets::expect_no_secret(&answer.text);
    }
}
