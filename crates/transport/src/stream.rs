//! One connection's byte stream.

use mio::{Interest, Registry, Token, net::TcpStream};
use std::io::{self, Read, Write};
use std::net::Shutdown;

/// A non-blocking byte stream. Plain TCP today; TLS and WebSocket wrap it without changing its users.
#[derive(Debug)]
pub enum Stream {
    /// Plain TCP.
    Tcp(TcpStream),
}

impl Stream {
    /// Registers for edge-triggered readiness, both ways, once for its whole life.
    ///
    /// # Errors
    /// Whatever the operating system says.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => registry.register(stream, token, Interest::READABLE | Interest::WRITABLE),
        }
    }

    /// Leaves the event loop, to be handed to another one.
    ///
    /// # Errors
    /// Whatever the operating system says.
    pub fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => registry.deregister(stream),
        }
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is; `Interrupted` is retried inside.
    #[inline]
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => loop {
                match stream.read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => return result,
                }
            },
        }
    }

    /// Writes what the socket takes.
    ///
    /// # Errors
    /// `WouldBlock` when it takes nothing; `Interrupted` is retried inside.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => loop {
                match stream.write(bytes) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    result => return result,
                }
            },
        }
    }

    /// Tells the peer that nothing more will come. Errors mean that it is gone already.
    pub fn shutdown_write(&self) {
        match self {
            Self::Tcp(stream) => {
                let _ = stream.shutdown(Shutdown::Write);
            }
        }
    }
}
