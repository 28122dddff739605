//! The REST API: who may use it, and what every answer has in common.

use crate::api_client::{ApiNode, PASSWORD};
use crate::binary_process::Dunlin;
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

#[test]
fn somebody_logs_in_and_gives_a_program_a_key() {
    let node = ApiNode::start("");
    let nobody = node.nobody();
    nobody.get("/nodes").expect_error(401, "AUTHORIZATION_HEADER_ERROR");
    nobody.post("/login", &json!({"username": "admin", "password": "wrong"})).expect_error(401, "BAD_USERNAME_OR_PWD");
    let first = nobody.post("/login", &json!({"username": "admin", "password": "public"})).expect_status(200).json();
    assert_eq!((&first["must_change_password"], &first["role"]), (&json!(true), &json!("administrator")));
    let admin = node.administrator();
    nobody.post("/login", &json!({"username": "admin", "password": "public"})).expect_error(401, "BAD_USERNAME_OR_PWD");
    nobody.with_token(first["token"].as_str().unwrap()).get("/nodes").expect_error(401, "BAD_TOKEN");

    let nodes = admin.get("/nodes").expect_status(200).json();
    assert_eq!((&nodes[0]["node_status"], &nodes[0]["node"]), (&json!("running"), &json!("dunlin@127.0.0.1")));
    admin.get("/nodes/dunlin@127.0.0.1").expect_status(200);
    admin.get("/nodes/other@127.0.0.1").expect_error(404, "NOT_FOUND");

    let key = admin.post("/api_key", &json!({"name": "script", "role": "viewer"})).expect_status(200).json();
    let script = nobody.with_key(key["api_key"].as_str().unwrap(), key["api_secret"].as_str().unwrap());
    script.get("/nodes").expect_status(200);
    script.get("/users").expect_error(401, "API_KEY_NOT_ALLOW");
    script.post("/users", &json!({})).expect_error(401, "API_KEY_NOT_ALLOW");
    assert!(admin.get("/api_key").json()[0].get("api_secret").is_none(), "it is told once");
    admin.put("/api_key/script", &json!({"enable": false})).expect_status(200);
    script.get("/nodes").expect_error(401, "BAD_API_KEY_OR_SECRET");
    admin.delete("/api_key/script").expect_status(204);
    admin.delete("/api_key/script").expect_error(404, "NOT_FOUND");

    admin.post("/logout", &json!({"username": "other"})).expect_error(401, "WRONG_TOKEN_OR_USERNAME");
    admin.post("/logout", &json!({"username": "admin"})).expect_status(204);
    admin.get("/nodes").expect_error(401, "BAD_TOKEN");
}

#[test]
fn a_viewer_changes_nothing_but_the_own_password() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let new = json!({"username": "ann", "password": "secret-1", "role": "viewer"});
    assert_eq!(admin.post("/users", &new).expect_status(200).json()["role"], "viewer");
    let ann = node.nobody().log_in("ann", "secret-1");
    ann.get("/users").expect_status(200);
    ann.post("/users", &new).expect_error(403, "UNAUTHORIZED_ROLE");
    ann.delete("/users/admin").expect_error(403, "UNAUTHORIZED_ROLE");
    let change = json!({"old_pwd": "secret-1", "new_pwd": "secret-2"});
    ann.post("/users/admin/change_pwd", &change).expect_error(403, "UNAUTHORIZED_ROLE");
    ann.post("/users/ann/change_pwd", &json!({"old_pwd": "x", "new_pwd": "secret-2"}))
        .expect_error(400, "ERROR_PWD_NOT_MATCH");
    ann.post("/users/ann/change_pwd", &json!({"old_pwd": "secret-1", "new_pwd": "short"}))
        .expect_error(400, "BAD_REQUEST");
    ann.post("/users/ann/change_pwd", &change).expect_status(204);
    admin.put("/users/ann", &json!({"role": "administrator", "description": ""})).expect_status(200);
    node.nobody().log_in("ann", "secret-2").get("/nodes").expect_status(200);
    admin.delete("/users/admin").expect_error(400, "NOT_ALLOWED");
    admin.delete("/users/ann").expect_status(204);
    admin.delete("/users/ann").expect_error(404, "USER_NOT_FOUND");
}

#[test]
fn guessing_passwords_locks_the_name() {
    let node =
        ApiNode::start("dashboard { unsuccessful_login_max_attempts = 3, unsuccessful_login_lock_duration = 1h }");
    let admin = node.administrator();
    admin.post("/users", &json!({"username": "ann", "password": "secret-1"})).expect_status(200);
    let guess = |password: &str| node.nobody().post("/login", &json!({"username": "ann", "password": password}));
    for _ in 0..3 {
        guess("secret-x").expect_error(401, "BAD_USERNAME_OR_PWD");
    }
    guess("secret-1").expect_error(401, "LOGIN_LOCKED");
    node.nobody().log_in("admin", PASSWORD);
}

#[test]
fn the_default_password_is_no_use_from_elsewhere_a_second_time() {
    let node = ApiNode::start("");
    let body = r#"{"username":"admin","password":"public"}"#;
    // What comes through a proxy may come from anywhere.
    let log_in = || {
        let mut stream = TcpStream::connect(node.api).unwrap();
        let length = body.len();
        write!(
            stream,
            "POST /api/v5/login HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.7\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let first = log_in();
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    let token = first.split(r#""token":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    node.nobody().with_token(token).get("/nodes").expect_error(403, "UNAUTHORIZED_ROLE");
    let second = log_in();
    assert!(second.starts_with("HTTP/1.1 401") && second.contains("admins passwd"), "{second}");
    node.nobody().log_in("admin", "public").get("/nodes").expect_status(200);
}

#[test]
fn answers_look_alike() {
    let node = ApiNode::start("");
    let (nobody, admin) = (node.nobody(), node.administrator());
    let status = nobody.get("//status").expect_status(200);
    assert_eq!(status.text, "Node dunlin@127.0.0.1 is started\nemqx is running");
    assert_eq!(nobody.get("/status?format=json").json()["app_status"], "running");
    nobody.get("/load_rebalance/availability_check").expect_status(200);
    nobody.get("/nowhere").expect_error(404, "NOT_FOUND");
    nobody.get("//nowhere").expect_error(404, "NOT_FOUND");
    let rules = nobody.get("/rules").expect_error(404, "NOT_FOUND");
    assert!(rules.text.contains("no rule engine"), "{}", rules.text);
    admin.send("PATCH", "/nodes", None).expect_error(405, "METHOD_NOT_ALLOWED");
    nobody.send("OPTIONS", "/nodes", None).expect_error(405, "METHOD_NOT_ALLOWED");
    admin.post("/users", &json!({"username": "a", "password": "secret-1", "more": 1})).expect_error(400, "BAD_REQUEST");
    let text = Some(("text/plain", "{}".to_owned()));
    admin.send("POST", "/users", text).expect_error(415, "UNSUPPORTED_MEDIA_TYPE");
    let big = Some(("application/json", format!("\"{}\"", "x".repeat(9 << 20))));
    admin.send("POST", "/users", big).expect_error(413, "EXCEED_LIMIT");
    let answer = admin.get("/users");
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("cache-control", "no-store")]
    {
        assert_eq!(answer.headers[name], value);
    }
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    let document = nobody.get("//api-spec.json").expect_status(200).json();
    assert!(document["paths"]["/users/{username}"]["put"]["responses"]["401"].is_object());
    let page = nobody.get("//api-docs").expect_status(200);
    assert!(page.text.contains("Dunlin API") && !page.text.contains("http://") && !page.text.contains("https://"));
}

#[test]
fn a_listener_whose_address_is_taken_keeps_the_node_from_starting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let text = format!(
        "node.data_dir = data\nlisteners.tcp.default.bind = \"127.0.0.1:0\"\ndashboard.listeners.http.bind = \"{address}\"\n"
    );
    let ended = Dunlin::start(&text).wait();
    assert_eq!(ended.code, Some(1), "{}", ended.errors);
    let line = ended.errors.lines().last().unwrap_or_default();
    for words in ["http:dashboard", &address.to_string(), "in use", "dashboard.listeners.http.bind", "dunlin.conf:3"] {
        assert!(line.contains(words), "{words} is not in {line}");
    }
}

#[test]
fn a_node_that_stops_answers_what_it_was_asked() {
    let node = ApiNode::start("");
    let _client = TcpStream::connect(node.mqtt).unwrap();
    let _idle = TcpStream::connect(node.api).unwrap();
    node.nobody().get("/status").expect_status(200);
    node.process.terminate();
    assert_eq!(node.process.wait().code, Some(0));
    assert!(TcpStream::connect(node.api).is_err());
}

#[test]
fn keys_of_a_file_are_there_from_the_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    std::fs::write(&file, "known:s3cret\nreader:s3cret:viewer\n").unwrap();
    let node = ApiNode::start(&format!("api_key.bootstrap_file = \"{}\"", file.display()));
    node.nobody().with_key("known", "s3cret").get("/nodes").expect_status(200);
    node.nobody().with_key("reader", "s3cret").get("/nodes").expect_status(200);
    node.nobody().with_key("known", "other").get("/nodes").expect_error(401, "BAD_API_KEY_OR_SECRET");
}

#[test]
fn a_forgotten_password_is_set_on_the_machine() {
    let node = ApiNode::start("");
    let ctl = |arguments: &[&str]| node.process.ctl(arguments);
    let why = ctl(&["admins", "passwd", "admin", "short"]);
    assert!(!why.status.success() && String::from_utf8_lossy(&why.stderr).contains("8~64"), "{why:?}");
    assert!(ctl(&["admins", "passwd", "admin", "secret-1"]).status.success());
    assert!(ctl(&["admins", "add", "ann", "secret-2", "on call", "viewer"]).status.success());
    let list = String::from_utf8(ctl(&["admins", "list"]).stdout).unwrap();
    assert!(list.contains("User(username=ann, role=viewer, mfa=none, description=on call)"), "{list}");
    let ann = node.nobody().log_in("ann", "secret-2");
    node.nobody().log_in("admin", "secret-1").get("/users").expect_status(200);
    assert!(ctl(&["admins", "del", "ann"]).status.success());
    ann.get("/nodes").expect_error(401, "BAD_TOKEN");
}
