//! MQTT clients that this project did not write: where they are found, how a script of theirs is played.
//!
//! A tool that is missing makes its tests print that they are skipped; with `CI=true` they fail.

use dunlin_testkit::{Authority, TestBroker};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The versions of the protocol, as the scripts call them.
pub(crate) const EVERY_VERSION: [&str; 3] = ["3.1", "3.1.1", "5"];

/// Versions for what only MQTT 5.0 has.
pub(crate) const VERSION_5: [&str; 1] = ["5"];

/// A program on the `PATH`, if it is installed.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file());
    found_or_skipped(name, found)
}

/// The Python interpreter that has paho-mqtt.
pub(crate) fn python() -> Option<PathBuf> {
    let path = variable("DUNLIN_TEST_PYTHON").map(PathBuf::from).filter(|path| path.is_file());
    found_or_skipped("paho-mqtt (DUNLIN_TEST_PYTHON)", path)
}

/// The `node` program, if MQTT.js is there too; it finds that itself.
pub(crate) fn node() -> Option<PathBuf> {
    let modules = variable("DUNLIN_TEST_NODE_PATH").map(PathBuf::from).filter(|path| path.join("mqtt").is_dir());
    found_or_skipped("MQTT.js (DUNLIN_TEST_NODE_PATH)", modules)?;
    program("node")
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Says that a test is skipped where something is not installed.
pub(crate) fn found_or_skipped(what: &str, path: Option<PathBuf>) -> Option<PathBuf> {
    if path.is_none() {
        assert!(variable("CI").is_none_or(|value| value != "true"), "{what} is not installed, and CI must have it");
        eprintln!("skipped: {what} is not installed (make clients)");
    }
    path
}

/// Plays one scenario of a script in `tests/clients`, in each version and against a broker of its own.
pub(crate) fn play(interpreter: &Path, script: &str, scenario: &str, versions: &[&str]) {
    play_over("tcp", interpreter, script, scenario, versions);
}

/// As [`play`], through a listener of another kind: `ssl`, `ws`, `wss` or `quic`.
pub(crate) fn play_over(kind: &str, interpreter: &Path, script: &str, scenario: &str, versions: &[&str]) {
    let authority = Authority::new("authority");
    let script = (interpreter, script);
    let configuration = match kind {
        "tcp" => String::new(),
        "ws" => "listeners.ws.default {}".into(),
        kind => format!("listeners.{kind}.default.ssl_options {{ {} }}", authority.issue("server").keys()),
    };
    for version in versions {
        let broker = TestBroker::with(&configuration);
        play_against(&broker, script, scenario, (version, kind), &authority);
    }
}

/// Plays one scenario in one version, through one kind of listener of a broker that was made for it.
pub(crate) fn play_against(
    broker: &TestBroker,
    (interpreter, script): (&Path, &str),
    scenario: &str,
    (version, kind): (&str, &str),
    authority: &Authority,
) {
    let port = broker.address_of(&format!("{kind}:default")).port().to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let mut command = Command::new(interpreter);
    command.arg(script).args([port.as_str(), version, scenario, kind]).arg(authority.certificate());
    let played = command.output().expect("the interpreter runs");
    let (output, errors) = (String::from_utf8_lossy(&played.stdout), String::from_utf8_lossy(&played.stderr));
    assert!(played.status.success(), "{scenario} in version {version} over {kind}:\n{output}{errors}");
}
