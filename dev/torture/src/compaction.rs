//! A command that has the running broker compact its store, while clients use it and while it is killed.

use crate::error::TortureError;
use dunlin_bench::compare::BrokerCommand;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Exit code of a command that finds no broker to talk to.
const EXIT_NO_BROKER: i32 = 3;

/// What a broker says that takes no commands yet, or none any more.
const NOT_NOW: [&str; 2] = ["the node is starting", "the node is stopping"];

/// How the command has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With success.
    Compacted,
    /// No broker takes commands, as exit code 3 says, or it does not do so now.
    NoBroker,
    /// It has failed, and says why.
    Failed(String),
}

/// The command at work; it is killed when this is dropped.
#[derive(Debug)]
pub struct Compaction {
    child: Child,
}

impl Compaction {
    /// Starts the command. Placeholders are those of the broker's command.
    ///
    /// # Errors
    /// The program cannot be run.
    pub fn start(command: &BrokerCommand, folder: &Path, broker: SocketAddr) -> Result<Self, TortureError> {
        let words = command.words(broker.port(), folder).map_err(|error| TortureError::Usage(error.to_string()))?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(TortureError::Usage("empty compaction command".to_owned()));
        };
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| TortureError::Usage(format!("cannot start {program}: {error}")))?;
        Ok(Self { child })
    }

    /// How it has ended, once it has.
    ///
    /// # Errors
    /// The process cannot be watched.
    pub fn ended(&mut self) -> Result<Option<Outcome>, TortureError> {
        let Some(status) = self.child.try_wait()? else { return Ok(None) };
        if status.success() {
            return Ok(Some(Outcome::Compacted));
        }
        if status.code() == Some(EXIT_NO_BROKER) {
            return Ok(Some(Outcome::NoBroker));
        }
        let mut words = String::new();
        if let Some(errors) = &mut self.child.stderr {
            errors.read_to_string(&mut words)?;
        }
        if NOT_NOW.iter().any(|state| words.contains(state)) {
            return Ok(Some(Outcome::NoBroker));
        }
        Ok(Some(Outcome::Failed(format!("the store was not compacted ({status}): {}", words.trim_end()))))
    }
}

impl Drop for Compaction {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn outcome(line: &str) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let command = BrokerCommand::parse(line).unwrap();
        let mut compaction =
            Compaction::start(&command, folder.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 1))).unwrap();
        compaction.child.wait().unwrap();
        compaction.ended().unwrap().unwrap()
    }

    #[test]
    fn a_failure_is_told_with_its_reason() {
        assert_eq!(outcome("sh -c 'exit 0'"), Outcome::Compacted);
        assert_eq!(outcome("sh -c 'exit 3'"), Outcome::NoBroker);
        assert_eq!(outcome("sh -c 'echo dunlin: the node is starting: ask again >&2; exit 1'"), Outcome::NoBroker);
        let failed = outcome("sh -c 'echo the store is busy >&2; exit 1'");
        assert!(matches!(&failed, Outcome::Failed(what) if what.contains("the store is busy")), "{failed:?}");
    }
}
