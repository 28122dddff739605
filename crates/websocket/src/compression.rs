//! A connection with compressed messages: what was read waits here while it is unpacked to where the reader has room.
//!
//! A message is never unpacked as a whole: the reader's buffer is the bound of the memory it takes, however well it is packed.

use crate::deflate::{Deflater, Inflater, TAIL};
use crate::deflate_agreement::DeflateAgreement;
use crate::frame_reader::{FrameReader, Part};
use crate::frame_writer::FrameWriter;
use crate::{DeflateOptions, Ending, Violation};
use std::io::{self, Read};

/// Most bytes read at once.
const RAW_LENGTH_MAX: usize = 16 * 1024;

/// Both directions of a connection with compressed messages.
pub(crate) struct Compression {
    pub(crate) deflater: Deflater,
    inflater: Inflater,
    /// What was read and not unpacked.
    raw: Vec<u8>,
    raw_at: usize,
    piece: Option<Piece>,
    /// Unpacked bytes of the message.
    message_size: u64,
}

/// A part of a message that is being unpacked.
struct Piece {
    /// Where it ends in the raw bytes.
    end: usize,
    is_compressed: bool,
    /// It ends its message, and so much of [`TAIL`] follows it.
    tail: &'static [u8],
    ends_message: bool,
}

impl Compression {
    pub(crate) fn new(agreement: &DeflateAgreement, options: &DeflateOptions) -> Self {
        Self {
            deflater: Deflater::new(agreement, options),
            inflater: Inflater::new(agreement),
            raw: Vec::new(),
            raw_at: 0,
            piece: None,
            message_size: 0,
        }
    }

    /// Bytes wait to be unpacked.
    pub(crate) fn has_pending(&self) -> bool {
        self.piece.is_some() || self.raw_at < self.raw.len()
    }

    /// Adds bytes that were read elsewhere.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.raw.extend_from_slice(bytes);
    }

    /// Reads once, when nothing is pending; the count, and whether there may be more.
    pub(crate) fn fill(&mut self, stream: &mut impl Read) -> io::Result<(usize, bool)> {
        self.raw_at = 0;
        self.raw.resize(RAW_LENGTH_MAX, 0);
        let read = stream.read(&mut self.raw);
        self.raw.truncate(read.as_ref().map_or(0, |count| *count));
        if self.raw.is_empty() {
            self.raw = Vec::new();
        }
        read.map(|count| (count, count == RAW_LENGTH_MAX))
    }

    /// Unpacks what is pending into `output`, as far as there is room; the count, and the end of the connection if it shows.
    pub(crate) fn unpack(
        &mut self,
        reader: &mut FrameReader,
        writer: &mut FrameWriter,
        output: &mut [u8],
    ) -> (usize, Option<Ending>) {
        let mut made = 0;
        while let Some(room) = output.get_mut(made..)
            && !room.is_empty()
        {
            let step = match self.piece {
                Some(_) => self.unpack_piece(room, reader.message_size_max()),
                None if self.raw_at < self.raw.len() => match self.next_part(reader, writer) {
                    Ok(None) => Ok(0),
                    Ok(ending) => return (made, ending),
                    Err(violation) => Err(violation),
                },
                None => break,
            };
            match step {
                Ok(count) => made += count,
                Err(violation) => return (made, Some(Ending::Violation(violation))),
            }
        }
        if !self.has_pending() {
            // An idle connection keeps no buffer.
            (self.raw, self.raw_at) = (Vec::new(), 0);
        }
        (made, None)
    }

    fn next_part(&mut self, reader: &mut FrameReader, writer: &mut FrameWriter) -> Result<Option<Ending>, Violation> {
        let start = self.raw_at;
        let (part, used) = reader.next(self.raw.get_mut(start..).unwrap_or_default())?;
        self.raw_at = start + used;
        match part {
            Part::Nothing => {}
            Part::Data { from, is_compressed, ends_message } => {
                let tail: &[u8] = if ends_message && is_compressed { &TAIL } else { &[] };
                self.raw_at = start + from;
                self.piece = Some(Piece { end: start + used, is_compressed, tail, ends_message });
            }
            Part::Ping(payload) => writer.answer_ping(payload),
            Part::Close(code) => return Ok(Some(Ending::ClosedByPeer(code))),
        }
        Ok(None)
    }

    /// Goes on with a part of a message; the bytes made.
    fn unpack_piece(&mut self, room: &mut [u8], message_size_max: u64) -> Result<usize, Violation> {
        let Some(piece) = &mut self.piece else { return Ok(0) };
        let raw = self.raw.get(self.raw_at..piece.end).unwrap_or_default();
        if !piece.is_compressed {
            let length = raw.len().min(room.len());
            room[..length].copy_from_slice(&raw[..length]);
            self.raw_at += length;
            if self.raw_at == piece.end {
                self.piece = None;
            }
            return Ok(length);
        }
        let input = if raw.is_empty() { piece.tail } else { raw };
        let (taken, made) = self.inflater.inflate(input, room)?;
        if raw.is_empty() {
            piece.tail = piece.tail.get(taken..).unwrap_or_default();
        } else {
            self.raw_at += taken;
        }
        self.message_size = self.message_size.saturating_add(made as u64);
        if self.message_size > message_size_max {
            return Err(Violation::MessageTooBig);
        }
        // The inflater keeps what it has no room for: only room that is left says that it has given everything.
        let is_empty = self.raw_at == piece.end && piece.tail.is_empty();
        if is_empty && made < room.len() {
            if piece.ends_message {
                self.inflater.end_message();
                self.message_size = 0;
            }
            self.piece = None;
        } else if taken == 0 && made == 0 {
            return Err(Violation::Compression);
        }
        Ok(made)
    }
}
