//! The broker's side of the control socket.

use super::{
    Answerer, SocketAddress,
    protocol::{LINE_BYTES_MAX, Reply, line},
    socket_path,
};
use parking_lot::{Condvar, Mutex};
use rustix::event::{PollFd, PollFlags, poll};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tracing::warn;

/// For the owner alone.
const MODE: u32 = 0o600;

/// Connections that wait to be served.
const BACKLOG: i32 = 16;

/// A client that sends nothing, or does not read, for so long is left alone: others wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// Pieces a request may come in: with [`PATIENCE`] for each, nobody holds a thread for ever.
const READS_MAX: usize = 1024;

/// Bytes that are read at once, at most.
const READ_BYTES_MAX: usize = 64 << 10;

/// Connections that are served at the same time; others wait.
const CONNECTIONS_MAX: usize = 8;

/// How long a stop waits for commands that are being carried out.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on the control socket {}: {source}", .path.display())]
pub(crate) struct StartControlError {
    /// The socket.
    path: PathBuf,
    /// What the operating system said.
    source: io::Error,
}

/// Listens on the control socket until it is dropped.
pub(crate) struct ControlServer {
    path: PathBuf,
    /// Its end wakes the thread.
    stop: Option<UnixStream>,
    ended: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl ControlServer {
    /// Listens in a data folder that is locked: a socket that is there was left behind by a broker, and is replaced.
    ///
    /// # Errors
    /// [`StartControlError`].
    pub(crate) fn start(data_dir: &Path, answerer: Arc<Answerer>) -> Result<Self, StartControlError> {
        let path = socket_path(data_dir);
        let failed = |source| StartControlError { path: path.clone(), source };
        let listener = listen(data_dir, &path).map_err(failed)?;
        let (stop, stopped) = UnixStream::pair().map_err(failed)?;
        let (ending, ended) = sync_channel(1);
        let serve = move || serve(&listener, &stopped, &answerer, &ending);
        let thread = std::thread::Builder::new().name("control".into()).spawn(serve).map_err(failed)?;
        Ok(Self { path, stop: Some(stop), ended, thread: Some(thread) })
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        self.stop = None;
        // Best effort: the next start replaces it.
        let _ = fs::remove_file(&self.path);
        // The channel is never written to: it ends with the last thread. A command that goes on ends with the process.
        let _ = self.ended.recv_timeout(STOP_GRACE);
        if let Some(thread) = self.thread.take().filter(JoinHandle::is_finished) {
            let _ = thread.join();
        }
    }
}

/// Nobody can connect before the socket is the owner's alone: it does not listen yet.
fn listen(data_dir: &Path, path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let address = SocketAddress::of(data_dir)?;
    socket.bind(&SockAddr::unix(address.path())?)?;
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    socket.listen(BACKLOG)?;
    Ok(OwnedFd::from(socket).into())
}

/// Accepts, and gives each connection a thread: a command that takes long keeps nobody from asking how the node is.
fn serve(listener: &UnixListener, stopped: &UnixStream, answerer: &Arc<Answerer>, ending: &SyncSender<()>) {
    let connections = Arc::new(Connections::default());
    loop {
        let mut ready = [PollFd::new(listener, PollFlags::IN), PollFd::new(stopped, PollFlags::IN)];
        match poll(&mut ready, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => {
                warn!(msg = "control_socket_failed", %error);
                return;
            }
        }
        if !ready[1].revents().is_empty() {
            return;
        }
        let place = connections.enter();
        let Ok((stream, _)) = listener.accept() else { continue };
        let (answerer, ending) = (Arc::clone(answerer), ending.clone());
        let serve = move || {
            // A client that is gone again, or does not keep to the rules, is its own problem.
            let _ = serve_client(&stream, &answerer);
            drop((place, ending));
        };
        if let Err(error) = std::thread::Builder::new().name("control-client".into()).spawn(serve) {
            warn!(msg = "control_connection_refused", %error);
        }
    }
}

/// How many connections are served.
#[derive(Default)]
struct Connections {
    count: Mutex<usize>,
    left: Condvar,
}

/// The place of one connection.
struct Place(Arc<Connections>);

impl Connections {
    /// Waits for a place and takes it.
    fn enter(self: &Arc<Self>) -> Place {
        let mut count = self.count.lock();
        self.left.wait_while(&mut count, |count| *count >= CONNECTIONS_MAX);
        *count += 1;
        Place(Arc::clone(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.count.lock() -= 1;
        self.0.left.notify_one();
    }
}

fn serve_client(stream: &UnixStream, answerer: &Answerer) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let user_id = rustix::net::sockopt::socket_peercred(stream).ok().map(|peer| peer.uid.as_raw());
    let mut reader = BufReader::with_capacity(READ_BYTES_MAX, stream);
    while let Some(request) = read_line(&mut reader)? {
        let reply = match &request {
            Some(request) => answerer.answer(request, user_id),
            None => {
                Reply::error(format!("the request is too long, or comes in too many pieces: {LINE_BYTES_MAX} bytes"))
            }
        };
        let mut stream = stream;
        stream.write_all(&line(&reply)?)?;
        if request.is_none() {
            break;
        }
    }
    Ok(())
}

/// One line; `None` at the end, `Some(None)` when it is longer than allowed.
#[expect(clippy::option_option, reason = "an end and a line that is refused are different things")]
fn read_line(reader: &mut BufReader<impl Read>) -> io::Result<Option<Option<Vec<u8>>>> {
    let mut line = Vec::new();
    for _ in 0..READS_MAX {
        let bytes = reader.fill_buf()?;
        let found = bytes.iter().position(|byte| *byte == b'\n');
        let (used, is_end) = found.map_or((bytes.len(), bytes.is_empty()), |at| (at + 1, true));
        line.extend_from_slice(&bytes[..used]);
        reader.consume(used);
        if line.len() > LINE_BYTES_MAX {
            return Ok(Some(None));
        }
        if is_end {
            return Ok((!line.is_empty()).then_some(Some(line)));
        }
    }
    Ok(Some(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
        let mut reader = BufReader::with_capacity(4096, bytes);
        let mut lines = Vec::new();
        while let Some(line) = read_line(&mut reader).unwrap() {
            let is_refused = line.is_none();
            lines.push(line);
            if is_refused {
                break;
            }
        }
        lines
    }

    #[test]
    fn lines_end_with_a_newline_or_the_end() {
        assert_eq!(lines_of(b"a\nbc"), [Some(b"a\n".to_vec()), Some(b"bc".to_vec())]);
        assert_eq!(lines_of(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_refused() {
        let longest = [vec![b'x'; LINE_BYTES_MAX - 1], b"\n".to_vec()].concat();
        assert_eq!(lines_of(&longest), [Some(longest.clone())]);
        assert_eq!(lines_of(&vec![b'x'; LINE_BYTES_MAX + 1]), [None]);
    }

    #[test]
    fn a_line_in_single_bytes_is_refused_in_time() {
        struct Drip;
        impl Read for Drip {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                buffer[0] = b'x';
                Ok(1)
            }
        }
        assert_eq!(read_line(&mut BufReader::new(Drip)).unwrap(), Some(None));
    }
}
