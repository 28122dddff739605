//! The `dunlin` binary, killed without a goodbye and started again on the same files.

use crate::binary_process::Dunlin;
use dunlin_codec::{Packet, Publish, Will};
use dunlin_model::Qos::{AtLeastOnce, ExactlyOnce};
use dunlin_model::ReasonCode;
use dunlin_testkit::{Client, Connecting, Stopwatch, let_time_pass};
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;

const CONFIGURATION: &str =
    "listeners.tcp.default.bind = \"127.0.0.1:0\"\nnode.workers = 2\nlog.console.level = info\n";

/// A `dunlin` with a data folder that outlives it.
pub(crate) struct Mortal {
    dunlin: Option<Dunlin>,
    pub(crate) address: SocketAddr,
    data: TempDir,
}

impl Mortal {
    pub(crate) fn start() -> Self {
        let data = tempfile::tempdir().expect("a folder for the data");
        let (dunlin, address) = run(&data);
        Self { dunlin: Some(dunlin), address, data }
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.dunlin = None;
    }

    fn start_again(&mut self) {
        let (dunlin, address) = run(&self.data);
        (self.dunlin, self.address) = (Some(dunlin), address);
    }

    pub(crate) fn kill_and_start_again(&mut self) {
        self.kill();
        self.start_again();
    }
}

fn run(data: &TempDir) -> (Dunlin, SocketAddr) {
    let folder = data.path().to_str().expect("a path in UTF-8");
    let mut dunlin = Dunlin::run(CONFIGURATION, &[], &[("DUNLIN_NODE__DATA_DIR", folder)]);
    let address = dunlin.address("tcp:default");
    (dunlin, address)
}

fn lasting(id: &str) -> Connecting<'_> {
    Client::v5(id).clean_start(false).session_expiry(600)
}

#[test]
fn b099_nothing_acknowledged_is_lost_by_a_kill() {
    const MESSAGES: usize = 2_000;
    let mut broker = Mortal::start();
    let mut subscriber = lasting("c").connect_to(broker.address);
    subscriber.subscribe_with_id(3, "t", AtLeastOnce);
    subscriber.disconnect();
    let mut publisher = Client::v5("publisher").connect_to(broker.address);
    for round in 0..MESSAGES / 100 {
        for number in 0..100 {
            publisher.send_publish("t", (round * 100 + number).to_string(), AtLeastOnce);
        }
        for _ in 0..100 {
            let ack = publisher.recv_where("PUBACK", |packet| matches!(packet, Packet::PubAck(_)));
            assert_eq!(ack.puback().reason_code, ReasonCode::Success);
        }
    }
    broker.kill_and_start_again();
    let mut subscriber = lasting("c").connect_to(broker.address);
    assert!(subscriber.session_present());
    for number in 0..MESSAGES {
        let message = subscriber.expect_publish();
        assert_eq!((message.text(), &message.subscription_ids[..]), (&*number.to_string(), &[3][..]));
    }
}

/// [MQTT-3.3.1-1] [MQTT-4.3.3-10]
#[test]
fn b101_qos_2_on_both_sides_goes_on_after_a_kill() {
    let mut broker = Mortal::start();
    let mut subscriber = lasting("subscriber").manual_acks().connect_to(broker.address);
    subscriber.subscribe("t", ExactlyOnce);
    let mut publisher = lasting("publisher").connect_to(broker.address);
    publisher.publish("t", "received", ExactlyOnce);
    let publish =
        |dup| Publish { topic: "t", payload: b"sent", qos: ExactlyOnce, packet_id: 70, dup, ..Publish::default() };
    publisher.send_publish_with(publish(false));
    publisher.recv_where("PUBREC", |packet| matches!(packet, Packet::PubRec(ack) if ack.packet_id == 70));
    let [received, sent] = [(); 2].map(|()| subscriber.expect_publish());
    subscriber.ack(dunlin_codec::AckKind::PubRec, received.packet_id);
    assert_eq!(subscriber.recv().pubrel().packet_id, received.packet_id);

    broker.kill_and_start_again();
    let mut publisher = lasting("publisher").connect_to(broker.address);
    assert!(publisher.session_present());
    publisher.send_publish_with(publish(true));
    assert_eq!(publisher.recv().pubrec().packet_id, 70);
    assert_eq!(publisher.release(70), ReasonCode::Success);
    let mut subscriber = lasting("subscriber").manual_acks().connect_to(broker.address);
    assert_eq!(subscriber.recv().pubrel().packet_id, received.packet_id);
    let again = subscriber.expect_publish();
    assert_eq!((again.text(), again.packet_id, again.dup), ("sent", sent.packet_id, true));
    // Nothing else: what is published now comes next.
    publisher.publish("t", "next", AtLeastOnce);
    assert_eq!(subscriber.expect_publish().text(), "next");
}

/// [MQTT-3.1.2-8]
#[test]
fn b110_the_will_of_a_client_that_was_connected_at_a_kill_is_published() {
    let mut broker = Mortal::start();
    let mut witness = lasting("witness").connect_to(broker.address);
    witness.subscribe("will", AtLeastOnce);
    let will =
        |payload, delay_interval| Will { topic: "will", payload, qos: AtLeastOnce, delay_interval, ..Will::default() };
    let _at_once = lasting("at once").will(will(b"at once", 0)).connect_to(broker.address);
    let _late = lasting("late").will(will(b"late", 2)).connect_to(broker.address);
    broker.kill();
    let since = Stopwatch::start();
    broker.start_again();
    let mut witness = lasting("witness").connect_to(broker.address);
    assert_eq!(witness.expect_publish().text(), "at once");
    assert_eq!(witness.expect_publish().text(), "late");
    since.assert_passed(Duration::from_secs(1));
    // SUBACK tells that the acknowledgements before it are on disk; nothing else would.
    witness.subscribe("other", AtLeastOnce);
    drop(witness);
    broker.kill_and_start_again();
    let mut witness = lasting("witness").connect_to(broker.address);
    Client::v5("publisher").connect_to(broker.address).publish("will", "not a will", AtLeastOnce);
    assert_eq!(witness.expect_publish().text(), "not a will", "each will comes once");
}

/// Whichever worker takes in its sessions first.
#[test]
fn b110_wills_that_are_due_at_the_start_miss_no_session() {
    let mut broker = Mortal::start();
    let witnesses: Vec<String> = (0..6).map(|number| format!("witness {number}")).collect();
    for witness in &witnesses {
        lasting(witness).connect_to(broker.address).subscribe("will", AtLeastOnce);
    }
    let testators = (0..6).map(|number| {
        let will = Will { topic: "will", payload: b"at once", qos: AtLeastOnce, ..Will::default() };
        lasting(&format!("testator {number}")).will(will).connect_to(broker.address)
    });
    let _testators: Vec<_> = testators.collect();
    broker.kill_and_start_again();
    for witness in &witnesses {
        let mut witness = lasting(witness).connect_to(broker.address);
        for _ in 0..6 {
            assert_eq!(witness.expect_publish().text(), "at once");
        }
    }
}

#[test]
fn b098_sessions_of_a_dead_broker_expire() {
    let mut broker = Mortal::start();
    let mut offline = lasting("offline").session_expiry(1).connect_to(broker.address);
    offline.subscribe("t", AtLeastOnce);
    offline.disconnect();
    let mut online = lasting("online").session_expiry(1).manual_acks().connect_to(broker.address);
    online.subscribe("t", AtLeastOnce);
    let mut lasting_one = lasting("lasting").connect_to(broker.address);
    lasting_one.subscribe("t", AtLeastOnce);
    Client::v5("publisher").connect_to(broker.address).publish("t", "pending", AtLeastOnce);
    broker.kill();
    let_time_pass(Duration::from_secs(1));
    broker.start_again();
    let mut client = lasting("offline").connect_to(broker.address);
    assert!(!client.session_present(), "it expired while the broker was down");
    client.ping();
    client.ping();
    // At the latest its time runs from the start on.
    let_time_pass(Duration::from_millis(1_500));
    let mut client = lasting("online").connect_to(broker.address);
    assert!(!client.session_present(), "it expired after the start");
    client.subscribe("fresh", AtLeastOnce);
    client.publish("fresh", "only this", AtLeastOnce);
    assert_eq!(client.expect_publish().text(), "only this");
    assert_eq!(lasting("lasting").connect_to(broker.address).expect_publish().text(), "pending");
}

#[test]
fn retained_and_delayed_messages_survive_a_kill() {
    let mut broker = Mortal::start();
    let mut publisher = Client::v5("publisher").connect_to(broker.address);
    publisher.publish_retained("kept/replaced", "first", AtLeastOnce);
    publisher.publish_retained("kept/replaced", "second", AtLeastOnce);
    publisher.publish_retained("kept/cleared", "first", AtLeastOnce);
    publisher.publish_retained("kept/cleared", "", AtLeastOnce);
    publisher.publish_retained("kept/set", "first", ExactlyOnce);
    lasting("reader").connect_to(broker.address).subscribe("late", AtLeastOnce);
    let since = Stopwatch::start();
    publisher.publish("$delayed/2/late", "due", AtLeastOnce);
    broker.kill_and_start_again();
    let mut client = lasting("reader").connect_to(broker.address);
    client.subscribe("kept/#", AtLeastOnce);
    let mut got = [(); 3].map(|()| client.expect_publish());
    got.sort_unstable_by(|one, other| one.topic.cmp(&other.topic));
    let got = got.each_ref().map(|message| (&*message.topic, message.text(), message.retain));
    assert_eq!(got, [("kept/replaced", "second", true), ("kept/set", "first", true), ("late", "due", false)]);
    since.assert_passed(Duration::from_secs(2));
}

#[test]
fn a_second_broker_on_the_same_files_says_so_and_ends() {
    let broker = Mortal::start();
    let folder = broker.data.path().to_str().expect("a path in UTF-8");
    let end = Dunlin::run(CONFIGURATION, &[], &[("DUNLIN_NODE__DATA_DIR", folder)]).wait();
    assert_eq!(end.code, Some(1));
    let lines: Vec<&str> = end.errors.lines().collect();
    let [line] = lines[..] else { panic!("{lines:#?}") };
    for words in [folder, "in use by another broker"] {
        assert!(line.contains(words), "{words} is not in {line:?}");
    }
    // The first one goes on.
    Client::v5("c").connect_to(broker.address).ping();
}
