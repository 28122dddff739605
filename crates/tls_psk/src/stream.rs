//! The server's side of one TLS connection with a pre-shared key, over a non-blocking byte stream.

use crate::failure::handshake_failure;
use crate::lookup;
use crate::memory::{Memory, READ_BYTES_MAX};
use dunlin_tls::HandshakeFailure;
use openssl::ssl::{self, ErrorCode, NameType, SslStream};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};

/// Plaintext taken by one write.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// The least that is read from the socket, however small the caller's buffer is.
const READ_BYTES_MIN: usize = 4 * 1024;

/// After so many reads of the socket without any plaintext the others have their turn.
const READS_PER_CALL: usize = 16;

/// What waits for the socket at most: one write, and answers to what the client sent meanwhile. A client that provokes more without
/// reading is an attacker.
const OUTGOING_BYTES_MAX: usize = 96 * 1024;

/// Bytes in front of a connection that tell what speaks.
const FIRST_BYTES: usize = 2;

/// TLS on a stream that never blocks, by the rules of [`dunlin_tls::TlsStream`]: see there for what to ask after a read or a
/// write.
pub struct PskStream<S> {
    socket: S,
    tls: SslStream<Memory>,
    is_handshaking: bool,
    first_bytes: [u8; FIRST_BYTES],
    first_bytes_count: usize,
    failure: Option<Box<Failure>>,
    peer_closed: bool,
    close_sent: bool,
    /// More can be read at once.
    stopped_early: bool,
}

#[derive(Debug)]
enum Failure {
    Handshake(HandshakeFailure),
    Record(String),
    Socket(io::Error),
}

impl<S> PskStream<S> {
    pub(crate) fn new(socket: S, tls: SslStream<Memory>) -> Self {
        Self {
            socket,
            tls,
            is_handshaking: true,
            first_bytes: [0; FIRST_BYTES],
            first_bytes_count: 0,
            failure: None,
            peer_closed: false,
            close_sent: false,
            stopped_early: false,
        }
    }

    /// The byte stream underneath.
    pub fn socket(&self) -> &S {
        &self.socket
    }

    /// The byte stream underneath, to register it with an event loop. Do not read or write it.
    pub fn socket_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Whether the handshake has not ended yet.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.is_handshaking
    }

    /// Whether a read would give something although the socket does not become readable.
    #[must_use]
    pub fn has_pending_read(&self) -> bool {
        self.stopped_early || self.has_buffered()
    }

    /// Whether something waits for the socket to become writable.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        !self.tls.get_ref().out().is_empty()
    }

    /// Why the handshake failed.
    #[must_use]
    pub fn handshake_failure(&self) -> Option<&HandshakeFailure> {
        match self.failure.as_deref() {
            Some(Failure::Handshake(failure)) => Some(failure),
            _ => None,
        }
    }

    /// `TLSv1.3` or `TLSv1.2`, after the handshake.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.tls.ssl().version_str()
    }

    /// The cipher suite under its OpenSSL name, after the handshake.
    #[must_use]
    pub fn cipher(&self) -> Option<&'static str> {
        self.tls.ssl().current_cipher().map(ssl::SslCipherRef::name)
    }

    /// The name the client asked for (SNI), after the handshake.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.tls.ssl().servername(NameType::HOST_NAME)
    }

    /// Received or decrypted, but not yet read.
    fn has_buffered(&self) -> bool {
        self.tls.get_ref().has_received() || self.tls.ssl().pending() > 0
    }

    fn note_first_bytes(&mut self, received: usize, bytes: &[u8]) {
        if self.first_bytes_count < FIRST_BYTES {
            let room = &mut self.first_bytes[self.first_bytes_count..];
            let count = received.min(room.len()).min(bytes.len());
            room[..count].copy_from_slice(&bytes[..count]);
            self.first_bytes_count += count;
        }
    }
}

impl<S: Read + Write> PskStream<S> {
    /// Tells the client that nothing more will come, RFC 8446 §6.1, and hands that to the socket as far as it takes it. Without
    /// effect during the handshake and after a failure.
    pub fn close_notify(&mut self) {
        if self.is_handshaking || self.failure.is_some() || self.close_sent {
            return;
        }
        self.close_sent = true;
        // Should it not be possible, the connection ends without: it ends all the same.
        let _ = self.tls.shutdown();
        let _ = self.send_outgoing();
    }

    /// Hands what waits to the socket; false when it does not take everything.
    fn send_outgoing(&mut self) -> io::Result<bool> {
        while self.wants_write() {
            match self.socket.write(self.tls.get_ref().out()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.tls.get_mut().sent(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn read_socket(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for _ in 0..READS_PER_CALL {
            let wanted = buffer.len().clamp(READ_BYTES_MIN, READ_BYTES_MAX);
            let count = match self.receive(wanted) {
                Ok(0) => return self.ended(),
                other => other?,
            };
            let filled = self.advance(buffer);
            self.tls.get_mut().settle();
            if filled > 0 {
                // The end or the failure shows once this was read.
                self.stopped_early = count == wanted || self.peer_closed || self.failure.is_some();
                return Ok(filled);
            }
            if let Some(failure) = &self.failure {
                return Err(failure.to_io_error());
            }
            if self.peer_closed {
                return Ok(0);
            }
        }
        self.stopped_early = true;
        Err(ErrorKind::WouldBlock.into())
    }

    /// Reads once from the socket into OpenSSL's memory; `Interrupted` is retried. What is there already comes first.
    fn receive(&mut self, wanted: usize) -> io::Result<usize> {
        if self.tls.get_ref().has_received() {
            return Ok(wanted);
        }
        let socket = &mut self.socket;
        let mut first = [0; FIRST_BYTES];
        let result = self.tls.get_mut().receive(wanted, |room| {
            let count = loop {
                match socket.read(room) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    result => break result?,
                }
            };
            let shown = count.min(FIRST_BYTES).min(room.len());
            first[..shown].copy_from_slice(&room[..shown]);
            Ok(count)
        });
        match &result {
            Ok(count) => self.note_first_bytes(*count, &first),
            Err(_) => self.tls.get_mut().settle(),
        }
        result
    }

    /// The socket has ended; a client may leave out the alert that says so, and most do.
    fn ended(&mut self) -> io::Result<usize> {
        self.tls.get_mut().settle();
        self.peer_closed = true;
        if std::mem::take(&mut self.is_handshaking) {
            self.failure = Some(Box::new(Failure::Handshake(HandshakeFailure::closed())));
        }
        Ok(0)
    }

    /// Lets OpenSSL take what was received, as far as there is room for its plaintext, and sends what it answers; the plaintext bytes
    /// that are in `buffer` now.
    fn advance(&mut self, buffer: &mut [u8]) -> usize {
        if self.is_handshaking {
            self.shake_hands();
        }
        let filled = if self.is_handshaking || self.failure.is_some() { 0 } else { self.decrypt(buffer) };
        let sent = self.send_outgoing();
        if self.failure.is_none() {
            let outgoing_bytes = self.tls.get_ref().out().len();
            self.failure = match sent {
                Err(error) => Some(Box::new(Failure::Socket(error))),
                Ok(_) if outgoing_bytes > OUTGOING_BYTES_MAX => {
                    Some(Box::new(Failure::Record("the client asks for more than it reads".into())))
                }
                Ok(_) => None,
            };
        }
        filled
    }

    fn shake_hands(&mut self) {
        let error = match self.tls.accept() {
            Ok(()) => {
                self.is_handshaking = false;
                return;
            }
            Err(error) if error.code() == ErrorCode::WANT_READ => return,
            Err(error) => error,
        };
        self.is_handshaking = false;
        let first_bytes = self.first_bytes.get(..self.first_bytes_count).unwrap_or_default();
        let failure = HandshakeFailure::not_tls(first_bytes)
            .unwrap_or_else(|| handshake_failure(&error, lookup::of(self.tls.ssl()), self.tls.get_ref().out()));
        self.failure = Some(Box::new(Failure::Handshake(failure)));
    }

    fn decrypt(&mut self, buffer: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.tls.ssl_read(room) {
                Ok(count) => filled += count,
                Err(error) => {
                    match error.code() {
                        ErrorCode::WANT_READ => {}
                        ErrorCode::ZERO_RETURN => self.peer_closed = true,
                        _ => self.failure = Some(Box::new(Failure::Record(error.to_string()))),
                    }
                    break;
                }
            }
        }
        filled
    }
}

impl Failure {
    fn to_io_error(&self) -> io::Error {
        match self {
            Self::Handshake(failure) => io::Error::new(ErrorKind::InvalidData, failure.clone()),
            Self::Record(error) => io::Error::new(ErrorKind::InvalidData, error.clone()),
            Self::Socket(error) => io::Error::new(error.kind(), error.to_string()),
        }
    }
}

impl<S> fmt::Debug for PskStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PskStream")
            .field("is_handshaking", &self.is_handshaking)
            .field("failure", &self.failure)
            .field("peer_closed", &self.peer_closed)
            .finish_non_exhaustive()
    }
}

impl<S: Read + Write> Read for PskStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.failure.is_none() && !self.is_handshaking && self.has_buffered() {
            let filled = self.advance(buffer);
            self.tls.get_mut().settle();
            if filled > 0 {
                // Whether the socket has more is known only after asking it.
                self.stopped_early = true;
                return Ok(filled);
            }
        }
        self.stopped_early = false;
        match &self.failure {
            // The end in the middle of a handshake is an end first of all.
            Some(_) if self.peer_closed => Ok(0),
            Some(failure) => Err(failure.to_io_error()),
            None if self.peer_closed => Ok(0),
            None => self.read_socket(buffer),
        }
    }
}

impl<S: Read + Write> Write for PskStream<S> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        if plain.is_empty() {
            return Ok(0);
        }
        if self.failure.is_some() || self.close_sent {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if self.is_handshaking || !self.send_outgoing()? {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = &plain[..plain.len().min(WRITE_BYTES_MAX)];
        // All of it, because memory takes all.
        let result = self.tls.ssl_write(taken);
        self.send_outgoing()?;
        result.map_err(|error| {
            let failure = Failure::Record(error.to_string());
            let error = failure.to_io_error();
            self.failure = Some(Box::new(failure));
            error
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.send_outgoing()? {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.socket.flush()
    }
}
