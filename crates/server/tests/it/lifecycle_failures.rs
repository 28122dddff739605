//! A node that does not start: one reason, and nothing is left behind. And one that is still starting.

use crate::lifecycle_site::{Site, eventually, send};
use rustix::process::Signal;
use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

/// A start that stops in the middle of reading its store: opening a pipe waits for a writer that never comes.
fn blocked() -> Site {
    let site = Site::new("");
    site.start();
    site.good(&["stop"]);
    let version = site.data().join("store/index/version");
    fs::remove_file(&version).expect("the key-value store has one");
    let made = Command::new("mkfifo").arg(&version).status().expect("mkfifo runs");
    assert!(made.success());
    site
}

/// `dunlin foreground` of a site, killed with the test.
struct Foreground(Child);

impl Foreground {
    fn of(site: &Site) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
        command.arg("foreground").env("DUNLIN_CONFIG", site.path("dunlin.conf"));
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("dunlin runs"))
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_port_in_use_is_named_with_its_listener_and_key() {
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = other.local_addr().expect("its address").to_string();
    let site = Site::new(&format!("listeners.tcp.inner.bind = \"{taken}\""));
    let why = site.run(&["start"]).failure();
    for word in ["tcp:inner", &taken, "in use", "`listeners.tcp.inner.bind`", "dunlin.conf:8"] {
        assert!(why.contains(word), "{word} is not in {why:?}");
    }
    assert!(site.left_behind().is_empty());
    assert!(site.run(&["pid"]).failure().contains("not responding"));
}

#[test]
fn a_certificate_that_cannot_be_read_is_named_with_its_listener() {
    let site = Site::new(
        "listeners.ssl.secure { bind = \"127.0.0.1:0\", ssl_options { certfile = \"/nowhere/cert.pem\", keyfile = \"/nowhere/key.pem\" } }",
    );
    let why = site.run(&["start"]).failure();
    assert!(why.contains("listeners.ssl.secure.ssl_options.certfile: /nowhere/cert.pem cannot be read"), "{why}");
    assert!(site.left_behind().is_empty());
}

#[test]
fn files_of_the_api_are_looked_at_before_a_start_too() {
    let site = Site::new(
        "dashboard.listeners.https { bind = \"127.0.0.1:0\", ssl_options { certfile = \"/nowhere/cert.pem\", keyfile = \"/nowhere/key.pem\" } }",
    );
    for command in ["check_config", "start"] {
        let why = site.run(&[command]).failure();
        let expected = "dashboard.listeners.https.ssl_options.certfile: /nowhere/cert.pem cannot be read";
        assert!(why.contains(expected), "{command}: {why}");
    }
    assert!(site.left_behind().is_empty());
    // A node starts without these, and says so.
    site.configure("api_key.bootstrap_file = \"/nowhere/keys\"\nbanned.bootstrap_file = \"/nowhere/bans.csv\"");
    for command in ["check_config", "start"] {
        let ended = site.run(&[command]);
        for words in ["api_key.bootstrap_file: /nowhere/keys cannot", "banned.bootstrap_file: /nowhere/bans.csv cannot"]
        {
            assert!(format!("{}{}", ended.output, ended.errors).contains(words), "{command}: {ended:#?}");
        }
        ended.good();
    }
}

#[test]
fn a_bad_configuration_is_named_with_file_and_key() {
    let site = Site::new("mqtt.max_qos_allowed = 3");
    let why = site.run(&["start"]).failure();
    assert!(why.contains("dunlin.conf:8: `mqtt.max_qos_allowed`"), "{why}");
    assert!(!site.data().exists(), "nothing was made");
    fs::remove_file(site.path("dunlin.conf")).expect("it is removed");
    let why = site.run(&["start"]).failure();
    assert!(why.contains("cannot read") && why.contains("dunlin.conf"), "{why}");
}

#[test]
fn a_data_folder_in_use_is_named_with_its_process() {
    let site = Site::new("");
    fs::create_dir(site.data()).expect("a data folder");
    let path = site.data().join("dunlin.pid");
    fs::write(&path, "1\n").expect("it is written");
    let lock = fs::File::open(&path).expect("it is there");
    lock.lock().expect("nobody else wants it");
    for (command, word) in
        [("start", "already running: process 1 "), ("foreground", "is in use by another broker (process 1)")]
    {
        let why = site.run(&[command]).failure();
        let data = site.data().display().to_string();
        assert!(why.contains(word) && why.contains(&data), "{why}");
    }
    assert_eq!(fs::read_to_string(&path).expect("it is still there"), "1\n");
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let site = Site::new("");
    fs::write(site.data(), "a file").expect("it is written");
    for command in ["start", "foreground"] {
        let why = site.run(&[command]).failure();
        assert!(why.contains(&site.data().display().to_string()), "{why}");
    }
    fs::remove_file(site.data()).expect("so that nothing is found there");
}

#[test]
fn a_start_that_takes_too_long_is_taken_back() {
    let site = blocked();
    let why = site.run(&["start", "--start-timeout", "1"]).failure();
    assert!(why.contains("not ready within 1 seconds") && why.contains("log"), "{why}");
    assert!(site.left_behind().is_empty());
    assert!(site.run(&["pid"]).failure().contains("not responding"));
}

#[test]
fn a_node_that_dies_while_it_starts_is_told_of() {
    let site = blocked();
    std::thread::scope(|scope| {
        let starting = scope.spawn(|| site.run(&["start"]));
        let pid: u32 = eventually(|| site.run(&["pid"]).output.trim().parse().ok());
        eventually(|| site.data().join("dunlin.sock").exists().then_some(()));
        send(pid, Signal::KILL);
        let why = starting.join().expect("the command ends").failure();
        assert!(why.contains("signal: 9") && why.contains("dunlin.out"), "{why}");
    });
    assert!(site.left_behind().is_empty());
}

#[test]
fn a_node_that_starts_says_so_and_can_be_stopped() {
    let site = blocked();
    let mut node = Foreground::of(&site);
    let status = eventually(|| Some(site.run(&["ctl", "status"])).filter(|status| status.code == Some(1)));
    assert_eq!(status.output, "Node 'dunlin@127.0.0.1' 0.1.0 is starting\n");
    assert_eq!(site.run(&["ping"]).failure(), "dunlin: Node 'dunlin@127.0.0.1' is starting.");
    assert_eq!(site.pid(), node.0.id());
    for command in
        [&["ctl", "listeners"][..], &["ctl", "broker", "stats"], &["ctl", "conf", "show"], &["ctl", "store", "info"]]
    {
        let why = site.run(command).failure();
        assert!(why.contains("the node is starting"), "{command:?}: {why}");
    }
    assert_eq!(site.good(&["ctl", "log", "set-level", "debug"]), "debug\n");
    // Nothing is read again before it was read once.
    site.signal(Signal::HUP);
    assert_eq!(site.good(&["stop"]), "ok\n");
    assert_eq!(node.0.wait().expect("it has ended").code(), Some(0));
    assert!(site.left_behind().is_empty());
}
