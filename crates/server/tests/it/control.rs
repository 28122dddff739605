//! `dunlin ctl` and `dunlin store`: what an operator learns about a broker that runs, and about the files of one that does not.

use crate::binary_process::Dunlin;
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_testkit::Client;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

const CONFIGURATION: &str = "listeners.tcp.default.bind = \"127.0.0.1:0\"\nnode.workers = 2\n";

/// A data folder, and the broker that runs on it.
struct Node {
    dunlin: Dunlin,
    address: SocketAddr,
    data: TempDir,
}

impl Node {
    fn start() -> Self {
        Self::start_on(tempfile::tempdir().expect("a folder for the data"))
    }

    fn start_on(data: TempDir) -> Self {
        let mut dunlin = Dunlin::run(CONFIGURATION, &[], &[("DUNLIN_NODE__DATA_DIR", text(data.path()))]);
        let address = dunlin.address("tcp:default");
        Self { dunlin, address, data }
    }

    fn socket(&self) -> PathBuf {
        self.data.path().join("dunlin.sock")
    }

    fn ctl(&self, arguments: &[&str]) -> Output {
        run(&[&["ctl", "--data-dir", text(self.data.path())], arguments].concat())
    }

    fn dump(data: &TempDir, arguments: &[&str]) -> Output {
        run(&[&["store", "dump", "--data-dir", text(data.path())], arguments].concat())
    }

    /// SIGTERM, and what stays of it.
    fn stop(self) -> TempDir {
        self.dunlin.terminate();
        assert_eq!(self.dunlin.wait().code, Some(0));
        self.data
    }

    /// SIGKILL, and what stays of it.
    fn kill(self) -> TempDir {
        drop(self.dunlin);
        self.data
    }

    /// An offline session `away` that waits for `1` at QoS 1, `2` at QoS 2 and `3` at QoS 1.
    fn fill(&self) {
        let mut away = Client::v5("away").clean_start(false).session_expiry(600).connect_to(self.address);
        away.subscribe_with_id(3, "t/#", ExactlyOnce);
        away.disconnect();
        let mut publisher = Client::v5("publisher").connect_to(self.address);
        for (payload, qos) in [("1", AtLeastOnce), ("2", ExactlyOnce), ("3", AtLeastOnce)] {
            publisher.publish(&format!("t/{payload}"), payload, qos);
        }
    }
}

fn run(arguments: &[&str]) -> Output {
    let elsewhere = tempfile::tempdir().expect("a folder without a broker");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
    command.args(arguments).current_dir(elsewhere.path()).output().expect("dunlin runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn output(end: &Output) -> &str {
    std::str::from_utf8(&end.stdout).expect("text")
}

fn errors(end: &Output) -> &str {
    std::str::from_utf8(&end.stderr).expect("text")
}

fn good(end: &Output) -> &str {
    assert_eq!(end.status.code(), Some(0), "{}{}", output(end), errors(end));
    output(end)
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

/// Sends a line and reads one.
fn exchange(stream: &mut UnixStream, line: &[u8]) -> serde_json::Value {
    stream.write_all(line).expect("the broker reads");
    let mut answer = String::new();
    BufReader::new(&*stream).read_line(&mut answer).expect("the broker answers");
    json(&answer)
}

/// Every file below a folder, with what is in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the folder is read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).expect("the file is read");
            found.insert(path, bytes);
        }
    }
    found
}

/// The first segment of the log.
fn first_segment(data: &Path) -> PathBuf {
    data.join("store/log/0000000001.log")
}

/// Overwrites a byte of the first frame.
fn damage(data: &Path) {
    let file = std::fs::OpenOptions::new().write(true).open(first_segment(data)).expect("there is a segment");
    file.write_all_at(&[0xEE], 4096 + 20).expect("it is written to");
}

#[test]
fn the_socket_is_for_its_owner_and_goes_with_the_broker() {
    let node = Node::start();
    let mode = std::fs::metadata(node.socket()).expect("there is a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let data = node.stop();
    assert!(!data.path().join("dunlin.sock").exists());
}

#[test]
fn a_socket_that_was_left_behind_is_replaced() {
    let node = Node::start();
    let data = node.kill();
    assert!(data.path().join("dunlin.sock").exists(), "a killed broker leaves its socket");
    assert_eq!(run(&["ctl", "--data-dir", text(data.path()), "store", "info"]).status.code(), Some(3));
    let node = Node::start_on(data);
    good(&node.ctl(&["store", "info"]));
}

#[test]
fn a_second_broker_on_the_folder_is_refused_without_a_store_too() {
    let data = tempfile::tempdir().expect("a folder for the data");
    let configuration = format!("{CONFIGURATION}durable_sessions.enable = false\n");
    let environment = [("DUNLIN_NODE__DATA_DIR", text(data.path()))];
    let mut first = Dunlin::run(&configuration, &[], &environment);
    first.address("tcp:default");
    let second = Dunlin::run(&configuration, &[], &environment).wait();
    assert_eq!(second.code, Some(1));
    assert!(second.errors.contains("another broker") && second.errors.contains(environment[0].1), "{}", second.errors);
    let answer = run(&["ctl", "-d", text(data.path()), "store", "info"]);
    assert_eq!(answer.status.code(), Some(1), "the first still answers");
    assert!(errors(&answer).contains("switched off"), "{}", errors(&answer));
}

#[test]
fn info_counts_what_waits() {
    let node = Node::start();
    node.fill();
    let info = json(good(&node.ctl(&["store", "info", "--json"])));
    assert_eq!((info["sessions"].as_u64(), info["queued_messages"].as_u64()), (Some(1), Some(3)), "{info}");
    assert_eq!((info["live_references"].as_u64(), info["log_segments"].as_u64()), (Some(3), Some(1)), "{info}");
    assert!(info["queued_bytes"].as_u64() > Some(0) && info["syncs"].as_u64() > Some(0), "{info}");
    assert_eq!(info["health"], "good");
    let end = node.ctl(&["store", "info"]);
    let table = good(&end);
    assert!(table.contains("Queued messages    3\n") && table.contains("Health             good\n"), "{table}");
}

#[test]
fn the_broker_is_found_by_configuration_and_by_environment() {
    let node = Node::start();
    let folder = tempfile::tempdir().expect("a folder for the configuration");
    let file = folder.path().join("other.conf");
    std::fs::write(&file, format!("node.data_dir = \"{}\"", text(node.data.path()))).expect("it is written");
    good(&run(&["--config", text(&file), "ctl", "store", "info"]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
    command.args(["ctl", "store", "info"]).env("DUNLIN_NODE__DATA_DIR", node.data.path());
    good(&command.output().expect("dunlin runs"));
}

#[test]
fn where_no_broker_runs_the_folder_is_named() {
    let data = tempfile::tempdir().expect("an empty folder");
    let end = run(&["ctl", "--data-dir", text(data.path()), "store", "verify"]);
    assert_eq!((end.status.code(), output(&end)), (Some(3), ""));
    assert!(errors(&end).contains(text(data.path())) && errors(&end).contains("--data-dir"), "{}", errors(&end));
}

#[test]
fn verify_reads_the_log_while_it_is_written() {
    let node = Node::start();
    node.fill();
    let whole = json(good(&node.ctl(&["store", "verify", "--json"])));
    assert_eq!((whole["segments"].as_u64(), whole["bad_count"].as_u64()), (Some(1), Some(0)), "{whole}");
    damage(node.data.path());
    let end = node.ctl(&["store", "verify"]);
    assert_eq!(end.status.code(), Some(1));
    assert!(output(&end).contains("at 1:4096") && output(&end).contains("1 place is damaged"), "{}", output(&end));
    let damaged = json(output(&node.ctl(&["store", "verify", "--json"])));
    assert_eq!(damaged["frames"].as_u64(), whole["frames"].as_u64().map(|frames| frames - 1), "{damaged}");
}

#[test]
fn compact_writes_a_checkpoint_and_keeps_what_waits() {
    let node = Node::start();
    node.fill();
    let compacted = json(good(&node.ctl(&["store", "compact", "--json"])));
    assert!(compacted["before"]["log_bytes_since_checkpoint"].as_u64() > Some(0), "{compacted}");
    assert_eq!(compacted["after"]["log_bytes_since_checkpoint"].as_u64(), Some(0), "{compacted}");
    assert_eq!(compacted["after"]["checkpoint_position"], compacted["after"]["log_end"], "{compacted}");
    let mut away = Client::v5("away").clean_start(false).session_expiry(600).connect_to(node.address);
    for payload in ["1", "2", "3"] {
        assert_eq!(away.expect_publish().text(), payload);
    }
}

#[test]
fn the_socket_survives_what_is_no_request() {
    let node = Node::start();
    let connect = || UnixStream::connect(node.socket()).expect("the socket is open");
    let mut stream = connect();
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
    for (line, word) in [
        (&b"hello\n"[..], "not understood"),
        (b"{\"command\":\"store.destroy\"}\n", "store.info"),
        (b"{\"command\":\"store.verify\",\"arguments\":{\"after\":-1}}\n", "after"),
    ] {
        let answer = exchange(&mut stream, line);
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(word), "{answer}");
    }
    assert_eq!(exchange(&mut stream, b"{\"command\":\"store.info\"}\n")["ok"]["sessions"], 0);
    drop(stream);
    let long = [vec![b' '; 4 << 20], b"\n".to_vec()].concat();
    let answer = exchange(&mut connect(), &long);
    assert!(answer["error"]["message"].as_str().is_some_and(|message| message.contains("too long")), "{answer}");
    // A client that says nothing holds nobody up for long.
    let _silent = connect();
    good(&node.ctl(&["store", "info"]));
}

#[test]
fn dump_prints_what_a_killed_broker_left() {
    let node = Node::start();
    node.fill();
    let mut publisher = Client::v5("publisher").connect_to(node.address);
    publisher.publish_retained("kept", b"\xFF\x00", AtLeastOnce);
    publisher.publish("$delayed/3600/later", "soon", AtLeastOnce);
    let running = Node::dump(&node.data, &[]);
    assert_eq!((running.status.code(), output(&running)), (Some(1), ""));
    assert!(errors(&running).contains("a broker runs"), "{}", errors(&running));

    let data = node.kill();
    let before = files(&data.path().join("store"));
    let end = Node::dump(&data, &["--bodies"]);
    let dump = good(&end);
    for words in [
        &["session", "\"away\"", "offline, expires in 9 min"][..],
        &["subscription \"t/#\" qos 2 identifier 3"],
        &["queue 3 messages", "positions 0 to 3", "sent below 0"],
        &["0 qos 1 topic \"t/1\", 1 bytes", "payload \"1\""],
        &["1 qos 2 topic \"t/2\""],
        &["retained qos 1 topic \"kept\"", "0xff00"],
        &["delayed qos 1 topic \"later\"", "\"soon\"", "due in 59 min"],
    ] {
        let is_there = dump.lines().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(is_there, "no line with {words:?} in {dump}");
    }
    assert_eq!(files(&data.path().join("store")), before, "nothing has changed");

    // And the broker goes on as if nobody had looked.
    let node = Node::start_on(data);
    let mut away = Client::v5("away").clean_start(false).session_expiry(600).connect_to(node.address);
    assert_eq!(away.expect_publish().text(), "1");
}

#[test]
fn dump_in_json_has_an_object_on_each_line() {
    let node = Node::start();
    node.fill();
    let mut other = Client::v5("other").clean_start(false).session_expiry(600).connect_to(node.address);
    other.subscribe("elsewhere", AtMostOnce);
    let data = node.stop();
    let lines = |arguments: &[&str]| -> Vec<_> {
        let end = Node::dump(&data, arguments);
        good(&end).lines().map(json).collect()
    };
    let all = lines(&["--json"]);
    let of = |kind: &str| all.iter().filter(|line| line["kind"] == kind).count();
    assert_eq!((of("session"), of("queued"), all.len()), (2, 3, 5), "{all:#?}");
    let one = lines(&["--json", "--bodies", "--session", "away"]);
    assert_eq!(one[0]["subscriptions"][0]["filter"], "t/#");
    let queued: Vec<_> = one[1..].iter().map(|line| (line["position"].as_u64(), line["payload"].as_str())).collect();
    assert_eq!(queued, [(Some(0), Some("1")), (Some(1), Some("2")), (Some(2), Some("3"))]);

    let unknown = Node::dump(&data, &["--session", "nobody"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(errors(&unknown).contains("nobody"), "{}", errors(&unknown));
}

#[test]
fn dump_tells_of_damage_and_shows_the_rest() {
    let node = Node::start();
    node.fill();
    let data = node.kill();
    let file = first_segment(data.path());
    let bytes = std::fs::read(&file).expect("the segment is read");
    // The payload of the second message: what comes before and after it stays whole.
    let at = bytes.windows(3).position(|window| window == b"t/2").expect("it is stored");
    let opened = std::fs::OpenOptions::new().write(true).open(&file).expect("it is opened");
    opened.write_all_at(b"X", at as u64).expect("it is written to");
    let before = files(&data.path().join("store"));
    let end = Node::dump(&data, &["--bodies"]);
    assert_eq!(end.status.code(), Some(1), "{}", output(&end));
    assert!(errors(&end).contains("damaged bytes of the log at 1:"), "{}", errors(&end));
    assert!(output(&end).contains("payload \"1\"") && output(&end).contains("payload \"3\""), "{}", output(&end));
    assert_eq!(files(&data.path().join("store")), before, "nothing is repaired");
}

#[test]
fn what_could_not_be_read_at_the_start_is_an_alarm() {
    let node = Node::start();
    node.fill();
    let healthy = json(good(&node.ctl(&["store", "info", "--json"])));
    assert_eq!(healthy["alarms"], serde_json::json!([]));
    let data = node.kill();
    damage(data.path());
    let node = Node::start_on(data);
    let damaged = json(good(&node.ctl(&["store", "info", "--json"])));
    assert_eq!(damaged["alarms"][0]["name"], "durable_log_damaged", "{damaged}");
    let info = node.ctl(&["store", "info"]);
    assert!(good(&info).contains("Alarm              durable_log_damaged: "), "{}", output(&info));
}

#[test]
fn a_part_of_the_log_that_is_gone_is_an_alarm() {
    let node = Node::start();
    node.fill();
    // The index knows from here on how far the log goes.
    good(&node.ctl(&["store", "compact"]));
    let data = node.kill();
    std::fs::remove_file(first_segment(data.path())).expect("there is a segment");
    let node = Node::start_on(data);
    let info = json(good(&node.ctl(&["store", "info", "--json"])));
    assert_eq!(info["alarms"][0]["name"], "durable_log_damaged", "{info}");
    let message = info["alarms"][0]["message"].as_str().unwrap_or_default();
    assert_eq!(message, "1 segments of the log are missing; the rest is served");
}

/// The index knows of it, its bytes are gone: nobody notices before its turn comes.
#[test]
fn a_message_that_cannot_be_read_any_more_is_counted_and_an_alarm() {
    let node = Node::start();
    node.fill();
    good(&node.ctl(&["store", "compact"]));
    let data = node.kill();
    let is_of_the_second = |bytes: &[u8]| bytes.windows(3).position(|window| window == b"t/2");
    let logs = std::fs::read_dir(data.path().join("store/log")).expect("there is a log");
    let mut hits = 0;
    for file in logs.map(|file| file.expect("a file").path()) {
        let bytes = std::fs::read(&file).expect("it is read");
        if let Some(at) = is_of_the_second(&bytes) {
            let opened = std::fs::OpenOptions::new().write(true).open(&file).expect("it is opened");
            opened.write_all_at(b"X", at as u64).expect("it is written to");
            hits += 1;
        }
    }
    assert!(hits > 0, "it is stored");
    let node = Node::start_on(data);
    let healthy = json(good(&node.ctl(&["store", "info", "--json"])));
    assert_eq!(healthy["alarms"], serde_json::json!([]), "it is behind the checkpoint");
    let mut away = Client::v5("away").clean_start(false).session_expiry(600).connect_to(node.address);
    away.expect_payloads(["1", "3"]);
    away.expect_nothing();
    let metrics = json(good(&node.ctl(&["broker", "metrics", "--json"])));
    assert_eq!(metrics["delivery.dropped.unreadable"], 1, "{metrics}");
    let info = json(good(&node.ctl(&["store", "info", "--json"])));
    assert_eq!(info["alarms"][0]["name"], "durable_log_damaged", "{info}");
}

#[test]
fn help_has_examples_and_exit_codes() {
    for arguments in [&["ctl", "--help"][..], &["store", "dump", "--help"], &["--help"]] {
        let end = run(arguments);
        assert!(good(&end).contains("Examples:\n  dunlin "), "{arguments:?}");
    }
    for arguments in [&["ctl", "--help"][..], &["ctl", "store", "--help"], &["store", "dump", "--help"]] {
        assert!(good(&run(arguments)).contains("Exit codes: 0 good"), "{arguments:?}");
    }
    assert_eq!(run(&["ctl", "store", "explode"]).status.code(), Some(2));
}
