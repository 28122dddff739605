//! The program against the broker over TLS, WebSocket and both.

use dunlin_testkit::{Authority, TestBroker};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A broker that shows a certificate of this authority on `ssl:default` and `wss:default`, with more `ssl_options`.
fn broker_of(authority: &Authority, more: &str) -> TestBroker {
    let keys = authority.issue("broker").keys();
    let options = format!("ssl_options {{ {keys}, cacertfile = \"{}\"\n{more} }}", authority.certificate().display());
    TestBroker::with(&format!("listeners.ssl.default {{ {options} }}\nlisteners.wss.default {{ {options} }}"))
}

/// Arguments of clients that trust an authority.
fn trusting(authority: &Authority) -> Vec<String> {
    ["--tls", "--cafile", shown(&authority.certificate())].map(str::to_owned).to_vec()
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// The report of a run that passed, or what was written about one that did not.
fn bench(broker: &TestBroker, listener: &str, line: &str, more: &[String]) -> Result<Value, String> {
    let ended = Command::new(env!("CARGO_BIN_EXE_dunlin-bench"))
        .args(line.split_whitespace())
        .args(["--json", "--port", &broker.address_of(listener).port().to_string()])
        .args(more)
        .output()
        .expect("the program starts");
    if ended.status.success() {
        Ok(serde_json::from_slice(&ended.stdout).expect("JSON"))
    } else {
        Err(String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned())
    }
}

const PAIRS: &str = "bench pairs --pubs 3 --warmup 0.1 --duration 0.3";

fn assert_traffic(report: &Value) {
    assert!(
        report["received"].as_u64().is_some_and(|received| received > 0) && report["faults"]["lost"] == 0,
        "{report}"
    );
}

#[test]
fn messages_pass_over_every_layering() {
    let authority = Authority::new("authority");
    let broker = broker_of(&authority, "");
    for version in ["1.2", "1.3"] {
        let more = [trusting(&authority), vec!["--tls-version".to_owned(), version.to_owned()]].concat();
        assert_traffic(&bench(&broker, "ssl:default", PAIRS, &more).unwrap());
        assert_traffic(&bench(&broker, "wss:default", &format!("{PAIRS} --ws"), &more).unwrap());
    }
    // Larger than a TLS record, a socket's buffers and what one write encrypts.
    let large = format!("{PAIRS} --size 300000 --qos 2");
    assert_traffic(&bench(&broker, "wss:default", &format!("{large} --ws"), &trusting(&authority)).unwrap());

    let broker = TestBroker::with("listeners.ws.default.websocket.mqtt_path = \"/other\"");
    assert_traffic(&bench(&broker, "ws:default", &format!("{large} --ws --path /other"), &[]).unwrap());
    let error = bench(&broker, "ws:default", &format!("{PAIRS} --ws"), &[]).unwrap_err();
    assert!(error.contains("answered the WebSocket request with status 4"), "{error}");
}

#[test]
fn every_command_has_the_layers() {
    let authority = Authority::new("authority");
    let broker = broker_of(&authority, "");
    let more = trusting(&authority);
    let report = bench(&broker, "wss:default", "pub -c 2 -t news/%i --qos 1 --count 10 --ws", &more).unwrap();
    assert_eq!(report["acknowledged"], 20);
    let report = bench(&broker, "ssl:default", "sub -c 3 -t news/# --qos 2 --duration 0.1", &more).unwrap();
    assert_eq!(report["subscribers"], 3);
    let report = bench(&broker, "wss:default", "conn -c 30 --close --ws", &more).unwrap();
    assert_eq!((&report["connected"], &report["failed"]), (&30.into(), &0.into()));
}

#[test]
fn idle_connections_stay_open_over_tls() {
    let authority = Authority::new("authority");
    let broker = broker_of(&authority, "");
    let line = "bench idle --steps 5,12 --subs-per-conn 1";
    let report = bench(&broker, "ssl:default", line, &trusting(&authority)).unwrap();
    assert_eq!(report["open_at_end"], 12);
}

#[test]
fn sessions_are_resumed_when_that_is_asked_for() {
    let authority = Authority::new("authority");
    let broker = broker_of(&authority, "reuse_sessions = true");
    for version in ["1.2", "1.3"] {
        let more = [trusting(&authority), vec!["--tls-version".to_owned(), version.to_owned()]].concat();
        let line = "conn -c 20 --concurrency 4 --close";
        let report = bench(&broker, "ssl:default", line, &more).unwrap();
        assert_eq!((&report["connected"], &report["resumed"]), (&20.into(), &0.into()), "{report}");
        let report = bench(&broker, "ssl:default", &format!("{line} --resume"), &more).unwrap();
        assert_eq!((&report["full"]["connected"], &report["full"]["resumed"]), (&20.into(), &0.into()), "{report}");
        assert_eq!((&report["connected"], &report["resumed"]), (&20.into(), &20.into()), "{report}");
    }
    let broker = broker_of(&authority, "reuse_sessions = false");
    let line = "conn -c 20 --close --resume";
    let report = bench(&broker, "ssl:default", line, &trusting(&authority)).unwrap_err();
    assert!(report.contains("\"resumed\": 0"), "a run without any resumed session does not pass: {report}");
}

#[test]
fn both_sides_know_whom_they_talk_to() {
    let authority = Authority::new("authority");
    let broker = broker_of(&authority, "verify = verify_peer, fail_if_no_peer_cert = true");
    let client = authority.issue("device");
    let identity = ["--cert", shown(&client.certificate), "--key", shown(&client.key)].map(str::to_owned).to_vec();
    let connect = |arguments: &[Vec<String>]| bench(&broker, "ssl:default", "conn -c 3 --close", &arguments.concat());
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(connect(&[trusting(&authority), identity.clone()]).unwrap()["connected"], 3);
    assert_eq!(connect(&[words("--tls --insecure"), identity.clone()]).unwrap()["connected"], 3);
    let stranger = Authority::new("stranger");
    let refused = [
        (vec![trusting(&authority), words("--server-name elsewhere"), identity.clone()], "not valid for name"),
        (vec![trusting(&stranger), identity], "UnknownIssuer"),
        (vec![trusting(&authority)], "CertificateRequired"),
    ];
    for (arguments, expected) in refused {
        let error = connect(&arguments).unwrap_err();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}
