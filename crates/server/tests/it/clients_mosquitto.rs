//! `mosquitto_pub` and `mosquitto_sub`, in MQTT 3.1, 3.1.1 and 5.0.

use crate::clients::program;
use dunlin_testkit::TestBroker;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

const EVERY_VERSION: [&str; 3] = ["mqttv31", "mqttv311", "mqttv5"];

/// Seconds after which `mosquitto_sub` gives up.
const TIMEOUT_SECS: &str = "20";

/// Both programs, one version, and a broker for them.
struct Mosquitto {
    publisher: PathBuf,
    subscriber: PathBuf,
    version: &'static str,
    broker: TestBroker,
}

/// A running `mosquitto_sub`.
struct Subscriber(Child);

impl Mosquitto {
    /// `None` where they are not installed.
    fn with(version: &'static str) -> Option<Self> {
        let (publisher, subscriber) = (program("mosquitto_pub")?, program("mosquitto_sub")?);
        Some(Self { publisher, subscriber, version, broker: TestBroker::start() })
    }

    fn in_every_version() -> impl Iterator<Item = Self> {
        EVERY_VERSION.into_iter().filter_map(Self::with)
    }

    fn command(&self, program: &PathBuf, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(["-h", "127.0.0.1", "-p", &self.broker.port().to_string(), "-V", self.version]).args(arguments);
        command
    }

    fn publish(&self, arguments: &[&str]) {
        let published = self.command(&self.publisher, arguments).output().expect("mosquitto_pub runs");
        assert!(published.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&published.stderr));
    }

    /// Publishes each line as one message, all on one connection.
    fn publish_lines(&self, arguments: &[&str], lines: &[String]) {
        let mut command = self.command(&self.publisher, arguments);
        let mut child = command.arg("-l").stdin(Stdio::piped()).spawn().expect("mosquitto_pub runs");
        let mut input = child.stdin.take().expect("standard input is a pipe");
        input.write_all((lines.join("\n") + "\n").as_bytes()).expect("the lines are taken");
        drop(input);
        assert!(child.wait().expect("mosquitto_pub ends").success());
    }

    /// Starts `mosquitto_sub` and waits until the broker has its subscription.
    fn subscribe(&self, arguments: &[&str]) -> Subscriber {
        let before = self.broker.subscriptions();
        let mut command = self.command(&self.subscriber, &["-W", TIMEOUT_SECS]);
        let child = command.args(arguments).stdout(Stdio::piped()).spawn().expect("mosquitto_sub runs");
        self.broker.wait_until("the subscription of mosquitto_sub", |broker| broker.subscriptions() > before);
        Subscriber(child)
    }

    /// Runs `mosquitto_sub` to its end, where what it gets is there already.
    fn subscribe_late(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = self.command(&self.subscriber, &["-W", TIMEOUT_SECS]);
        let child = command.args(arguments).stdout(Stdio::piped()).spawn().expect("mosquitto_sub runs");
        Subscriber(child).lines()
    }
}

impl Subscriber {
    /// Everything it wrote, once it has ended by itself (`-C`).
    fn bytes(mut self) -> Vec<u8> {
        let mut written = Vec::new();
        self.0.stdout.take().expect("a pipe").read_to_end(&mut written).expect("its output is read");
        assert!(self.0.wait().expect("it ends").success(), "{}", String::from_utf8_lossy(&written));
        written
    }

    fn lines(self) -> Vec<String> {
        String::from_utf8(self.bytes()).expect("text").lines().map(str::to_owned).collect()
    }

    /// Ends it as `kill -9` does: no DISCONNECT is sent.
    fn kill(&mut self) {
        self.0.kill().expect("it is killed");
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn mosquitto_every_qos_both_ways() {
    for mosquitto in Mosquitto::in_every_version() {
        for granted in ["0", "1", "2"] {
            let subscriber = mosquitto.subscribe(&["-t", "to/#", "-q", granted, "-F", "%t %q %r %p", "-C", "3"]);
            for qos in ["0", "1", "2"] {
                mosquitto.publish(&["-t", "to/here", "-q", qos, "-m", qos]);
            }
            let mut expected = ["0", "1", "2"].map(|qos| format!("to/here {} 0 {qos}", qos.min(granted)));
            expected.sort();
            // Three connections: no order is promised among their messages.
            let mut lines = subscriber.lines();
            lines.sort();
            assert_eq!(lines, expected, "{} granted {granted}", mosquitto.version);
            mosquitto.broker.wait_until("mosquitto_sub is gone", |broker| broker.subscriptions() == 0);
        }
    }
}

#[test]
fn mosquitto_retained_messages() {
    for mosquitto in Mosquitto::in_every_version() {
        for payload in ["old", "new"] {
            mosquitto.publish(&["-t", "state/door", "-q", "1", "-r", "-m", payload]);
        }
        mosquitto.publish(&["-t", "state/window", "-q", "1", "-r", "-m", "open"]);
        assert_eq!(mosquitto.broker.retained(), 2);
        mosquitto.publish(&["-t", "state/window", "-q", "1", "-r", "-n"]);
        assert_eq!(mosquitto.broker.retained(), 1);
        let lines = mosquitto.subscribe_late(&["-t", "state/#", "-q", "1", "-F", "%t %r %p", "-C", "1"]);
        assert_eq!(lines, ["state/door 1 new"], "{}", mosquitto.version);
    }
}

#[test]
fn mosquitto_will_of_a_killed_client() {
    for mosquitto in Mosquitto::in_every_version() {
        let watcher = mosquitto.subscribe(&["-t", "gone", "-q", "1", "-F", "%q %r %p", "-C", "1"]);
        let will = ["--will-topic", "gone", "--will-payload", "killed", "--will-qos", "1"];
        let mut victim = mosquitto.subscribe(&[&["-t", "x"], &will[..]].concat());
        victim.kill();
        assert_eq!(watcher.lines(), ["1 0 killed"], "{}", mosquitto.version);
    }
}

#[test]
fn mosquitto_session_is_resumed_with_its_queue() {
    for mosquitto in Mosquitto::in_every_version() {
        let keeper = ["-c", "-i", "keeper", "-t", "news", "-q", "2"];
        // -E: ends as soon as the subscription is acknowledged.
        assert_eq!(mosquitto.subscribe_late(&[&keeper[..], &["-E"]].concat()), [""; 0]);
        let lines: Vec<String> = (0..30).map(|number| format!("{number}")).collect();
        for qos in ["0", "1", "2"] {
            mosquitto.publish_lines(&["-t", "news", "-q", qos], &lines);
        }
        let got = mosquitto.subscribe_late(&[&keeper[..], &["-F", "%q %p", "-C", "90"]].concat());
        // Order is promised for each quality of service: QoS 2 messages are handed out only after PUBREL.
        for qos in ["0 ", "1 ", "2 "] {
            let of_this: Vec<&str> = got.iter().filter_map(|line| line.strip_prefix(qos)).collect();
            assert_eq!(of_this, lines, "{} at QoS {qos}", mosquitto.version);
        }
    }
}

#[test]
fn mosquitto_members_of_a_group_share() {
    for mosquitto in Mosquitto::in_every_version() {
        let member = ["-t", "$share/team/jobs", "-q", "1", "-C", "10"];
        let members = [mosquitto.subscribe(&member), mosquitto.subscribe(&member)];
        // Round robin is the default: each member gets every other message.
        let lines: Vec<String> = (0..20).map(|number| format!("{number:02}")).collect();
        mosquitto.publish_lines(&["-t", "jobs", "-q", "1"], &lines);
        let mut got: Vec<String> = members.into_iter().flat_map(Subscriber::lines).collect();
        got.sort();
        assert_eq!(got, lines, "{}", mosquitto.version);
    }
}

#[test]
fn mosquitto_large_payload() {
    for mosquitto in Mosquitto::in_every_version() {
        let payload: Vec<u8> = (0..500_000_u32).map(|index| (index % 251) as u8).collect();
        let mut file = tempfile::NamedTempFile::new().expect("a file for the payload");
        file.write_all(&payload).expect("the payload is written");
        let path = file.path().to_str().expect("a plain path");
        for qos in ["0", "1", "2"] {
            let subscriber = mosquitto.subscribe(&["-t", "large", "-q", qos, "-N", "-C", "1"]);
            mosquitto.publish(&["-t", "large", "-q", qos, "-f", path]);
            assert!(subscriber.bytes() == payload, "{} at QoS {qos}", mosquitto.version);
            mosquitto.broker.wait_until("mosquitto_sub is gone", |broker| broker.subscriptions() == 0);
        }
    }
}

#[test]
fn mosquitto_thousand_messages_in_order() {
    for mosquitto in Mosquitto::in_every_version() {
        let lines: Vec<String> = (0..1000).map(|number| format!("{number}")).collect();
        for qos in ["0", "1", "2"] {
            let subscriber = mosquitto.subscribe(&["-t", "count", "-q", qos, "-C", "1000"]);
            mosquitto.publish_lines(&["-t", "count", "-q", qos], &lines);
            assert_eq!(subscriber.lines(), lines, "{} at QoS {qos}", mosquitto.version);
            mosquitto.broker.wait_until("mosquitto_sub is gone", |broker| broker.subscriptions() == 0);
        }
    }
}

#[test]
fn mosquitto_properties_arrive_unchanged() {
    let Some(mosquitto) = Mosquitto::with("mqttv5") else { return };
    let format = "%C|%R|%D|%E|%F|%P|%S|%p";
    let identifier = ["-D", "subscribe", "subscription-identifier", "7"];
    let subscriber =
        mosquitto.subscribe(&[&["-t", "ask", "-q", "1", "-F", format, "-C", "1"], &identifier[..]].concat());
    let properties: Vec<&str> = [
        ["content-type", "text/plain"],
        ["response-topic", "answer/here"],
        ["correlation-data", "c-1"],
        ["message-expiry-interval", "3600"],
        ["payload-format-indicator", "1"],
    ]
    .iter()
    .flat_map(|[name, value]| ["-D", "publish", name, value])
    .chain(["-D", "publish", "user-property", "a", "1", "-D", "publish", "user-property", "a", "2"])
    .collect();
    mosquitto.publish(&[&["-t", "ask", "-q", "1", "-m", "what"], &properties[..]].concat());
    assert_eq!(subscriber.lines(), ["text/plain|answer/here|c-1|3600|1|a:1 a:2|7|what"]);
}

#[test]
fn mosquitto_topic_alias_is_resolved() {
    let Some(mosquitto) = Mosquitto::with("mqttv5") else { return };
    let subscriber = mosquitto.subscribe(&["-t", "alias/#", "-v", "-C", "2"]);
    // mosquitto_pub sends the topic with the first message and the alias alone with the next ones.
    let lines = ["one".to_owned(), "two".to_owned()];
    mosquitto.publish_lines(&["-t", "alias/here", "-D", "publish", "topic-alias", "3"], &lines);
    assert_eq!(subscriber.lines(), ["alias/here one", "alias/here two"]);
}
