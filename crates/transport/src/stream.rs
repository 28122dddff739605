//! One connection's byte stream.

use crate::{LayerEnding, LayeredStream, PeerFacts, Stage};
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token, event::Source};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;

/// A non-blocking byte stream.
pub enum Stream {
    /// Plain TCP.
    Tcp(TcpStream),
    /// A socket of this machine, behind which something else brings the bytes: QUIC.
    Local(UnixStream),
    /// TCP with layers above it: TLS, WebSocket.
    Layered(Box<dyn LayeredStream>),
}

impl Stream {
    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(stream) => stream,
            Self::Local(stream) => stream,
            Self::Layered(stream) => stream.source(),
        }
    }

    /// Registers for edge-triggered readiness, both ways, once for its whole life.
    ///
    /// # Errors
    /// Whatever the operating system says.
    pub fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.source().register(registry, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Leaves the event loop, to be handed to another one.
    ///
    /// # Errors
    /// Whatever the operating system says.
    pub fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        self.source().deregister(registry)
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is; `Interrupted` is retried inside.
    #[inline]
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Tcp(stream) => stream.read(buffer),
                Self::Local(stream) => stream.read(buffer),
                Self::Layered(stream) => stream.read(buffer),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Writes what the socket takes.
    ///
    /// # Errors
    /// `WouldBlock` when it takes nothing; `Interrupted` is retried inside.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Tcp(stream) => stream.write(bytes),
                Self::Local(stream) => stream.write(bytes),
                Self::Layered(stream) => stream.write(bytes),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Hands what a layer holds back to the socket.
    ///
    /// # Errors
    /// `WouldBlock` when the socket takes not all of it.
    pub fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(_) | Self::Local(_) => Ok(()),
            Self::Layered(stream) => stream.flush(),
        }
    }

    /// Another read may give something although the socket has not become readable since.
    #[inline]
    #[must_use]
    pub fn has_pending_read(&self) -> bool {
        match self {
            Self::Tcp(_) | Self::Local(_) => false,
            Self::Layered(stream) => stream.has_pending_read(),
        }
    }

    /// A layer waits for the socket to become writable: [`Self::flush`] is called then.
    #[inline]
    #[must_use]
    pub fn wants_write(&self) -> bool {
        match self {
            Self::Tcp(_) | Self::Local(_) => false,
            Self::Layered(stream) => stream.wants_write(),
        }
    }

    /// What is awaited before MQTT begins.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Tcp(_) | Self::Local(_) => Stage::Open,
            Self::Layered(stream) => stream.stage(),
        }
    }

    /// Who is at the other end, if the layers know more than the socket does; once.
    pub fn take_facts(&mut self) -> Option<Box<PeerFacts>> {
        match self {
            Self::Tcp(_) | Self::Local(_) => None,
            Self::Layered(stream) => stream.take_facts(),
        }
    }

    /// Why the connection ended below MQTT.
    #[must_use]
    pub fn ending(&self) -> Option<LayerEnding> {
        match self {
            Self::Tcp(_) | Self::Local(_) => None,
            Self::Layered(stream) => stream.ending(),
        }
    }

    /// Tells the peer that nothing more will come. Errors mean that it is gone already.
    pub fn shutdown_write(&mut self) {
        match self {
            Self::Tcp(stream) => {
                let _ = stream.shutdown(Shutdown::Write);
            }
            Self::Local(stream) => {
                let _ = stream.shutdown(Shutdown::Write);
            }
            Self::Layered(stream) => stream.shut_down(),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(stream) => stream.fmt(f),
            Self::Local(stream) => stream.fmt(f),
            Self::Layered(stream) => f.debug_struct("Layered").field("stage", &stream.stage()).finish_non_exhaustive(),
        }
    }
}
