//! Bundles of certificates: kept over the API, shown by listeners, changed while clients are connected.

use crate::api_client::{ApiClient, ApiNode};
use crate::clients::program;
use crate::doors_certificates::shown;
use crate::doors_quic::QuicClient;
use dunlin_testkit::{Authority, Client, Issued, Way};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const BUNDLE: &str = "/certs/global/name/example.com";

fn read(file: &std::path::Path) -> String {
    fs::read_to_string(file).expect("a file")
}

fn parts(issued: &Issued) -> Value {
    json!({"chain": read(&issued.certificate), "key": read(&issued.key)})
}

fn der(issued: &Issued) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(&issued.certificate).expect("a certificate")
}

/// Makes listeners with these options, on free ports. Says where they are.
fn listen<const N: usize>(node: &ApiNode, admin: &ApiClient, kinds: [&str; N], ssl: &Value) -> [SocketAddr; N] {
    kinds.map(|kind| {
        let body = json!({"type": kind, "name": "m", "bind": "127.0.0.1:0", "ssl_options": ssl});
        admin.post("/listeners", &body).expect_status(200);
        address(node, &format!("{kind}:m"))
    })
}

/// Where a listener is.
pub(crate) fn address(node: &ApiNode, id: &str) -> SocketAddr {
    let output = node.process.ctl(&["listeners"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines().skip_while(|line| line.trim() != id);
    let found = lines.find_map(|line| line.trim().strip_prefix("listen_on")?.split_once(": ")?.1.parse().ok());
    found.unwrap_or_else(|| panic!("no {id} in {text}"))
}

#[test]
fn listeners_show_what_is_in_a_bundle_and_what_takes_its_place() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let authority = Authority::new("authority");
    let server = authority.issue("server");
    let before = der(&server);
    assert_eq!(admin.get("/certs/global/list").expect_status(200).json(), json!([]));
    admin.get(BUNDLE).expect_status(404);
    admin.post(BUNDLE, &parts(&server)).expect_status(204);
    let ssl = json!({"managed_certs": {"bundle_name": "example.com"}});
    let [mqtts, wss, quic] = listen(&node, &admin, ["ssl", "wss", "quic"], &ssl);
    let mut old = Client::v5("old").through(&Way::tcp().tls(authority.trusting())).connect_to(mqtts);
    assert_eq!((shown(&authority, mqtts), shown(&authority, wss)), (before.clone(), before));
    let by_quic = QuicClient::new(&authority, b"mqtt");
    by_quic.log_in(&by_quic.connect(quic).expect("it is let in"));

    // Nothing is waited for: what is sent is in use when the answer comes.
    let after = authority.issue("server");
    admin.post(BUNDLE, &parts(&after)).expect_status(204);
    assert_eq!((shown(&authority, mqtts), shown(&authority, wss)), (der(&after), der(&after)));
    let connection = QuicClient::new(&authority, b"mqtt").connect(quic).expect("it is let in");
    let identity = connection.peer_identity().expect("a certificate");
    assert_eq!(identity.downcast::<Vec<CertificateDer<'static>>>().expect("certificates")[0], der(&after));
    old.ping();

    // A client that is none of ours.
    if let Some(mosquitto) = program("mosquitto_pub") {
        let mut publish = Command::new(mosquitto);
        publish.args(["-h", "localhost", "-p", &mqtts.port().to_string(), "-t", "t", "-m", "m", "-q", "1", "--cafile"]);
        let published = publish.arg(authority.certificate()).output().expect("it runs");
        assert!(published.status.success(), "{published:?}");
    }

    let refused = admin.delete(BUNDLE).expect_status(400).json();
    assert_eq!(refused["code"], "BAD_REQUEST");
    assert_eq!(
        refused["referencing_configs"]["global"],
        json!([["listeners", "quic", "m"], ["listeners", "ssl", "m"], ["listeners", "wss", "m"]])
    );
    admin.delete(&format!("{BUNDLE}?kind=key")).expect_status(400);
    let listed = admin.get("/certs/global/list?details=true").expect_status(200).json();
    assert_eq!(listed[0]["referencing_configs"], refused["referencing_configs"]["global"]);
    assert_eq!((&listed[0]["name"], &listed[0]["files"]), (&json!("example.com"), &json!(["key", "chain"])));
    let certificate = &listed[0]["certificate"];
    assert!(certificate["names"].as_array().expect("names").contains(&json!("localhost")), "{certificate}");
    assert!(certificate["not_after"].as_str().expect("a time") > "2026", "{certificate}");
    assert_eq!(shown(&authority, mqtts), der(&after));
    for kind in ["ssl", "wss", "quic"] {
        admin.delete(&format!("/listeners/{kind}:m")).expect_status(204);
    }
    admin.delete(BUNDLE).expect_status(204);
    admin.delete(BUNDLE).expect_status(204);
    assert_eq!(admin.get("/certs/global/list").expect_status(200).json(), json!([]));
}

#[test]
fn what_cannot_be_used_is_refused_and_nothing_changes() {
    let node = ApiNode::start("");
    let admin = node.administrator();
    let authority = Authority::new("authority");
    let (server, other) = (authority.issue("server"), authority.issue("other"));
    admin.post(BUNDLE, &parts(&server)).expect_status(204);
    let [mqtts] = listen(&node, &admin, ["ssl"], &json!({"managed_certs": [{"bundle_name": "example.com"}]}));
    let refused = |path: &str, body: Value| {
        let answer = admin.post(path, &body).expect_status(400).json();
        answer["message"].as_str().expect("a text").to_owned()
    };
    assert!(refused(BUNDLE, json!({"key": "PLANTED"})).starts_with("key: the request holds no private key"));
    assert!(refused(BUNDLE, json!({"chain": "x"})).starts_with("chain: the request holds no certificate"));
    let key = read(&other.key);
    let mismatch = refused(BUNDLE, json!({"key": key}));
    assert!(mismatch.starts_with("key: the key in the request is not the key of the certificate in "), "{mismatch}");
    assert_eq!(refused(BUNDLE, json!({})), "must include at least one file kind");
    assert!(refused("/certs/global/name/..%2Fb", parts(&server)).contains("is no name of a bundle"));
    assert_eq!(shown(&authority, mqtts), der(&server));

    // A listener cannot name what is not there, and stays as it is.
    let missing = json!({"ssl_options": {"managed_certs": [{"bundle_name": "missing"}]}});
    let answer = admin.put("/listeners/ssl:m", &missing).expect_status(400).json();
    let message = answer["message"].as_str().expect("a text");
    assert!(message.contains("listeners.ssl.m.ssl_options.managed_certs: there is no chain.pem in "), "{message}");
    assert_eq!(shown(&authority, mqtts), der(&server));

    // Whoever names files means the files.
    let files = json!({"ssl_options": {"certfile": other.certificate, "keyfile": other.key}});
    let changed = admin.put("/listeners/ssl:m", &files).expect_status(200).json();
    assert_eq!(changed["ssl_options"]["managed_certs"], json!([]));
    assert_eq!(shown(&authority, mqtts), der(&other));
    admin.delete(BUNDLE).expect_status(204);
}

#[test]
fn a_key_is_kept_for_its_owner_and_told_to_nobody() {
    let mut node = ApiNode::start("log.console.level = debug\nlog.audit.enable = true");
    let admin = node.administrator();
    let authority = Authority::new("authority");
    let server = authority.issue("server");
    let path = "/certs/ns/site/name/b";
    admin.post(path, &parts(&server)).expect_status(204);
    admin.post(path, &json!({"key": "MIIPLANTED"})).expect_status(400);
    assert_eq!(admin.get("/certs/ns/site/list").expect_status(200).json(), json!([{"name": "b"}]));
    assert_eq!(admin.get("/certs/global/list").expect_status(200).json(), json!([]));
    let files = admin.get(path).expect_status(200).json();
    let folder = node.process.path("data/certs2/ns/site/b");
    let of = |kind: &str| files[kind]["path"].as_str().expect("a path").to_owned();
    assert_eq!(files.as_object().expect("an object").keys().collect::<Vec<_>>(), ["chain", "key"]);
    assert!(of("key").ends_with("certs2/ns/site/b/key.pem"), "{files}");
    let mode = fs::metadata(folder.join("key.pem")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = read(&server.key).lines().nth(1).expect("a line").to_owned();
    let audited = admin.get("/audit").expect_status(200).text;
    assert!(audited.contains("/certs/ns/:namespace/name/:name"), "{audited}");
    assert!(!audited.contains(&secret) && !audited.contains("PLANTED"), "{audited}");
    let line = node.process.line_with(&["certificate_bundle_changed"]);
    assert!(line.contains("bundle: b") && line.contains("namespace: site"), "{line}");

    // Several, chosen by name; the first one is for all others.
    let other = authority.issue("other");
    admin.post(BUNDLE, &parts(&other)).expect_status(204);
    let several = json!({"managed_certs": [{"bundle_name": "example.com", "sni": "other.example"},
        {"bundle_name": "b", "namespace": "site", "sni": "localhost"}]});
    let [mqtts] = listen(&node, &admin, ["ssl"], &several);
    assert_eq!(shown(&authority, mqtts), der(&server));
    assert_eq!(
        admin.delete(path).expect_status(400).json()["referencing_configs"]["global"],
        json!([["listeners", "ssl", "m"]])
    );
    admin
        .put("/listeners/ssl:m", &json!({"ssl_options": {"managed_certs": {"bundle_name": "example.com"}}}))
        .expect_status(200);
    assert_eq!(shown(&authority, mqtts), der(&other));
}
