//! The REST API against those who should not get in, or not as far: guesses, logins that are over, viewers, names that lead elsewhere.

use crate::api_client::{Answer, ApiClient, ApiNode, PASSWORD};
use dunlin_testkit::let_time_pass;
use serde_json::{Value, json};
use std::time::Duration;

/// A second and what a clock in whole seconds may add to it.
const PAST_A_SECOND: Duration = Duration::from_millis(2100);

/// Writing operations that are about the caller alone, or that nobody has to be known for.
const OWN: &[&str] = &["/login", "/logout"];

/// Method and path of each operation that changes something, with `x` for all names.
fn writing_operations(node: &ApiNode) -> Vec<(String, String)> {
    let document = node.nobody().get("//api-spec.json").expect_status(200).json();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        let path = path.strip_prefix("/api/v5").unwrap_or(&path).to_owned();
        let methods = item.as_object().expect("methods").keys();
        found.extend(methods.filter(|method| *method != "get").map(|method| (method.to_uppercase(), path.clone())));
    }
    assert!(found.len() > 90, "{found:?}");
    found
}

fn try_out(client: &ApiClient, method: &str, path: &str) -> Answer {
    client.send(method, path, (method != "DELETE").then(|| ("application/json", "{}".to_owned())))
}

/// Changes the configuration of a node that runs.
pub(crate) fn set(node: &ApiNode, text: &str) {
    let file = node.process.path("change.hocon");
    std::fs::write(&file, text).expect("the file is written");
    let loaded = node.process.ctl(&["conf", "load", file.to_str().expect("a path in UTF-8")]);
    assert!(loaded.status.success(), "{loaded:?}");
}

fn key(admin: &ApiClient, name: &str, role: &str) -> ApiClient {
    let key = admin.post("/api_key", &json!({"name": name, "role": role})).expect_status(200).json();
    let word = |name: &str| key[name].as_str().expect("a text").to_owned();
    admin.with_key(&word("api_key"), &word("api_secret"))
}

#[test]
fn viewers_and_publishers_change_nothing_whatever_they_try() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let new = json!({"username": "ann", "password": "secret-1", "role": "viewer"});
    admin.post("/users", &new).expect_status(200);
    let ann = node.nobody().log_in("ann", "secret-1");
    let (viewer, publisher) = (key(&admin, "viewer", "viewer"), key(&admin, "publisher", "publisher"));
    for (method, path) in writing_operations(&node).iter().filter(|(_, path)| !OWN.contains(&path.as_str())) {
        let refused = |client: &ApiClient, who: &str| {
            let answer = try_out(client, method, path);
            let first = path.split('/').nth(1).unwrap_or_default();
            let is_for_people = who != "ann" && ["users", "api_key"].contains(&first);
            let expected = if is_for_people { (401, "API_KEY_NOT_ALLOW") } else { (403, "UNAUTHORIZED_ROLE") };
            let code = answer.json()["code"].clone();
            assert_eq!((answer.status, &code), (expected.0, &json!(expected.1)), "{who}: {method} {path}");
        };
        refused(&ann, "ann");
        refused(&viewer, "viewer");
        if !path.starts_with("/publish") {
            refused(&publisher, "publisher");
        }
    }
    ann.get("/nodes").expect_status(200);
    viewer.get("/nodes").expect_status(200);
    publisher.get("/nodes").expect_error(403, "UNAUTHORIZED_ROLE");
    publisher.post("/publish", &json!({"topic": "t", "payload": "1"})).expect_status(202);
}

#[test]
fn guessing_secrets_locks_the_key_for_the_address() {
    let node = ApiNode::start("dashboard.unsuccessful_login_max_attempts = 3");
    let admin = node.administrator();
    let made = admin.post("/api_key", &json!({"name": "script"})).expect_status(200).json();
    let (name, secret) = (made["api_key"].as_str().unwrap(), made["api_secret"].as_str().unwrap());
    let with = |secret: &str| node.nobody().with_key(name, secret);
    with("wrong").get("/nodes").expect_error(401, "BAD_API_KEY_OR_SECRET");
    with(secret).get("/nodes").expect_status(200);
    for number in 0..3 {
        with(&format!("wrong-{number}")).get("/nodes").expect_error(401, "BAD_API_KEY_OR_SECRET");
    }
    let locked = with(secret).get("/nodes").expect_error(401, "LOGIN_LOCKED");
    assert!(locked.headers.contains_key("www-authenticate"), "{:?}", locked.headers);
    // Whoever has another key is not kept out by that.
    key(&admin, "other", "viewer").get("/nodes").expect_status(200);
    admin.get("/nodes").expect_status(200);
}

#[test]
fn a_token_that_nobody_uses_ends() {
    let node = ApiNode::start("");
    let before = node.administrator();
    set(&node, "dashboard.token_expired_time = 1s");
    let short = node.nobody().log_in("admin", PASSWORD);
    let_time_pass(PAST_A_SECOND);
    short.get("/nodes").expect_error(401, "TOKEN_TIME_OUT");
    short.post("/publish", &json!({"topic": "t", "payload": "1"})).expect_error(401, "TOKEN_TIME_OUT");
    before.get("/nodes").expect_status(200);
}

#[test]
fn a_password_that_is_too_old_is_good_for_a_new_one_alone() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    admin.post("/users", &json!({"username": "ann", "password": "secret-1"})).expect_status(200);
    let login = json!({"username": "ann", "password": "secret-1"});
    assert_eq!(
        node.nobody().post("/login", &login).expect_status(200).json()["password_expire_in_seconds"],
        Value::Null
    );
    set(&node, "dashboard.password_expired_time = 1s");
    let_time_pass(PAST_A_SECOND);
    let answer = node.nobody().post("/login", &login).expect_status(200).json();
    assert!(answer["password_expire_in_seconds"].as_i64().is_some_and(|left| left < 0), "{answer}");
    let ann = node.nobody().with_token(answer["token"].as_str().expect("a token"));
    ann.get("/nodes").expect_error(403, "UNAUTHORIZED_ROLE");
    let change = json!({"old_pwd": "secret-1", "new_pwd": "secret-2"});
    ann.post("/users/ann/change_pwd", &change).expect_status(204);
}

#[test]
fn pages_of_other_origins_get_in_where_the_configuration_lets_them() {
    let ask = |node: &ApiNode, method: &str| node.nobody().send(method, "/status", None);
    let allowed = |answer: &Answer| answer.headers.get("access-control-allow-origin").cloned();
    let closed = ApiNode::start("");
    assert_eq!(allowed(&ask(&closed, "GET").expect_status(200)), None);
    assert_eq!(ask(&closed, "OPTIONS").status, 405);
    let open = ApiNode::start("dashboard.cors = true");
    assert_eq!(allowed(&ask(&open, "GET").expect_status(200)).expect("a header"), "*");
    let preflight = ask(&open, "OPTIONS").expect_status(204);
    let of =
        |name: &str| preflight.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert!(of("access-control-allow-methods").contains("DELETE"), "{:?}", preflight.headers);
    assert!(of("access-control-allow-headers").contains("authorization"), "{:?}", preflight.headers);
    // A page may ask; it has to say who it is all the same.
    open.nobody().get("/nodes").expect_error(401, "AUTHORIZATION_HEADER_ERROR");
}

#[test]
fn no_name_leads_out_of_its_folder() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let data = node.process.path("data");
    let kept = data.join("secret.tar.gz");
    std::fs::write(&kept, "nobody's").expect("the file is written");
    let names =
        ["..%2Fsecret.tar.gz", "%2e%2e%2fsecret.tar.gz", "..%5Csecret.tar.gz", "%2Fetc%2Fpasswd", "..", "a%00b"];
    for name in names {
        for path in [
            format!("/data/files/{name}"),
            format!("/trace/{name}/download"),
            format!("/trace/{name}/log"),
            format!("/certs/global/name/{name}"),
        ] {
            let answer = admin.get(&path);
            assert!(matches!(answer.status, 400 | 404) && !answer.text.contains("nobody's"), "{path}: {answer:?}");
        }
        for path in [format!("/data/files/{name}"), format!("/trace/{name}"), format!("/certs/global/name/{name}")] {
            let answer = admin.delete(&path);
            assert!(matches!(answer.status, 400 | 404), "{path}: {answer:?}");
        }
    }
    for name in ["../secret.tar.gz", "/etc/passwd", "..", "a\u{0}.tar.gz", "../../x.tar.gz"] {
        let answer = admin.post("/data/import", &json!({"filename": name}));
        assert!(matches!(answer.status, 400 | 404), "{name:?}: {answer:?}");
        let answer = admin.post_file("/data/files", name, b"x");
        assert_eq!(answer.status, 400, "{name:?}: {answer:?}");
        let trace = json!({"name": name, "type": "clientid", "clientid": "c"});
        assert_eq!(admin.post("/trace", &trace).status, 400, "{name:?}");
    }
    assert_eq!(std::fs::read_to_string(&kept).expect("it is still there"), "nobody's");
}

#[test]
fn what_is_too_large_or_too_much_is_refused() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let archive = vec![b'x'; (64 << 20) + (65 << 10)];
    admin.post_file("/data/files", "big.tar.gz", &archive).expect_error(413, "EXCEED_LIMIT");
    let body = ("application/json", format!("{{\"topic\": \"t\", \"payload\": \"{}\"}}", "x".repeat(9 << 20)));
    admin.send("POST", "/publish", Some(body)).expect_error(413, "EXCEED_LIMIT");
    for number in 0..512 {
        admin.post("/mqtt/topic_metrics", &json!({"topic": format!("t/{number}")})).expect_status(200);
    }
    admin.post("/mqtt/topic_metrics", &json!({"topic": "one/more"})).expect_error(409, "EXCEED_LIMIT");
    let all: Value = admin.get("/mqtt/topic_metrics").expect_status(200).json();
    assert_eq!(all.as_array().map(Vec::len), Some(512));
    admin.delete("/mqtt/topic_metrics/t%2F0").expect_status(204);
    admin.post("/mqtt/topic_metrics", &json!({"topic": "one/more"})).expect_status(200);
}
