//! The log from outside, over disks that lose, tear, fail, fill up and rot.

mod damage;
mod histories;
mod hostile_files;
mod real_files;

use dunlin_storage::disk::Disk;
use dunlin_storage::log::{Location, Log, LogSettings, OpenLogError, Recovery};
use std::sync::Arc;

/// Small segments, so that a history has many.
const SETTINGS: LogSettings = LogSettings { segment_bytes: 16 * 1024, salt: 0x0005_a17e_d0f0_0d15 };

/// The bytes at each end of a segment that hold no frames.
const HEADER_BYTES: u32 = 4096;

/// Frames with the places of their payloads.
type Frames = Vec<(Location, Vec<u8>)>;

fn open(disk: Arc<dyn Disk>, from: Location) -> Result<(Log, Recovery, Frames), OpenLogError> {
    let mut frames = Vec::new();
    let mut collect = |location, payload: &[u8]| frames.push((location, payload.to_vec()));
    let (log, recovery) = Log::open(disk, SETTINGS, from, &mut collect)?;
    Ok((log, recovery, frames))
}

fn append(log: &mut Log, payload: &[u8]) -> Location {
    let place = log.reserve(payload.len()).expect("there is room");
    assert_eq!(log.append(payload).expect("it was reserved"), place);
    place
}

fn segment_file(number: u32) -> String {
    format!("{number:010}.log")
}
