//! Opens a log: finds its segments, replays them from a position, and stands ready to append.

use super::error::OpenLogError;
use super::frame::FrameSeed;
use super::recovery::{Recovery, Replay, SegmentEnd, SegmentFile};
use super::segment::{FoundHeader, SEGMENT_HEADER_BYTES, segment_number};
use super::segment_table::SegmentTable;
use super::spares::SpareSegments;
use super::{CurrentSegment, Location, Log, LogSettings, OnFrame};
use crate::disk::Disk;
use std::sync::Arc;

/// Less has no room for frames between the two headers.
const MIN_SEGMENT_BYTES: u32 = 4 * SEGMENT_HEADER_BYTES;

impl Log {
    /// Opens the log of `disk`, a new one if there is none, and replays its frames from `from` on: a value of [`Log::end`]
    /// that was durable, or [`Location::START`]. Segments before it are left alone, for readers.
    ///
    /// Damage never stops the log from opening; it is in the [`Recovery`].
    ///
    /// # Errors
    /// [`OpenLogError::NewerFormat`] if any segment was written by a newer version, [`OpenLogError::Io`] if the disk fails.
    pub fn open(
        disk: Arc<dyn Disk>,
        settings: LogSettings,
        from: Location,
        on_frame: OnFrame<'_>,
    ) -> Result<(Self, Recovery), OpenLogError> {
        let names = disk.list().map_err(OpenLogError::io("."))?;
        let table = SegmentTable::new(Arc::clone(&disk));
        let found = Segments::find(&*disk, &names, &table, from)?;
        let salt = found.salt.unwrap_or(settings.salt);
        let mut replay = Replay { disk: &*disk, salt, on_frame, recovery: Recovery::default() };
        let end = found.replay(&mut replay, from)?;
        let recovery = replay.recovery;

        let segment_bytes = settings.segment_bytes.clamp(MIN_SEGMENT_BYTES, u32::MAX - SEGMENT_HEADER_BYTES);
        let segment_bytes = segment_bytes.next_multiple_of(SEGMENT_HEADER_BYTES);
        let current = found.replayed.last().zip(end).map(|(segment, end)| CurrentSegment {
            number: segment.number,
            file: Arc::clone(&segment.file),
            seed: FrameSeed::new(salt, segment.number),
            end: end.end,
            synced: end.end,
            limit: if end.is_appendable { segment.headers.limit } else { end.end },
        });
        if let Some(current) = &current {
            table.set_end(current.number, current.end);
        }
        let log = Self {
            spares: SpareSegments::find(Arc::clone(&disk), segment_bytes, &names),
            disk,
            segment_bytes,
            salt,
            table: Arc::new(table),
            next_number: found.next_number(from),
            current,
            buffer: Vec::new(),
            poison: None,
        };
        Ok((log, recovery))
    }
}

/// Number of the first segment of a log.
const FIRST_NUMBER: u32 = 1;

/// The segments of a folder.
struct Segments {
    /// Those that are replayed, in order.
    replayed: Vec<SegmentFile>,
    /// The salt of the log, if any header tells.
    salt: Option<u64>,
    /// The largest number there is.
    last_number: Option<u32>,
}

impl Segments {
    fn find(disk: &dyn Disk, names: &[String], table: &SegmentTable, from: Location) -> Result<Self, OpenLogError> {
        let mut numbers: Vec<_> = names.iter().filter_map(|name| segment_number(name)).collect();
        numbers.sort_unstable();
        let mut found = Self { replayed: Vec::new(), salt: None, last_number: numbers.last().copied() };
        for number in numbers {
            let segment = SegmentFile::open(disk, number)?;
            table.insert(number, Arc::clone(&segment.file));
            if let FoundHeader::Whole(header) = segment.headers.header {
                found.salt = Some(header.salt);
            }
            if number >= from.segment {
                found.replayed.push(segment);
            }
        }
        Ok(found)
    }

    /// Replays everything from `from` on. Gives back how the last segment ends, if there is one.
    fn replay(&self, replay: &mut Replay<'_>, from: Location) -> Result<Option<SegmentEnd>, OpenLogError> {
        self.report_missing(&mut replay.recovery, from);
        for (index, segment) in self.replayed.iter().enumerate() {
            let is_first = segment.number == from.segment;
            let start = if is_first { from.offset.max(SEGMENT_HEADER_BYTES) } else { SEGMENT_HEADER_BYTES };
            let Some(next) = self.replayed.get(index + 1) else {
                return replay.last(segment, start).map(Some);
            };
            replay.sealed(segment, start, end_told_by(next, segment.number))?;
        }
        Ok(None)
    }

    fn report_missing(&self, recovery: &mut Recovery, from: Location) {
        // A position at the very start of a segment may be that of one that was never begun.
        let is_begun = from.offset > SEGMENT_HEADER_BYTES || self.last_number.is_some_and(|last| last >= from.segment);
        let mut expected = is_begun.then_some(from.segment.max(FIRST_NUMBER));
        for segment in &self.replayed {
            if let Some(first) = expected.filter(|first| *first < segment.number) {
                recovery.missing.push(first..=segment.number - 1);
            }
            expected = segment.number.checked_add(1);
        }
        if let Some(number) = expected.filter(|_| self.replayed.is_empty()) {
            recovery.missing.push(number..=number);
        }
    }

    /// No number is used twice, and none that the caller's position says was used.
    fn next_number(&self, from: Location) -> u32 {
        let after_last = self.last_number.map_or(FIRST_NUMBER, |last| last.saturating_add(1));
        let after_from = if from.offset > SEGMENT_HEADER_BYTES { from.segment.saturating_add(1) } else { from.segment };
        after_last.max(after_from)
    }
}

/// Where the segment `number` ends, if the one behind it says so.
fn end_told_by(next: &SegmentFile, number: u32) -> Option<u32> {
    match next.headers.header {
        FoundHeader::Whole(header) if number.checked_add(1) == Some(next.number) => {
            Some(header.previous_end).filter(|end| *end >= SEGMENT_HEADER_BYTES)
        }
        _ => None,
    }
}
