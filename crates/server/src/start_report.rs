//! How a node in the background tells `dunlin start` how its start went.
//!
//! Its standard input is one end of a pair of sockets. It writes one line, JSON, and lets go: `"ready"`, or
//! `{"failed":"the reason"}`. An end without a line means that the process ended without a word.

use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// How a start went.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StartOutcome {
    /// Clients are served, and the control socket answers.
    Ready,
    /// It ends, for this reason.
    Failed(String),
}

/// The node's end; without anybody who waits where it was not started by `dunlin start`.
#[derive(Debug, Default)]
pub(crate) struct StartReport {
    stream: Option<UnixStream>,
}

impl StartReport {
    /// For a process that `dunlin start` has started. Takes standard input away: nothing is read from it afterwards.
    ///
    /// # Errors
    /// Of the operating system.
    pub(crate) fn from_standard_input() -> io::Result<Self> {
        let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
        Ok(Self { stream: Some(stream) })
    }

    /// Tells, once. Whoever asked may have lost patience: that is no fault of this node.
    pub(crate) fn tell(&mut self, outcome: &StartOutcome) {
        if let (Some(mut stream), Ok(mut line)) = (self.stream.take(), serde_json::to_vec(outcome)) {
            line.push(b'\n');
            let _ = stream.write_all(&line);
        }
    }
}

/// What the node tells; `None` if it ended without a word.
///
/// # Errors
/// Of the stream, [`io::ErrorKind::WouldBlock`] if its time is over.
pub(crate) fn read_outcome(stream: &UnixStream) -> io::Result<Option<StartOutcome>> {
    let mut line = String::new();
    match BufReader::new(stream).read_line(&mut line)? {
        0 => Ok(None),
        _ => Ok(Some(serde_json::from_str(&line)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_arrives() {
        for outcome in [StartOutcome::Ready, StartOutcome::Failed("two\nlines".into())] {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let mut report = StartReport { stream: Some(theirs) };
            report.tell(&outcome);
            report.tell(&StartOutcome::Ready);
            assert_eq!(read_outcome(&ours).unwrap(), Some(outcome));
        }
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        assert_eq!(read_outcome(&ours).unwrap(), None);
    }
}
