//! A server of somebody else, as a process of the test.

use crate::{PATIENCE, family::wait_until_stopped};
use parking_lot::{Condvar, Mutex};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

/// A server of somebody else, as a process of the test: ended with the value, or with the thread that started it, whatever
/// comes first.
#[derive(Debug)]
pub struct ServerProcess {
    name: String,
    child: Child,
    output: Arc<Output>,
}

#[derive(Debug, Default)]
struct Output {
    text: Mutex<OutputText>,
    has_more: Condvar,
}

#[derive(Debug, Default)]
struct OutputText {
    lines: Vec<String>,
    readers_left: usize,
}

impl ServerProcess {
    /// Starts a program that stays in the foreground, and waits until it writes a line with `ready_text` in it.
    ///
    /// # Panics
    /// It cannot be started, ends, or does not write that within [`PATIENCE`]. The message has what it wrote.
    #[must_use]
    pub fn start(program: &str, arguments: &[String], ready_text: &str) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", program]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let output = Arc::new(Output::default());
        output.text.lock().readers_left = 2;
        read_lines(child.stdout.take().expect("its output is piped"), Arc::clone(&output));
        read_lines(child.stderr.take().expect("its output is piped"), Arc::clone(&output));
        let process = Self { name: program.to_owned(), child, output };
        process.wait_for_line(ready_text);
        process
    }

    /// Waits until it has written a line with `text` in it.
    ///
    /// # Panics
    /// It ends, or does not write that within [`PATIENCE`].
    pub fn wait_for_line(&self, text: &str) {
        let deadline = now() + PATIENCE;
        let mut output = self.output.text.lock();
        while !output.lines.iter().any(|line| line.contains(text)) {
            let is_late = self.output.has_more.wait_until(&mut output, deadline).timed_out();
            assert!(
                !is_late && output.readers_left > 0,
                "{} did not say {text:?} but:\n{}",
                self.name,
                output.lines.join("\n")
            );
        }
    }

    /// Ends it without a warning, as a power failure would.
    pub fn kill(&mut self) {
        // A process that has ended already is what was wanted.
        _ = self.child.kill();
        _ = self.child.wait();
    }

    /// Lets it do nothing until [`Self::thaw`]: connections are accepted by the kernel, and nobody answers.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
        wait_until_stopped(self.child.id());
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("it is running");
        kill_process(pid, signal).unwrap_or_else(|error| panic!("{signal:?} to {}: {error}", self.name));
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read_lines(pipe: impl Read + Send + 'static, output: Arc<Output>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            output.text.lock().lines.push(line);
            output.has_more.notify_all();
        }
        output.text.lock().readers_left -= 1;
        output.has_more.notify_all();
    });
}

#[expect(clippy::disallowed_methods, reason = "how long a real server takes to start is no matter of virtual time")]
fn now() -> Instant {
    Instant::now()
}
