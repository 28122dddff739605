//! The server's side of one TLS connection over a non-blocking byte stream.

use crate::cipher_list::openssl_name;
use crate::engine::{self, Sink, Task};
use crate::handshake::Handshake;
use crate::handshake_failure::HandshakeFailure;
use crate::peer_certificate::PeerCertificate;
use crate::scratch::{self, READ_BYTES_MAX, Scratch};
use rustls::server::UnbufferedServerConnection;
use rustls::{Error, HandshakeKind, ProtocolVersion};
use std::fmt;
use std::io::{self, Read, Write};

/// Plaintext taken by one write.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// The least that is read from the socket, however small the caller's buffer is.
const READ_BYTES_MIN: usize = 4 * 1024;

/// After so many reads of the socket without any plaintext the others have their turn.
const READS_PER_CALL: usize = 16;

/// Records that are not complete: a handshake message may have 64 KB and be spread over records. More is an attack.
const INCOMPLETE_BYTES_MAX: usize = 96 * 1024;

/// TLS on a stream that never blocks, for an event loop with edge-triggered readiness.
///
/// * [`Read::read`] gives plaintext and drives the handshake. It gives [`io::ErrorKind::WouldBlock`] when the socket does, and
///   a short count only when the socket had no more, **unless** [`Self::has_pending_read`] says otherwise: ask it after every
///   read, because no readiness will tell.
/// * [`Write::write`] takes plaintext, at most 64 KB, and hands it to the socket as records. What the socket does not take waits
///   here: ask [`Self::wants_write`] after every read and write, and call [`Write::flush`] when the socket is writable. While
///   something waits nothing is taken ([`io::ErrorKind::WouldBlock`]), so that what waits stays bounded. The same during the
///   handshake: ask [`Self::is_handshaking`] after a read.
/// * A handshake that fails gives an error that holds a [`HandshakeFailure`], once everything before it was read; it is also at
///   [`Self::handshake_failure`]. The alert for the peer has been handed to the socket.
///
/// An idle connection owns no buffer.
#[derive(Debug)]
pub struct TlsStream<S> {
    socket: S,
    inner: Box<Inner>,
}

/// Apart from the socket, so that moving a stream is cheap.
struct Inner {
    tls: UnbufferedServerConnection,
    handshake: Option<Box<Handshake>>,
    asked_name: Option<Box<str>>,
    /// Received, but not complete.
    incomplete: Vec<u8>,
    /// Decrypted, but not yet read.
    plain: Vec<u8>,
    /// Records the socket has not taken.
    outgoing: Vec<u8>,
    failure: Option<Failure>,
    peer_closed: bool,
    close_sent: bool,
    /// More can be read at once.
    stopped_early: bool,
}

#[derive(Debug)]
enum Failure {
    Handshake(Box<HandshakeFailure>),
    Record(Error),
    Socket(io::Error),
}

impl<S> TlsStream<S> {
    pub(crate) fn new(socket: S, tls: UnbufferedServerConnection, handshake: Handshake) -> Self {
        let inner = Inner {
            tls,
            handshake: Some(Box::new(handshake)),
            asked_name: None,
            incomplete: Vec::new(),
            plain: Vec::new(),
            outgoing: Vec::new(),
            failure: None,
            peer_closed: false,
            close_sent: false,
            stopped_early: false,
        };
        Self { socket, inner: Box::new(inner) }
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
        self.inner.handshake.is_some()
    }

    /// Whether a read would give something although the socket does not become readable.
    #[must_use]
    pub fn has_pending_read(&self) -> bool {
        self.inner.stopped_early || !self.inner.plain.is_empty()
    }

    /// Whether something waits for the socket to become writable.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        !self.inner.outgoing.is_empty()
    }

    /// Bytes that wait for the socket to become writable.
    #[must_use]
    pub fn outgoing_bytes(&self) -> usize {
        self.inner.outgoing.len()
    }

    /// Why the handshake failed.
    #[must_use]
    pub fn handshake_failure(&self) -> Option<&HandshakeFailure> {
        match &self.inner.failure {
            Some(Failure::Handshake(failure)) => Some(failure),
            _ => None,
        }
    }

    /// `tlsv1.3` or `tlsv1.2`, after the handshake.
    #[must_use]
    pub fn version(&self) -> Option<&'static str> {
        match self.inner.tls.protocol_version()? {
            ProtocolVersion::TLSv1_3 => Some("tlsv1.3"),
            ProtocolVersion::TLSv1_2 => Some("tlsv1.2"),
            _ => None,
        }
    }

    /// The cipher suite under its OpenSSL name, after the handshake.
    #[must_use]
    pub fn cipher(&self) -> Option<&'static str> {
        self.inner.tls.negotiated_cipher_suite().map(|suite| openssl_name(suite.suite()))
    }

    /// The name the client asked for (SNI), after the handshake.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.inner.asked_name.as_deref()
    }

    /// Whether an earlier session was resumed, which spares the full handshake.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.inner.tls.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// The client's own certificate, after the handshake. With `verify_none` there is none.
    #[must_use]
    pub fn peer_certificate(&self) -> Option<PeerCertificate<'_>> {
        if self.is_handshaking() || self.handshake_failure().is_some() {
            return None;
        }
        self.inner.tls.peer_certificates()?.first().map(PeerCertificate::new)
    }
}

impl<S: Read + Write> TlsStream<S> {
    /// Tells the client that nothing more will come, RFC 8446 §6.1, and hands that to the socket as far as it takes it. Without
    /// effect during the handshake and after a failure.
    pub fn close_notify(&mut self) {
        let inner = &mut *self.inner;
        if inner.handshake.is_some() || inner.failure.is_some() || inner.close_sent {
            return;
        }
        inner.close_sent = true;
        let mut sink = Sink::new(&mut [], &mut inner.plain);
        let records = &mut inner.incomplete;
        // Should it not be possible, the connection ends without: it ends all the same.
        let run = engine::run(&mut inner.tls, records, &mut sink, &mut inner.outgoing, Task::Close);
        records.drain(..run.used);
        let _ = self.send_outgoing();
    }

    /// Hands what waits to the socket; false when it does not take everything.
    fn send_outgoing(&mut self) -> io::Result<bool> {
        let inner = &mut *self.inner;
        let written = write_some(&mut self.socket, &inner.outgoing)?;
        if written == inner.outgoing.len() {
            inner.outgoing = Vec::new();
            return Ok(true);
        }
        inner.outgoing.drain(..written);
        Ok(false)
    }

    /// Hands the output of a run to the socket, after what waits already; what is left waits.
    fn send(&mut self, out: &[u8]) -> io::Result<()> {
        if self.wants_write() && !self.send_outgoing()? {
            self.inner.outgoing.extend_from_slice(out);
            return Ok(());
        }
        let written = write_some(&mut self.socket, out)?;
        self.inner.outgoing = out.get(written..).unwrap_or_default().to_vec();
        Ok(())
    }

    fn read_socket(&mut self, scratch: &mut Scratch, buffer: &mut [u8]) -> io::Result<usize> {
        for _ in 0..READS_PER_CALL {
            let kept = self.inner.incomplete.len();
            let wanted = buffer.len().clamp(READ_BYTES_MIN, READ_BYTES_MAX);
            if scratch.records.len() < kept + wanted {
                scratch.records.resize(kept + READ_BYTES_MAX, 0);
            }
            let count = match read_some(&mut self.socket, &mut scratch.records[kept..kept + wanted]) {
                Ok(0) => return self.ended(),
                other => other?,
            };
            scratch.records[..kept].copy_from_slice(&self.inner.incomplete);
            let filled = self.receive(&mut scratch.records[..kept + count], &mut scratch.out, buffer);
            let sent = self.send(&scratch.out);
            scratch.out.clear();
            if let (Err(error), None) = (sent, &self.inner.failure) {
                self.inner.failure = Some(Failure::Socket(error));
            }
            let inner = &mut *self.inner;
            if filled > 0 {
                // The end or the failure shows once this was read.
                inner.stopped_early = count == wanted || inner.peer_closed || inner.failure.is_some();
                return Ok(filled);
            }
            if let Some(failure) = &inner.failure {
                return Err(failure.to_io_error());
            }
            if inner.peer_closed {
                return Ok(0);
            }
        }
        self.inner.stopped_early = true;
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// The socket has ended; a client may leave out the alert that says so, and most do.
    fn ended(&mut self) -> io::Result<usize> {
        self.inner.peer_closed = true;
        if self.inner.handshake.take().is_some() {
            self.inner.failure = Some(Failure::Handshake(Box::new(HandshakeFailure::closed())));
        }
        Ok(0)
    }

    /// Looks at received records; the plaintext bytes that are in `buffer` now.
    fn receive(&mut self, records: &mut [u8], out: &mut Vec<u8>, buffer: &mut [u8]) -> usize {
        let inner = &mut *self.inner;
        if let Some(handshake) = &mut inner.handshake {
            handshake.note_first_bytes(records);
        }
        let mut sink = Sink::new(buffer, &mut inner.plain);
        let run = engine::run(&mut inner.tls, records, &mut sink, out, Task::Receive);
        let filled = sink.filled();
        inner.peer_closed |= run.peer_closed;
        let rest = records.get(run.used..).unwrap_or_default();
        inner.incomplete = if run.peer_closed { Vec::new() } else { rest.to_vec() };
        let mut result = run.result;
        if result.is_ok() && inner.incomplete.len() > INCOMPLETE_BYTES_MAX {
            result = Err(Error::PeerSentOversizedRecord);
        }
        let is_sound = result.is_ok();
        match inner.take_over(result) {
            Ok(()) => filled,
            Err(was_handshaking) => {
                inner.incomplete = Vec::new();
                if was_handshaking {
                    if is_sound {
                        // Refused after the handshake was through: no alert for the reason can be sent any more.
                        engine::run(
                            &mut inner.tls,
                            &mut [],
                            &mut Sink::new(&mut [], &mut Vec::new()),
                            out,
                            Task::Close,
                        );
                    }
                    // Nothing a client says counts before it is known to be allowed in.
                    inner.plain = Vec::new();
                    return 0;
                }
                filled
            }
        }
    }
}

impl Inner {
    /// Draws the conclusions of a run: the handshake may have ended, well or badly. The error says whether it was the
    /// handshake that failed.
    fn take_over(&mut self, result: Result<(), Error>) -> Result<(), bool> {
        let Some(handshake) = &self.handshake else {
            return result.map_err(|error| {
                self.failure = Some(Failure::Record(error));
                false
            });
        };
        let result = match result {
            Ok(()) if self.tls.is_handshaking() => return Ok(()),
            Ok(()) => handshake.check_resumed(&self.tls),
            Err(error) => Err(error),
        };
        let ended = self.handshake.take();
        let Some(handshake) = ended else { return Ok(()) };
        match result {
            Ok(()) => {
                self.asked_name = handshake.asked_name().map(Into::into);
                Ok(())
            }
            Err(error) => {
                self.failure = Some(Failure::Handshake(Box::new(handshake.failure(&error))));
                Err(true)
            }
        }
    }

    /// Plaintext from an earlier read.
    fn take_plain(&mut self, buffer: &mut [u8]) -> usize {
        let count = buffer.len().min(self.plain.len());
        buffer[..count].copy_from_slice(&self.plain[..count]);
        if count == self.plain.len() {
            self.plain = Vec::new();
        } else {
            self.plain.drain(..count);
        }
        count
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("is_handshaking", &self.handshake.is_some())
            .field("incomplete_bytes", &self.incomplete.len())
            .field("plain_bytes", &self.plain.len())
            .field("outgoing_bytes", &self.outgoing.len())
            .field("failure", &self.failure)
            .field("peer_closed", &self.peer_closed)
            .finish_non_exhaustive()
    }
}

impl Failure {
    fn to_io_error(&self) -> io::Error {
        match self {
            Self::Handshake(failure) => io::Error::new(io::ErrorKind::InvalidData, HandshakeFailure::clone(failure)),
            Self::Record(error) => io::Error::new(io::ErrorKind::InvalidData, error.clone()),
            Self::Socket(error) => io::Error::new(error.kind(), error.to_string()),
        }
    }
}

impl<S: Read + Write> Read for TlsStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let inner = &mut *self.inner;
        if buffer.is_empty() {
            return Ok(0);
        }
        if !inner.plain.is_empty() {
            // Whether the socket has more is known only after asking it.
            inner.stopped_early = true;
            return Ok(inner.take_plain(buffer));
        }
        inner.stopped_early = false;
        match &inner.failure {
            // The end in the middle of a handshake is an end first of all.
            Some(_) if inner.peer_closed => Ok(0),
            Some(failure) => Err(failure.to_io_error()),
            None if inner.peer_closed => Ok(0),
            None => scratch::with(|scratch| self.read_socket(scratch, buffer)),
        }
    }
}

impl<S: Read + Write> Write for TlsStream<S> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        if plain.is_empty() {
            return Ok(0);
        }
        if self.inner.failure.is_some() || self.inner.close_sent {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if self.inner.handshake.is_some() || (self.wants_write() && !self.send_outgoing()?) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let taken = &plain[..plain.len().min(WRITE_BYTES_MAX)];
        scratch::with(|scratch| {
            let inner = &mut *self.inner;
            let mut sink = Sink::new(&mut [], &mut inner.plain);
            let records = &mut inner.incomplete;
            let run = engine::run(&mut inner.tls, records, &mut sink, &mut scratch.out, Task::Send(taken));
            records.drain(..run.used);
            if let Err(error) = run.result {
                inner.failure = Some(Failure::Record(error));
            }
            self.send(&scratch.out)?;
            match &self.inner.failure {
                Some(failure) => Err(failure.to_io_error()),
                None if run.task_done => Ok(taken.len()),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.wants_write() && !self.send_outgoing()? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.socket.flush()
    }
}

/// Reads once; `Interrupted` is retried.
fn read_some(socket: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match socket.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Writes until the socket takes no more: how much it took.
fn write_some(socket: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match socket.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) if count < rest.len() => return Ok(written + count),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}
