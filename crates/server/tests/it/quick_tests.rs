//! `dunlin sub` and `dunlin pub`, with a broker of this project and with Mosquitto.

use crate::clients::program;
use crate::lifecycle_site::{Ended, eventually, send};
use dunlin_testkit::{Authority, TestBroker};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

pub(crate) fn command(port: u16, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
    let (name, rest) = arguments.split_first().expect("sub or pub");
    command.args([name, "-h", "127.0.0.1", "-p", &port.to_string()]).args(rest);
    command
}

pub(crate) fn run(port: u16, arguments: &[&str]) -> Ended {
    Ended::from(command(port, arguments).output().expect("dunlin runs"))
}

/// A `dunlin sub` in the background.
pub(crate) struct Subscriber(Child);

impl Subscriber {
    /// Waits until the broker has its subscription.
    pub(crate) fn start(broker: &TestBroker, arguments: &[&str]) -> Self {
        let before = broker.subscriptions();
        let mut command = command(broker.port(), arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dunlin runs");
        broker.wait_until("the subscription of dunlin sub", |broker| broker.subscriptions() > before);
        Self(child)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn end(self) -> Ended {
        Ended::from(self.0.wait_with_output().expect("it ends"))
    }
}

#[test]
fn messages_go_from_pub_to_sub_in_every_version_and_quality() {
    let broker = TestBroker::start();
    for version in ["3.1", "3.1.1", "5"] {
        for qos in ["0", "1", "2"] {
            let subscriber = Subscriber::start(
                &broker,
                &["sub", "-V", version, "-q", qos, "-t", "a/#", "-v", "-C", "2", "-W", "20"],
            );
            for payload in ["one", "two"] {
                run(broker.port(), &["pub", "-V", version, "-q", qos, "-t", "a/b", "-m", payload]).good();
            }
            assert_eq!(subscriber.end().good(), "a/b one\na/b two\n", "{version}, QoS {qos}");
        }
    }
}

#[test]
fn lines_of_standard_input_are_messages() {
    let broker = TestBroker::start();
    let subscriber = Subscriber::start(&broker, &["sub", "-q", "1", "-t", "lines", "-C", "300", "-W", "20"]);
    let lines: String = (0..300).map(|number| format!("line {number}\n")).collect();
    let mut publisher = command(broker.port(), &["pub", "-q", "1", "-t", "lines", "-l"]);
    let mut publisher = publisher.stdin(Stdio::piped()).spawn().expect("dunlin runs");
    publisher.stdin.take().expect("a pipe").write_all(lines.as_bytes()).expect("the lines are taken");
    assert!(publisher.wait().expect("it ends").success());
    assert_eq!(subscriber.end().good(), lines);
}

#[test]
fn properties_are_sent_and_shown() {
    let broker = TestBroker::start();
    let subscriber = Subscriber::start(
        &broker,
        &["sub", "-t", "p", "-C", "1", "-W", "20", "-F", "%J", "-D", "SUBSCRIBE", "subscription-identifier", "9"],
    );
    let properties = ["-D", "PUBLISH", "content-type", "json", "-D", "PUBLISH", "user-property", "colour", "red"];
    let publish = [
        &["pub", "-t", "p", "-m", "{\"on\":true}", "-D", "PUBLISH", "message-expiry-interval", "60"][..],
        &properties[..],
    ];
    run(broker.port(), &publish.concat()).good();
    let shown: Value = serde_json::from_str(&subscriber.end().good()).expect("JSON");
    assert_eq!((&shown["topic"], &shown["payload"]), (&json!("p"), &json!({"on": true})));
    let expected = json!({
        "content-type": "json", "message-expiry-interval": 60, "subscription-identifier": 9, "user-properties": [{"colour": "red"}]
    });
    assert_eq!(shown["properties"], expected);
}

#[test]
fn every_carrier_works() {
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    let broker = TestBroker::with(&format!(
        "listeners.ssl.default.ssl_options {{ {keys} }}\nlisteners.wss.default.ssl_options {{ {keys} }}\nlisteners.ws.default {{}}"
    ));
    let certificate = authority.certificate();
    let cafile = certificate.to_str().expect("a path in UTF-8");
    for (kind, scheme) in [("tcp", "mqtt"), ("ssl", "mqtts"), ("ws", "ws"), ("wss", "wss")] {
        let port = broker.address_of(&format!("{kind}:default")).port();
        let url = format!("{scheme}://127.0.0.1:{port}");
        let trust: &[&str] = if matches!(kind, "ssl" | "wss") { &["--cafile", cafile] } else { &[] };
        let dunlin = |arguments: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
            let (name, rest) = arguments.split_first().expect("sub or pub");
            command.args([name, "-L", url.as_str()]).args(rest).args(trust);
            Ended::from(command.output().expect("dunlin runs"))
        };
        let payload = "x".repeat(100_000);
        dunlin(&["pub", "-t", kind, "-m", &payload, "-r", "-q", "1"]).good();
        assert_eq!(dunlin(&["sub", "-t", kind, "-C", "1", "-W", "20"]).good(), format!("{payload}\n"), "{kind}");
    }
    let port = broker.address_of("ssl:default").port();
    let refused = run(port, &["pub", "--tls", "-t", "a", "-m", "b"]);
    assert!(refused.errors.contains("TLS") && refused.code == Some(1), "{refused:?}");
    run(port, &["pub", "--insecure", "-t", "a", "-m", "b"]).good();
}

#[test]
fn what_goes_wrong_is_said_in_a_line() {
    let broker = TestBroker::with(
        "authentication = [{ mechanism = password_based, backend = built_in_database }]\nauthorization { no_match = deny, sources = [] }",
    );
    let refused = run(broker.port(), &["pub", "-t", "a", "-m", "b", "-u", "ann", "-P", "wrong"]).failure();
    assert!(refused.contains("refused the connection") && refused.contains("[0x8"), "{refused}");
    let closed = dunlin_real_servers::free_port();
    let nobody = run(closed, &["pub", "-t", "a", "-m", "b"]).failure();
    assert!(nobody.contains(&format!("cannot connect to 127.0.0.1:{closed}")), "{nobody}");
    let no_topic = run(broker.port(), &["pub", "-m", "b"]);
    assert!(no_topic.code == Some(2) && no_topic.errors.contains("which topic?"), "{no_topic:?}");
}

#[test]
fn what_the_broker_does_not_allow_is_counted() {
    let broker = TestBroker::with("authorization { no_match = deny, sources = [] }");
    let refused = run(broker.port(), &["pub", "-q", "1", "-t", "a", "-m", "b", "--repeat", "3"]).failure();
    assert!(refused.contains("refused 3 of 3 messages") && refused.contains("[0x87]"), "{refused}");
    let refused = run(broker.port(), &["sub", "-t", "a"]).failure();
    assert!(refused.contains("refused the subscription") && refused.contains("[0x87]"), "{refused}");
}

#[test]
fn it_ends_when_it_should() {
    let broker = TestBroker::start();
    let late = run(broker.port(), &["sub", "-t", "a", "-W", "1"]);
    assert_eq!((late.code, late.output.as_str()), (Some(27), ""));
    run(broker.port(), &["sub", "-t", "a", "-E"]).good();
    let subscriber = Subscriber::start(&broker, &["sub", "-t", "a", "--will-topic", "w", "--will-payload", "lost"]);
    let watcher = Subscriber::start(&broker, &["sub", "-t", "w", "-C", "1", "-W", "20"]);
    send(subscriber.0.id(), Signal::INT);
    assert_eq!(subscriber.end().good(), "");
    // It has said goodbye: the next message is this one and not its will.
    run(broker.port(), &["pub", "-t", "w", "-m", "end"]).good();
    assert_eq!(watcher.end().good(), "end\n");
}

#[test]
fn a_line_is_written_when_it_comes() {
    let broker = TestBroker::start();
    let mut subscriber = Subscriber::start(&broker, &["sub", "-t", "a"]);
    let mut lines = BufReader::new(subscriber.0.stdout.take().expect("a pipe")).lines();
    for payload in ["one", "two"] {
        run(broker.port(), &["pub", "-t", "a", "-m", payload]).good();
        assert_eq!(lines.next().expect("a line").expect("text"), payload);
    }
    // Nobody reads any more: it ends with the next message, and well.
    drop(lines);
    run(broker.port(), &["pub", "-t", "a", "-m", "three"]).good();
    subscriber.end().good();
}

#[test]
fn a_session_is_kept() {
    let broker = TestBroker::start();
    let subscribe = ["sub", "-i", "logger", "-c", "-q", "1", "-t", "a"];
    run(broker.port(), &[&subscribe[..], &["-E"]].concat()).good();
    run(broker.port(), &["pub", "-q", "1", "-t", "a", "-m", "kept"]).good();
    assert_eq!(run(broker.port(), &[&subscribe[..], &["-C", "1", "-W", "20"]].concat()).good(), "kept\n");
}

/// A Mosquitto, which ends with the test.
struct Mosquitto(Child, u16);

impl Mosquitto {
    fn start() -> Option<Self> {
        let program = program("mosquitto")?;
        let port = dunlin_real_servers::free_port();
        let mut command = Command::new(program);
        let child = command.args(["-p", &port.to_string()]).stderr(Stdio::null()).spawn().expect("mosquitto runs");
        let broker = Self(child, port);
        eventually(|| TcpStream::connect(("127.0.0.1", port)).ok());
        Some(broker)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn mosquitto_understands_them_and_is_understood() {
    let Some(broker) = Mosquitto::start() else { return };
    for version in ["3.1", "3.1.1", "5"] {
        for qos in ["0", "1", "2"] {
            let topic = format!("{version}/{qos}");
            run(broker.1, &["pub", "-V", version, "-q", qos, "-t", &topic, "-m", "kept", "-r"]).good();
            let shown = run(
                broker.1,
                &["sub", "-V", version, "-q", qos, "-t", &topic, "-C", "1", "-W", "20", "-F", "%t %q %r %p"],
            );
            assert_eq!(shown.good(), format!("{topic} {qos} 1 kept\n"));
        }
    }
    let lines = run(broker.1, &["sub", "-t", "#", "-v", "-R", "-W", "1"]);
    assert_eq!((lines.code, lines.output.as_str()), (Some(27), ""));
}
