//! One connection of a client: a socket that never blocks, and whole packets in both directions.

use dunlin_codec::{DecodeError, DecodeOptions, Packet, decode_next, encode};
use dunlin_model::ProtocolVersion;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

const READ_BYTES: usize = 64 * 1024;

/// A connection.
#[derive(Debug)]
pub struct Link {
    token: Token,
    version: ProtocolVersion,
    stream: TcpStream,
    outbox: Vec<u8>,
    inbox: Vec<u8>,
    has_ended: bool,
}

impl Link {
    /// Connects; on the loopback address this does not take long enough to matter.
    ///
    /// # Errors
    /// Nobody listens, or the system has no more sockets.
    pub fn open(address: SocketAddr, version: ProtocolVersion, token: Token, registry: &Registry) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { token, version, stream, outbox: Vec::new(), inbox: Vec::new(), has_ended: false })
    }

    /// By which the poll names it.
    #[must_use]
    pub fn token(&self) -> Token {
        self.token
    }

    /// No byte will come any more; packets that have come can still be taken.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Puts a packet into the outbox.
    pub fn send(&mut self, packet: &Packet<'_>) {
        encode(self.version, packet, &mut self.outbox).expect("the clients of a plan send nothing that has no bytes");
    }

    /// Writes as much of the outbox as the system takes. That the connection has ended is left to the next read.
    pub fn flush(&mut self) {
        let mut written = 0;
        while let Some(rest) = self.outbox.get(written..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    written = self.outbox.len();
                    break;
                }
            }
        }
        self.outbox.drain(..written);
    }

    /// Reads all that is there.
    pub fn read(&mut self) {
        while !self.has_ended {
            let kept = self.inbox.len();
            self.inbox.resize(kept + READ_BYTES, 0);
            let outcome = self.stream.read(&mut self.inbox[kept..]);
            self.inbox.truncate(kept + *outcome.as_ref().unwrap_or(&0));
            match outcome {
                Ok(0) => self.has_ended = true,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.has_ended = true,
            }
        }
    }

    /// Takes the bytes that have come, to be decoded with [`Link::decode`]; what is left over is given back.
    pub fn take_inbox(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.inbox)
    }

    /// Gives back the rest of an inbox, from `start` on.
    pub fn give_back(&mut self, mut inbox: Vec<u8>, start: usize) {
        inbox.drain(..start);
        self.inbox = inbox;
    }

    /// The first packet in `bytes` and its length.
    ///
    /// # Errors
    /// The broker has sent something else than MQTT.
    pub fn decode(version: ProtocolVersion, bytes: &[u8]) -> Result<Option<(Packet<'_>, usize)>, DecodeError> {
        decode_next(version, &DecodeOptions { max_packet_size: u32::MAX, strict: true }, bytes)
    }
}
