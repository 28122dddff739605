//! One client socket and its bytes.

use super::ClientError;
use super::scratch::Scratch;
use super::stream::{Arrival, Stream};
use std::io::ErrorKind;

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

/// A client connection.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    pub(super) outbox: Outbox,
    /// Start of a packet whose rest has not arrived.
    pub(super) partial: Vec<u8>,
    /// MQTT cannot be spoken yet.
    pub(super) opening: bool,
    /// The TCP handshake is finished, those of the layers above may not be.
    has_tcp: bool,
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, outbox: Outbox::default(), partial: Vec::new(), opening: true, has_tcp: false }
    }

    /// Goes on with the handshakes of TCP and the layers above; `false` while they are still going on. `buffer` is free for use.
    pub(super) fn finish_opening(&mut self, buffer: &mut [u8], scratch: &mut Scratch) -> Result<bool, ClientError> {
        self.has_tcp = self.has_tcp || self.finish_tcp()?;
        self.opening = !self.has_tcp || !self.stream.open(buffer, scratch)?;
        Ok(!self.opening)
    }

    fn finish_tcp(&self) -> Result<bool, ClientError> {
        let socket = self.stream.socket();
        if let Some(error) = socket.take_error()? {
            return Err(error.into());
        }
        match socket.peer_addr() {
            Ok(_) => {
                socket.set_nodelay(true)?;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// One read into `buffer`, behind the left-over of the last one. The bytes of the answer are all that are there now.
    pub(super) fn read(&mut self, buffer: &mut [u8], scratch: &mut Scratch) -> Result<Arrival, ClientError> {
        let kept = self.partial.len();
        buffer[..kept].copy_from_slice(&self.partial);
        self.partial.clear();
        let arrival = self.stream.read(&mut buffer[kept..], scratch)?;
        Ok(Arrival { bytes: kept + arrival.bytes, ..arrival })
    }

    /// Something waits for room in the socket.
    pub(super) fn has_unsent(&self) -> bool {
        self.outbox.pending_bytes() > 0 || self.stream.has_unsent()
    }

    /// Writes as much as the kernel takes.
    pub(super) fn flush(&mut self, scratch: &mut Scratch) -> Result<(), ClientError> {
        self.stream.flush()?;
        let Outbox { bytes, written, .. } = &mut self.outbox;
        while *written < bytes.len() {
            match self.stream.write(&bytes[*written..], scratch)? {
                0 => break,
                count => *written += count,
            }
        }
        if *written == bytes.len() {
            bytes.clear();
            *written = 0;
        }
        Ok(())
    }
}
