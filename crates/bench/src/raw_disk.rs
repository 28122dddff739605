//! What a disk gives without a broker: append a batch of bytes, fdatasync, again.
//!
//! The file is as long as it will ever be and was written with zeros before, like the segments of a well-made log: a sync
//! then has data to write, and neither a new length nor new blocks. That is the most a broker can get out of this disk when
//! one thread waits for each sync.

use crate::clock::now_ns;
use crate::error::RunError;
use crate::load::{Latency, LatencySummary};
use crate::stop_signal::StopSignal;
use rustix::fs::statfs;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

/// Length of the file; the end is followed by the start again.
const FILE_BYTES: usize = 64 << 20;
const ZEROS_BYTES: usize = 1 << 20;
/// `f_type` of tmpfs (statfs(2)).
const TMPFS_MAGIC: u64 = 0x0102_1994;

/// A pre-zeroed file without a name: it is gone when this is dropped.
#[derive(Debug)]
pub struct RawDisk {
    file: File,
    content: Vec<u8>,
    position: usize,
}

/// Figures at one batch size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RawDiskFigures {
    /// Messages in one batch.
    pub batch: f64,
    /// Bytes in one batch.
    pub batch_bytes: usize,
    /// Messages a second.
    pub messages_per_second: f64,
    /// Batches, and so syncs, a second.
    pub syncs_per_second: f64,
    /// Time of one fdatasync.
    pub sync: Option<LatencySummary>,
}

impl RawDisk {
    /// Makes the file in `folder`.
    ///
    /// # Errors
    /// No right, no room.
    pub fn create(folder: &Path) -> Result<Self, RunError> {
        let in_folder =
            |error: std::io::Error| RunError::Usage(format!("cannot write in {}: {error}", folder.display()));
        let file = tempfile::tempfile_in(folder).map_err(in_folder)?;
        let zeros = vec![0; ZEROS_BYTES];
        for start in (0..FILE_BYTES).step_by(ZEROS_BYTES) {
            file.write_all_at(&zeros, start as u64).map_err(in_folder)?;
        }
        file.sync_all().map_err(in_folder)?;
        // Neither zeros nor a pattern: some disks below a virtual machine store those without work.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let content = (0..FILE_BYTES / 8).flat_map(|_| next().to_le_bytes()).collect();
        Ok(Self { file, content, position: 0 })
    }

    /// Writes and syncs batches of `batch` messages of `message_bytes` bytes for `duration`. Both may be the mean of
    /// what a broker does, and so not be whole.
    ///
    /// # Errors
    /// The disk fails, Ctrl-C, or a batch that is empty or longer than the file.
    pub fn measure(
        &mut self,
        batch: f64,
        message_bytes: f64,
        duration: Duration,
        stop: &StopSignal,
    ) -> Result<RawDiskFigures, RunError> {
        let batch_bytes = (batch * message_bytes).round() as usize;
        if !(1..=FILE_BYTES).contains(&batch_bytes) {
            return Err(RunError::Usage(format!("a batch must be 1 to {FILE_BYTES} bytes, not {batch_bytes}")));
        }
        let mut syncs = Latency::default();
        let mut count = 0_u64;
        let start_ns = now_ns();
        let end_ns = start_ns + duration.as_nanos() as u64;
        let mut now = start_ns;
        while now < end_ns || count == 0 {
            stop.check()?;
            self.append(batch_bytes)?;
            let written_ns = now_ns();
            self.file.sync_data()?;
            now = now_ns();
            syncs.record(now - written_ns);
            count += 1;
        }
        let seconds = (now - start_ns) as f64 / 1e9;
        Ok(RawDiskFigures {
            batch,
            batch_bytes,
            messages_per_second: count as f64 * batch / seconds,
            syncs_per_second: count as f64 / seconds,
            sync: syncs.summary(),
        })
    }

    /// Messages of `message_bytes` bytes are due `per_second` times a second, evenly; all that are due are written and synced
    /// as one batch, again and again. Returns the time from when a message was due to the end of its sync.
    ///
    /// That is what a message waits for that comes at its own time, and no broker can be faster. Percentiles of
    /// [`Self::measure`] are smaller: a sync that takes long is one sync of many there, here all messages that come meanwhile
    /// wait for it (Tene, "How not to measure latency": coordinated omission).
    ///
    /// # Errors
    /// The disk fails, Ctrl-C, or a batch that is longer than the file.
    pub fn measure_paced(
        &mut self,
        per_second: f64,
        message_bytes: usize,
        duration: Duration,
        stop: &StopSignal,
    ) -> Result<Option<LatencySummary>, RunError> {
        let mut waits = Latency::default();
        let start_ns = now_ns();
        let due_ns = |index: u64| start_ns + (index as f64 * 1e9 / per_second) as u64;
        let total = (per_second * duration.as_secs_f64()) as u64;
        let mut written = 0;
        while written < total {
            stop.check()?;
            let now = now_ns();
            let Some(late_ns) = now.checked_sub(due_ns(written)) else {
                // A sleep would be late by more than a sync takes.
                std::hint::spin_loop();
                continue;
            };
            let due = 1 + (late_ns as f64 * per_second / 1e9) as u64;
            let batch = due.min(total - written);
            self.append(batch as usize * message_bytes)?;
            self.file.sync_data()?;
            let synced_ns = now_ns();
            (written..written + batch).for_each(|index| waits.record(synced_ns.saturating_sub(due_ns(index))));
            written += batch;
        }
        Ok(waits.summary())
    }

    /// Writes the next `count` bytes, from the start again where the file would end.
    fn append(&mut self, count: usize) -> Result<(), RunError> {
        if self.position + count > FILE_BYTES {
            self.position = 0;
        }
        let content = self.content.get(self.position..self.position + count).ok_or_else(|| {
            RunError::Usage(format!("a batch of {count} bytes is more than the {FILE_BYTES} of the file"))
        })?;
        self.file.write_all_at(content, self.position as u64)?;
        self.position += count;
        Ok(())
    }
}

/// Whether files in `folder` live in memory, where a sync costs nothing and means nothing.
#[must_use]
pub fn is_memory(folder: &Path) -> bool {
    statfs(folder).is_ok_and(|info| info.f_type as u64 == TMPFS_MAGIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_synced_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut disk = RawDisk::create(folder.path()).unwrap();
        let figures = disk.measure(10.0, 100.0, Duration::from_millis(5), &StopSignal::default()).unwrap();
        assert_eq!(figures.batch_bytes, 1000);
        assert!(figures.sync.is_some());
        let each = figures.messages_per_second / figures.syncs_per_second;
        assert!((each - 10.0).abs() < 1e-6, "{each} messages for each sync");
    }

    #[test]
    fn every_message_of_a_pace_is_counted_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut disk = RawDisk::create(folder.path()).unwrap();
        let pace = Duration::from_millis(20);
        let waits = disk.measure_paced(5000.0, 100, pace, &StopSignal::default()).unwrap().unwrap();
        assert!(waits.p50_ms <= waits.max_ms);
        assert_eq!(disk.position, 100 * 100);
    }

    #[test]
    fn the_file_is_used_from_the_start_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut disk = RawDisk::create(folder.path()).unwrap();
        for _ in 0..3 {
            disk.measure(1.0, FILE_BYTES as f64 / 2.0, Duration::ZERO, &StopSignal::default()).unwrap();
        }
        assert_eq!(disk.position, FILE_BYTES / 2);
        assert!(disk.measure(2.0, FILE_BYTES as f64, Duration::ZERO, &StopSignal::default()).is_err());
    }
}
