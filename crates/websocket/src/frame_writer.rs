//! Frames to a client, around bytes that stay with the caller.
//!
//! A frame begins with its length, so that after a part of it was written the rest of its bytes are owed: control frames wait,
//! and the next bytes of the caller are the next bytes of the frame, as it is with any stream.

use crate::CloseCode;
use crate::frame_reader::{FINAL, OPCODE_CLOSE, OPCODE_PONG};
use std::io::{self, ErrorKind, IoSlice, Write};

/// A buffer of up to this many bytes is kept for the next frame's header.
const KEPT_CAPACITY: usize = 32;

/// Writes frames.
#[derive(Debug, Default)]
pub(crate) struct FrameWriter {
    /// Bytes of our own that come before the caller's: the answer to the upgrade, control frames, a header.
    pending: Vec<u8>,
    /// How many of them the socket has.
    sent: usize,
    /// Payload bytes that complete the frame in front.
    owed: u64,
    /// The answer to the latest ping. Only that one has to be answered (RFC 6455 §5.5.3).
    pong: Option<Box<[u8]>>,
    /// A close frame to send, with a code or without.
    close: Option<Option<u16>>,
    /// A close frame was made: nothing comes after it.
    is_closed: bool,
}

impl FrameWriter {
    /// Appends bytes that are no payload of the caller's, as they are.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Appends a whole frame.
    pub(crate) fn push_frame(&mut self, first: u8, payload: &[u8]) {
        push_head(&mut self.pending, first, payload.len() as u64);
        self.pending.extend_from_slice(payload);
    }

    pub(crate) fn answer_ping(&mut self, payload: Box<[u8]>) {
        self.pong = Some(payload);
    }

    /// Says goodbye after the frame that is being written. The first reason counts.
    pub(crate) fn close(&mut self, code: Option<u16>) {
        if !self.is_closed && self.close.is_none() {
            self.close = Some(code);
        }
    }

    pub(crate) fn close_for(&mut self, code: CloseCode) {
        self.close(Some(code as u16));
    }

    /// Payload bytes that complete the frame in front.
    pub(crate) fn owed(&self) -> u64 {
        self.owed
    }

    /// There are bytes that [`FrameWriter::flush`] could write.
    pub(crate) fn wants_write(&self) -> bool {
        self.sent < self.pending.len() || self.owed == 0 && (self.pong.is_some() || self.close.is_some())
    }

    /// Writes `bytes` as payload of binary frames; `frame_length` gives the length of the one that begins with its argument.
    pub(crate) fn write(
        &mut self,
        stream: &mut impl Write,
        bytes: &[u8],
        first: u8,
        frame_length: impl Fn(&[u8]) -> u64,
    ) -> io::Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let mut head_at = None;
            if self.owed == 0 {
                self.queue_control();
                head_at = Some(self.pending.len());
                self.owed = frame_length(rest);
                push_head(&mut self.pending, first, self.owed);
            }
            let part = usize::try_from(self.owed).ok().and_then(|owed| rest.get(..owed)).unwrap_or(rest);
            let own = self.pending.len() - self.sent;
            match self.write_once(stream, part) {
                Ok(count) if count == own + part.len() || count == own => rest = rest.get(count - own..).unwrap_or(&[]),
                Ok(count) => {
                    // A short write: the socket is full.
                    rest = rest.get(count.saturating_sub(own)..).unwrap_or(&[]);
                    break;
                }
                Err(error) => {
                    self.take_back(head_at);
                    if error.kind() == ErrorKind::WouldBlock {
                        break;
                    }
                    return Err(error);
                }
            }
        }
        match bytes.len() - rest.len() {
            0 if !bytes.is_empty() => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }

    /// Writes what is pending and control frames that may come now.
    pub(crate) fn flush(&mut self, stream: &mut impl Write) -> io::Result<()> {
        loop {
            while self.sent < self.pending.len() {
                self.write_once(stream, &[])?;
            }
            if self.owed > 0 || !self.queue_control() {
                return Ok(());
            }
        }
    }

    /// One write of what is pending and of payload after it; accounts for what the socket took.
    fn write_once(&mut self, stream: &mut impl Write, payload: &[u8]) -> io::Result<usize> {
        let own = self.pending.get(self.sent..).unwrap_or_default();
        let own_length = own.len();
        let count = loop {
            let written = if own.is_empty() {
                stream.write(payload)
            } else if payload.is_empty() {
                stream.write(own)
            } else {
                stream.write_vectored(&[IoSlice::new(own), IoSlice::new(payload)])
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(count) => break count.min(own_length + payload.len()),
                Err(error) => return Err(error),
            }
        };
        self.sent += count.min(own_length);
        self.owed = self.owed.saturating_sub(count.saturating_sub(own_length) as u64);
        if self.sent == self.pending.len() {
            self.sent = 0;
            if self.pending.capacity() > KEPT_CAPACITY {
                self.pending = Vec::new();
            } else {
                self.pending.clear();
            }
        }
        Ok(count)
    }

    /// Takes back a header of which the socket has nothing: the caller may want to write something else instead.
    fn take_back(&mut self, head_at: Option<usize>) {
        if let Some(head_at) = head_at
            && self.sent <= head_at
        {
            self.pending.truncate(head_at);
            self.owed = 0;
        }
    }

    /// Appends the control frames that wait; false when there are none.
    fn queue_control(&mut self) -> bool {
        let pong = self.pong.take().filter(|_| !self.is_closed);
        if let Some(payload) = &pong {
            self.push_frame(FINAL | OPCODE_PONG, payload);
        }
        let close = self.close.take();
        if let Some(code) = close {
            let bytes = code.map(u16::to_be_bytes);
            self.push_frame(FINAL | OPCODE_CLOSE, bytes.as_ref().map_or(&[], |code| code));
            self.is_closed = true;
        }
        pong.is_some() || close.is_some()
    }
}

/// A header without a mask, with the length in its shortest form (§5.2).
fn push_head(out: &mut Vec<u8>, first: u8, length: u64) {
    out.push(first);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&length.to_be_bytes());
        }
    }
}
