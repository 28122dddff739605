//! A segment's file: its name and its header.
//!
//! ```text
//! 0         4096                      length - 4096       length
//! | header  | frames … | end | …      | header again      |
//!
//! header:  0       8         12        16             20       24     32           36
//!          | magic | version | segment | previous end | length | salt | header crc | zeros to 4096 |
//! ```
//!
//! `previous end` is where the frames of the segment numbered one less end, 0 if that is not known. `length` is that of the
//! file. `salt` is the same in
//! all segments of a log. The header stands at both ends of the file, far apart, because frames cannot be told from noise
//! without the salt. A file has its final name only after header and end mark are on disk, so a bad header is always damage.

use crate::disk::DiskFile;
use std::io;

pub(super) const SEGMENT_HEADER_BYTES: u32 = 4096;
/// The format this code writes, and the newest it reads.
pub(super) const FORMAT_VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"DunlnLog";
const HEADER_FIELDS_BYTES: usize = 36;
/// Written behind every frame, so that what a recycled segment held before is not mistaken for a torn frame.
pub(super) const END_MARK_BYTES: u32 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) segment: u32,
    pub(super) previous_end: u32,
    /// Length of the file in bytes.
    pub(super) length: u32,
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
        bytes[20..24].copy_from_slice(&self.length.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..32]);
        bytes[32..].copy_from_slice(&crc.to_le_bytes());
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
        if bytes[..8] != MAGIC || word(32) != crc32c::crc32c(&bytes[..32]) {
            return FoundHeader::Damaged;
        }
        if word(8) > FORMAT_VERSION {
            return FoundHeader::Newer { version: word(8) };
        }
        let salt = u64::from(word(24)) | u64::from(word(28)) << 32;
        FoundHeader::Whole(Self { segment: word(12), previous_end: word(16), length: word(20), salt })
    }
}

/// What the two copies of a file's header say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FoundHeaders {
    /// The first of the two that is not damaged.
    pub(super) header: FoundHeader,
    /// Both are whole, and the file is: frames may be appended.
    pub(super) are_both_whole: bool,
    /// Where frames end at the latest.
    pub(super) limit: u32,
    /// Length of the file.
    pub(super) file_bytes: u32,
}

impl FoundHeaders {
    /// Reads both copies of the header of segment `number`.
    pub(super) fn read(file: &dyn DiskFile, number: u32) -> io::Result<Self> {
        let own = |header| match header {
            FoundHeader::Whole(header) if header.segment != number => FoundHeader::Damaged,
            header => header,
        };
        // Nothing is found beyond: offsets have 32 bits.
        let file_bytes = u32::try_from(file.length_bytes()).unwrap_or(u32::MAX);
        let first = own(SegmentHeader::read(file, 0)?);
        let length = if let FoundHeader::Whole(header) = first { header.length } else { file_bytes };
        let second = own(SegmentHeader::read(file, length.saturating_sub(SEGMENT_HEADER_BYTES).into())?);
        let header = if first == FoundHeader::Damaged { second } else { first };
        Ok(Self {
            header,
            are_both_whole: first != FoundHeader::Damaged && first == second,
            // Without any header frames are read as far as there are bytes.
            limit: match header {
                FoundHeader::Whole(header) => header.length.saturating_sub(SEGMENT_HEADER_BYTES),
                _ => file_bytes,
            },
            file_bytes,
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
