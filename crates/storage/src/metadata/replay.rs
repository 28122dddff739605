//! From the frames of a log to the tables.

use super::error::OpenMetadataError;
use super::frame::{FORMAT, FrameError, FrameKind, Steps, read_frame};
use super::tables::MetadataTables;
use crate::log::{Location, Recovery};

/// The tables, as far as the log was replayed.
#[derive(Default)]
pub(super) struct Replay {
    tables: MetadataTables,
    /// A snapshot whose end has not come yet.
    pending: Option<Pending>,
    /// Where the last snapshot begins that counts.
    snapshot: Option<Location>,
    bytes_since_snapshot: u64,
    failed: Option<OpenMetadataError>,
}

/// A snapshot whose end has not come yet.
struct Pending {
    start: Location,
    tables: MetadataTables,
    parts: u32,
    /// No part is missing so far.
    is_whole: bool,
}

/// What came of a log.
pub(super) struct Replayed {
    pub(super) tables: MetadataTables,
    pub(super) bytes_since_snapshot: u64,
    pub(super) recovery: Recovery,
}

impl Replay {
    /// Takes the next frame. Nothing is taken any more after one that cannot be understood.
    pub(super) fn frame(&mut self, at: Location, frame: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if let Err(error) = self.take(at, frame) {
            self.failed = Some(match error {
                FrameError::Newer(version) => OpenMetadataError::NewerFormat { version, supported: FORMAT },
                FrameError::Malformed(problem) => OpenMetadataError::Malformed { at, problem },
            });
        }
    }

    /// The tables, and the damage that they suffered from.
    pub(super) fn finish(self, mut recovery: Recovery) -> Result<Replayed, OpenMetadataError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if let Some(snapshot) = self.snapshot {
            recovery.quarantined.retain(|damage| damage.at >= snapshot);
            recovery.missing.retain(|segments| *segments.end() >= snapshot.segment);
        }
        Ok(Replayed { tables: self.tables, bytes_since_snapshot: self.bytes_since_snapshot, recovery })
    }

    fn take(&mut self, at: Location, frame: &[u8]) -> Result<(), FrameError> {
        let (kind, steps) = read_frame(frame)?;
        for step in steps.clone() {
            step?;
        }
        self.bytes_since_snapshot = self.bytes_since_snapshot.saturating_add(frame.len() as u64);
        match kind {
            FrameKind::Batch => {
                // Changes are not made while a snapshot is written, so that one was given up.
                self.pending = None;
                self.tables.apply_steps(steps);
            }
            FrameKind::Part(number) => self.part(at, number, steps),
            FrameKind::End(parts) => self.end(parts),
        }
        Ok(())
    }

    fn part(&mut self, at: Location, number: u32, steps: Steps<'_>) {
        let begins_anew = number == 0 || self.pending.is_none();
        if begins_anew {
            self.pending =
                Some(Pending { start: at, tables: MetadataTables::default(), parts: 0, is_whole: number == 0 });
        }
        if let Some(pending) = &mut self.pending {
            pending.is_whole &= number == pending.parts;
            pending.parts = number.saturating_add(1);
            pending.tables.apply_steps(steps);
        }
    }

    /// A snapshot of which a part is damaged is of use only where there is nothing before it.
    fn end(&mut self, parts: u32) {
        let Some(pending) = self.pending.take() else { return };
        let is_whole = pending.is_whole && pending.parts == parts;
        if is_whole {
            self.snapshot = Some(pending.start);
            self.bytes_since_snapshot = 0;
        }
        if is_whole || self.tables == MetadataTables::default() {
            self.tables = pending.tables;
        }
    }
}
