//! Listeners that cannot be opened, or not as they are: what the operator is told at the start.

use crate::binary_process::Dunlin;
use crate::clients::program;
use crate::doors::{CONNECT, openssl, say};
use dunlin_testkit::Authority;
use std::net::{TcpListener, UdpSocket};

/// A line that leaves out the listener that is there by default.
const NO_DEFAULT: &str = "listeners.tcp.default.enable = false";

/// It ends at once, with one line that holds these words; no listener was said to have started.
#[track_caller]
fn fails(dunlin: Dunlin, words: &[&str]) {
    fails_with(1, dunlin, words);
}

#[track_caller]
fn fails_with(code: i32, dunlin: Dunlin, words: &[&str]) {
    let end = dunlin.wait();
    assert_eq!(end.code, Some(code), "{:#?} {}", end.output, end.errors);
    assert_eq!(end.errors.lines().count(), 1, "{}", end.errors);
    for word in words {
        assert!(end.errors.contains(word), "{word} is not in {}", end.errors);
    }
    assert!(!end.output.iter().any(|line| line.contains(" started.")), "{:#?}", end.output);
}

#[test]
fn a_file_that_is_no_configuration_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("garbage.conf");
    for garbage in [&b"\x7fELF\x02\x01\x01\0\0\0"[..], b"\xff\xfe\x00\x01", b"listeners {", b"{{{{", b"a = \"", b"= 1"]
    {
        std::fs::write(&file, garbage).expect("it is written");
        let end = Dunlin::check_missing_file(file.to_str().expect("a plain path")).wait();
        assert_eq!(end.code, Some(1), "{garbage:02x?}");
        assert!(end.errors.contains("garbage.conf"), "{}", end.errors);
        assert!(!end.errors.contains("panicked"), "{}", end.errors);
    }
    let end = Dunlin::check_missing_file(folder.path().to_str().expect("a plain path")).wait();
    assert!(end.code == Some(1) && end.errors.contains("directory"), "{}", end.errors);
}

#[test]
fn a_port_in_use_names_the_listener_of_each_kind_and_its_key() {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let [tcp, udp] = [tcp.local_addr(), udp.local_addr()].map(|address| address.expect("its address").to_string());
    for (kind, taken) in [("tcp", &tcp), ("ssl", &tcp), ("ws", &tcp), ("wss", &tcp), ("quic", &udp)] {
        let id = format!("{kind}:inner");
        let configuration =
            format!("{NO_DEFAULT}\nlisteners.{kind}.inner.bind = \"{taken}\"\nlisteners.{kind}.default.enable = false");
        fails(Dunlin::start(&configuration), &[&id, taken, "in use", "`bind`"]);
    }
}

#[test]
fn two_listeners_of_one_address_are_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("its address").to_string();
    drop(free);
    let both = format!(
        "{NO_DEFAULT}\nlisteners.tcp.a.bind = \"{address}\"\nlisteners.ws.b.bind = \"{address}\"\nlisteners.ws.default.enable = false"
    );
    fails_with(78, Dunlin::start(&both), &["`listeners.ws.b.bind`", "tcp:a", &address]);
}

/// Whoever may bind port 1 anyway gives that up first.
#[test]
fn a_port_of_the_administrator_is_one_clear_line() {
    let first: u16 = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start")
        .ok()
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(1024);
    if first <= 1 {
        eprintln!("skipped: everybody may bind port 1 here (net.ipv4.ip_unprivileged_port_start)");
        return;
    }
    let Some(setpriv) = program("setpriv") else { return };
    let setpriv = setpriv.to_str().expect("a plain path");
    let without = [setpriv, "--inh-caps=-net_bind_service", "--bounding-set=-net_bind_service"];
    let is_root = rustix::process::geteuid().is_root();
    let wrapper = if is_root { &without[..] } else { &[] };
    let configuration = format!("{NO_DEFAULT}\nlisteners.tcp.low.bind = \"127.0.0.1:1\"");
    fails(
        Dunlin::start_below(wrapper, &configuration),
        &["tcp:low", "127.0.0.1:1", "permission", "listeners.tcp.low.bind"],
    );
}

#[test]
fn certificates_that_cannot_be_used_are_named_with_their_key() {
    let authority = Authority::new("authority");
    let (one, other) = (authority.issue("one"), authority.issue("other"));
    let folder = authority.folder().display();
    std::fs::write(authority.folder().join("empty.pem"), "").expect("it is written");
    let (certificate, key) = (one.certificate.display(), one.key.display());
    for kind in ["ssl", "wss", "quic"] {
        for (options, words) in [
            (format!("certfile = \"{folder}/none.pem\", keyfile = \"{key}\""), ["certfile", "none.pem"]),
            (format!("certfile = \"{certificate}\", keyfile = \"{folder}/none.pem\""), ["keyfile", "none.pem"]),
            (
                format!("certfile = \"{certificate}\", keyfile = \"{}\"", other.key.display()),
                ["keyfile", "other-key.pem"],
            ),
            (format!("certfile = \"{folder}/empty.pem\", keyfile = \"{key}\""), ["certfile", "empty.pem"]),
        ] {
            let configuration = format!(
                "{NO_DEFAULT}\nlisteners.{kind}.default {{ bind = \"127.0.0.1:0\", ssl_options {{ {options} }} }}"
            );
            let place = format!("listeners.{kind}.default.ssl_options.");
            fails(Dunlin::start(&configuration), &[&place, words[0], words[1]]);
        }
    }
}

#[test]
fn a_certificate_that_is_over_is_used_with_a_warning() {
    let authority = Authority::new("authority");
    let keys = authority.issue_expired("server").keys();
    let mut dunlin = Dunlin::start(&format!(
        "listeners.tcp.default.bind = \"127.0.0.1:0\"
         listeners.ssl.default {{ bind = \"127.0.0.1:0\", ssl_options {{ {keys} }} }}"
    ));
    let line = dunlin.line_with(&["[warning]", "ssl:default", "expired"]);
    assert!(line.contains("server.pem"), "{line}");
    let address = dunlin.address("ssl:default");
    let trusted = authority.certificate().display().to_string();
    if let Some(output) = openssl(address, &["-CAfile", &trusted, "-verify_return_error"]) {
        assert!(output.contains("certificate has expired"), "{output}");
    }
    let line = dunlin.line_with(&["connection_shutdown", "ssl:default", "certificate_expired"]);
    assert!(line.contains("client"), "who refused is said: {line}");
    // Whoever does not look is let in.
    if let Some(output) = openssl(address, &[]) {
        assert!(output.contains("\x20\x02\0\0"), "CONNACK is not in {output:?}");
    }
}

#[test]
fn the_bytes_of_a_client_are_shown_where_that_is_allowed_only() {
    for (allowed, shown) in
        [("", "frame: ******,"), ("127.0.0.0/8", "frame: 100d00044d5154"), ("10.0.0.0/8", "frame: ******,")]
    {
        let mut dunlin = Dunlin::start(&format!(
            "listeners.tcp.default {{ bind = \"127.0.0.1:0\", allow_log_packet_data_from = \"{allowed}\" }}"
        ));
        let address = dunlin.address("tcp:default");
        // A CONNECT for a protocol that nobody has heard of.
        say(address, b"\x10\x0D\x00\x04MQTX\x04\x02\x00\x00\x00\x01c");
        let line = dunlin.line_with(&["frame_parse_error"]);
        assert!(line.contains(shown), "{shown} is not in {line}");
    }
}

#[test]
fn a_configuration_that_is_wrong_has_an_exit_code_of_its_own() {
    let unit = include_str!("../../../../deploy/systemd/dunlin.service");
    let end = Dunlin::start("mqtt.shiny = 1").wait();
    assert_eq!(end.code, Some(78), "{}", end.errors);
    assert!(unit.contains("\nRestartPreventExitStatus=78\n"), "the next start would end the same way");
}

#[test]
fn a_frequent_failure_does_not_hide_another_and_debug_shows_them_all() {
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    let with_level = |level: &str| {
        let mut dunlin = Dunlin::start(&format!(
            "node.workers = 1
             log.console.level = {level}
             {NO_DEFAULT}
             listeners.ssl.default {{ bind = \"127.0.0.1:0\", ssl_options {{ {keys} }} }}"
        ));
        let address = dunlin.address("ssl:default");
        (dunlin, address)
    };
    let (plain_mqtt, text) = (CONNECT, b"GET / HTTP/1.1\r\n\r\n");
    let no_hello = b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00";
    let (mut dunlin, address) = with_level("warning");
    for bytes in [plain_mqtt, text, text] {
        say(address, bytes);
    }
    say(address, no_hello);
    dunlin.line_with(&["connection_shutdown", "not_tls", "MQTT without TLS"]);
    let line = dunlin.line_with(&["connection_shutdown"]);
    assert!(!line.contains("not_tls") && line.contains("refused_by: server"), "{line}");
    let (mut dunlin, address) = with_level("debug");
    for bytes in [plain_mqtt, text, text] {
        say(address, bytes);
    }
    for words in ["MQTT without TLS", "HTTP", "HTTP"] {
        dunlin.line_with(&["connection_shutdown", "not_tls", words]);
    }
}
