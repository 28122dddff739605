//! A WebSocket connection as the byte stream that MQTT runs on.

use crate::compression::Compression;
use crate::frame_reader::{COMPRESSED, FINAL, FrameReader, OPCODE_BINARY};
use crate::frame_writer::FrameWriter;
use crate::plain::strip_frames;
use crate::request::{Granted, REQUEST_LENGTH_MAX, answer, refuse_first_byte, refuse_opening};
use crate::{CloseCode, Ending, Piggyback, Refusal, Upgrade, WebSocketOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

/// Reads of the socket without payload after which the caller gets its turn: frames may be empty or control frames.
const READS_MAX: usize = 8;

/// Bytes that become one compressed message at most, and so the bound of what waits for the socket.
const COMPRESSED_AT_ONCE: usize = 16 * 1024;

/// Messages below this many bytes are not compressed: an acknowledgement would grow.
const COMPRESSED_LENGTH_MIN: usize = 16;

/// The server's end of a WebSocket connection over a byte stream, as a byte stream: the payload of binary frames.
///
/// It never blocks where the stream below does not, and works with edge-triggered readiness by these rules:
/// - Call [`read`](Read::read) until it gives `WouldBlock` or a count while [`has_pending_read`](Self::has_pending_read) is
///   false. The count says nothing about the socket, as frames have headers.
/// - When the socket becomes writable and [`wants_write`](Self::wants_write) holds, call [`flush`](Write::flush); also before
///   the socket is closed.
/// - After a short [`write`](Write::write) the bytes that were left are the next to be written.
/// - `Ok(0)` and an error of the kind `InvalidData` end the connection; [`ending`](Self::ending) says how. The answer to the
///   client is on its way or waits for a flush. Reading on throws away what still comes, until the socket's own end.
///
/// The first bytes are the request for the upgrade, which is answered within; then [`take_upgrade`](Self::take_upgrade)
/// has what the client said.
pub struct WebSocketStream<S> {
    stream: S,
    reader: FrameReader,
    writer: FrameWriter,
    phase: Phase,
    compression: Option<Box<Compression>>,
    piggyback: Piggyback,
    may_have_more: bool,
}

enum Phase {
    /// The request is coming.
    Upgrading(Box<Upgrading>),
    /// Both sides speak WebSocket.
    Open(Option<Box<Upgrade>>),
    /// Nothing comes any more.
    Ended { ending: Box<Ending>, is_told: bool },
}

/// A request that is coming.
struct Upgrading {
    options: Arc<WebSocketOptions>,
    head: Vec<u8>,
}

impl<S: Read + Write> WebSocketStream<S> {
    /// A connection from which nothing was read.
    pub fn new(stream: S, options: Arc<WebSocketOptions>) -> Self {
        Self {
            stream,
            reader: FrameReader::new(options.max_frame_size),
            writer: FrameWriter::default(),
            piggyback: options.mqtt_piggyback,
            phase: Phase::Upgrading(Box::new(Upgrading { options, head: Vec::new() })),
            compression: None,
            may_have_more: false,
        }
    }

    /// The stream below, for registration and for its peer. Reading or writing there breaks the connection.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream below, for registration and for its peer. Reading or writing there breaks the connection.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The upgrade was granted, and the connection has not ended since.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open(_))
    }

    /// What the client said when it asked for the connection, once: from then on the caller has the memory.
    pub fn take_upgrade(&mut self) -> Option<Box<Upgrade>> {
        match &mut self.phase {
            Phase::Open(upgrade) => upgrade.take(),
            _ => None,
        }
    }

    /// How the connection ended.
    #[must_use]
    pub fn ending(&self) -> Option<&Ending> {
        match &self.phase {
            Phase::Ended { ending, .. } => Some(ending),
            _ => None,
        }
    }

    /// Another read may give something although the socket has not become readable since.
    #[must_use]
    pub fn has_pending_read(&self) -> bool {
        let is_untold = matches!(self.phase, Phase::Ended { is_told: false, .. });
        self.may_have_more
            || is_untold
            || self.compression.as_ref().is_some_and(|compression| compression.has_pending())
    }

    /// Bytes of WebSocket's own wait for the socket, or compressed ones.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        self.writer.wants_write()
    }

    /// Tells the client that the broker closes, after everything that was written. What a short write left of a frame can
    /// still be written, and has to be for the client to see this.
    pub fn close(&mut self, code: CloseCode) {
        if self.is_open() {
            self.end(Ending::Closed(code), true);
        }
    }

    /// Ends the connection; the client is told.
    fn end(&mut self, ending: Ending, is_told: bool) {
        match &ending {
            Ending::Refused(refusal) => self.writer.push(&refusal.to_response()),
            Ending::Violation(violation) => self.writer.close_for(violation.close_code()),
            Ending::ClosedByPeer(code) => self.writer.close(*code),
            Ending::Closed(code) => self.writer.close_for(*code),
        }
        self.phase = Phase::Ended { ending: Box::new(ending), is_told };
        self.compression = None;
        self.flush_quietly();
    }

    /// An error of the socket shows at the next read, too.
    fn flush_quietly(&mut self) {
        let _ = self.writer.flush(&mut self.stream);
    }

    /// Reads from the socket; `None` when that gave nothing for the caller and it may be tried again.
    fn read_socket(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let count = match self.stream.read(buffer) {
            Ok(count) => count,
            Err(error) => {
                self.may_have_more = error.kind() == ErrorKind::Interrupted;
                return if self.may_have_more { Ok(None) } else { Err(error) };
            }
        };
        self.may_have_more = count > 0 && count == buffer.len();
        let Some(bytes) = buffer.get_mut(..count).filter(|bytes| !bytes.is_empty()) else { return Ok(Some(0)) };
        match self.phase {
            Phase::Upgrading(_) => Ok(self.take_request(bytes)),
            Phase::Open(_) => {
                let (made, ending) = strip_frames(&mut self.reader, &mut self.writer, bytes);
                Ok(self.after_frames(made, ending))
            }
            // What still comes is nobody's.
            Phase::Ended { .. } => Ok(None),
        }
    }

    fn read_compressed(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(compression) = &mut self.compression else { return Ok(None) };
        if !compression.has_pending() {
            match compression.fill(&mut self.stream) {
                Ok((count, may_have_more)) => {
                    self.may_have_more = may_have_more;
                    if count == 0 {
                        return Ok(Some(0));
                    }
                }
                Err(error) => {
                    self.may_have_more = error.kind() == ErrorKind::Interrupted;
                    return if self.may_have_more { Ok(None) } else { Err(error) };
                }
            }
        }
        let (made, ending) = compression.unpack(&mut self.reader, &mut self.writer, buffer);
        Ok(self.after_frames(made, ending))
    }

    /// Acts on what frames held; the payload for the caller.
    fn after_frames(&mut self, made: usize, ending: Option<Ending>) -> Option<usize> {
        match ending {
            Some(ending) => self.end(ending, false),
            None if self.writer.wants_write() => self.flush_quietly(),
            None => {}
        }
        (made > 0).then_some(made)
    }

    /// Takes bytes of the request, and of frames after it; the payload for the caller.
    fn take_request(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let Phase::Upgrading(upgrading) = &mut self.phase else { return None };
        let before = upgrading.head.len();
        upgrading.head.extend_from_slice(bytes);
        let granted = match upgrading.granted(before) {
            Ok(granted) => granted?,
            Err(refusal) => {
                self.end(Ending::Refused(refusal), false);
                return None;
            }
        };
        let head_end = granted.upgrade.head.len() - before;
        let options = Arc::clone(&upgrading.options);
        self.writer.push(&granted.response);
        self.phase = Phase::Open(Some(Box::new(granted.upgrade)));
        let frames = bytes.len() - head_end;
        bytes.copy_within(head_end.., 0);
        let (frames, _) = bytes.split_at_mut(frames);
        let (made, ending) = if let Some(agreement) = granted.compression {
            self.reader.allow_compression();
            let mut compression = Compression::new(&agreement, &options.deflate_opts);
            compression.push(frames);
            self.compression = Some(Box::new(compression));
            (0, None)
        } else {
            strip_frames(&mut self.reader, &mut self.writer, frames)
        };
        self.after_frames(made, ending)
    }

    fn write_compressed(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        loop {
            match self.writer.flush(&mut self.stream) {
                Err(error) if error.kind() == ErrorKind::WouldBlock && rest.len() < bytes.len() => break,
                Err(error) => return Err(error),
                Ok(()) if rest.is_empty() => break,
                Ok(()) => {}
            }
            let length = frame_length(self.piggyback, rest);
            let length = usize::try_from(length).map_or(rest.len(), |length| length.min(rest.len()));
            let length = if self.piggyback == Piggyback::Multiple { length.min(COMPRESSED_AT_ONCE) } else { length };
            let (message, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = after;
            if message.len() < COMPRESSED_LENGTH_MIN {
                self.writer.push_frame(FINAL | OPCODE_BINARY, message);
                continue;
            }
            let packed = self.compression.as_mut().and_then(|compression| compression.deflater.deflate(message));
            let packed = packed.ok_or_else(|| io::Error::from(ErrorKind::OutOfMemory))?;
            self.writer.push_frame(FINAL | COMPRESSED | OPCODE_BINARY, &packed);
        }
        Ok(bytes.len() - rest.len())
    }
}

impl Upgrading {
    /// The grant, once the request is whole; `before` bytes of it were looked at.
    fn granted(&self, before: usize) -> Result<Option<Granted>, Refusal> {
        if before == 0
            && let Some(refusal) = self.head.first().and_then(|byte| refuse_first_byte(*byte))
        {
            return Err(refusal);
        }
        if let Some(refusal) = refuse_opening(&self.head) {
            return Err(refusal);
        }
        // The end may have begun in what was there before.
        let from = before.saturating_sub(3);
        let end = self.head.get(from..).and_then(end_of_head).map(|end| from + end);
        match end {
            Some(end) if end <= REQUEST_LENGTH_MAX => {
                answer(self.head.get(..end).unwrap_or_default(), &self.options).map(Some)
            }
            None if self.head.len() < REQUEST_LENGTH_MAX => Ok(None),
            _ => Err(Refusal::new(431, format!("The request is longer than {REQUEST_LENGTH_MAX} bytes."))),
        }
    }
}

/// Where the empty line ends.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

impl<S: Read + Write> Read for WebSocketStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        for _ in 0..READS_MAX {
            if let Phase::Ended { ending, is_told: is_told @ false } = &mut self.phase {
                *is_told = true;
                return match &**ending {
                    Ending::ClosedByPeer(_) | Ending::Closed(_) => Ok(0),
                    Ending::Violation(violation) => Err(io::Error::new(ErrorKind::InvalidData, *violation)),
                    Ending::Refused(refusal) => Err(io::Error::new(ErrorKind::InvalidData, refusal.clone())),
                };
            }
            let read = if self.compression.is_some() { self.read_compressed(buffer) } else { self.read_socket(buffer) };
            if let Some(count) = read? {
                return Ok(count);
            }
        }
        self.may_have_more = true;
        Err(ErrorKind::WouldBlock.into())
    }
}

impl<S: Read + Write> Write for WebSocketStream<S> {
    /// Writes `bytes` in binary frames [MQTT-6.0.0-1].
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = match self.phase {
            Phase::Open(_) => bytes,
            // What completes a frame may still come.
            _ => match usize::try_from(self.writer.owed()).unwrap_or(usize::MAX) {
                0 => return Err(ErrorKind::BrokenPipe.into()),
                owed => bytes.get(..owed).unwrap_or(bytes),
            },
        };
        if self.compression.is_some() {
            return self.write_compressed(bytes);
        }
        let piggyback = self.piggyback;
        self.writer.write(&mut self.stream, bytes, FINAL | OPCODE_BINARY, |rest| frame_length(piggyback, rest))
    }

    /// Writes what WebSocket itself has to say, and compressed bytes that wait.
    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush(&mut self.stream)?;
        self.stream.flush()
    }
}

/// The length of the frame that begins with `bytes`.
fn frame_length(piggyback: Piggyback, bytes: &[u8]) -> u64 {
    let whole = bytes.len() as u64;
    match piggyback {
        Piggyback::Multiple => whole,
        Piggyback::Single => packet_length(bytes).unwrap_or(whole),
    }
}

/// The length of the MQTT packet that begins with `bytes` (MQTT 5.0 §2.1.4).
fn packet_length(bytes: &[u8]) -> Option<u64> {
    let mut remaining = 0;
    for (index, byte) in bytes.iter().skip(1).take(4).enumerate() {
        remaining |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(remaining + index as u64 + 2);
        }
    }
    None
}
