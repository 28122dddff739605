//! A TCP socket that is read without waiting and written with patience.

use crate::{ClientError, Endpoint};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::time::Duration;

/// A broker that takes nothing for so long is given up.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// A TCP socket. A read that finds nothing is [`ErrorKind::WouldBlock`], a write waits until the broker takes it.
#[derive(Debug)]
pub(crate) struct Socket(TcpStream);

impl Socket {
    /// Connects to the first address of the name that answers, each within `timeout`.
    pub(crate) fn connect(endpoint: &Endpoint, timeout: Duration) -> Result<Self, ClientError> {
        let failed = |source| ClientError::Connect { address: endpoint.address(), source };
        let addresses = (endpoint.host.as_str(), endpoint.port).to_socket_addrs().map_err(failed)?;
        let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(stream) => return Self::over(stream).map_err(failed),
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self(stream))
    }

    /// The same socket, to wait for.
    pub(crate) fn try_clone(&self) -> io::Result<TcpStream> {
        self.0.try_clone()
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !wait(&self.0, PollFlags::OUT, WRITE_PATIENCE)? {
                        return Err(io::Error::new(ErrorKind::TimedOut, "the broker takes nothing"));
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits until a socket is ready; false when the time is over.
pub(crate) fn wait(socket: &impl AsFd, what: PollFlags, patience: Duration) -> io::Result<bool> {
    match poll(&mut [PollFd::new(socket, what)], Some(&timespec(patience))) {
        Ok(ready) => Ok(ready > 0),
        // Whoever waits looks again.
        Err(rustix::io::Errno::INTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// A span as the operating system wants it; what is too long for it is for ever.
pub(crate) fn timespec(span: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX), tv_nsec: span.subsec_nanos().into() }
}
