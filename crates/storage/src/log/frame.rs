//! The bytes around a payload.
//!
//! ```text
//! 0        4        8             12           16         16 + length
//! | length | synced | payload crc | header crc | payload … | zeros to a multiple of 8 |
//! ```
//!
//! All integers are little endian. `length` counts the payload's bytes and is never 0, so sixteen zeros are the end of a
//! segment's frames. `synced` is the offset up to which the segment was known to be on disk when the frame was written (never
//! above the frame's own offset); see [`super::recovery`] for what it decides. `header crc` is the CRC-32C over the log's
//! salt, the segment's number, the frame's offset and the first twelve bytes; so neither what a recycled segment held before
//! nor a frame that a client puts into a payload is ever taken for one of this place.

use super::segment::SEGMENT_HEADER_BYTES;

pub(super) const FRAME_HEADER_BYTES: u32 = 16;
pub(super) const FRAME_ALIGNMENT: u32 = 8;

/// What header checksums of one segment start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameSeed(u32);

impl FrameSeed {
    pub(super) fn new(salt: u64, segment: u32) -> Self {
        Self(crc32c::crc32c_append(crc32c::crc32c(&salt.to_le_bytes()), &segment.to_le_bytes()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FrameHeader {
    pub(super) length: u32,
    pub(super) synced: u32,
    pub(super) payload_crc: u32,
}

impl FrameHeader {
    pub(super) fn encode(self, seed: FrameSeed, offset: u32) -> [u8; FRAME_HEADER_BYTES as usize] {
        let mut bytes = [0; FRAME_HEADER_BYTES as usize];
        bytes[..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.synced.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.payload_crc.to_le_bytes());
        let header_crc = header_crc(seed, offset, &bytes);
        bytes[12..].copy_from_slice(&header_crc.to_le_bytes());
        bytes
    }

    /// The header that stands at `offset`, if it is whole and its frame ends at `limit` or before.
    pub(super) fn decode(
        bytes: &[u8; FRAME_HEADER_BYTES as usize],
        seed: FrameSeed,
        offset: u32,
        limit: u32,
    ) -> Option<Self> {
        let word =
            |index: usize| u32::from_le_bytes([bytes[index], bytes[index + 1], bytes[index + 2], bytes[index + 3]]);
        let header = Self { length: word(0), synced: word(4), payload_crc: word(8) };
        // The cheap questions first: this runs at every eighth byte when recovery searches.
        let is_plausible = header.length != 0
            && header.synced >= SEGMENT_HEADER_BYTES
            && header.synced <= offset
            && u64::from(offset) + frame_bytes(header.length.into()) <= u64::from(limit);
        (is_plausible && word(12) == header_crc(seed, offset, bytes)).then_some(header)
    }

    /// Bytes of the whole frame. The header came out of `decode`, so they fit.
    pub(super) fn frame_bytes(self) -> u32 {
        u32::try_from(frame_bytes(self.length.into())).unwrap_or(u32::MAX)
    }
}

/// Bytes of a frame with a payload of `length` bytes.
pub(super) fn frame_bytes(length: u64) -> u64 {
    (u64::from(FRAME_HEADER_BYTES) + length).next_multiple_of(FRAME_ALIGNMENT.into())
}

fn header_crc(seed: FrameSeed, offset: u32, bytes: &[u8; FRAME_HEADER_BYTES as usize]) -> u32 {
    let mut covered = [0; 16];
    covered[..4].copy_from_slice(&offset.to_le_bytes());
    covered[4..].copy_from_slice(&bytes[..12]);
    crc32c::crc32c_append(seed.0, &covered)
}
