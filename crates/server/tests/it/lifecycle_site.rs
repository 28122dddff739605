//! A place where a node can be started and stopped: a configuration file and a data folder of its own.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// One listener, on any free port of this machine.
pub(crate) const LISTENERS: &str = "listeners {\n  tcp.default.bind = \"127.0.0.1:0\"\n  ssl.default.enable = false\n  \
                         ws.default.enable = false\n  wss.default.enable = false\n}\n";

/// See the head of the file. What runs there ends with it.
pub(crate) struct Site {
    folder: TempDir,
}

/// How a command ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Site {
    /// With one listener on a free port, and this text below that.
    pub(crate) fn new(configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let site = Self { folder };
        site.configure(configuration);
        site
    }

    /// Writes the configuration file anew; `text` begins on its eighth line.
    pub(crate) fn configure(&self, text: &str) {
        let data = self.data().display().to_string();
        let text = format!("node.data_dir = \"{data}\"\n{LISTENERS}{text}");
        fs::write(self.path("dunlin.conf"), text).expect("the configuration is written");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Runs `dunlin` and waits for its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_as(Path::new(env!("CARGO_BIN_EXE_dunlin")), arguments, &[])
    }

    /// As [`Site::run`], under another name and with more variables.
    pub(crate) fn run_as(&self, program: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new(program);
        command.args(arguments).env("DUNLIN_CONFIG", self.path("dunlin.conf")).current_dir(self.folder.path());
        command.envs(environment.iter().copied());
        Ended::from(command.output().expect("dunlin runs"))
    }

    /// Runs `dunlin`, which has to end well, and gives back what it wrote.
    #[track_caller]
    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        self.run(arguments).good()
    }

    /// Starts a node in the background.
    #[track_caller]
    pub(crate) fn start(&self) -> SocketAddr {
        address_in(&self.good(&["start"]))
    }

    /// The node's process.
    #[track_caller]
    pub(crate) fn pid(&self) -> u32 {
        self.good(&["pid"]).trim().parse().expect("a process id")
    }

    /// Sends a signal to the node.
    #[track_caller]
    pub(crate) fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    /// Whatever a node leaves in its data folder besides data.
    pub(crate) fn left_behind(&self) -> Vec<&'static str> {
        ["dunlin.pid", "dunlin.sock"].into_iter().filter(|name| self.data().join(name).exists()).collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let folders = fs::read_dir(self.folder.path()).into_iter().flatten().flatten().map(|entry| entry.path());
        for folder in folders.filter(|folder| folder.join("dunlin.pid").exists()) {
            let pid = self.run(&["pid", "--data-dir", folder.to_str().expect("a path in UTF-8")]);
            if let Ok(pid) = pid.output.trim().parse() {
                send(pid, Signal::KILL);
            }
        }
    }
}

impl Ended {
    /// What it wrote, if it ended well.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.output
    }

    /// The one line that it ended with, if it failed.
    #[track_caller]
    pub(crate) fn failure(self) -> String {
        assert_eq!(self.code, Some(1), "{self:#?}");
        let lines: Vec<_> = self.errors.lines().collect();
        let [line] = lines[..] else { panic!("one reason is enough: {self:#?}") };
        line.to_owned()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
    }
}

/// Where `tcp:default` listens, as a node or `dunlin start` says it.
#[track_caller]
pub(crate) fn address_in(output: &str) -> SocketAddr {
    let line = output.lines().find(|line| line.starts_with("Listener tcp:default on ") && line.ends_with(" started."));
    let address = line.and_then(|line| line.split(' ').nth(3)?.parse().ok());
    address.unwrap_or_else(|| panic!("no address in {output:?}"))
}

/// Sends a signal to a process that a test has started.
pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    // It may have ended by itself.
    let _ = kill_process(pid, signal);
}

/// Waits until something is so, and gives it back; looks again whenever the machine has nothing better to do.
#[track_caller]
pub(crate) fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    const PAUSE: rustix::event::Timespec = rustix::event::Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    for _ in 0..1000 {
        if let Some(found) = look() {
            return found;
        }
        let _ = rustix::event::poll(&mut [], Some(&PAUSE));
    }
    panic!("it does not come to be");
}
