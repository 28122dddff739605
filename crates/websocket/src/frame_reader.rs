//! Frames from a client, whatever way their bytes are split over reads (RFC 6455 §5).
//!
//! ```text
//!  0                   1
//! | F R1 R2 R3 opcode4 | M length7 | length u16 or u64 | mask 4 bytes | payload ...
//! ```
//! Payload is unmasked where it lies and never kept; only what a control frame holds, at most 125 bytes, is collected.

use crate::{CloseCode, Violation};

pub(crate) const OPCODE_CONTINUATION: u8 = 0x0;
const OPCODE_TEXT: u8 = 0x1;
pub(crate) const OPCODE_BINARY: u8 = 0x2;
pub(crate) const OPCODE_CLOSE: u8 = 0x8;
pub(crate) const OPCODE_PING: u8 = 0x9;
pub(crate) const OPCODE_PONG: u8 = 0xa;

pub(crate) const FINAL: u8 = 0x80;
pub(crate) const COMPRESSED: u8 = 0x40;
const RESERVED: u8 = 0x30;
const MASKED: u8 = 0x80;
const LENGTH_BITS: u8 = 0x7f;

const HEAD_LENGTH_MAX: usize = 14;

/// The longest payload of a control frame in bytes.
pub(crate) const CONTROL_LENGTH_MAX: u64 = 125;

/// What some bytes of a client are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A part of a header or of a control frame.
    Nothing,
    /// Payload of a message, unmasked: from here to the end of what was used.
    Data {
        /// Where it begins.
        from: usize,
        /// The message is compressed.
        is_compressed: bool,
        /// These are its last bytes.
        ends_message: bool,
    },
    /// A ping and what it holds.
    Ping(Box<[u8]>),
    /// The end, with the peer's reason.
    Close(Option<u16>),
}

/// Reads frames.
#[derive(Debug)]
pub(crate) struct FrameReader {
    /// The most bytes a message may have on the wire.
    message_size_max: u64,
    /// Payload bytes of the message so far announced.
    message_size: u64,
    /// Payload bytes of the frame that are still to come.
    left: u64,
    /// What a control frame holds.
    control: Vec<u8>,
    head: [u8; HEAD_LENGTH_MAX],
    head_length: u8,
    /// The mask, beginning with the byte for the next payload byte.
    mask: [u8; 4],
    in_frame: bool,
    in_message: bool,
    is_compressed: bool,
    may_compress: bool,
}

impl FrameReader {
    pub(crate) fn new(message_size_max: Option<u64>) -> Self {
        Self {
            message_size_max: message_size_max.unwrap_or(u64::MAX),
            message_size: 0,
            left: 0,
            control: Vec::new(),
            head: [0; HEAD_LENGTH_MAX],
            head_length: 0,
            mask: [0; 4],
            in_frame: false,
            in_message: false,
            is_compressed: false,
            may_compress: false,
        }
    }

    /// Compression was agreed upon.
    pub(crate) fn allow_compression(&mut self) {
        self.may_compress = true;
    }

    pub(crate) fn message_size_max(&self) -> u64 {
        self.message_size_max
    }

    /// Reads from the front of `bytes`; says what it is and how many bytes were used, at least one if there is one.
    pub(crate) fn next(&mut self, bytes: &mut [u8]) -> Result<(Part, usize), Violation> {
        let mut used = 0;
        if !self.in_frame {
            used = self.take_head(bytes)?;
            if !self.in_frame {
                return Ok((Part::Nothing, used));
            }
        }
        let Some(payload) = bytes.get_mut(used..) else { return Ok((Part::Nothing, used)) };
        if payload.is_empty() && self.left > 0 {
            return Ok((Part::Nothing, used));
        }
        let length = usize::try_from(self.left).map_or(payload.len(), |left| left.min(payload.len()));
        let (payload, _) = payload.split_at_mut(length);
        unmask(payload, self.mask);
        self.mask.rotate_left(length % 4);
        self.left -= length as u64;
        let is_complete = self.left == 0;
        self.in_frame = !is_complete;
        if self.opcode() >= OPCODE_CLOSE {
            self.control.extend_from_slice(payload);
            let part = if is_complete { self.end_control()? } else { Part::Nothing };
            return Ok((part, used + length));
        }
        let ends_message = is_complete && self.head[0] & FINAL != 0;
        self.in_message = !ends_message;
        Ok((Part::Data { from: used, is_compressed: self.is_compressed, ends_message }, used + length))
    }

    fn opcode(&self) -> u8 {
        self.head[0] & 0x0f
    }

    /// Takes bytes of a header; begins the frame when it is complete.
    fn take_head(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        for (index, byte) in bytes.iter().enumerate() {
            let at = usize::from(self.head_length);
            self.head[at] = *byte;
            self.head_length += 1;
            match at {
                0 => self.check_kind()?,
                1 => self.check_second()?,
                _ => {}
            }
            if at >= 1 && at + 1 == self.head_length_wanted() {
                self.begin_frame()?;
                return Ok(index + 1);
            }
        }
        Ok(bytes.len())
    }

    fn head_length_wanted(&self) -> usize {
        match self.head[1] & LENGTH_BITS {
            126 => 8,
            127 => 14,
            _ => 6,
        }
    }

    /// The first byte: is this frame one that may come now?
    fn check_kind(&self) -> Result<(), Violation> {
        let first = self.head[0];
        let is_compressed = first & COMPRESSED != 0;
        if first & RESERVED != 0 || is_compressed && !self.may_compress {
            return Err(Violation::ReservedBit);
        }
        match self.opcode() {
            OPCODE_CONTINUATION if !self.in_message => Err(Violation::NothingToContinue),
            // Only the first frame of a message says that it is compressed (RFC 7692 §6.1).
            OPCODE_CONTINUATION | OPCODE_CLOSE | OPCODE_PING | OPCODE_PONG if is_compressed => {
                Err(Violation::ReservedBit)
            }
            OPCODE_CLOSE | OPCODE_PING | OPCODE_PONG if first & FINAL == 0 => Err(Violation::FragmentedControl),
            // [MQTT-6.0.0-1]: MQTT comes in binary frames only.
            OPCODE_TEXT => Err(Violation::TextFrame),
            OPCODE_BINARY if self.in_message => Err(Violation::UnfinishedMessage),
            OPCODE_CONTINUATION | OPCODE_BINARY | OPCODE_CLOSE | OPCODE_PING | OPCODE_PONG => Ok(()),
            opcode => Err(Violation::ReservedOpcode(opcode)),
        }
    }

    fn check_second(&self) -> Result<(), Violation> {
        if self.head[1] & MASKED == 0 {
            return Err(Violation::NotMasked);
        }
        if self.opcode() >= OPCODE_CLOSE && u64::from(self.head[1] & LENGTH_BITS) > CONTROL_LENGTH_MAX {
            return Err(Violation::ControlTooLong);
        }
        Ok(())
    }

    /// The header is complete.
    fn begin_frame(&mut self) -> Result<(), Violation> {
        let [_, second, a, b, c, d, e, f, g, h, i, j, k, l] = self.head;
        let (length, shortest, mask) = match second & LENGTH_BITS {
            126 => (u64::from(u16::from_be_bytes([a, b])), 126, [c, d, e, f]),
            127 => (u64::from_be_bytes([a, b, c, d, e, f, g, h]), 1 << 16, [i, j, k, l]),
            short => (u64::from(short), 0, [a, b, c, d]),
        };
        if length < shortest || length >> 63 != 0 {
            return Err(Violation::Length);
        }
        if self.opcode() < OPCODE_CLOSE {
            if self.opcode() == OPCODE_BINARY {
                self.message_size = 0;
                self.is_compressed = self.head[0] & COMPRESSED != 0;
            }
            self.message_size = self.message_size.saturating_add(length);
            if self.message_size > self.message_size_max {
                return Err(Violation::MessageTooBig);
            }
        }
        (self.left, self.mask, self.in_frame, self.head_length) = (length, mask, true, 0);
        Ok(())
    }

    fn end_control(&mut self) -> Result<Part, Violation> {
        let payload = std::mem::take(&mut self.control);
        match self.opcode() {
            OPCODE_PING => Ok(Part::Ping(payload.into_boxed_slice())),
            OPCODE_CLOSE => read_close(&payload),
            // A pong nobody asked for is ignored (§5.5.3), and the broker asks for none.
            _ => Ok(Part::Nothing),
        }
    }
}

/// A close frame holds nothing, or a code and a reason (§5.5.1).
fn read_close(payload: &[u8]) -> Result<Part, Violation> {
    if payload.is_empty() {
        return Ok(Part::Close(None));
    }
    let (code, reason) = payload.split_first_chunk().ok_or(Violation::CloseCode)?;
    let code = u16::from_be_bytes(*code);
    if !CloseCode::may_be_received(code) {
        return Err(Violation::CloseCode);
    }
    str::from_utf8(reason).map_err(|_| Violation::CloseReason)?;
    Ok(Part::Close(Some(code)))
}

fn unmask(bytes: &mut [u8], mask: [u8; 4]) {
    let word = u32::from_ne_bytes(mask);
    let (words, rest) = bytes.as_chunks_mut::<4>();
    for bytes in words {
        *bytes = (u32::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}
