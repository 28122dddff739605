//! The log on the real file system: files cut and changed from outside, and readers beside the writer.

use super::{Frames, append, open, segment_file};
use dunlin_storage::disk::RealDisk;
use dunlin_storage::log::{Location, Log, Recovery};
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

fn open_real(folder: &Path) -> (Log, Recovery, Frames) {
    let disk = RealDisk::open(folder).expect("the folder is free");
    open(Arc::new(disk), Location::START).expect("damage is no reason to refuse")
}

/// Writes frames of 500 bytes, each synced.
fn write(folder: &Path, count: u8) -> Frames {
    let (mut log, ..) = open_real(folder);
    let mut frames = Frames::new();
    for number in 0..count {
        let payload = vec![number; 500];
        frames.push((append(&mut log, &payload), payload));
        log.sync().expect("the disk is sound");
    }
    frames
}

#[test]
fn a_log_is_found_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let frames = write(folder.path(), 50);
    let (log, recovery, again) = open_real(folder.path());
    assert_eq!(again, frames);
    assert_eq!((recovery.cut, recovery.quarantined.len(), recovery.missing.len()), (None, 0, 0));
    assert!(log.end().segment > 2);
}

#[test]
fn a_file_cut_short_keeps_its_first_frames() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let frames = write(folder.path(), 10);
    let path = folder.path().join(segment_file(1));
    let cut_at = u64::from(frames[7].0.offset) + 100;
    OpenOptions::new().write(true).open(&path).expect("it exists").set_len(cut_at).expect("it can be cut");
    let (mut log, recovery, again) = open_real(folder.path());
    assert_eq!(again, frames[..7]);
    assert_eq!(recovery.cut.expect("it is reported").at.offset, frames[7].0.offset - 16);
    let at = append(&mut log, b"more");
    assert_eq!(at.segment, 2, "a file without its end is not appended to");
}

#[test]
fn a_flipped_bit_costs_one_frame() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut frames = write(folder.path(), 10);
    let file = OpenOptions::new().read(true).write(true).open(folder.path().join(segment_file(1))).expect("it exists");
    let mut byte = [0];
    file.read_exact_at(&mut byte, u64::from(frames[4].0.offset) + 77).expect("inside");
    file.write_all_at(&[byte[0] ^ 0x10], u64::from(frames[4].0.offset) + 77).expect("inside");
    let (_, recovery, again) = open_real(folder.path());
    let lost = frames.remove(4);
    assert_eq!(again, frames);
    let name = recovery.quarantined[0].file.as_ref().expect("there was room");
    assert_eq!(*name, format!("quarantine-0000000001-{:010}.bin", lost.0.offset - 16));
    assert_eq!(fs::read(folder.path().join(name)).expect("it was made").len(), 520);
}

#[test]
fn retired_segments_are_used_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut log, ..) = open_real(folder.path());
    let mut most = 0;
    for number in 0..400_u32 {
        append(&mut log, &number.to_le_bytes().repeat(100));
        for segment in log.segments() {
            if segment.number < log.end().segment {
                log.retire(segment.number).expect("it is not the current one");
            }
        }
        most = most.max(fs::read_dir(folder.path()).expect("it exists").count());
    }
    assert!(log.end().segment > 15);
    // The current segment, a spare and the lock.
    assert_eq!(most, 3);
    assert_eq!(log.bytes_on_disk(), 2 * 16 * 1024);
    assert!(log.retire(log.end().segment).is_err(), "the current segment stays");
    assert!(log.retire(1).is_err(), "it is gone");
}

#[test]
fn readers_see_what_was_written_or_that_it_is_gone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut log, ..) = open_real(folder.path());
    let (sender, receiver) = std::sync::mpsc::sync_channel::<(Location, u32)>(64);
    let reader = log.reader();
    let spares = log.spares();
    let counts = std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let (mut read, mut gone) = (0, 0);
            for (at, number) in receiver {
                match reader.read(at, 400) {
                    Ok(bytes) => {
                        assert_eq!(bytes, number.to_le_bytes().repeat(100), "another frame's bytes");
                        read += 1;
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
                        gone += 1;
                    }
                }
            }
            (read, gone)
        });
        for number in 0..20_000_u32 {
            let at = append(&mut log, &number.to_le_bytes().repeat(100));
            if at.segment > 1 {
                // Retired while reads of it are on their way; frames of all segments lie at the same offsets.
                _ = log.retire(at.segment - 1);
            }
            if number % 50 == 0 {
                spares.prepare().expect("there is room");
            }
            sender.send((at, number)).expect("it reads until the end");
        }
        drop(sender);
        reading.join().expect("no wrong bytes")
    });
    assert_eq!(counts.0 + counts.1, 20_000);
    assert!(counts.0 > 100, "{counts:?}");
}
