//! Secrets that a running node is sent over HTTP and by clients, and those that it makes itself: tokens of logins, keys of the API, salts
//! and hashes. Whoever watches it, asks it or reads what it writes hears none of them again.

use crate::access_secrets::{PLANTED, echo, expect_no_secret, visit};
use crate::access_secrets_planting::{Sent, plant};
use crate::access_secrets_watched::read_all;
use crate::api_client::{ApiClient, ApiNode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dunlin_codec::{Connect, Packet};
use dunlin_model::Qos::AtMostOnce;
use dunlin_real_servers::free_port;
use dunlin_testkit::Client;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tar::Archive;

const CONFIGURATION: &str = "authentication_settings.ignore_backend_failures = true
    authorization.ignore_backend_failures = true
    log.file.default { enable = true, level = debug }
    log.console { enable = true, level = debug }
    log.throttling.time_window = 1s
    log.audit.enable = true
    sys_topics { sys_msg_interval = 1s, sys_heartbeat_interval = 1s }";

/// What commands show.
const COMMANDS: [&[&str]; 22] = [
    &["status"],
    &["broker"],
    &["broker", "stats"],
    &["broker", "metrics"],
    &["authn", "--json"],
    &["authn", "users", "list", "--json"],
    &["authn", "users", "list", "--id", "scram:built_in_database"],
    &["authn", "node-cache", "--json"],
    &["authz", "--json"],
    &["conf", "show"],
    &["conf", "show", "--json"],
    &["conf", "show", "--set", "--origins"],
    &["conf", "show", "authentication"],
    &["conf", "show", "authorization"],
    &["conf", "show", "listeners"],
    &["listeners"],
    &["clients", "list"],
    &["clients", "timeline", "4"],
    &["admins", "list"],
    &["api_keys", "list"],
    &["traces", "list"],
    &["data", "list"],
];

/// Secrets that nobody has planted: they are known when the node has made them.
#[derive(Default)]
struct Learned(Vec<String>);

impl Learned {
    fn add(&mut self, text: &str) {
        assert!(text.len() >= 16, "{text:?} may be found anywhere");
        self.0.push(text.to_owned());
    }

    /// Bytes as texts: in hexadecimal, in base64, as Rust shows them.
    fn add_bytes(&mut self, bytes: &[u8]) {
        self.add(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        self.add(&STANDARD.encode(bytes));
        self.add(&bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
    }

    /// Neither a planted secret nor one of these is in what comes from there.
    #[track_caller]
    fn expect_none(&self, from: &str, text: &str) {
        expect_no_secret(text);
        for secret in &self.0 {
            assert!(!text.contains(secret), "{from} tells {secret:?}: {:?}", around(text, secret));
        }
    }
}

fn around<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    text.lines().find(|line| line.contains(secret))
}

/// What the node answers whoever logs in or makes a key, and to nobody else.
fn make_keys(node: &ApiNode, admin: &ApiClient, sent: &Sent, learned: &mut Learned) -> ApiClient {
    let text = |answer: &Value, name: &str| answer[name].as_str().expect("a text").to_owned();
    let key = admin.post("/api_key", &json!({"name": "script", "role": "administrator"})).expect_status(200).json();
    let (id, secret) = (text(&key, "api_key"), text(&key, "api_secret"));
    learned.add(&secret);
    learned.add(&STANDARD.encode(format!("{id}:{secret}")));
    let script = node.nobody().with_key(&id, &secret);
    script.post("/banned", &json!({"as": "clientid", "who": "banned"})).expect_status(200);
    let login = json!({"username": "ann", "password": sent.dashboard_password});
    let token = text(&node.nobody().post("/login", &login).expect_status(200).json(), "token");
    learned.add(&token);
    let ann = node.nobody().with_token(&token);
    ann.get("/nodes").expect_status(200);
    admin.post("/users/ann/mfa", &json!({"mechanism": "totp"})).expect_status(204);
    let asked = node.nobody().post("/login", &login).expect_status(401).json();
    learned.add(asked["message"]["secret"].as_str().unwrap_or_else(|| panic!("a secret: {asked}")));
    let guess = json!({"username": "ann", "password": sent.dashboard_password, "mfa_token": "123456"});
    node.nobody().post("/login", &guess).expect_status(401);
    script
}

/// An archive, file by file; learns what is stored of users and keys.
fn unpacked(archive: &[u8], learned: &mut Learned) -> String {
    let mut text = String::new();
    for entry in Archive::new(GzDecoder::new(archive)).entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        let path = entry.path().expect("a path").display().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("it can be read");
        let content = String::from_utf8_lossy(&bytes).into_owned();
        if path.contains("/tables/") {
            for line in content.lines() {
                let line: Value = serde_json::from_str(line).expect("JSON");
                let value = STANDARD.decode(line["value"].as_str().expect("a text")).expect("base64");
                learn_stored(line["table"].as_str().expect("a name"), &value, learned);
                text += &String::from_utf8_lossy(&value);
            }
        }
        text += &format!("\n{path}\n{content}\n");
    }
    text
}

/// The formats are drawn in `stored_user.rs` and `scram_user.rs`; those of the API are JSON.
fn learn_stored(table: &str, value: &[u8], learned: &mut Learned) {
    const SHA256_BYTES: usize = 32;
    if table.starts_with("users/password/") {
        let (hash, salt) = value[5..].split_at(SHA256_BYTES);
        learned.add_bytes(hash);
        // One that came with its hash has a salt that is planted.
        if salt.len() == 16 {
            learned.add_bytes(salt);
        }
    } else if table.starts_with("users/scram/") {
        let (keys, salt) = value[6..].split_at(2 * SHA256_BYTES);
        keys.chunks(SHA256_BYTES).chain([salt]).for_each(|secret| learned.add_bytes(secret));
    } else if let Ok(stored) = serde_json::from_slice::<Value>(value) {
        for name in ["hash", "salt"] {
            stored[name].as_str().into_iter().for_each(|secret| learned.add(secret));
        }
    }
}

/// All that is published, for one who may read it: figures of the node, and what is said of clients.
fn watch(node: &ApiNode, sent: &Sent) -> Client {
    let connecting = Client::v5("watcher").with(|connect: &mut Connect<'_>| {
        connect.username = Some("watcher");
        connect.password = Some(sent.watcher_password.as_bytes());
    });
    let mut watcher = connecting.connect_to(node.mqtt);
    for filter in ["$SYS/#", "#"] {
        watcher.subscribe(filter, AtMostOnce);
    }
    watcher
}

/// Everything up to a message of the test's own, with a round of the node's figures.
fn heard(watcher: &mut Client, script: &ApiClient) -> String {
    let mut text = String::new();
    let mut hear = |wanted: &str| loop {
        let frame = watcher.recv();
        let Packet::Publish(publish) = frame.packet() else { continue };
        text += &format!("{} {}\n", publish.topic, String::from_utf8_lossy(publish.payload));
        if publish.topic.contains(wanted) {
            return;
        }
    };
    hear("/clients/1/disconnected");
    hear("/uptime");
    script.post("/publish", &json!({"topic": "the/end", "payload": "x"}));
    hear("the/end");
    text
}

/// A request to open a WebSocket, with all that a browser or a proxy could put there.
fn come_by_websocket(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let basic = STANDARD.encode(format!("u:{PLANTED}-ws"));
    write!(
        stream,
        "GET /mqtt?token={PLANTED}-query HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: mqtt\r\n\
         Authorization: Basic {basic}\r\nCookie: session={PLANTED}-session\r\nX-Api-Key: {PLANTED}-header\r\n\r\n"
    )
    .expect("it is sent");
    let mut status = [0; 12];
    stream.read_exact(&mut status).expect("an answer");
    assert_eq!(&status, b"HTTP/1.1 101");
    // No packet of MQTT, but what a client of something else would send.
    stream.write_all(format!("\u{82}{PLANTED}-frame").as_bytes()).expect("it is sent");
}

/// All files below a folder, with their names and rights.
fn files_below(folder: &Path) -> Vec<(String, u32, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let facts = fs::symlink_metadata(&path).expect("it is there");
        if facts.is_dir() {
            found.extend(files_below(&path));
        } else if facts.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("it can be read")).into_owned();
            found.push((path.display().to_string(), facts.permissions().mode(), text));
        }
    }
    found
}

#[test]
fn what_is_sent_to_a_node_and_what_it_makes_is_never_told() {
    let node = ApiNode::start(CONFIGURATION);
    let admin = node.administrator();
    let mut learned = Learned::default();
    let of_all = json!({"name": "t1", "type": "ip_address", "ip_address": "127.0.0.1", "payload_encode": "text"});
    let of_one = json!({"name": "t2", "type": "clientid", "clientid": "1", "formatter": "json"});
    for trace in [of_all, of_one] {
        admin.post("/trace", &trace).expect_status(200);
    }
    let websocket = free_port();
    let sent = plant(&admin, free_port(), echo(), websocket);
    learned.add(&sent.key_line);
    let mut watcher = watch(&node, &sent);
    visit(node.mqtt);
    come_by_websocket(websocket);
    let script = make_keys(&node, &admin, &sent, &mut learned);
    let made = script.post("/data/export", &json!({})).expect_status(200).json();
    let archive = script.get_bytes(&format!("/data/files/{}", made["filename"].as_str().expect("a name")));
    let hashed_only = [sent.watcher_password.clone(), sent.dashboard_password.clone()];
    let keys = learned.0.clone();
    let inside = unpacked(&archive, &mut learned);
    assert!(inside.contains(&format!("{PLANTED}-mysql")), "secrets of back ends are wanted where it is imported");
    // Of a user of MQTT, of the dashboard, of a key there is a hash and no more. The key of TLS is a file of the operator's.
    for secret in hashed_only.iter().chain(&keys) {
        assert!(!inside.contains(secret) || *secret == sent.key_line, "{secret:?} is in the archive");
    }

    learned.expect_none("$SYS", &heard(&mut watcher, &script));
    for command in COMMANDS {
        let ended = node.process.ctl(command);
        let said = [ended.stdout, ended.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(ended.status.success(), "{command:?}: {said}");
        learned.expect_none(&format!("{command:?}"), &said);
    }
    let shown = read_all(&admin, &|answer: &str| learned.expect_none("the API", answer));
    assert!(shown > 60, "only {shown} answers had something to show");
    for (path, mode, text) in files_below(&node.process.path("data")) {
        let is_read_by_others = path.contains("/log/") || path.contains("/trace");
        if is_read_by_others {
            learned.expect_none(&path, &text);
        } else if text.contains(PLANTED) {
            assert_eq!(mode & 0o077, 0, "{path} has secrets and can be read by others");
        }
        for secret in hashed_only.iter().chain(keys.iter().filter(|key| **key != sent.key_line)) {
            assert!(!text.contains(secret), "{secret:?} is in {path}");
        }
    }
    let log = files_below(&node.process.path("data/log")).into_iter().map(|(_, _, text)| text).collect::<String>();
    for word in ["connect_refused", "authentication_failure", "/authentication", "/api_key"] {
        assert!(log.contains(word), "{word} is not in the log and the audit log:\n{log}");
    }
    node.process.terminate();
    let ended = node.process.wait();
    learned.expect_none("the console", &(ended.output.join("\n") + &ended.errors));
}
