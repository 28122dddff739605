//! Snapshots: all tables, in frames of the log, so that what is before them is needed no more.

use super::error::MetadataError;
use super::frame::{FrameKind, FrameWriter};
use super::tables::MetadataTables;
use crate::log::{Location, Log};

/// A part is written when it has so many bytes. Each is a segment of its own if there are several.
const PART_BYTES: usize = 4 << 20;

/// Writes all tables, and gives back the segments before them. A snapshot that was not finished counts for nothing, and what
/// is before it stays.
///
/// # Errors
/// As the log gives them.
pub(super) fn write(log: &mut Log, tables: &MetadataTables) -> Result<(), MetadataError> {
    let mut first: Option<Location> = None;
    let mut parts: u32 = 0;
    let mut part = FrameWriter::new(FrameKind::Part(0));
    let mut write_part = |log: &mut Log, part: &FrameWriter| {
        let at = append(log, part)?;
        first.get_or_insert(at);
        Ok::<_, MetadataError>(())
    };
    for name in tables.names() {
        for (key, value) in tables.entries(name, b"") {
            if part.bytes().len() >= PART_BYTES {
                write_part(log, &part)?;
                parts += 1;
                part = FrameWriter::new(FrameKind::Part(parts));
            }
            part.set(name, key, value);
        }
    }
    write_part(log, &part)?;
    append(log, &FrameWriter::new(FrameKind::End(parts + 1)))?;
    log.sync()?;
    let Some(first) = first else { return Ok(()) };
    for segment in log.segments() {
        if segment.number < first.segment {
            // What cannot be given back is found again at the next start, before the snapshot, and means nothing there.
            _ = log.retire(segment.number);
        }
    }
    Ok(())
}

fn append(log: &mut Log, frame: &FrameWriter) -> Result<Location, MetadataError> {
    log.reserve(frame.bytes().len())?;
    Ok(log.append(frame.bytes())?)
}
