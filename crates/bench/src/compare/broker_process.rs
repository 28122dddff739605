//! A broker started for one pass, and stopped when the guard is dropped: after an error, a panic or Ctrl-C as well.

use super::BrokerCommand;
use super::child::ask_to_end;
use crate::error::RunError;
use crate::stop_signal::StopSignal;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

const START_TIME_MAX: Duration = Duration::from_secs(20);
const STOP_TIME_MAX: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);
const LOG_FILE: &str = "output.log";

/// A running broker that listens on a port of the loopback address.
#[derive(Debug)]
pub struct BrokerProcess {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl BrokerProcess {
    /// Starts a broker on a free port and waits until it accepts connections. Its folder, which is removed afterwards, is
    /// made in `parent`, or else where temporary files go.
    ///
    /// # Errors
    /// It cannot be started, ends at once or does not listen in time; the error shows the end of its output.
    pub fn start(command: &BrokerCommand, parent: Option<&Path>, stop: &StopSignal) -> Result<Self, RunError> {
        let parent = parent.map_or_else(std::env::temp_dir, PathBuf::from);
        let folder = tempfile::Builder::new().prefix("dunlin-bench-").tempdir_in(parent)?;
        let address = free_address()?;
        let words = command.words(address.port(), folder.path())?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(RunError::Usage("empty broker command".to_owned()));
        };
        let log = File::create(folder.path().join(LOG_FILE))?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| RunError::Broker(format!("cannot start {program}: {error}")))?;
        let mut process = Self { child, address, folder };
        process.wait_until_it_listens(command.name(), stop)?;
        Ok(process)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn wait_until_it_listens(&mut self, name: &str, stop: &StopSignal) -> Result<(), RunError> {
        let mut waited = Duration::ZERO;
        while TcpStream::connect(self.address).is_err() {
            stop.check()?;
            if let Some(status) = self.child.try_wait()? {
                return Err(RunError::Broker(format!("{name} ended at its start ({status}){}", self.output_end())));
            }
            if waited > START_TIME_MAX {
                let text = format!("{name} does not listen on {}{}", self.address, self.output_end());
                return Err(RunError::Broker(text));
            }
            thread::park_timeout(LOOK_EVERY);
            waited += LOOK_EVERY;
        }
        Ok(())
    }

    /// The last lines the broker wrote.
    fn output_end(&self) -> String {
        output_end(&self.folder.path().join(LOG_FILE))
    }

    fn stop(&mut self) {
        ask_to_end(&self.child);
        let mut waited = Duration::ZERO;
        while waited < STOP_TIME_MAX && matches!(self.child.try_wait(), Ok(None)) {
            thread::park_timeout(LOOK_EVERY);
            waited += LOOK_EVERY;
        }
        // Fails only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

/// A port nobody listens on now; another process could take it before the broker does, which then says so.
fn free_address() -> Result<SocketAddr, RunError> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn output_end(log: &Path) -> String {
    const LINES: usize = 5;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let end = &lines[lines.len().saturating_sub(LINES)..];
    if end.is_empty() { String::new() } else { format!("; it wrote:\n{}", end.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_ends_at_once_is_reported_with_its_output() {
        let command = BrokerCommand::parse("sh -c 'echo no such option >&2; exit 3'").unwrap();
        let error = BrokerProcess::start(&command, None, &StopSignal::default()).unwrap_err().to_string();
        assert!(error.contains("ended at its start") && error.contains("no such option"), "{error}");
    }

    #[test]
    fn a_program_that_does_not_exist_is_reported() {
        let command = BrokerCommand::parse("/no/such/broker -p {port}").unwrap();
        let error = BrokerProcess::start(&command, None, &StopSignal::default()).unwrap_err().to_string();
        assert!(error.contains("/no/such/broker"), "{error}");
    }
}
