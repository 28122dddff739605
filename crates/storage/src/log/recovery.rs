//! Replays a log, whatever a crash or a failing disk left of it.
//!
//! # What is kept, what is cut
//!
//! An append makes one frame; a frame is *promised* once a sync after it has succeeded. The promise of recovery: every
//! promised frame that is undamaged is replayed, in order; of the others, those up to the first that is not whole are
//! replayed, and none behind it, so that what replays is never missing something it was built upon.
//!
//! A segment is synced before the next one is begun. So in all segments but the last everything is promised, and what is
//! not whole there is *damage*: it is copied to a side file, reported, and replay goes on behind it.
//!
//! In the last segment a stretch that is not whole may also be a write that a crash tore. The two are told apart by a number
//! in each frame's header: the offset up to which the segment had been synced when the frame was written. Let `s` be the
//! largest of these over all whole headers of the segment, found behind bad stretches too, and at least the position that
//! the caller says is durable.
//!
//! - A bad stretch below `s` was promised, for a sync that covers it had succeeded: damage, handled as above.
//! - From the first bad stretch at or above `s` on, the log is *cut*: the rest of the segment is overwritten with zeros. No
//!   undamaged promised frame is lost by that: were there one behind the stretch, the sync that promised it would have covered
//!   the stretch as well; so the stretch would be damage by a failing medium, not a tear, in the group of frames of the very
//!   last sync, with no frame after that sync to tell of it. That one case cannot be told from a torn group and is cut like
//!   one; [`Cut::whole_frames`] then says what was behind.
//!
//! Frames that are replayed from the last segment without being promised were written before, but possibly by a process
//! whose sync failed: then the system shows them, yet they are not on disk and a new sync would not put them there. So
//! they are written again, the end mark behind them too, before they are synced, and are promised from then on.

use super::error::OpenLogError;
use super::frame::{FRAME_HEADER_BYTES, FrameSeed};
use super::scan::{Found, SegmentScan};
use super::segment::{END_MARK_BYTES, FoundHeader, FoundHeaders, SEGMENT_HEADER_BYTES, segment_file_name};
use super::{Location, OnFrame};
use crate::disk::{Disk, DiskFile};
use std::io;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// Bytes copied or overwritten at a time.
const PORTION_BYTES: u32 = 1 << 20;

/// What opening a log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Frames that were replayed.
    pub frames: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// The end of the log was not whole and was cut off: an ordinary trace of a power failure. Nothing promised is lost.
    pub cut: Option<Cut>,
    /// Promised bytes that are damaged. What they said is lost.
    pub quarantined: Vec<Quarantined>,
    /// Segments that should be there and are not. What they said is lost.
    pub missing: Vec<RangeInclusive<u32>>,
}

/// A torn end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The log goes on from here.
    pub at: Location,
    /// Bytes up to the end of the last whole header's frame behind; 0 if there is none, whatever is torn.
    pub bytes: u32,
    /// Whole frames among them.
    pub whole_frames: u32,
}

/// Damaged bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The first of them.
    pub at: Location,
    /// How many.
    pub bytes: u32,
    /// The file that holds a copy of those that could be read; none if there was no room for it.
    pub file: Option<String>,
}

/// One segment to be replayed.
pub(super) struct SegmentFile {
    pub(super) number: u32,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) headers: FoundHeaders,
}

impl SegmentFile {
    pub(super) fn open(disk: &dyn Disk, number: u32) -> Result<Self, OpenLogError> {
        let name = segment_file_name(number);
        Self::read(number, disk.open(&name).map_err(OpenLogError::io(&name))?)
    }

    /// Reads the headers of an open file.
    pub(super) fn read(number: u32, file: Arc<dyn DiskFile>) -> Result<Self, OpenLogError> {
        let name = segment_file_name(number);
        let headers = FoundHeaders::read(&*file, number).map_err(OpenLogError::io(&name))?;
        if let FoundHeader::Newer { version } = headers.header {
            return Err(OpenLogError::NewerFormat { file: name, version, supported: super::segment::FORMAT_VERSION });
        }
        Ok(Self { number, file, headers })
    }

    /// The salt of the log, if a header tells.
    pub(super) fn salt(&self) -> Option<u64> {
        match self.headers.header {
            FoundHeader::Whole(header) => Some(header.salt),
            _ => None,
        }
    }

    fn io_error(&self) -> impl FnOnce(io::Error) -> OpenLogError + use<> {
        OpenLogError::io(segment_file_name(self.number))
    }
}

/// How the last segment ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentEnd {
    pub(super) end: u32,
    /// Whether more frames may follow.
    pub(super) is_appendable: bool,
}

/// Replays segments, in order.
pub(super) struct Replay<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) salt: u64,
    pub(super) on_frame: OnFrame<'a>,
    pub(super) recovery: Recovery,
}

/// Where a run of whole frames ended, and what they say was synced.
struct Run {
    end: u32,
    synced: u32,
}

impl Replay<'_> {
    /// Replays a segment that has a successor. `promised_end` is where its frames ended, if the successor tells.
    pub(super) fn sealed(
        &mut self,
        segment: &SegmentFile,
        start: u32,
        promised_end: Option<u32>,
    ) -> Result<(), OpenLogError> {
        self.report_header(segment);
        if promised_end.is_none() {
            self.report_truncation(segment);
        }
        let limit = promised_end.unwrap_or(segment.headers.limit);
        let mut scan = self.scan(segment, limit);
        let run = self.run(segment, &mut scan, start..limit)?;
        if run.end < limit {
            let survey = scan.survey(run.end).map_err(segment.io_error())?;
            let mut bad = survey.bad;
            if survey.end < limit && (promised_end.is_some() || !survey.is_ended) {
                bad.push(survey.end..limit);
            }
            self.run_between(segment, &mut scan, run.end..survey.end, &bad)?;
        }
        Ok(())
    }

    /// Replays the last segment and makes its end ready for new frames.
    pub(super) fn last(&mut self, segment: &SegmentFile, start: u32) -> Result<SegmentEnd, OpenLogError> {
        self.report_header(segment);
        self.report_truncation(segment);
        let limit = segment.headers.limit;
        if start >= limit {
            return Ok(SegmentEnd { end: start, is_appendable: false });
        }
        let mut scan = self.scan(segment, limit);
        let run = self.run(segment, &mut scan, start..limit)?;
        let survey = scan.survey(run.end).map_err(segment.io_error())?;
        let synced = run.synced.max(survey.synced).max(start);

        let mut damage = Vec::new();
        let mut cut_at = None;
        let torn_tail = (!survey.is_ended || survey.end < synced).then_some(survey.end..limit);
        for bad in survey.bad.iter().cloned().chain(torn_tail) {
            if bad.start < synced {
                damage.push(bad.start..bad.end.min(synced));
            }
            if bad.end > synced {
                cut_at = Some(bad.start.max(synced));
                break;
            }
        }
        let end = cut_at.unwrap_or(survey.end);
        self.run_between(segment, &mut scan, run.end..end, &damage)?;
        if cut_at.is_some() {
            let whole_frames = scan.survey(end).map_err(segment.io_error())?.frames;
            let at = Location { segment: segment.number, offset: end };
            let bytes = survey.end.saturating_sub(end);
            self.recovery.cut = Some(Cut { at, bytes, whole_frames });
            overwrite_with_zeros(&*segment.file, end..limit.min(segment.headers.file_bytes))
                .map_err(segment.io_error())?;
        }
        let end_mark = end.saturating_add(END_MARK_BYTES).min(limit).min(segment.headers.file_bytes);
        rewrite(&*segment.file, synced..end_mark).map_err(segment.io_error())?;
        segment.file.sync_data().map_err(segment.io_error())?;
        Ok(SegmentEnd { end, is_appendable: segment.headers.are_both_whole })
    }

    fn scan<'s>(&self, segment: &'s SegmentFile, limit: u32) -> SegmentScan<'s> {
        SegmentScan::new(&*segment.file, FrameSeed::new(self.salt, segment.number), limit)
    }

    /// Replays whole frames as far as they go.
    fn run(
        &mut self,
        segment: &SegmentFile,
        scan: &mut SegmentScan<'_>,
        range: Range<u32>,
    ) -> Result<Run, OpenLogError> {
        let mut run = Run { end: range.start, synced: 0 };
        while run.end < range.end
            && let Found::Frame { header, payload } = scan.look(run.end).map_err(segment.io_error())?
        {
            let location = Location { segment: segment.number, offset: run.end + FRAME_HEADER_BYTES };
            (self.on_frame)(location, payload);
            self.recovery.frames += 1;
            self.recovery.bytes += u64::from(header.length);
            run.synced = run.synced.max(header.synced);
            run.end = run.end.saturating_add(header.frame_bytes());
        }
        Ok(run)
    }

    /// Replays the frames of `range` between stretches of damage, and sets the damage aside.
    fn run_between(
        &mut self,
        segment: &SegmentFile,
        scan: &mut SegmentScan<'_>,
        range: Range<u32>,
        damage: &[Range<u32>],
    ) -> Result<(), OpenLogError> {
        let mut start = range.start;
        for bad in damage {
            self.run_all(segment, scan, start..bad.start)?;
            self.quarantine(segment, bad.clone())?;
            start = bad.end;
        }
        self.run_all(segment, scan, start..range.end)
    }

    /// Replays frames that were whole a moment ago.
    fn run_all(
        &mut self,
        segment: &SegmentFile,
        scan: &mut SegmentScan<'_>,
        range: Range<u32>,
    ) -> Result<(), OpenLogError> {
        let end = self.run(segment, scan, range.clone())?.end;
        if end < range.end {
            let unstable = io::Error::new(io::ErrorKind::InvalidData, format!("reads of offset {end} differ"));
            return Err(segment.io_error()(unstable));
        }
        Ok(())
    }

    /// A file that was cut short lost what was behind.
    fn report_truncation(&mut self, segment: &SegmentFile) {
        let at = Location { segment: segment.number, offset: segment.headers.file_bytes };
        if let FoundHeader::Whole(header) = segment.headers.header
            && at.offset < header.length
        {
            self.recovery.quarantined.push(Quarantined { at, bytes: header.length - at.offset, file: None });
        }
    }

    fn report_header(&mut self, segment: &SegmentFile) {
        if segment.headers.header == FoundHeader::Damaged {
            let at = Location { segment: segment.number, offset: 0 };
            self.recovery.quarantined.push(Quarantined { at, bytes: SEGMENT_HEADER_BYTES, file: None });
        }
    }

    fn quarantine(&mut self, segment: &SegmentFile, range: Range<u32>) -> Result<(), OpenLogError> {
        let at = Location { segment: segment.number, offset: range.start };
        let name = format!("quarantine-{:010}-{:010}.bin", at.segment, at.offset);
        let bytes = range.end - range.start;
        let readable = range.start..range.end.min(segment.headers.file_bytes);
        let file = if readable.is_empty() { None } else { self.copy_aside(segment, readable, name)? };
        self.recovery.quarantined.push(Quarantined { at, bytes, file });
        Ok(())
    }

    /// Copies damaged bytes to a file of their own, if there is room for it. The copy is for whoever investigates; service
    /// does not depend on it. Reading the segment does.
    fn copy_aside(
        &self,
        segment: &SegmentFile,
        range: Range<u32>,
        name: String,
    ) -> Result<Option<String>, OpenLogError> {
        let copy = match self.disk.create(&name, (range.end - range.start).into()) {
            Ok(copy) => copy,
            Err(error) => return Ok((error.kind() == io::ErrorKind::AlreadyExists).then_some(name)),
        };
        let is_copied = copy_out(&*segment.file, range, &*copy).map_err(segment.io_error())?;
        Ok(is_copied.then_some(name))
    }
}

/// Calls `visit` with portions of a range: the offset and the length of each.
fn in_portions(range: Range<u32>, mut visit: impl FnMut(u32, usize) -> io::Result<()>) -> io::Result<()> {
    let mut offset = range.start;
    while offset < range.end {
        let length = PORTION_BYTES.min(range.end - offset);
        visit(offset, length as usize)?;
        offset += length;
    }
    Ok(())
}

/// Copies a range to the start of another file. Says whether the copy took it; an error is one of reading.
fn copy_out(file: &dyn DiskFile, range: Range<u32>, copy: &dyn DiskFile) -> io::Result<bool> {
    let start = range.start;
    let mut is_copied = true;
    in_portions(range, |offset, length| {
        let mut portion = vec![0; length];
        file.read_at(offset.into(), &mut portion)?;
        is_copied &= copy.write_at((offset - start).into(), &portion).is_ok();
        Ok(())
    })?;
    Ok(is_copied && copy.sync_data().is_ok())
}

fn overwrite_with_zeros(file: &dyn DiskFile, range: Range<u32>) -> io::Result<()> {
    let zeros = vec![0; PORTION_BYTES.min(range.end.saturating_sub(range.start)) as usize];
    in_portions(range, |offset, length| file.write_at(offset.into(), &zeros[..length]))
}

/// Writes what is there once more, so that the next sync really puts it on disk.
fn rewrite(file: &dyn DiskFile, range: Range<u32>) -> io::Result<()> {
    in_portions(range, |offset, length| {
        let mut portion = vec![0; length];
        file.read_at(offset.into(), &mut portion)?;
        file.write_at(offset.into(), &portion)
    })
}
