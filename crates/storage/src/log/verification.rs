//! Checks a log without changing it: all of it while it is closed, one segment after the other while it is open.

use super::error::OpenLogError;
use super::frame::FrameSeed;
use super::recovery::SegmentFile;
use super::scan::SegmentScan;
use super::segment::{SEGMENT_HEADER_BYTES, segment_file_name, segment_number};
use super::{Location, LogReader, Quarantined};
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
    let salt = segments.iter().find_map(SegmentFile::salt);
    let mut verification = Verification::default();
    for segment in &segments {
        verification.add(&verify_segment(segment, salt, segment.headers.limit, on_bad)?);
    }
    Ok(verification)
}

/// One segment of a log that is open, as [`LogReader::verify_next`] found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedSegment {
    /// Its number.
    pub segment: u32,
    /// What was counted in it.
    pub verification: Verification,
    /// Stretches that are not whole, in order.
    pub bad: Vec<Quarantined>,
    /// Segments behind it that were there when it was read.
    pub remaining: usize,
}

impl LogReader {
    /// Reads every frame of the first segment behind the one numbered `after` and not behind `end`, a value of
    /// [`super::Log::end`], while the log is appended to; nothing where there is none. Takes as long as reading one segment.
    ///
    /// # Errors
    /// As [`super::Log::open`].
    pub fn verify_next(&self, after: u32, end: Location) -> Result<Option<VerifiedSegment>, OpenLogError> {
        let mut numbers: Vec<u32> = self.table().lengths().into_iter().map(|(number, _)| number).collect();
        numbers.retain(|number| *number > after && *number <= end.segment);
        for (index, number) in numbers.iter().copied().enumerate() {
            match self.verify_one(number, &numbers, end) {
                // What is read of a segment that was retired meanwhile means nothing.
                _ if !self.table().contains(number) => {}
                Ok((verification, bad)) => {
                    let remaining = numbers.len() - index - 1;
                    return Ok(Some(VerifiedSegment { segment: number, verification, bad, remaining }));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn verify_one(
        &self,
        number: u32,
        others: &[u32],
        end: Location,
    ) -> Result<(Verification, Vec<Quarantined>), OpenLogError> {
        let segment = self.segment_file(number)?;
        let mut salt = segment.salt();
        for other in others {
            if salt.is_none() {
                salt = self.segment_file(*other).ok().and_then(|segment| segment.salt());
            }
        }
        // Behind its end the current segment may be written to right now.
        let limit = if number == end.segment { end.offset.min(segment.headers.limit) } else { segment.headers.limit };
        let mut bad = Vec::new();
        let verification = verify_segment(&segment, salt, limit, &mut |stretch| bad.push(stretch.clone()))?;
        Ok((verification, bad))
    }

    fn segment_file(&self, number: u32) -> Result<SegmentFile, OpenLogError> {
        let io_error = || OpenLogError::io(segment_file_name(number));
        SegmentFile::read(number, self.table().file(number).map_err(io_error())?)
    }
}

impl Verification {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.segments += other.segments;
        self.frames += other.frames;
        self.bytes += other.bytes;
        self.bad += other.bad;
    }
}

/// Reads the frames of one segment up to `limit`.
fn verify_segment(
    segment: &SegmentFile,
    salt: Option<u64>,
    limit: u32,
    on_bad: &mut dyn FnMut(&Quarantined),
) -> Result<Verification, OpenLogError> {
    let mut verification = Verification { segments: 1, ..Verification::default() };
    let mut report = |range: Range<u32>| {
        verification.bad += 1;
        let at = Location { segment: segment.number, offset: range.start };
        on_bad(&Quarantined { at, bytes: range.end - range.start, file: None });
    };
    if !segment.headers.are_both_whole {
        report(0..SEGMENT_HEADER_BYTES);
    }
    let Some(salt) = salt else {
        report(SEGMENT_HEADER_BYTES..limit.max(SEGMENT_HEADER_BYTES));
        return Ok(verification);
    };
    let seed = FrameSeed::new(salt, segment.number);
    let mut scan = SegmentScan::new(&*segment.file, seed, limit);
    let io_error = OpenLogError::io(segment_file_name(segment.number));
    let survey = scan.survey(SEGMENT_HEADER_BYTES).map_err(io_error)?;
    survey.bad.into_iter().for_each(&mut report);
    if !survey.is_ended {
        report(survey.end..limit);
    }
    verification.frames += u64::from(survey.frames);
    verification.bytes += survey.payload_bytes;
    Ok(verification)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SimulatedDisk;
    use crate::log::{Log, LogSettings};
    use std::sync::Arc;

    /// A log with three segments of 64 KiB, and how many frames it has.
    fn log_of_three_segments(disk: &SimulatedDisk) -> (Log, u64) {
        let settings = LogSettings { segment_bytes: 64 << 10, salt: 7 };
        let (mut log, _) = Log::open(Arc::new(disk.clone()), settings, Location::START, &mut |_, _| ()).unwrap();
        let mut frames = 0;
        while log.end().segment < 3 {
            log.reserve(1000).unwrap();
            log.append(&[7; 1000]).unwrap();
            frames += 1;
        }
        log.sync().unwrap();
        (log, frames)
    }

    fn verify_open(log: &Log) -> (Verification, Vec<Quarantined>) {
        let (mut total, mut bad, mut after) = (Verification::default(), Vec::new(), 0);
        while let Some(found) = log.reader().verify_next(after, log.end()).unwrap() {
            assert_eq!(found.remaining as u64, 2 - total.segments);
            total.add(&found.verification);
            bad.extend(found.bad);
            after = found.segment;
        }
        (total, bad)
    }

    #[test]
    fn a_log_that_is_appended_to_is_whole() {
        let (log, frames) = log_of_three_segments(&SimulatedDisk::new(1));
        let (total, bad) = verify_open(&log);
        assert_eq!((total.segments, total.frames, total.bytes), (3, frames, frames * 1000));
        assert_eq!(bad, []);
    }

    #[test]
    fn damage_in_a_log_that_is_open_is_found() {
        let disk = SimulatedDisk::new(1);
        let (log, frames) = log_of_three_segments(&disk);
        for segment in [1, 3] {
            let file = disk.open(&segment_file_name(segment)).unwrap();
            file.write_at(u64::from(SEGMENT_HEADER_BYTES) + 100, &[9]).unwrap();
        }
        let (total, bad) = verify_open(&log);
        assert_eq!((total.frames, total.bad), (frames - 2, 2));
        let places: Vec<_> = bad.iter().map(|bad| (bad.at.segment, bad.at.offset)).collect();
        assert_eq!(places, [(1, SEGMENT_HEADER_BYTES), (3, SEGMENT_HEADER_BYTES)]);
    }

    #[test]
    fn what_lies_behind_the_end_is_not_looked_at() {
        let disk = SimulatedDisk::new(1);
        let (log, frames) = log_of_three_segments(&disk);
        let end = log.end();
        let file = disk.open(&segment_file_name(end.segment)).unwrap();
        file.write_at(end.offset.into(), b"half of a frame").unwrap();
        let (total, bad) = verify_open(&log);
        assert_eq!((total.frames, bad.len()), (frames, 0));
    }

    #[test]
    fn a_segment_that_was_retired_is_passed_over() {
        let (mut log, _) = log_of_three_segments(&SimulatedDisk::new(1));
        log.retire(1).unwrap();
        assert_eq!(log.reader().verify_next(0, log.end()).unwrap().map(|found| found.segment), Some(2));
    }
}
