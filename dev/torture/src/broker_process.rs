//! The broker under torture: one process after the other on the same data.

use crate::clock::Clock;
use crate::error::TortureError;
use dunlin_bench::compare::BrokerCommand;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

/// How long a start may take: a node with a million sessions is allowed this much.
const START_TIME_MAX: Duration = Duration::from_secs(30);
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// A running broker; it is killed when this is dropped.
#[derive(Debug)]
pub struct BrokerProcess {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl BrokerProcess {
    /// Starts a broker with its data in `folder`, its output in `log`, on a free port.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn spawn(command: &BrokerCommand, folder: &Path, log: PathBuf) -> Result<Self, TortureError> {
        // Another process could take the port before the broker does; the broker then says so in its log.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let words = command.words(address.port(), folder).map_err(|error| TortureError::Usage(error.to_string()))?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(TortureError::Usage("empty broker command".to_owned()));
        };
        let output = File::create(&log)?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| TortureError::Usage(format!("cannot start {program}: {error}")))?;
        Ok(Self { child, address, log })
    }

    /// Where it listens, or will.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until it accepts connections; `Err` inside tells why it never will.
    ///
    /// # Errors
    /// The process cannot be watched.
    pub fn wait_until_it_listens(&mut self) -> Result<Result<Duration, String>, TortureError> {
        let clock = Clock::start();
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.ended()? {
                return Ok(Err(format!("the broker ended at its start ({status}){}", self.last_words())));
            }
            if clock.elapsed() > START_TIME_MAX {
                return Ok(Err(format!("the broker did not listen within {START_TIME_MAX:?}{}", self.last_words())));
            }
            thread::park_timeout(LOOK_EVERY);
        }
        Ok(Ok(clock.elapsed()))
    }

    /// Its exit status, if it has ended by itself.
    ///
    /// # Errors
    /// The process cannot be watched.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, TortureError> {
        Ok(self.child.try_wait()?)
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn kill(mut self) -> Result<(), TortureError> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// The process cannot be waited for.
    pub fn stop(mut self) -> Result<(), TortureError> {
        // A child that was not waited for keeps its process id, so the signal cannot hit another process.
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM).map_err(std::io::Error::from)?;
        }
        let clock = Clock::start();
        while self.child.try_wait()?.is_none() && clock.elapsed() < STOP_TIME_MAX {
            thread::park_timeout(LOOK_EVERY);
        }
        Ok(())
    }

    /// The end of its output.
    #[must_use]
    pub fn last_words(&self) -> String {
        const LINES: usize = 5;
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let end = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
        if end.is_empty() { String::new() } else { format!("; it wrote:\n{}", end.join("\n")) }
    }
}

impl Drop for BrokerProcess {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_that_ends_at_once_is_told_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let command = BrokerCommand::parse("sh -c 'echo disk is full >&2; exit 3'").unwrap();
        let mut process = BrokerProcess::spawn(&command, folder.path(), folder.path().join("log")).unwrap();
        let what = process.wait_until_it_listens().unwrap().unwrap_err();
        assert!(what.contains("ended at its start") && what.contains("disk is full"), "{what}");
    }

    #[test]
    fn a_broker_that_is_not_there_is_wrong_usage() {
        let folder = tempfile::tempdir().unwrap();
        let command = BrokerCommand::parse("/no/such/broker").unwrap();
        let error = BrokerProcess::spawn(&command, folder.path(), folder.path().join("log")).unwrap_err();
        assert_eq!(error.exit_code(), 2);
    }
}
