//! What MQTT bytes of a client go through: the socket alone, or layers on top of it.

use super::ClientError;
use super::layered_stream::LayeredStream;
use super::scratch::Scratch;
use crate::layers::Layers;
use mio::net::TcpStream;
use std::io::{ErrorKind, Read, Write};

/// What a read brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// How much.
    pub(super) bytes: usize,
    /// That is all for now: edge-triggered epoll will tell about more.
    pub(super) is_dry: bool,
}

/// See the head of the file.
#[derive(Debug)]
pub(super) enum Stream {
    /// TCP.
    Plain(TcpStream),
    /// TLS, WebSocket or both on top of TCP.
    Layered(Box<LayeredStream>),
}

impl Stream {
    /// On a socket whose TCP handshake may be going on.
    pub(super) fn new(socket: TcpStream, layers: &Layers) -> Result<Self, ClientError> {
        if layers.is_plain() {
            return Ok(Self::Plain(socket));
        }
        Ok(Self::Layered(Box::new(LayeredStream::new(socket, layers)?)))
    }

    pub(super) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Layered(stream) => stream.socket(),
        }
    }

    /// Goes on with the handshakes of the layers; `false` while they are not through. `buffer` is free for use.
    pub(super) fn open(&mut self, buffer: &mut [u8], scratch: &mut Scratch) -> Result<bool, ClientError> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Layered(stream) => stream.open(buffer, scratch),
        }
    }

    /// The TLS handshake went on with an earlier session.
    pub(super) fn is_resumed(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Layered(stream) => stream.is_resumed(),
        }
    }

    /// One read of the socket.
    #[inline]
    pub(super) fn read(&mut self, buffer: &mut [u8], scratch: &mut Scratch) -> Result<Arrival, ClientError> {
        match self {
            Self::Plain(socket) => read_socket(socket, buffer),
            Self::Layered(stream) => stream.read(buffer, scratch),
        }
    }

    /// How many of the bytes were taken; none when the socket has no room.
    #[inline]
    pub(super) fn write(&mut self, bytes: &[u8], scratch: &mut Scratch) -> Result<usize, ClientError> {
        match self {
            Self::Plain(socket) => write_socket(socket, bytes),
            Self::Layered(stream) => stream.write(bytes, scratch),
        }
    }

    /// Bytes that were taken wait for room in the socket.
    #[inline]
    pub(super) fn has_unsent(&self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Layered(stream) => stream.has_unsent(),
        }
    }

    /// Sends what waits, as far as the socket has room.
    #[inline]
    pub(super) fn flush(&mut self) -> Result<(), ClientError> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Layered(stream) => stream.flush(),
        }
    }
}

/// One read; its end is an error, as no broker may close a connection unasked.
pub(super) fn read_socket(socket: &mut TcpStream, buffer: &mut [u8]) -> Result<Arrival, ClientError> {
    loop {
        match socket.read(buffer) {
            Ok(0) => return Err(ClientError::Closed),
            // A short read has emptied the socket.
            Ok(bytes) => return Ok(Arrival { bytes, is_dry: bytes < buffer.len() }),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Arrival { bytes: 0, is_dry: true }),
            Err(error) => return Err(error.into()),
        }
    }
}

/// One write: how many bytes were taken; none when the socket has no room.
pub(super) fn write_socket(socket: &mut TcpStream, bytes: &[u8]) -> Result<usize, ClientError> {
    loop {
        match socket.write(bytes) {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
            Err(error) => return Err(error.into()),
        }
    }
}
