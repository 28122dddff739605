//! Passwords, tokens and keys that a node is told appear in nothing that it says: logs of every detail, answers to commands, what it
//! shows of its configuration, and what it prints when something is wrong. The API, traces and panics are in `access_secrets_watched.rs`.

use crate::access_web_service::web_service;
use crate::lifecycle_site::{Site, address_in};
use crate::statements_bytes::{field, packet};
use dunlin_access::{ClientInfo, Credentials, Password};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_real_servers::free_port;
use dunlin_testkit::Client;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// A part of every secret, and of nothing else.
pub(crate) const PLANTED: &str = "pLanted5ecret";

/// Authenticators and sources that ask others, each with secrets of its own, and nobody there to be asked.
pub(crate) fn configuration(gone: u16, echo: SocketAddr, users: &Path) -> String {
    let sql = format!(
        "server = \"127.0.0.1:{gone}\", database = d, username = u, password = {PLANTED}-sql, query_timeout = 1s"
    );
    let query = "query = \"SELECT password_hash FROM u WHERE n = ${username}\"";
    let rules = "query = \"SELECT permission, action, topic FROM r WHERE n = ${username}\"";
    let redis =
        format!("redis_type = single, server = \"127.0.0.1:{gone}\", password = {PLANTED}-redis, query_timeout = 1s");
    let mongodb = format!(
        "mongo_type = single, server = \"127.0.0.1:{gone}\", database = d, username = u, password = {PLANTED}-mongodb, \
         collection = c, query_timeout = 1s"
    );
    let ldap = format!(
        "server = \"127.0.0.1:{gone}\", username = \"cn=root\", password = {PLANTED}-ldap, base_dn = \"dc=d\", query_timeout = 1s"
    );
    let sentinel = format!(
        "redis_type = sentinel, servers = \"127.0.0.1:{gone}\", sentinel = m, password = {PLANTED}-master, \
         sentinel_username = u, sentinel_password = {PLANTED}-sentinel, query_timeout = 1s"
    );
    let oauth2 = format!(
        "method = post, url = \"http://127.0.0.1:{gone}/scram\", request_timeout = 1s, headers {{ \"x-api-key\" = {PLANTED}-key }}, \
         oauth2 {{ enable = true, token_endpoint = \"http://127.0.0.1:{}/token?access_token={PLANTED}-endpoint\", client_id = dunlin, \
         client_secret = {PLANTED}-oauth2, timeout = 1s }}",
        echo.port()
    );
    let http = |port: u16, path: &str| {
        format!(
            "method = post, url = \"http://127.0.0.1:{port}/{path}?token={PLANTED}-url\", request_timeout = 1s, \
             headers {{ authorization = \"Bearer {PLANTED}-header\", \"x-api-key\" = {PLANTED}-key }}"
        )
    };
    format!(
        "authentication_settings.ignore_backend_failures = true
         authorization.ignore_backend_failures = true
         log.file.default {{ enable = true, level = debug }}
         log.throttling.time_window = 1s
         node.cookie = {PLANTED}-cookie
         authentication = [
           {{ mechanism = password_based, backend = mysql, {sql}, {query} }}
           {{ mechanism = password_based, backend = postgresql, {sql}, {query} }}
           {{ mechanism = password_based, backend = mongodb, {mongodb}, filter {{ n = \"${{username}}\" }} }}
           {{ mechanism = password_based, backend = redis, {redis}, cmd = \"HMGET u:${{username}} password_hash\" }}
           {{ mechanism = password_based, backend = ldap, {ldap}, filter = \"(uid=${{username}})\" }}
           {{ mechanism = password_based, backend = http, {}, body {{ password = \"${{password}}\" }} }}
           {{ mechanism = jwt, algorithm = hmac-based, secret = {PLANTED}-which-is-long-enough-for-hs256 }}
           {{ mechanism = scram, backend = http, {oauth2}, body {{ username = \"${{username}}\" }} }}
           {{ mechanism = password_based, backend = built_in_database, bootstrap_type = plain, bootstrap_file = \"{}\" }}
         ]
         authorization.sources = [
           {{ type = mysql, {sql}, {rules} }}
           {{ type = postgresql, {sql}, {rules} }}
           {{ type = mongodb, {mongodb}, filter {{ n = \"${{username}}\" }} }}
           {{ type = redis, {sentinel}, cmd = \"HGETALL r:${{username}}\" }}
           {{ type = ldap, {ldap} }}
           {{ type = http, {}, body {{ topic = \"${{topic}}\" }} }}
         ]",
        http(echo.port(), "auth"),
        users.display(),
        http(echo.port(), "rules"),
    )
}

/// A service that repeats what it was asked, which is no answer.
pub(crate) fn echo() -> SocketAddr {
    web_service(|asked| format!("no answer to {asked} with {PLANTED}-answer")).expect("a service")
}

/// Who comes: with passwords, with a token, and with a CONNECT that is broken behind its password.
pub(crate) fn visit(address: SocketAddr) {
    let password = format!("{PLANTED}-client");
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{PLANTED}.{PLANTED}");
    for (id, username, password) in [
        ("1", "ann", password.as_str()),
        ("2", "eve", password.as_str()),
        ("3", "ann", "wrong"),
        ("4", "ann", token.as_str()),
    ] {
        let connecting = Client::v5(id).with(|connect| {
            connect.username = Some(username);
            connect.password = Some(password.as_bytes());
        });
        let mut client = connecting.send_connect(address);
        if !client.recv().connack().reason_code.is_error() {
            client.publish("t", "x", AtLeastOnce);
            client.disconnect();
        }
    }
    for flags in [0b1100_0010_u8, 0b1100_0011] {
        let header = [b"\x00\x04MQTT\x04", &[flags, 0, 0][..]].concat();
        let fields = [field(b"c"), field(b"ann"), field(password.as_bytes()), field(b"more\0")].concat();
        let mut client = Client::silent(address);
        client.send_raw(&packet(0x10, &[header, fields].concat()));
        client.expect_closed();
    }
}

/// Everything that a command can be asked, and what it says when something is wrong.
fn answers(site: &Site) -> Vec<String> {
    let mut said = Vec::new();
    for arguments in [
        &["authn"][..],
        &["authn", "--json"],
        &["authn", "node-cache", "--json"],
        &["authn", "users", "list"],
        &["authz"],
        &["authz", "--json"],
        &["conf", "show"],
        &["conf", "show", "authentication"],
        &["conf", "show", "authorization"],
        &["conf", "show", "node"],
        &["listeners"],
        &["broker", "metrics"],
        &["status"],
    ] {
        said.push(site.good(&[&["ctl"], arguments].concat()));
    }
    for wrong in [
        format!("authentication = [{{ mechanism = jwt, secret = {PLANTED}-new, algorithm = none }}]"),
        format!("authentication = [{{ mechanism = password_based, backend = mysql, password = {PLANTED}-new }}]"),
        format!(
            "authentication = [{{ mechanism = password_based, backend = http, url = \"http://u:{PLANTED}-new@h/\" }}]"
        ),
        format!("authorization.sources = [{{ type = redis, redis_type = none, password = {PLANTED}-new }}]"),
        format!(
            "authorization.sources = [{{ type = redis, redis_type = sentinel, sentinel_password = [{PLANTED}-new] }}]"
        ),
        format!(
            "authentication = [{{ mechanism = scram, backend = http, oauth2 {{ client_secret = {{ a = {PLANTED}-new }} }} }}]"
        ),
        format!("node.cookie = {{ secret = {PLANTED}-new }}"),
    ] {
        fs::write(site.path("wrong.hocon"), &wrong).expect("it is written");
        let ended = site.run(&["ctl", "conf", "load", "wrong.hocon"]);
        assert_ne!(ended.code, Some(0), "{wrong}");
        said.extend([ended.output, ended.errors]);
    }
    said
}

/// All files of a folder as text.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| String::from_utf8_lossy(&fs::read(path).expect("it can be read")).into_owned()).collect()
}

#[track_caller]
pub(crate) fn expect_no_secret(text: &str) {
    let in_hexadecimal: String = PLANTED.bytes().map(|byte| format!("{byte:02x}")).collect();
    let in_decimal: Vec<_> = PLANTED.bytes().map(|byte| byte.to_string()).collect();
    for form in [PLANTED, &in_hexadecimal, &in_decimal.join(", ")] {
        let line = text.lines().find(|line| line.contains(form));
        assert!(line.is_none(), "a secret is told: {line:?}");
    }
}

#[test]
fn planted_secrets_are_never_told() {
    let site = Site::new("");
    let users = site.path("users.csv");
    fs::write(&users, format!("user_id,password,is_superuser\nann,{PLANTED}-client,false\n")).expect("it is written");
    site.configure(&configuration(free_port(), echo(), &users));
    let start = site.run(&["start"]);
    assert_eq!(start.code, Some(0), "{}", start.errors);
    let address = address_in(&start.output);
    visit(address);
    for said in answers(&site) {
        expect_no_secret(&said);
    }
    let stop = site.run(&["stop"]);
    for said in [start.output, start.errors, stop.output, stop.errors] {
        expect_no_secret(&said);
    }
    let log = files(&site.data().join("log")).concat();
    // The log is that of a node that was asked and that has asked.
    for word in ["connect_refused", "authentication_failure", "authorization_source_failed", "frame_parse_error"] {
        assert!(log.contains(word), "{word} is not in the log:\n{log}");
    }
    expect_no_secret(&log);
}

#[test]
fn a_password_has_no_text_for_programmers() {
    let password = format!("{PLANTED}-client");
    let credentials = Credentials { client: ClientInfo::default(), password: Some(Password::new(password.as_bytes())) };
    expect_no_secret(&format!("{credentials:?}"));
    expect_no_secret(&format!("{credentials:#?}"));
}
