//! Checks a whole log without changing it, for an offline tool.

use super::error::OpenLogError;
use super::frame::FrameSeed;
use super::recovery::SegmentFile;
use super::scan::SegmentScan;
use super::segment::{FoundHeader, SEGMENT_HEADER_BYTES, segment_file_name, segment_number};
use super::{Location, Quarantined};
use crate::disk::Disk;
use std::ops::Range;

/// What [`verify`] counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verification {
    /// Segments that were read.
    pub segments: u64,
    /// Whole frames.
    pub frames: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Stretches that are not whole, damaged headers included. A torn end of the last segment is one.
    pub bad: u64,
}

/// Reads every frame of every segment and calls `on_bad` with each stretch that is not whole, in order. The log must not be open.
///
/// # Errors
/// As [`super::Log::open`].
pub fn verify(disk: &dyn Disk, on_bad: &mut dyn FnMut(&Quarantined)) -> Result<Verification, OpenLogError> {
    let mut numbers: Vec<_> =
        disk.list().map_err(OpenLogError::io("."))?.iter().filter_map(|name| segment_number(name)).collect();
    numbers.sort_unstable();
    let segments = numbers.iter().map(|number| SegmentFile::open(disk, *number)).collect::<Result<Vec<_>, _>>()?;
    let salt = segments.iter().find_map(|segment| match segment.headers.header {
        FoundHeader::Whole(header) => Some(header.salt),
        _ => None,
    });
    let mut verification = Verification::default();
    for segment in &segments {
        verification.segments += 1;
        let mut report = |range: Range<u32>| {
            verification.bad += 1;
            let at = Location { segment: segment.number, offset: range.start };
            on_bad(&Quarantined { at, bytes: range.end - range.start, file: None });
        };
        if !segment.headers.are_both_whole {
            report(0..SEGMENT_HEADER_BYTES);
        }
        let Some(salt) = salt else {
            report(SEGMENT_HEADER_BYTES..segment.headers.limit.max(SEGMENT_HEADER_BYTES));
            continue;
        };
        let seed = FrameSeed::new(salt, segment.number);
        let mut scan = SegmentScan::new(&*segment.file, seed, segment.headers.limit);
        let io_error = OpenLogError::io(segment_file_name(segment.number));
        let survey = scan.survey(SEGMENT_HEADER_BYTES).map_err(io_error)?;
        verification.frames += u64::from(survey.frames);
        verification.bytes += survey.payload_bytes;
        survey.bad.into_iter().for_each(&mut report);
        if !survey.is_ended {
            report(survey.end..segment.headers.limit);
        }
    }
    Ok(verification)
}
