//! `dunlin ctl`: what it shows of a running node, in the words that scripts know.

use crate::lifecycle_site::{Ended, Site, eventually};
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::Client;
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The value of a row: `connections.count : 2`.
fn row<'a>(table: &'a str, name: &str) -> &'a str {
    let line = table.lines().find(|line| line.split(':').next().is_some_and(|start| start.trim() == name));
    let line = line.unwrap_or_else(|| panic!("no row {name} in {table}"));
    line.split_once(": ").expect("a value").1
}

#[test]
fn status_and_broker_are_what_scripts_know() {
    let site = Site::new("node.name = \"emqx@10.0.0.1\"");
    site.start();
    assert_eq!(site.good(&["ctl", "status"]), "Node 'emqx@10.0.0.1' 0.1.0 is started\n");
    let status = json(&site.good(&["ctl", "status", "--json"]));
    assert_eq!((&status["status"], &status["pid"]), (&"started".into(), &site.pid().into()), "{status}");
    let broker = site.good(&["ctl", "broker"]);
    assert!(broker.starts_with("sysdescr  : Dunlin"), "{broker}");
    assert_eq!(row(&broker, "version"), "0.1.0");
    assert!(row(&broker, "datetime").ends_with('Z') && row(&broker, "uptime").ends_with("seconds"), "{broker}");
    assert_eq!(json(&site.good(&["ctl", "broker", "--json"]))["version"], "0.1.0");
}

#[test]
fn statistics_and_metrics_count() {
    let site = Site::new("");
    let mut client = Client::v5("c").connect_to(site.start());
    client.subscribe("t", AtLeastOnce);
    client.publish_retained("t", "1", AtLeastOnce);
    let stats = site.good(&["ctl", "broker", "stats"]);
    assert!(stats.contains("connections.count             : 1\n"), "{stats}");
    assert_eq!([row(&stats, "subscriptions.count"), row(&stats, "retained.count")], ["1", "1"]);
    let metrics = site.good(&["ctl", "broker", "metrics"]);
    assert_eq!([row(&metrics, "messages.received"), row(&metrics, "client.connected")], ["1", "1"]);
    let names: Vec<_> = metrics.lines().map(|line| line.split(' ').next()).collect();
    assert!(names.is_sorted(), "{metrics}");
    assert_eq!(json(&site.good(&["ctl", "broker", "stats", "--json"]))["connections.count"], 1);
    assert_eq!(json(&site.good(&["ctl", "broker", "metrics", "--json"]))["messages.received"], 1);
}

#[test]
fn listeners_are_shown_as_emqx_does() {
    let site = Site::new("listeners.tcp.other { enable = false, bind = 1, max_connections = 5 }");
    let address = site.start();
    let client = Client::v5("c").connect_to(address);
    let blocks = || site.good(&["ctl", "listeners"]);
    let expected = |figures: &str| {
        format!(
            "tcp:default\n  listen_on       : {address}\n  acceptors       : 1\n  proxy_protocol  : false\n  \
             enbale          : true\n  running         : true\n{figures}tcp:other\n  listen_on       : 0.0.0.0:1\n  acceptors       : 1\n  \
             proxy_protocol  : false\n  enbale          : false\n  running         : false\n"
        )
    };
    let figures = "  current_conn    : 1\n  max_conns       : infinity\n  shutdown_count  : []\n";
    let shown = blocks();
    assert!(shown.contains(&expected(figures)), "{shown}");
    client.disconnect();
    let figures = "  current_conn    : 0\n  max_conns       : infinity\n  shutdown_count  : [{normal,1}]\n";
    eventually(|| blocks().contains(&expected(figures)).then_some(()));
    let listeners = json(&site.good(&["ctl", "listeners", "--json"]));
    let other = listeners.as_array().into_iter().flatten().find(|listener| listener["id"] == "tcp:other");
    let other = other.expect("it is there");
    assert_eq!((&other["enable"], &other["max_conns"], &other["running"]), (&false.into(), &5.into(), &false.into()));
}

#[test]
fn a_listener_is_stopped_and_started() {
    let site = Site::new("listeners.tcp.other { enable = false, bind = \"127.0.0.1:0\" }");
    let mut client = Client::v5("c").connect_to(site.start());
    assert_eq!(site.good(&["ctl", "listeners", "start", "tcp:other"]), "Started tcp:other listener successfully.\n");
    let address_of = |id: &str| {
        let listeners = json(&site.good(&["ctl", "listeners", "--json"]));
        let listener = listeners.as_array().into_iter().flatten().find(|listener| listener["id"] == id);
        let listener = listener.expect("it is there");
        listener["running"].as_bool()?.then(|| listener["listen_on"].as_str()?.parse::<std::net::SocketAddr>().ok())?
    };
    let other = address_of("tcp:other").expect("it runs");
    let _other_client = Client::v5("d").connect_to(other);
    assert!(site.run(&["ctl", "listeners", "start", "tcp:other"]).failure().contains("running already"));
    assert_eq!(site.good(&["ctl", "listeners", "stop", "tcp:other"]), "Stop tcp:other listener successfully.\n");
    assert_eq!(address_of("tcp:other"), None);
    assert!(std::net::TcpStream::connect(other).is_err(), "the port is free");
    assert!(site.run(&["ctl", "listeners", "stop", "tcp:other"]).failure().contains("it is not running"));
    assert_eq!(
        site.good(&["ctl", "listeners", "restart", "tcp:other"]),
        "Restarted tcp:other listener successfully.\n"
    );
    let _again = Client::v5("d").connect_to(address_of("tcp:other").expect("it runs"));
    client.ping();
}

#[test]
fn a_listener_that_is_not_enabled_stays_closed() {
    let site = Site::new("listeners.tcp.other { bind = \"127.0.0.1:0\" }");
    site.start();
    let enable = |id: &str, word: &str| site.run(&["ctl", "listeners", "enable", id, word]);
    let state = || {
        let listeners = json(&site.good(&["ctl", "listeners", "--json"]));
        let other = listeners.as_array().into_iter().flatten().find(|listener| listener["id"] == "tcp:other").cloned();
        let other = other.expect("it is there");
        (other["enable"] == true, other["running"] == true)
    };
    assert_eq!(state(), (true, true));
    assert_eq!(enable("tcp:other", "false").good(), "Updated 'enable' to: 'false' successfully.\n");
    assert_eq!(state(), (false, false));
    site.good(&["stop"]);
    site.start();
    assert_eq!(state(), (false, false), "after a restart, too");
    assert_eq!(enable("tcp:other", "true").good(), "Updated 'enable' to: 'true' successfully.\n");
    assert_eq!(state(), (true, true));
    // What somebody stopped by hand is started by it, too.
    site.good(&["ctl", "listeners", "stop", "tcp:other"]);
    assert_eq!(enable("tcp:other", "true").good(), "Updated 'enable' to: 'true' successfully.\n");
    assert_eq!(state(), (true, true));
    assert!(enable("tcp:none", "true").failure().contains("Not found listener: tcp:none"));
    assert_eq!(enable("tcp:other", "maybe").code, Some(2));
}

#[test]
fn a_listener_that_does_not_exist_is_refused() {
    let site = Site::new("");
    site.start();
    for verb in ["start", "stop", "restart"] {
        let why = site.run(&["ctl", "listeners", verb, "tcp:nowhere"]).failure();
        assert!(
            why.contains(&format!("Failed to {verb} tcp:nowhere listener")) && why.contains("tcp:default"),
            "{why}"
        );
    }
}

#[test]
fn levels_of_the_log_change_at_once() {
    let site = Site::new("");
    let address = site.start();
    let log = || std::fs::read_to_string(site.data().join("log/dunlin.log")).expect("there is a log");
    assert_eq!(site.good(&["ctl", "log", "primary-level"]), "warning\n");
    assert_eq!(site.good(&["ctl", "log", "set-level", "info"]), "info\n");
    assert_eq!(site.good(&["ctl", "log", "primary-level", "error"]), "error\n");
    assert_eq!(site.good(&["ctl", "log", "handlers", "set-level", "file", "debug"]), "debug\n");
    let path = site.data().join("log/dunlin.log").display().to_string();
    let handlers = "LogHandler(id=console, level=info, destination=console, status=stopped)\n".to_owned()
        + &format!("LogHandler(id=file, level=debug, destination={path}, status=started)\n");
    assert_eq!(site.good(&["ctl", "log", "handlers", "list"]), handlers);
    assert_eq!(json(&site.good(&["ctl", "log", "handlers", "list", "--json"]))[1]["level"], "debug");

    // A browser on the MQTT port is a warning, which `error` keeps away.
    let browse = || {
        use std::io::{Read, Write};
        let mut browser = std::net::TcpStream::connect(address).expect("the port is open");
        browser.write_all(b"GET / HTTP/1.1\r\n\r\n").expect("the request is sent");
        let _ = browser.read_to_end(&mut Vec::new());
        browser.local_addr().expect("its address").to_string()
    };
    let unseen = browse();
    assert_eq!(site.good(&["ctl", "log", "primary-level", "debug"]), "debug\n");
    let seen = browse();
    eventually(|| log().contains(&seen).then_some(()));
    assert!(!log().contains(&unseen), "{}", log());
    for (arguments, word) in [
        (&["set-level", "loud"][..], "invalid level: loud"),
        (&["primary-level", "loud"], "invalid level: loud"),
        (&["handlers", "set-level", "syslog", "info"], "invalid handler: syslog"),
        (&["handlers", "start", "syslog"], "invalid handler: syslog"),
    ] {
        let why = site.run(&[&["ctl", "log"], arguments].concat()).failure();
        assert!(why.contains(word), "{why}");
    }
}

#[test]
fn handlers_of_the_log_start_and_stop() {
    let site = Site::new("");
    site.start();
    let list = |word: &str| site.good(&["ctl", "log", word, "list"]);
    assert_eq!(site.good(&["ctl", "log", "handlers", "start", "console"]), "log handler console started\n");
    assert_eq!(site.good(&["ctl", "log", "handlers", "stop", "file"]), "log handler file stopped\n");
    assert!(list("handlers").contains("id=console, level=warning, destination=console, status=started"));
    assert!(
        list("outputs").contains("LogOutput(name=file, level=warning") && list("outputs").contains("status=disabled")
    );
    assert_eq!(site.good(&["ctl", "log", "outputs", "enable", "file"]), "log output file enabled\n");
    assert_eq!(site.good(&["ctl", "log", "outputs", "disable", "console"]), "log output console disabled\n");
    assert_eq!(site.good(&["ctl", "log", "outputs", "set-level", "file", "info"]), "info\n");
    assert!(list("handlers").contains("id=console, level=warning, destination=console, status=stopped"));
}

#[test]
fn certificates_are_read_anew() {
    let site = Site::new("listeners.ssl.secure.bind = \"127.0.0.1:0\"");
    site.start();
    let all = site.good(&["ctl", "pem_cache", "clean", "all"]);
    assert_eq!(all, "PEM cache clean OK: 1 listeners have read their certificates anew\n");
    let here = site.good(&["ctl", "pem_cache", "clean", "node", "dunlin@127.0.0.1"]);
    assert!(here.starts_with("dunlin@127.0.0.1 PEM cache clean OK"), "{here}");
    let why = site.run(&["ctl", "pem_cache", "clean", "node", "n@elsewhere"]).failure();
    assert!(why.contains("there is no node 'n@elsewhere'"), "{why}");
}

#[test]
fn certificates_that_cannot_be_read_anew_are_told() {
    let authority = dunlin_testkit::Authority::new("authority");
    let keys = authority.issue("server").keys();
    let site = Site::new(&format!("listeners.ssl.secure {{ bind = \"127.0.0.1:0\", ssl_options {{ {keys} }} }}"));
    site.start();
    std::fs::write(authority.folder().join("server.pem"), "nothing").expect("it is written");
    let why = site.run(&["ctl", "pem_cache", "clean", "all"]).failure();
    assert!(why.contains("PEM cache clean failed") && why.contains("server.pem"), "{why}");
}

/// A connection that says nothing is left alone after two seconds only.
#[test]
fn who_says_nothing_keeps_nobody_waiting() {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;

    let site = Site::new("");
    site.start();
    let connect = || UnixStream::connect(site.data().join("dunlin.sock")).expect("the socket is open");
    let _silent = [(); 7].map(|()| connect());
    let mut stream = connect();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(1))).expect("a timeout can be set");
    for _ in 0..2 {
        stream.write_all(b"{\"command\":\"node.status\"}\n").expect("the node reads");
        let mut answer = String::new();
        BufReader::new(&stream).read_line(&mut answer).expect("the node answers in time");
        assert_eq!(json(&answer)["ok"]["status"], "started");
    }
}

#[test]
fn an_unknown_command_gets_all_that_there_are() {
    let site = Site::new("");
    for arguments in [&["ctl", "explode"][..], &["ctl"]] {
        let Ended { code, output, .. } = site.run(arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {output}");
        for command in ["status", "broker", "listeners", "conf", "pem_cache", "log", "store"] {
            assert!(output.contains(&format!("\n  {command} ")), "{command}: {output}");
        }
    }
    for arguments in
        [&["ctl", "help"][..], &["ctl", "conf", "--help"], &["ctl", "log", "--help"], &["ctl", "listeners", "--help"]]
    {
        assert!(site.good(arguments).contains("Examples:\n  dunlin ctl "), "{arguments:?}");
    }
    assert_eq!(site.run(&["ctl", "log", "explode"]).code, Some(2));
    for (arguments, words) in [
        (&["ctl", "admin", "admin", "secret"][..], "`dunlin ctl admins passwd USERNAME PASSWORD`"),
        (&["ctl", "trace", "topic", "t", "t.log"], "`dunlin ctl trace start topic TOPIC FILE`"),
        (&["remote"], "there is no Erlang here"),
        (&["eval", "1."], "there is no Erlang here"),
    ] {
        let told = site.run(arguments).failure();
        assert!(told.contains(words) && told.trim_end().lines().count() == 1, "{arguments:?}: {told}");
    }
}
