//! Walks over the frames of one segment, and searches for them where there is damage.

use super::frame::{FRAME_ALIGNMENT, FRAME_HEADER_BYTES, FrameHeader, FrameSeed};
use crate::disk::DiskFile;
use std::io;
use std::ops::Range;

/// Bytes read at a time; more for a frame that is larger.
const WINDOW_BYTES: u32 = 256 * 1024;

/// Reads a segment from front to back through a window.
pub(super) struct SegmentScan<'a> {
    file: &'a dyn DiskFile,
    seed: FrameSeed,
    /// Frames end here at the latest.
    limit: u32,
    /// What the file holds of that; all of it unless it was cut short.
    available: u32,
    window: Window,
}

/// A stretch of a segment that was read.
#[derive(Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    start: u32,
}

/// What stands at one place of a segment.
pub(super) enum Found<'a> {
    Frame {
        header: FrameHeader,
        payload: &'a [u8],
    },
    /// The header is whole, so that the frame's end is known, but the payload is not.
    BadPayload(FrameHeader),
    /// No header. An end mark, or the limit, is how the frames of a sound segment end.
    NoHeader {
        is_end: bool,
    },
}

/// What a look at the rest of a segment says about its damage.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// The largest offset that a whole header says was synced.
    pub(super) synced: u32,
    /// Whole frames.
    pub(super) frames: u32,
    /// Bytes of their payloads.
    pub(super) payload_bytes: u64,
    /// Stretches without whole frames, each with a whole header behind it.
    pub(super) bad: Vec<Range<u32>>,
    /// Where the last frame with a whole header ends.
    pub(super) end: u32,
    /// Whether it ends as it should.
    pub(super) is_ended: bool,
}

impl<'a> SegmentScan<'a> {
    pub(super) fn new(file: &'a dyn DiskFile, seed: FrameSeed, limit: u32) -> Self {
        let file_bytes = u32::try_from(file.length_bytes()).unwrap_or(u32::MAX);
        Self { file, seed, limit, available: limit.min(file_bytes), window: Window::default() }
    }

    /// Goes on with what an earlier scan of the same segment has read.
    pub(super) fn with_window(self, window: Window) -> Self {
        Self { window, ..self }
    }

    /// What was read last, for a later scan.
    pub(super) fn into_window(self) -> Window {
        self.window
    }

    /// What stands at `offset`.
    pub(super) fn look(&mut self, offset: u32) -> io::Result<Found<'_>> {
        let Some(header) = self.header(offset)? else {
            let is_marked =
                self.has_header_bytes(offset) && self.bytes(offset, FRAME_HEADER_BYTES)?.iter().all(|byte| *byte == 0);
            return Ok(Found::NoHeader { is_end: is_marked || offset >= self.limit });
        };
        if offset + FRAME_HEADER_BYTES + header.length > self.available {
            return Ok(Found::BadPayload(header));
        }
        let payload = self.bytes(offset + FRAME_HEADER_BYTES, header.length)?;
        if crc32c::crc32c(payload) == header.payload_crc {
            return Ok(Found::Frame { header, payload });
        }
        Ok(Found::BadPayload(header))
    }

    /// Looks at everything from `from` on, whatever is damaged.
    pub(super) fn survey(&mut self, from: u32) -> io::Result<Survey> {
        let mut survey = Survey { end: from, ..Survey::default() };
        loop {
            let at = survey.end;
            let (header, is_whole) = match self.look(at)? {
                Found::Frame { header, .. } => (header, true),
                Found::BadPayload(header) => (header, false),
                Found::NoHeader { is_end } => {
                    let Some(next) = self.next_header(at)? else {
                        survey.is_ended = is_end;
                        return Ok(survey);
                    };
                    survey.bad.push(at..next);
                    survey.end = next;
                    continue;
                }
            };
            survey.end = at.saturating_add(header.frame_bytes());
            survey.synced = survey.synced.max(header.synced);
            if is_whole {
                survey.frames += 1;
                survey.payload_bytes += u64::from(header.length);
            } else {
                survey.bad.push(at..survey.end);
            }
        }
    }

    /// The first place behind `after` where a whole header stands.
    pub(super) fn next_header(&mut self, after: u32) -> io::Result<Option<u32>> {
        let mut offset = after;
        loop {
            offset = match offset.checked_add(FRAME_ALIGNMENT) {
                Some(next) if next < self.available => next,
                _ => return Ok(None),
            };
            if self.header(offset)?.is_some() {
                return Ok(Some(offset));
            }
        }
    }

    fn header(&mut self, offset: u32) -> io::Result<Option<FrameHeader>> {
        if !self.has_header_bytes(offset) {
            return Ok(None);
        }
        let (seed, limit) = (self.seed, self.limit);
        let bytes = self.bytes(offset, FRAME_HEADER_BYTES)?;
        Ok(bytes.first_chunk().and_then(|bytes| FrameHeader::decode(bytes, seed, offset, limit)))
    }

    fn has_header_bytes(&self, offset: u32) -> bool {
        offset.checked_add(FRAME_HEADER_BYTES).is_some_and(|end| end <= self.available)
    }

    /// `length` bytes at `offset`; the caller knows that they are available.
    fn bytes(&mut self, offset: u32, length: u32) -> io::Result<&[u8]> {
        let window = &mut self.window;
        let window_end = u64::from(window.start) + window.bytes.len() as u64;
        if offset < window.start || u64::from(offset) + u64::from(length) > window_end {
            let available = self.available.saturating_sub(offset);
            window.bytes.resize(WINDOW_BYTES.max(length).min(available) as usize, 0);
            window.start = offset;
            self.file.read_at(offset.into(), &mut window.bytes)?;
        }
        let start = (offset - window.start) as usize;
        Ok(&window.bytes[start..start + length as usize])
    }
}
