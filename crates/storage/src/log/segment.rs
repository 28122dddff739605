//! A segment's file: its name and its header.
//!
//! ```text
//! 0         4096                      length - 4096       length
//! | header  | frames … | end | …      | header again      |
//!
//! header:  0       8         12        16             20     28          32
//!          | magic | version | segment | previous end | salt | header crc | zeros to 4096 |
//! ```
//!
//! `previous end` is where the frames of the segment numbered one less end, 0 if that is not known. `salt` is the same in
//! all segments of a log. The header stands at both ends of the file, far apart, because frames cannot be told from noise
//! without the salt. A file has its final name only after header and end mark are on disk, so a bad header is always damage.

use crate::disk::DiskFile;
use std::io;

pub(super) const SEGMENT_HEADER_BYTES: u32 = 4096;
/// The format this code writes, and the newest it reads.
pub(super) const FORMAT_VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"DunlnLog";
const HEADER_FIELDS_BYTES: usize = 32;
/// Written behind every frame, so that what a recycled segment held before is not mistaken for a torn frame.
pub(super) const END_MARK_BYTES: u32 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) segment: u32,
    pub(super) previous_end: u32,
    pub(super) salt: u64,
}

/// What stands where a header should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FoundHeader {
    Whole(SegmentHeader),
    /// Of a format that this code does not know.
    Newer {
        version: u32,
    },
    Damaged,
}

impl SegmentHeader {
    fn encode(self) -> [u8; HEADER_FIELDS_BYTES] {
        let mut bytes = [0; HEADER_FIELDS_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.segment.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.previous_end.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Writes both copies and an end mark behind the first, and makes them durable.
    pub(super) fn write(self, file: &dyn DiskFile) -> io::Result<()> {
        let mut page = vec![0; (SEGMENT_HEADER_BYTES + END_MARK_BYTES) as usize];
        page[..HEADER_FIELDS_BYTES].copy_from_slice(&self.encode());
        file.write_at(0, &page)?;
        let copy_at = file.length_bytes().saturating_sub(SEGMENT_HEADER_BYTES.into());
        file.write_at(copy_at, &page[..SEGMENT_HEADER_BYTES as usize])?;
        file.sync_data()
    }

    /// The copy of the header at `offset` of the file.
    fn read(file: &dyn DiskFile, offset: u64) -> io::Result<FoundHeader> {
        if file.length_bytes() < offset.saturating_add(HEADER_FIELDS_BYTES as u64) {
            return Ok(FoundHeader::Damaged);
        }
        let mut bytes = [0; HEADER_FIELDS_BYTES];
        file.read_at(offset, &mut bytes)?;
        Ok(Self::decode(&bytes))
    }

    fn decode(bytes: &[u8; HEADER_FIELDS_BYTES]) -> FoundHeader {
        let word =
            |index: usize| u32::from_le_bytes([bytes[index], bytes[index + 1], bytes[index + 2], bytes[index + 3]]);
        // The place of magic, version and checksum is the same in all versions to come.
        if bytes[..8] != MAGIC || word(28) != crc32c::crc32c(&bytes[..28]) {
            return FoundHeader::Damaged;
        }
        if word(8) > FORMAT_VERSION {
            return FoundHeader::Newer { version: word(8) };
        }
        let salt = u64::from(word(20)) | u64::from(word(24)) << 32;
        FoundHeader::Whole(Self { segment: word(12), previous_end: word(16), salt })
    }
}

/// What the two copies of a file's header say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FoundHeaders {
    /// The better of the two.
    pub(super) header: FoundHeader,
    /// Both are whole and the file is long enough: frames may be appended.
    pub(super) are_both_whole: bool,
    /// Where frames end at the latest.
    pub(super) limit: u32,
}

impl FoundHeaders {
    /// Reads both copies of the header of segment `number`.
    pub(super) fn read(file: &dyn DiskFile, number: u32) -> io::Result<Self> {
        let length_bytes = file.length_bytes();
        let copy_at = length_bytes.saturating_sub(SEGMENT_HEADER_BYTES.into());
        let own = |header| match header {
            FoundHeader::Whole(header) if header.segment != number => FoundHeader::Damaged,
            header => header,
        };
        let first = own(SegmentHeader::read(file, 0)?);
        let second = own(SegmentHeader::read(file, copy_at)?);
        let is_copy_whole = second != FoundHeader::Damaged && copy_at >= SEGMENT_HEADER_BYTES.into();
        // Without its copy the file was cut off or is damaged at the end; frames are read as far as there are bytes.
        let end = if is_copy_whole { copy_at } else { length_bytes };
        Ok(Self {
            header: if first == FoundHeader::Damaged { second } else { first },
            are_both_whole: first != FoundHeader::Damaged && is_copy_whole,
            limit: u32::try_from(end).unwrap_or(u32::MAX),
        })
    }
}

/// The name of a segment's file.
pub(super) fn segment_file_name(number: u32) -> String {
    format!("{number:010}.log")
}

/// The number in the name of a segment's file, if it is one.
pub(super) fn segment_number(file_name: &str) -> Option<u32> {
    let digits = file_name.strip_suffix(".log")?;
    let number =
        digits.parse().ok().filter(|_| digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    (number > 0).then_some(number)
}
