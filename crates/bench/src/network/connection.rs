//! One client socket and its bytes.

use super::ClientError;
use mio::net::TcpStream;
use std::io::{ErrorKind, Read, Write};

/// Bytes to send; written once at the end of a turn.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Packets not yet handed to the kernel are appended here.
    pub bytes: Vec<u8>,
    written: usize,
    /// Whether the connection is in the list of those to flush.
    pub(super) listed: bool,
}

impl Outbox {
    /// Bytes the kernel has not taken yet.
    #[inline]
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.bytes.len() - self.written
    }
}

/// What a read brought.
pub(super) enum ReadOutcome {
    /// The socket may have more.
    More(usize),
    /// That is all for now.
    Dry(usize),
}

/// A client connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) outbox: Outbox,
    /// Start of a packet whose rest has not arrived.
    pub(super) partial: Vec<u8>,
    /// The TCP handshake is not finished.
    pub(super) opening: bool,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, outbox: Outbox::default(), partial: Vec::new(), opening: true }
    }

    /// Finishes the TCP handshake; `false` while it is still going on.
    pub(super) fn finish_opening(&mut self) -> Result<bool, ClientError> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error.into());
        }
        match self.stream.peer_addr() {
            Ok(_) => {
                self.stream.set_nodelay(true)?;
                self.opening = false;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// One read into `buffer`, behind the left-over of the last one. Returns all bytes that are there now.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<ReadOutcome, ClientError> {
        let kept = self.partial.len();
        buffer[..kept].copy_from_slice(&self.partial);
        self.partial.clear();
        loop {
            match self.stream.read(&mut buffer[kept..]) {
                Ok(0) => return Err(ClientError::Closed),
                // A short read has emptied the socket: edge-triggered epoll will tell about new bytes.
                Ok(count) if kept + count < buffer.len() => return Ok(ReadOutcome::Dry(kept + count)),
                Ok(count) => return Ok(ReadOutcome::More(kept + count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(ReadOutcome::Dry(kept)),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes as much as the kernel takes.
    pub(super) fn flush(&mut self) -> Result<(), ClientError> {
        let Outbox { bytes, written, .. } = &mut self.outbox;
        while *written < bytes.len() {
            match self.stream.write(&bytes[*written..]) {
                Ok(count) => *written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        if *written == bytes.len() {
            bytes.clear();
            *written = 0;
        }
        Ok(())
    }
}
