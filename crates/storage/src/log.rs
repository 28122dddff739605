//! The log: frames appended one after the other to segment files that were filled with zeros in advance, so that a sync has
//! no blocks to allocate and no length to change.
//!
//! One thread owns the [`Log`] and appends; readers and the maker of spare segments live elsewhere. What is appended becomes
//! durable with [`Log::sync`], and what a crash leaves is described in `log/recovery.rs`. Frames are in `log/frame.rs`, the
//! header of a segment in `log/segment.rs`.
//!
//! A disk that fails in a write or a sync poisons the log: what the disk holds then is unknown until the log is opened
//! again, and nobody pretends otherwise. A full disk does not; it only refuses the next segment.

mod error;
mod frame;
mod frames;
mod location;
mod opening;
mod reader;
mod recovery;
mod scan;
mod segment;
mod segment_table;
mod spares;
mod verification;

pub use error::{AppendError, OpenLogError, SyncError};
pub use frames::SegmentFrames;
pub use location::Location;
pub use reader::LogReader;
pub use recovery::{Cut, Quarantined, Recovery};
pub use spares::SpareSegments;
pub use verification::{Verification, VerifiedSegment, verify};

use crate::disk::{Disk, DiskFile, is_out_of_space};
use frame::{FRAME_HEADER_BYTES, FrameHeader, FrameSeed, frame_bytes};
use segment::{END_MARK_BYTES, SEGMENT_HEADER_BYTES, SegmentHeader, segment_file_name};
use segment_table::SegmentTable;
use std::io;
use std::sync::Arc;

/// What is called with each replayed frame: where its payload lies, and the payload.
pub type OnFrame<'a> = &'a mut dyn FnMut(Location, &[u8]);

/// The buffer of an unusually large frame is given back above this size.
const KEPT_BUFFER_BYTES: usize = 1 << 20;

/// How a log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// Length of a segment's file. Rounded to whole pages of 4,096 bytes, four at least. A frame that needs more gets a
    /// segment of its own size. May change from one start to the next.
    pub segment_bytes: u32,
    /// Enters the checksums of a log that is new. To be chosen at random, so that nobody outside can forge a frame inside a
    /// payload. A log that exists has its own.
    pub salt: u64,
}

impl LogSettings {
    /// Segments of 64 MiB.
    #[must_use]
    pub fn new(salt: u64) -> Self {
        Self { segment_bytes: 64 << 20, salt }
    }
}

/// A segment's number and the length of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Its number; later ones are larger.
    pub number: u32,
    /// Length of its file.
    pub bytes: u64,
}

/// The log of one folder. It is the only one that writes there.
pub struct Log {
    disk: Arc<dyn Disk>,
    segment_bytes: u32,
    salt: u64,
    table: Arc<SegmentTable>,
    spares: SpareSegments,
    /// None until the first append to a new log.
    current: Option<CurrentSegment>,
    /// Number of the segment that comes next.
    next_number: u32,
    /// One frame, as it is written.
    buffer: Vec<u8>,
    /// Why nothing more is taken.
    poison: Option<String>,
}

/// The segment that is appended to.
struct CurrentSegment {
    number: u32,
    file: Arc<dyn DiskFile>,
    seed: FrameSeed,
    /// Where the next frame begins.
    end: u32,
    /// Everything below is on disk.
    synced: u32,
    /// Frames and the end mark behind them stay below.
    limit: u32,
}

impl CurrentSegment {
    fn has_room(&self, payload_bytes: u64) -> bool {
        u64::from(self.end) + frame_bytes(payload_bytes) + u64::from(END_MARK_BYTES) <= u64::from(self.limit)
    }

    fn next_payload(&self) -> Location {
        Location { segment: self.number, offset: self.end + FRAME_HEADER_BYTES }
    }
}

impl Log {
    /// Makes sure that a frame with a payload of up to `max_payload_bytes` fits into the current segment, which may begin a
    /// new one, and says where the payload of the next frame will begin.
    ///
    /// # Errors
    /// As [`AppendError`] says; only after [`AppendError::Io`] and [`AppendError::Poisoned`] the log is of no use any more.
    pub fn reserve(&mut self, max_payload_bytes: usize) -> Result<Location, AppendError> {
        self.check_poison()?;
        let max_payload_bytes = max_payload_bytes as u64;
        let current = match self.current.take_if(|current| current.has_room(max_payload_bytes)) {
            Some(current) => current,
            None => self.next_segment(max_payload_bytes)?,
        };
        Ok(self.current.insert(current).next_payload())
    }

    /// Appends one frame at the place that [`Log::reserve`] gave before, and says once more where its payload lies. Never
    /// begins a segment by itself, so that what a payload says about its own place is true. Readers see it at once; it is
    /// durable after the next [`Log::sync`].
    ///
    /// # Errors
    /// As [`AppendError`] says; only after [`AppendError::Io`] and [`AppendError::Poisoned`] the log is of no use any more.
    pub fn append(&mut self, payload: &[u8]) -> Result<Location, AppendError> {
        self.check_poison()?;
        let bytes = payload.len() as u64;
        let Some(current) = self.current.as_mut().filter(|current| current.has_room(bytes)) else {
            return Err(AppendError::NotReserved { bytes });
        };
        let Some(length) = u32::try_from(bytes).ok().filter(|length| *length > 0) else {
            return Err(AppendError::Empty);
        };
        let location = current.next_payload();
        let header = FrameHeader { length, synced: current.synced, payload_crc: crc32c::crc32c(payload) };
        self.buffer.clear();
        self.buffer.extend_from_slice(&header.encode(current.seed, current.end));
        self.buffer.extend_from_slice(payload);
        self.buffer.resize((header.frame_bytes() + END_MARK_BYTES) as usize, 0);
        if let Err(error) = current.file.write_at(current.end.into(), &self.buffer) {
            self.poison = Some(error.to_string());
            return Err(AppendError::Io(error));
        }
        current.end += header.frame_bytes();
        self.table.set_end(current.number, current.end);
        if self.buffer.capacity() > KEPT_BUFFER_BYTES {
            self.buffer = Vec::new();
        }
        Ok(location)
    }

    /// Makes everything that was appended durable. Does nothing if it is.
    ///
    /// # Errors
    /// As [`SyncError`] says: nothing appended since the last success may be acknowledged any more.
    pub fn sync(&mut self) -> Result<(), SyncError> {
        if let Some(cause) = &self.poison {
            return Err(SyncError::Poisoned { cause: cause.clone() });
        }
        let Some(current) = self.current.as_mut().filter(|current| current.synced < current.end) else {
            return Ok(());
        };
        if let Err(error) = current.file.sync_data() {
            self.poison = Some(error.to_string());
            return Err(SyncError::Io(error));
        }
        current.synced = current.end;
        Ok(())
    }

    /// Where the next frame will begin if it fits there: what a checkpoint stores, after a sync, to be replayed from.
    #[must_use]
    pub fn end(&self) -> Location {
        match &self.current {
            Some(current) => Location { segment: current.number, offset: current.end },
            None => Location { segment: self.next_number, offset: SEGMENT_HEADER_BYTES },
        }
    }

    /// Whether one more frame with a payload of that many bytes can be appended without asking the disk for space.
    #[must_use]
    pub fn has_room(&self, payload_bytes: usize) -> bool {
        let payload_bytes = payload_bytes as u64;
        self.current.as_ref().is_some_and(|current| current.has_room(payload_bytes))
            || (self.spares.count() > 0 && needed_segment_bytes(payload_bytes) <= self.segment_bytes.into())
    }

    /// Reads from this log, from any thread.
    #[must_use]
    pub fn reader(&self) -> LogReader {
        LogReader::new(Arc::clone(&self.table))
    }

    /// Makes spare segments, on any thread.
    #[must_use]
    pub fn spares(&self) -> SpareSegments {
        self.spares.clone()
    }

    /// Gives a segment up whose frames are neither replayed nor read any more: it becomes a spare, or its file is removed.
    /// Reads of it that have begun fail.
    ///
    /// # Errors
    /// `InvalidInput` if it is the current segment or there is none of that number. Others as the disk gives them; the
    /// segment is then gone for this log, and found again when it is opened the next time.
    pub fn retire(&mut self, segment: u32) -> io::Result<()> {
        let is_current = self.current.as_ref().is_some_and(|current| current.number == segment);
        let length_bytes = if is_current { None } else { self.table.remove(segment) };
        let Some(length_bytes) = length_bytes else {
            let message = format!("log segment {segment} cannot be retired: it is the current one or does not exist");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        };
        self.spares.recycle(&segment_file_name(segment), length_bytes)
    }

    /// All segments, the current one last.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.table.lengths().into_iter().map(|(number, bytes)| SegmentInfo { number, bytes }).collect()
    }

    /// Bytes of all segments and spares.
    #[must_use]
    pub fn bytes_on_disk(&self) -> u64 {
        self.table.total_bytes() + self.spares.count() as u64 * u64::from(self.segment_bytes)
    }

    /// Length of a new segment's file.
    #[must_use]
    pub fn segment_bytes(&self) -> u32 {
        self.segment_bytes
    }

    /// Bytes that new files can still take, and bytes of the whole file system.
    ///
    /// # Errors
    /// Any error of the file system.
    pub fn disk_bytes(&self) -> io::Result<(u64, u64)> {
        Ok((self.disk.free_bytes()?, self.disk.total_bytes()?))
    }

    fn check_poison(&self) -> Result<(), AppendError> {
        self.poison.as_ref().map_or(Ok(()), |cause| Err(AppendError::Poisoned { cause: cause.clone() }))
    }

    /// Syncs the current segment and makes the one that follows, with room for `payload_bytes`.
    fn next_segment(&mut self, payload_bytes: u64) -> Result<CurrentSegment, AppendError> {
        let too_large = AppendError::TooLarge { bytes: payload_bytes };
        let needed = needed_segment_bytes(payload_bytes).next_multiple_of(SEGMENT_HEADER_BYTES.into());
        let Ok(needed) = u32::try_from(needed) else { return Err(too_large) };
        let length_bytes = needed.max(self.segment_bytes);
        self.sync().map_err(|error| match error {
            SyncError::Io(error) => AppendError::Io(error),
            SyncError::Poisoned { cause } => AppendError::Poisoned { cause },
        })?;

        let segment = self.next_number;
        let next_number = segment.checked_add(1).ok_or(too_large)?;
        let previous = self.current.as_ref().filter(|current| current.number.checked_add(1) == Some(segment));
        let previous_end = previous.map_or(0, |previous| previous.end);
        let (spare, file) = self.spares.take(length_bytes).map_err(no_segment)?;
        let header = SegmentHeader { segment, previous_end, length: length_bytes, salt: self.salt };
        if let Err(error) = header.write(&*file) {
            // A file that cannot be written is no spare. Best effort: what stays is found again at the next start.
            _ = self.disk.remove(&spare);
            return Err(no_segment(error));
        }
        if let Err(error) = self.disk.rename(&spare, &segment_file_name(segment)) {
            return Err(self.rename_failed(spare, length_bytes, error));
        }
        self.table.insert(segment, Arc::clone(&file));
        self.table.set_end(segment, SEGMENT_HEADER_BYTES);
        self.next_number = next_number;
        Ok(CurrentSegment {
            number: segment,
            file,
            seed: FrameSeed::new(self.salt, segment),
            end: SEGMENT_HEADER_BYTES,
            synced: SEGMENT_HEADER_BYTES,
            limit: length_bytes - SEGMENT_HEADER_BYTES,
        })
    }

    /// A segment whose header says that this one has ended must not come into being behind our back: unless the rename
    /// visibly did not happen, nothing more may be appended.
    fn rename_failed(&mut self, spare: String, length_bytes: u32, error: io::Error) -> AppendError {
        if self.disk.list().is_ok_and(|names| names.contains(&spare)) {
            self.spares.give_back(spare, length_bytes);
            return no_segment(error);
        }
        self.poison = Some(error.to_string());
        AppendError::Io(error)
    }
}

/// Bytes of the smallest file that holds a frame with such a payload.
fn needed_segment_bytes(payload_bytes: u64) -> u64 {
    let frame_bytes = frame_bytes(payload_bytes.min(u64::from(u32::MAX)));
    2 * u64::from(SEGMENT_HEADER_BYTES) + frame_bytes + u64::from(END_MARK_BYTES)
}

fn no_segment(error: io::Error) -> AppendError {
    if is_out_of_space(&error) { AppendError::NoSpace(error) } else { AppendError::NoSegment(error) }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Log").field("end", &self.end()).field("poison", &self.poison).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
