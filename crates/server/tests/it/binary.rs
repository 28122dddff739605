//! The `dunlin` binary as an operator meets it: what it prints, how it ends, what it says when something is wrong.

use crate::binary_process::Dunlin;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const ANY_PORT: &str = "listeners.tcp.default.bind = \"127.0.0.1:0\"\nlog.console.level = info\n";

/// CONNECT of MQTT 5.0: clean start, keep alive 60 s, client id `c`.
const CONNECT: &[u8] = b"\x10\x0E\x00\x04MQTT\x05\x02\x00\x3C\x00\x00\x01c";

fn open(address: std::net::SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the port is open");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout can be set");
    stream
}

/// Connects a client and reads its whole CONNACK.
fn connect(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = open(address);
    stream.write_all(CONNECT).expect("CONNECT is sent");
    let mut header = [0; 2];
    stream.read_exact(&mut header).expect("CONNACK comes");
    assert_eq!(header[0], 0x20);
    let mut body = vec![0; usize::from(header[1])];
    stream.read_exact(&mut body).expect("CONNACK is complete");
    assert_eq!(body[1], 0, "CONNACK accepts");
    stream
}

#[test]
fn prints_the_real_port_of_each_listener() {
    let mut dunlin = Dunlin::start(
        "listeners.tcp { default { bind = \"127.0.0.1:0\" }, second { bind = \"127.0.0.1:0\" }, third { enable = false } }",
    );
    let (first, second) = (dunlin.address("tcp:default"), dunlin.address("tcp:second"));
    assert_ne!(first.port(), 0);
    assert_ne!(first, second);
    connect(first);
    connect(second);
}

#[test]
fn the_environment_wins_over_the_file() {
    let mut dunlin = Dunlin::run(
        "listeners.tcp.default.bind = \"192.0.2.1:1883\"",
        &["foreground"],
        &[("DUNLIN_LISTENERS__TCP__DEFAULT__BIND", "127.0.0.1:0")],
    );
    connect(dunlin.address("tcp:default"));
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = other.local_addr().expect("its address").to_string();
    let dunlin = Dunlin::start(&format!("listeners.tcp.inner.bind = \"{taken}\""));
    let end = dunlin.wait();
    assert_eq!(end.code, Some(1));
    let lines: Vec<&str> = end.errors.lines().collect();
    let [line] = lines[..] else { panic!("{lines:#?}") };
    for word in ["tcp:inner", &taken, "in use", "`bind`"] {
        assert!(line.contains(word), "{word} is not in {line:?}");
    }
    assert!(!end.output.iter().any(|line| line.contains("started")), "{:#?}", end.output);
}

#[test]
fn a_bad_configuration_names_key_value_and_way_out() {
    for (text, words) in [
        ("mqtt.max_qos_allowed = 3", &["dunlin.conf:1", "`mqtt.max_qos_allowed`", "3", "one of `0`, `1`, `2`"][..]),
        ("\nmqtt.max_inflite = 3", &["dunlin.conf:2", "`mqtt.max_inflite`", "did you mean `mqtt.max_inflight`"]),
        ("mqtt {", &["dunlin.conf"]),
    ] {
        for (arguments, code) in [(&[][..], 78), (&["check_config"], 1)] {
            let end = Dunlin::run(text, arguments, &[]).wait();
            assert_eq!(end.code, Some(code), "{text}");
            for word in words {
                assert!(end.errors.contains(word), "{word} is not in {:?}", end.errors);
            }
        }
    }
}

#[test]
fn every_fault_of_a_configuration_is_told_at_once() {
    let end = Dunlin::start("mqtt.max_qos_allowed = 3\nmqtt.max_packet_size = huge\n").wait();
    assert_eq!(end.code, Some(78));
    assert!(end.errors.contains("max_qos_allowed") && end.errors.contains("max_packet_size"), "{}", end.errors);
}

#[test]
fn a_missing_file_is_named() {
    let end = Dunlin::check_missing_file("/nowhere/dunlin.conf").wait();
    assert_eq!(end.code, Some(1));
    assert!(end.errors.contains("/nowhere/dunlin.conf") && end.errors.lines().count() == 1, "{}", end.errors);
}

#[test]
fn check_config_accepts_a_good_file_and_opens_no_port() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = other.local_addr().expect("its address");
    let end = Dunlin::run(&format!("listeners.tcp.default.bind = \"{taken}\""), &["check_config"], &[]).wait();
    assert_eq!((end.code, end.errors.as_str()), (Some(0), ""));
    assert_eq!(end.output, ["configuration is valid"]);
}

/// The file and the environment have the last word.
#[test]
fn what_was_changed_at_run_time_lies_below_the_file() {
    let data = tempfile::tempdir().expect("a folder for the data");
    let folder = data.path().join("configs");
    std::fs::create_dir(&folder).expect("a folder for the configuration");
    let check = |configuration: &str, cluster: &str| {
        std::fs::write(folder.join("cluster.hocon"), cluster).expect("it is written");
        let folder = data.path().to_str().expect("a path in UTF-8");
        Dunlin::run(configuration, &["check_config"], &[("DUNLIN_NODE__DATA_DIR", folder)]).wait()
    };
    let end = check("", "mqtt.max_qos_allowed = 3");
    assert_eq!(end.code, Some(1));
    assert!(end.errors.contains("cluster.hocon:1") && end.errors.contains("max_qos_allowed"), "{}", end.errors);
    let end = check("mqtt.max_qos_allowed = 1", "mqtt.max_qos_allowed = 3");
    assert_eq!((end.code, end.errors.as_str()), (Some(0), ""));
}

#[test]
fn a_key_without_effect_is_warned_about() {
    let text = format!("{ANY_PORT}mqtt.keepalive_check_interval = 30s");
    let end = Dunlin::run(&text, &["check_config"], &[]).wait();
    assert_eq!(end.code, Some(0));
    let warning = end.output.iter().find(|line| line.starts_with("warning: "));
    assert!(
        warning.is_some_and(|line| line.contains("keepalive_check_interval") && line.contains("conf:3")),
        "{:#?}",
        end.output
    );
    let mut dunlin = Dunlin::start(&text);
    dunlin.line_with(&["[warning]", "keepalive_check_interval"]);
    dunlin.address("tcp:default");
}

#[test]
fn sigterm_says_goodbye_and_ends_well() {
    let mut dunlin = Dunlin::start(ANY_PORT);
    let mut client = connect(dunlin.address("tcp:default"));
    dunlin.terminate();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).expect("the broker closes the connection in order");
    // DISCONNECT 0x8B, server shutting down (MQTT 5.0 §3.14.2.1).
    assert!(rest.len() >= 3 && rest[0] == 0xE0 && rest[2] == 0x8B, "{rest:02x?}");
    drop(client);
    let end = dunlin.wait();
    assert_eq!((end.code, end.errors.as_str()), (Some(0), ""));
    assert!(end.output.iter().any(|line| line.contains("stopped")), "{:#?}", end.output);
}

#[test]
fn a_web_browser_on_the_mqtt_port_is_one_clear_line() {
    let mut dunlin = Dunlin::start(ANY_PORT);
    let mut browser = open(dunlin.address("tcp:default"));
    let here = browser.local_addr().expect("its address").to_string();
    browser.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the request is sent");
    let mut answer = Vec::new();
    // Closed with or without a reset: the request was not read to its end.
    let _ = browser.read_to_end(&mut answer);
    assert_eq!(answer, b"", "no MQTT is spoken to a browser");
    drop(browser);
    let line = dunlin.line_with(&["HTTP"]);
    assert!(line.contains(&here) && line.contains("tcp:default"), "{line}");
    dunlin.terminate();
    let about_it = dunlin.wait().output.iter().filter(|line| line.contains(&here)).count();
    assert_eq!(about_it, 1, "one line is enough");
}

#[test]
fn the_limit_of_open_files_is_raised_and_logged() {
    let mut dunlin = Dunlin::start_with_open_files_limit(ANY_PORT, 128);
    let line = dunlin.line_with(&["open_files_limit"]);
    assert!(line.contains("128"), "{line}");
    dunlin.address("tcp:default");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", dunlin.id())).expect("limits of the process");
    let open_files = limits.lines().find(|line| line.starts_with("Max open files")).expect("a line about open files");
    let mut numbers = open_files.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
    let (soft, hard) = (numbers.next(), numbers.next());
    assert!(soft > Some(128) && soft == hard, "{open_files}");
    assert!(line.contains(&soft.unwrap_or_default().to_string()), "{line}");
}

#[test]
fn a_listener_promises_no_more_connections_than_there_are_files_for() {
    let wanted = u32::MAX;
    let mut dunlin =
        Dunlin::start(&format!("{ANY_PORT}listeners.tcp.default.max_connections = {wanted}\nlog.console.level = info"));
    let limit = dunlin.line_with(&["open_files_limit"]);
    let now: Option<u64> =
        limit.split("now: ").nth(1).and_then(|rest| rest.split([',', ' ']).next()?.trim().parse().ok());
    if now.is_none_or(|now| now > u64::from(wanted)) {
        println!("skipped: there are files for {wanted} connections here: {limit}");
        return;
    }
    let line = dunlin.line_with(&["max_connections_clamped_by_system_limit"]);
    assert!(line.contains("tcp:default") && line.contains(&wanted.to_string()), "{line}");
}

#[test]
fn check_config_looks_at_certificates_too() {
    let text = format!(
        "{ANY_PORT}listeners.ssl.default.ssl_options {{ certfile = \"no/cert.pem\", keyfile = \"no/key.pem\" }}"
    );
    let end = Dunlin::run(&text, &["check_config"], &[]).wait();
    assert_eq!(end.code, Some(1));
    let named = ["listeners.ssl.default.ssl_options.certfile", "no/cert.pem", "cannot be read"];
    assert!(named.iter().all(|part| end.errors.contains(part)), "{}", end.errors);
    // A listener without a certificate has one made at the start, and not before.
    let end =
        Dunlin::run(&format!("{ANY_PORT}listeners.ssl.default.bind = \"127.0.0.1:0\""), &["check_config"], &[]).wait();
    assert_eq!((end.code, end.errors.as_str()), (Some(0), ""));
}
