//! The other side of the control socket: asking a running broker.

use super::{
    SocketAddress,
    protocol::{Reply, Request, line},
    socket_path,
};
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// Why a broker did not answer as wished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    /// There is none.
    #[error("no broker runs on the data folder {}: name another with --data-dir or --config", .data_dir.display())]
    NoBroker {
        /// The folder.
        data_dir: PathBuf,
    },
    /// It runs as another user.
    #[error("the broker of {} belongs to another user: run this command as that user, or as root", .path.display())]
    Denied {
        /// Its socket.
        path: PathBuf,
    },
    /// It is busy, or hangs.
    #[error("the broker does not answer within {} s; it may be busy with another command", .0.as_secs())]
    TimedOut(Duration),
    /// The connection broke.
    #[error("the connection to the broker broke: {0}")]
    Broken(#[from] io::Error),
    /// It answered what this version does not understand.
    #[error("the broker's answer is not understood, it may be of another version: {0}")]
    NotUnderstood(#[from] serde_json::Error),
    /// It says why not.
    #[error("{0}")]
    Refused(String),
}

/// Asks the broker of one data folder.
#[derive(Debug)]
pub(crate) struct ControlClient {
    data_dir: PathBuf,
}

impl ControlClient {
    /// For the broker that runs on this data folder, if one does.
    pub(crate) fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into() }
    }

    /// Has a command carried out and gives back its answer; waits at most `timeout` for it, `None` is for ever.
    ///
    /// # Errors
    /// [`ControlError`].
    pub(crate) fn call(
        &self,
        command: &str,
        arguments: Value,
        timeout: Option<Duration>,
    ) -> Result<Value, ControlError> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(timeout)?;
        stream.set_write_timeout(timeout)?;
        let request = Request { command: command.to_owned(), arguments };
        let mut answer = Vec::new();
        let exchange =
            stream.write_all(&line(&request)?).and_then(|()| BufReader::new(stream).read_until(b'\n', &mut answer));
        match (exchange, timeout) {
            (Ok(0), _) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            (Ok(_), _) => {}
            (Err(error), Some(timeout)) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(ControlError::TimedOut(timeout));
            }
            (Err(error), _) => return Err(error.into()),
        }
        match serde_json::from_slice(&answer)? {
            Reply::Ok(value) => Ok(value),
            Reply::Error { message } => Err(ControlError::Refused(message)),
        }
    }

    /// The process that listens on the socket, whether it answers or not; `None` if there is none.
    ///
    /// # Errors
    /// [`ControlError`], other than that no broker runs.
    pub(crate) fn process(&self) -> Result<Option<u32>, ControlError> {
        match self.connect() {
            Ok(stream) => {
                let credentials = rustix::net::sockopt::socket_peercred(&stream).map_err(io::Error::from)?;
                Ok(u32::try_from(credentials.pid.as_raw_nonzero().get()).ok())
            }
            Err(ControlError::NoBroker { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn connect(&self) -> Result<UnixStream, ControlError> {
        let stream = SocketAddress::of(&self.data_dir).and_then(|address| UnixStream::connect(address.path()));
        stream.map_err(|error| self.not_connected(error))
    }

    fn not_connected(&self, error: io::Error) -> ControlError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                ControlError::NoBroker { data_dir: self.data_dir.clone() }
            }
            io::ErrorKind::PermissionDenied => ControlError::Denied { path: socket_path(&self.data_dir) },
            _ => error.into(),
        }
    }
}
