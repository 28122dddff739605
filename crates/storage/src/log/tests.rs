//! What the log does, case by case. Random histories and damage are in `tests/log`.

use super::frame::FRAME_ALIGNMENT;
use super::segment::segment_number;
use super::*;
use crate::disk::SimulatedDisk;

const PAGE_BYTES: usize = SEGMENT_HEADER_BYTES as usize;
const SETTINGS: LogSettings = LogSettings { segment_bytes: 8 * SEGMENT_HEADER_BYTES, salt: 0x5eed };

type Frames = Vec<(Location, Vec<u8>)>;

fn open_from(disk: &SimulatedDisk, from: Location) -> (Log, Recovery, Frames) {
    let mut frames = Vec::new();
    let mut collect = |location, payload: &[u8]| frames.push((location, payload.to_vec()));
    let (log, recovery) = Log::open(Arc::new(disk.clone()), SETTINGS, from, &mut collect).expect("the log opens");
    (log, recovery, frames)
}

fn open(disk: &SimulatedDisk) -> (Log, Recovery, Frames) {
    open_from(disk, Location::START)
}

fn append(log: &mut Log, payload: &[u8]) -> Location {
    let place = log.reserve(payload.len()).expect("there is room");
    assert_eq!(log.append(payload).expect("it was reserved"), place);
    place
}

/// Fills the current segment and begins the next one.
fn fill(log: &mut Log) {
    let before = log.end().segment;
    while log.end().segment == before {
        append(log, &[1; 1000]);
    }
}

#[test]
fn what_is_synced_comes_back() {
    let disk = SimulatedDisk::new(1);
    let (mut log, recovery, frames) = open(&disk);
    assert_eq!((recovery, frames), (Recovery::default(), Vec::new()));
    let mut expected = Vec::new();
    for number in 0..100_usize {
        let payload = vec![number as u8; 1 + number * 13];
        expected.push((append(&mut log, &payload), payload));
    }
    log.sync().expect("the disk is sound");
    for (location, payload) in &expected {
        assert_eq!(log.reader().read(*location, payload.len()).expect("it is there"), *payload);
    }
    let end = log.end();
    disk.crash();
    let (log, recovery, frames) = open(&disk);
    assert_eq!(frames, expected);
    assert_eq!((recovery.frames, recovery.cut, recovery.quarantined.len()), (100, None, 0));
    assert_eq!(log.end(), end);
}

#[test]
fn replay_begins_where_the_checkpoint_was() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    assert_eq!(log.end(), Location { segment: 1, offset: SEGMENT_HEADER_BYTES }, "no file yet");
    assert_eq!(open_from(&disk, log.end()).1, Recovery::default(), "the position of a log that was never written");
    append(&mut log, b"before");
    fill(&mut log);
    log.sync().expect("the disk is sound");
    let checkpoint = log.end();
    let after = append(&mut log, b"after");
    log.sync().expect("the disk is sound");
    let (log, recovery, frames) = open_from(&disk, checkpoint);
    assert_eq!(frames, [(after, b"after".to_vec())]);
    assert_eq!((recovery.frames, recovery.bytes, recovery.missing.len()), (1, 5, 0));
    let (_, recovery, frames) = open_from(&disk, log.end());
    assert_eq!((recovery, frames), (Recovery::default(), Frames::new()));
}

#[test]
fn a_sync_with_nothing_to_sync_does_not_touch_the_disk() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    log.sync().expect("nothing to do");
    append(&mut log, b"x");
    log.sync().expect("the disk is sound");
    let before = disk.counters();
    log.sync().expect("nothing to do");
    assert_eq!(disk.counters(), before);
    append(&mut log, b"x");
    log.sync().expect("the disk is sound");
    assert_eq!((disk.counters().writes, disk.counters().syncs), (before.writes + 1, before.syncs + 1));
}

#[test]
fn frames_lie_where_they_were_reserved() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    let error = log.append(b"x").expect_err("nothing was reserved");
    assert!(matches!(error, AppendError::NotReserved { bytes: 1 }), "{error}");
    let place = log.reserve(100).expect("there is room");
    assert_eq!(log.append(&[1; 10]).expect("less than was reserved"), place);
    assert!(matches!(log.append(b""), Err(AppendError::Empty)));
    let error = log.append(&[1; 8 * PAGE_BYTES]).expect_err("more than the segment has room for");
    assert!(matches!(error, AppendError::NotReserved { .. }), "{error}");
    let next = log.reserve(1).expect("there is room");
    assert_eq!(next.offset, place.offset + FRAME_HEADER_BYTES + 10_u32.next_multiple_of(FRAME_ALIGNMENT));
}

#[test]
fn a_payload_larger_than_a_segment_gets_its_own() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    append(&mut log, b"small");
    let payload = vec![7; 100_001];
    let large = append(&mut log, &payload);
    let after = append(&mut log, &[1; 5000]);
    assert_eq!((large.segment, after.segment), (2, 3));
    let bytes: Vec<_> = log.segments().iter().map(|segment| segment.bytes).collect();
    assert_eq!(bytes, [8 * 4096, 27 * 4096, 8 * 4096]);
    assert!(matches!(log.reserve(u32::MAX as usize), Err(AppendError::TooLarge { .. })));
    log.sync().expect("the disk is sound");
    let (mut log, _, frames) = open_from(&disk, Location { segment: 2, offset: 0 });
    assert_eq!(frames, [(large, payload), (after, vec![1; 5000])]);
    log.retire(2).expect("it is old");
    assert_eq!(log.spares().count(), 0, "of no use for other segments");
}

#[test]
fn every_size_fills_a_segment_to_the_last_byte_it_may_use() {
    for payload_bytes in PAGE_BYTES..PAGE_BYTES + 16 {
        let disk = SimulatedDisk::new(1);
        let (mut log, ..) = open(&disk);
        let mut count = 0;
        while log.end().segment < 3 {
            append(&mut log, &vec![9; payload_bytes]);
            count += 1;
        }
        log.sync().expect("the disk is sound");
        let (_, recovery, frames) = open(&disk);
        assert_eq!((frames.len(), recovery.cut), (count, None), "{payload_bytes}");
        assert!(frames.iter().all(|(at, _)| at.offset as usize + payload_bytes <= 7 * PAGE_BYTES));
    }
}

#[test]
fn a_full_disk_refuses_the_next_segment_and_nothing_else() {
    let disk = SimulatedDisk::new(1);
    disk.set_capacity(2 * 8 * 4096);
    let (mut log, ..) = open(&disk);
    assert!(!log.has_room(1), "a new log has no segment yet");
    append(&mut log, b"first");
    assert!(log.spares().prepare().expect("there is room for one"));
    assert!(log.spares().prepare().is_err(), "there is none for another");
    assert!(log.has_room(5 * PAGE_BYTES) && !log.has_room(8 * PAGE_BYTES));
    fill(&mut log);
    assert_eq!((log.end().segment, log.spares().count()), (2, 0), "the spare was used");
    assert!(log.has_room(1000) && !log.has_room(7 * PAGE_BYTES));
    let mut last = Location::START;
    let error = loop {
        match log.reserve(1000) {
            Ok(_) => last = log.append(&[2; 1000]).expect("it was reserved"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, AppendError::NoSpace(_)), "{error}");
    let small = append(&mut log, b"small enough");
    log.sync().expect("the disk is sound");
    log.retire(1).expect("it is old");
    assert_eq!((log.spares().count(), log.bytes_on_disk()), (1, 2 * 8 * 4096), "its file is used again");
    fill(&mut log);
    let (_, recovery, frames) = open_from(&disk, Location { segment: 2, offset: last.offset - FRAME_HEADER_BYTES });
    assert_eq!(frames.iter().map(|(at, _)| *at).take(2).collect::<Vec<_>>(), [last, small]);
    assert_eq!(recovery.missing.len(), 0);
}

#[test]
fn a_disk_that_fails_poisons_the_log() {
    for fail_sync in [false, true] {
        let disk = SimulatedDisk::new(1);
        let (mut log, ..) = open(&disk);
        let kept = append(&mut log, b"kept");
        log.sync().expect("the disk is sound");
        if fail_sync {
            append(&mut log, b"lost");
            disk.fail_sync(1);
            assert!(matches!(log.sync(), Err(SyncError::Io(_))));
        } else {
            disk.fail_write(1);
            log.reserve(4).expect("there is room");
            assert!(matches!(log.append(b"lost"), Err(AppendError::Io(_))));
        }
        let operations = disk.counters().operations;
        assert!(matches!(log.sync(), Err(SyncError::Poisoned { .. })));
        assert!(matches!(log.reserve(1), Err(AppendError::Poisoned { .. })));
        assert!(matches!(log.append(b"x"), Err(AppendError::Poisoned { .. })));
        assert_eq!(disk.counters().operations, operations, "never tried again");
        assert_eq!(log.reader().read(kept, 4).expect("reading goes on"), b"kept");
        disk.crash();
        assert_eq!(open(&disk).2.first(), Some(&(kept, b"kept".to_vec())));
    }
}

/// After a failed sync the system shows what the disk does not have. Opening the log must make it so.
#[test]
fn what_is_replayed_after_a_failed_sync_is_written_again() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    let frame = append(&mut log, b"in memory only");
    disk.fail_sync(1);
    assert!(log.sync().is_err());
    drop(log);
    assert_eq!(open(&disk).2, [(frame, b"in memory only".to_vec())]);
    disk.crash();
    assert_eq!(open(&disk).2, [(frame, b"in memory only".to_vec())]);
}

/// A file that is no good as a segment, a rename that fails: the log goes on in the old segment, unless it cannot know.
#[test]
fn a_segment_that_cannot_be_begun_leaves_the_log_as_it_was() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    let first = append(&mut log, b"first");
    log.sync().expect("the disk is sound");
    disk.fail_write(1);
    let error = log.reserve(6 * PAGE_BYTES).expect_err("the header cannot be written");
    assert!(matches!(error, AppendError::NoSegment(_)), "{error}");
    disk.fail_sync(1);
    let error = log.reserve(6 * PAGE_BYTES).expect_err("the header cannot be synced");
    assert!(matches!(error, AppendError::NoSegment(_)), "{error}");
    let second = append(&mut log, b"second");
    assert_eq!(second.segment, 1);
    log.sync().expect("the disk is sound");
    assert_eq!(log.spares().count(), 0, "files that fail are no spares");
    disk.crash();
    assert_eq!(open(&disk).2, [(first, b"first".to_vec()), (second, b"second".to_vec())]);
}

/// The new segment says where the old one ended: if it may exist, the old one must not grow.
#[test]
fn a_rename_that_fails_poisons_the_log_unless_it_did_not_happen() {
    let mut outcomes = [0; 2];
    for seed in 0..20 {
        let disk = SimulatedDisk::new(seed);
        let (mut log, ..) = open(&disk);
        let first = append(&mut log, &[1; 2 * PAGE_BYTES]);
        disk.fail_rename(1);
        match log.reserve(5 * PAGE_BYTES).expect_err("the rename fails") {
            AppendError::NoSegment(_) => {
                outcomes[0] += 1;
                let second = append(&mut log, b"second");
                log.sync().expect("the disk is sound");
                assert_eq!((second.segment, log.spares().count()), (1, 1), "the file serves the next time");
                let third = append(&mut log, &[3; 5 * PAGE_BYTES]);
                assert_eq!(third.segment, 2);
                assert_eq!(open(&disk).2.len(), 3);
            }
            AppendError::Io(_) => {
                outcomes[1] += 1;
                assert!(matches!(log.append(b"second"), Err(AppendError::Poisoned { .. })));
                assert_eq!(open(&disk).2, [(first, vec![1; 2 * PAGE_BYTES])]);
            }
            other => panic!("{other}"),
        }
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

#[test]
fn spares_are_found_again_and_wrong_ones_removed() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    append(&mut log, b"x");
    let spares = log.spares();
    let made: Vec<_> = (0..3).map(|_| spares.prepare().expect("there is room")).collect();
    assert_eq!((made, spares.count()), (vec![true, true, false], 2));
    for (name, length) in [("spare-0000000007", 100), ("spare-0000000008", 8 * PAGE_BYTES)] {
        disk.put(name, vec![0; length]);
    }
    let (log, ..) = open(&disk);
    assert_eq!(log.spares().count(), 2);
    assert_eq!(disk.list().expect("it can be listed").len(), 3, "the segment and two spares");
    assert_eq!(log.bytes_on_disk(), 3 * 8 * 4096);
}

#[test]
fn many_segments_do_not_keep_many_files_open() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    let mut frames = Vec::new();
    for number in 0..100_u8 {
        frames.push((append(&mut log, &[number; 10]), number));
        fill(&mut log);
    }
    let reader = log.reader();
    for _ in 0..2 {
        for (at, number) in &frames {
            assert_eq!(reader.read(*at, 10).expect("it is there"), [*number; 10]);
        }
    }
    assert_eq!(log.table.open_files(), 32);
    let beyond = Location { segment: 1, offset: 8 * SEGMENT_HEADER_BYTES - 5 };
    assert_eq!(reader.read(beyond, 10).expect_err("beyond").kind(), io::ErrorKind::UnexpectedEof);
    let unknown = Location { segment: 1000, offset: 0 };
    assert_eq!(reader.read(unknown, 10).expect_err("unknown").kind(), io::ErrorKind::NotFound);
}

/// A file that does something else before it is read.
struct Interrupted {
    file: Arc<dyn DiskFile>,
    interruption: Box<dyn Fn() + Send + Sync>,
}

impl DiskFile for Interrupted {
    fn length_bytes(&self) -> u64 {
        self.file.length_bytes()
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, bytes)
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        (self.interruption)();
        self.file.read_at(offset, bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

#[test]
fn a_segment_retired_during_a_read_gives_no_bytes_of_its_successor() {
    let disk = SimulatedDisk::new(1);
    let (mut log, ..) = open(&disk);
    let old = append(&mut log, b"old");
    fill(&mut log);
    log.sync().expect("the disk is sound");
    let (reader, table) = (log.reader(), Arc::clone(&log.table));
    let file = table.file(1).expect("it exists");
    let log = parking_lot::Mutex::new(log);
    let interruption = Box::new(move || {
        let mut log = log.lock();
        if log.retire(1).is_ok() {
            fill(&mut log);
            assert_eq!(append(&mut log, b"new").segment, 3, "in the file that was retired");
        }
    });
    table.insert(1, Arc::new(Interrupted { file, interruption }));
    assert_eq!(reader.read(old, 3).expect_err("it went").kind(), io::ErrorKind::NotFound);
}

#[test]
fn names_of_segments_are_exact() {
    assert_eq!(segment_file_name(42), "0000000042.log");
    for (name, number) in [
        ("0000000042.log", Some(42)),
        ("4294967295.log", Some(u32::MAX)),
        ("4294967296.log", None),
        ("0000000000.log", None),
        ("42.log", None),
        ("+000000042.log", None),
        ("0000000042.bak", None),
    ] {
        assert_eq!(segment_number(name), number, "{name}");
    }
}

#[test]
fn the_bytes_of_a_frame() {
    let seed = FrameSeed::new(0x0123_4567_89ab_cdef, 7);
    let header = FrameHeader { length: 5, synced: 4096, payload_crc: crc32c::crc32c(b"hello") };
    let bytes = header.encode(seed, 4104);
    assert_eq!(bytes[..12], [5, 0, 0, 0, 0, 16, 0, 0, 0x4c, 0xbb, 0x71, 0x9a]);
    assert_eq!(FrameHeader::decode(&bytes, seed, 4104, 4128), Some(header));
    assert_eq!(FrameHeader::decode(&bytes, seed, 4104, 4127), None, "it ends beyond");
    assert_eq!(FrameHeader::decode(&bytes, seed, 4112, 8192), None, "another place");
    let other = FrameSeed::new(0x0123_4567_89ab_cdef, 8);
    assert_eq!(FrameHeader::decode(&bytes, other, 4104, 8192), None, "another segment");
    for bit in 0..128 {
        let mut flipped = bytes;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(FrameHeader::decode(&flipped, seed, 4104, 8192), None, "bit {bit}");
    }
    let ahead = FrameHeader { synced: 4112, ..header };
    assert_eq!(FrameHeader::decode(&ahead.encode(seed, 4104), seed, 4104, 8192), None, "synced beyond itself");
}
