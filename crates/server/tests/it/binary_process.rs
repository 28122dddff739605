//! The `dunlin` binary as a child process: started with a configuration, read line by line, ended with the test.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// A start or a stop that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(20);

/// More lines than any test causes: the reader thread never blocks on a full channel.
const LINES_MAX: usize = 10_000;

/// A running `dunlin`; killed when dropped.
pub(crate) struct Dunlin {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    errors: Option<thread::JoinHandle<String>>,
    folder: tempfile::TempDir,
}

/// How a `dunlin` ended and what it wrote.
pub(crate) struct Finished {
    /// Exit code.
    pub(crate) code: Option<i32>,
    /// Lines of standard output.
    pub(crate) output: Vec<String>,
    /// Standard error.
    pub(crate) errors: String,
}

/// Listeners with ports of their own that a configuration says nothing about are off: tests run side by side. Below the text, so
/// that its lines keep their numbers.
fn without_default_ports(configuration: &str) -> String {
    let silent = ["ssl", "ws", "wss"].into_iter().filter(|kind| !configuration.contains(&format!("listeners.{kind}.")));
    let off: String = silent.map(|kind| format!("\nlisteners.{kind}.default.enable = false")).collect();
    format!("{configuration}{off}\n")
}

impl Dunlin {
    /// Runs `dunlin` with a configuration file of this text.
    pub(crate) fn start(configuration: &str) -> Self {
        Self::run(configuration, &[], &[])
    }

    /// Runs `dunlin` with a configuration file of this text, more arguments and variables.
    pub(crate) fn run(configuration: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
        command.args(arguments).envs(environment.iter().copied());
        Self::spawn(command, configuration)
    }

    /// Runs `dunlin check_config` with a file that does not exist.
    pub(crate) fn check_missing_file(path: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
        command.args(["check_config", "--config", path]);
        Self::observe(command, tempfile::tempdir().expect("a folder for the test"))
    }

    /// As [`Dunlin::start`], below a shell that lowers the limit of open files first.
    pub(crate) fn start_with_open_files_limit(configuration: &str, limit: u32) -> Self {
        let mut command = Command::new("sh");
        let script = format!("ulimit -Sn {limit} && exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_dunlin")]);
        Self::spawn(command, configuration)
    }

    /// As [`Dunlin::start`], by way of a program that becomes it; none is fine.
    pub(crate) fn start_below(wrapper: &[&str], configuration: &str) -> Self {
        let dunlin = env!("CARGO_BIN_EXE_dunlin");
        let mut command = Command::new(wrapper.first().unwrap_or(&dunlin));
        command.args(wrapper.iter().skip(1)).args(wrapper.first().map(|_| dunlin));
        Self::spawn(command, configuration)
    }

    fn spawn(mut command: Command, configuration: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let file = folder.path().join("dunlin.conf");
        std::fs::write(&file, without_default_ports(configuration)).expect("the configuration file is written");
        command.arg("--config").arg(&file);
        Self::observe(command, folder)
    }

    fn observe(command: Command, folder: tempfile::TempDir) -> Self {
        let (child, lines, errors) = Self::launch(command, folder.path());
        Self { child, lines, seen: Vec::new(), errors: Some(errors), folder }
    }

    fn launch(mut command: Command, folder: &Path) -> (Child, Receiver<String>, thread::JoinHandle<String>) {
        command.current_dir(folder);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dunlin starts");
        let output = child.stdout.take().expect("standard output is a pipe");
        let mut errors = child.stderr.take().expect("standard error is a pipe");
        let (sender, lines) = sync_channel(LINES_MAX);
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let errors = thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        (child, lines, errors)
    }

    /// A file of its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Stops it and runs it again where it was.
    pub(crate) fn restart(&mut self) {
        self.terminate();
        self.child.wait().expect("it ends");
        let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
        command.arg("--config").arg(self.path("dunlin.conf"));
        let (child, lines, errors) = Self::launch(command, self.folder.path());
        (self.child, self.lines, self.errors) = (child, lines, Some(errors));
    }

    /// Process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line of standard output that holds all of these words.
    pub(crate) fn line_with(&mut self, words: &[&str]) -> String {
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if words.iter().all(|word| line.contains(word)) {
                        return line;
                    }
                }
                Err(_) => panic!("no line with {words:?} in {:#?}", self.seen),
            }
        }
    }

    /// Waits for the line that says where a listener listens.
    pub(crate) fn address(&mut self, listener: &str) -> SocketAddr {
        let line = self.line_with(&[&format!("Listener {listener} on "), " started."]);
        let address = line.split(' ').nth(3).unwrap_or_default();
        address.parse().unwrap_or_else(|_| panic!("no address in {line:?}"))
    }

    /// Runs `dunlin ctl` against it.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> std::process::Output {
        let folder = self.folder.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dunlin"));
        command.arg("--config").arg(folder.join("dunlin.conf")).arg("ctl").args(arguments).current_dir(folder);
        command.output().expect("dunlin ctl runs")
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        let id = i32::try_from(self.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("the signal is sent");
    }

    /// Waits for its end: first for the end of its output, which cannot come without it.
    pub(crate) fn wait(mut self) -> Finished {
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("dunlin does not end: {:#?}", self.seen),
            }
        }
        let code = self.child.wait().ok().as_ref().and_then(ExitStatus::code);
        let errors = self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default();
        Finished { code, output: std::mem::take(&mut self.seen), errors }
    }
}

impl Drop for Dunlin {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
