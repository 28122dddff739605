//! A medium that rots under a log: what is not hit is still there, what is hit is set aside and reported.

use super::{Frames, HEADER_BYTES, append, open, segment_file};
use dunlin_storage::disk::{Disk, SimulatedDisk};
use dunlin_storage::log::{Location, Log, Quarantined, Recovery, verify};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

const FRAME_HEADER_BYTES: u32 = 16;

/// A log that was written in groups, each ended by a sync.
struct Written {
    disk: SimulatedDisk,
    frames: Vec<Frame>,
    end: Location,
}

struct Frame {
    at: Location,
    payload: Vec<u8>,
    /// Up to where its segment was synced when it was written.
    synced: u32,
}

impl Frame {
    fn bytes(&self) -> Range<u32> {
        let start = self.at.offset - FRAME_HEADER_BYTES;
        start..self.at.offset + self.payload.len() as u32
    }
}

impl Written {
    fn new(random: &mut Rng) -> Self {
        let disk = SimulatedDisk::new(random.u64(..));
        let (mut log, ..) = open(Arc::new(disk.clone()), Location::START).expect("an empty disk");
        let mut frames: Vec<Frame> = Vec::new();
        let mut synced = HEADER_BYTES;
        for _ in 0..random.usize(1..20) {
            for _ in 0..random.usize(1..6) {
                let payload: Vec<u8> = (0..random.usize(1..1500)).map(|_| random.u8(..)).collect();
                let at = append(&mut log, &payload);
                if frames.last().is_none_or(|last| last.at.segment != at.segment) {
                    synced = HEADER_BYTES;
                }
                frames.push(Frame { at, payload, synced });
            }
            log.sync().expect("the disk is sound");
            synced = log.end().offset;
        }
        Self { disk, frames, end: log.end() }
    }
}

/// What was done to each segment: the bytes that were hit, or all of them if its file is gone.
#[derive(Debug, Default)]
struct Damage(BTreeMap<u32, Vec<Range<u32>>>);

impl Damage {
    fn do_some(written: &Written, random: &mut Rng) -> Self {
        let mut damage = Self::default();
        for _ in 0..random.usize(1..4) {
            let segment = random.u32(1..=written.end.segment);
            let name = segment_file(segment);
            let Some(mut bytes) = written.disk.contents(&name).filter(|bytes| !bytes.is_empty()) else { continue };
            let at = random.usize(..bytes.len());
            let sector = at - at % 512..bytes.len().min(at - at % 512 + 512);
            let hit = match random.u8(0..8) {
                0..=2 => {
                    assert!(written.disk.flip_bit(&name, at as u64, random.u8(..)));
                    at..at + 1
                }
                3 | 4 => {
                    bytes[sector.clone()].fill(0);
                    written.disk.put(&name, bytes);
                    sector
                }
                5 => {
                    bytes[sector.clone()].fill_with(|| random.u8(..));
                    written.disk.put(&name, bytes);
                    sector
                }
                6 => {
                    let hit = at..bytes.len();
                    bytes.truncate(at);
                    written.disk.put(&name, bytes);
                    hit
                }
                _ if segment < written.end.segment => {
                    written.disk.remove(&name).expect("it exists");
                    0..bytes.len()
                }
                _ => continue,
            };
            damage.0.entry(segment).or_default().push(hit.start as u32..hit.end as u32);
        }
        damage
    }

    fn hits(&self, segment: u32, bytes: &Range<u32>) -> bool {
        let hits = self.0.get(&segment).into_iter().flatten();
        hits.into_iter().any(|hit| hit.start < bytes.end && bytes.start < hit.end)
    }
}

/// Whether whole headers that are left prove that the frame was synced.
fn is_promised(written: &Written, damage: &Damage, frame: &Frame) -> bool {
    let last = written.end.segment;
    let header = |frame: &Frame| frame.bytes().start..frame.at.offset;
    let whole_headers = written.frames.iter().filter(|frame| !damage.hits(frame.at.segment, &header(frame)));
    let synced = whole_headers.filter(|frame| frame.at.segment == last).map(|frame| frame.synced).max().unwrap_or(0);
    frame.at.segment < last || frame.bytes().end <= synced
}

/// The frames that must be replayed, the promise of the log's recovery applied to what is known here.
fn expected(written: &Written, damage: &Damage) -> Frames {
    let mut is_cut = false;
    let mut expected = Frames::new();
    for frame in &written.frames {
        let is_hit = damage.hits(frame.at.segment, &frame.bytes());
        is_cut |= is_hit && !is_promised(written, damage, frame);
        if !is_hit && !is_cut {
            expected.push((frame.at, frame.payload.clone()));
        }
    }
    expected
}

/// Every frame that is hit and was promised is reported, and side files hold what was there.
fn check_report(written: &Written, damage: &Damage, recovery: &Recovery, replayed: &Frames) {
    for frame in &written.frames {
        // What stands where the last frames were may look like a sound end.
        if replayed.iter().any(|(at, _)| *at == frame.at) || !is_promised(written, damage, frame) {
            continue;
        }
        let start = Location { segment: frame.at.segment, offset: frame.bytes().start };
        // A file cut short whose headers are gone too cannot tell how much is missing.
        let covers = |bad: &Quarantined| {
            bad.at.segment == start.segment
                && (bad.at.offset == 0 || bad.at <= start && bad.at.offset + bad.bytes > start.offset)
        };
        let is_reported = recovery.missing.iter().any(|missing| missing.contains(&frame.at.segment))
            || recovery.quarantined.iter().any(covers)
            || recovery.cut.is_some_and(|cut| cut.at <= start);
        assert!(is_reported, "{start} is lost without a word: {recovery:?} {damage:?}");
    }
    for bad in &recovery.quarantined {
        let Some(copy) = bad.file.as_ref().map(|name| written.disk.contents(name).expect("it was made")) else {
            continue;
        };
        let stored = written.disk.contents(&segment_file(bad.at.segment)).expect("it was read");
        let end = stored.len().min((bad.at.offset + bad.bytes) as usize);
        assert_eq!(copy, stored[bad.at.offset as usize..end], "{bad:?}");
    }
}

fn open_simulated(disk: &SimulatedDisk, from: Location) -> (Log, Recovery, Frames) {
    open(Arc::new(disk.clone()), from).expect("damage is no reason to refuse")
}

#[test]
fn what_is_not_hit_is_replayed_and_what_is_hit_is_reported() {
    let (mut quarantined, mut missing, mut cut) = (0, 0, 0);
    for seed in 0..1500 {
        let random = &mut Rng::with_seed(seed);
        let written = Written::new(random);
        let damage = Damage::do_some(&written, random);
        let (mut log, recovery, frames) = open_simulated(&written.disk, Location::START);
        assert_eq!(frames, expected(&written, &damage), "seed {seed}: {damage:?} {recovery:?}");
        check_report(&written, &damage, &recovery, &frames);
        quarantined += recovery.quarantined.len();
        missing += recovery.missing.len();
        cut += usize::from(recovery.cut.is_some());

        // The log serves, and what it gave once it gives again.
        let payload = b"after the damage".to_vec();
        let at = append(&mut log, &payload);
        log.sync().expect("the disk is sound");
        drop(log);
        written.disk.crash();
        let (_, _, again) = open_simulated(&written.disk, Location::START);
        assert_eq!(again, [frames, vec![(at, payload)]].concat(), "seed {seed}: {damage:?} {recovery:?}");
    }
    assert!(quarantined > 300 && missing > 50 && cut > 50, "{quarantined} {missing} {cut}");
}

/// Three segments; the frames of each.
fn three_segments() -> (SimulatedDisk, [Frames; 3]) {
    let disk = SimulatedDisk::new(3);
    let (mut log, ..) = open_simulated(&disk, Location::START);
    let mut segments: [Frames; 3] = Default::default();
    for number in 0..30_u8 {
        let payload = vec![number; 700];
        let at = append(&mut log, &payload);
        log.sync().expect("the disk is sound");
        segments[at.segment as usize - 1].push((at, payload));
    }
    assert!(segments.iter().all(|frames| frames.len() > 5));
    (disk, segments)
}

#[test]
fn a_lost_segment_is_named() {
    let (disk, [first, _, third]) = three_segments();
    disk.remove(&segment_file(2)).expect("it exists");
    let (_, recovery, frames) = open_simulated(&disk, Location::START);
    assert_eq!(frames, [first.clone(), third].concat());
    assert_eq!((recovery.missing, recovery.quarantined), (vec![2..=2], vec![]));

    disk.remove(&segment_file(3)).expect("it exists");
    let (log, recovery, frames) = open_simulated(&disk, Location { segment: 3, offset: 8000 });
    assert_eq!((frames, recovery.missing), (Frames::new(), vec![3..=3]));
    assert_eq!(log.end(), Location { segment: 4, offset: HEADER_BYTES }, "positions are never given twice");
    assert_eq!(log.reader().read(first[1].0, 700).expect("older segments still serve"), first[1].1);
}

#[test]
fn both_headers_of_a_segment_may_be_lost() {
    let (disk, segments) = three_segments();
    let mut bytes = disk.contents(&segment_file(2)).expect("it exists");
    bytes[..100].fill(0xff);
    let copy_at = bytes.len() - HEADER_BYTES as usize;
    bytes[copy_at..copy_at + 100].fill(0xff);
    disk.put(&segment_file(2), bytes);
    let (_, recovery, frames) = open_simulated(&disk, Location::START);
    assert_eq!(frames, segments.concat());
    let header = Quarantined { at: Location { segment: 2, offset: 0 }, bytes: HEADER_BYTES, file: None };
    assert_eq!((recovery.quarantined, recovery.cut), (vec![header], None));
}

#[test]
fn a_disk_without_room_for_side_files_is_no_reason_to_stop() {
    let (disk, segments) = three_segments();
    let hit = &segments[1][2];
    assert!(disk.flip_bit(&segment_file(2), hit.0.offset.into(), 3));
    disk.set_capacity(0);
    let (_, recovery, frames) = open_simulated(&disk, Location::START);
    assert_eq!(frames.len(), segments.concat().len() - 1);
    assert!(matches!(&recovery.quarantined[..], [Quarantined { file: None, .. }]), "{recovery:?}");
}

#[test]
fn a_disk_that_cannot_be_read_is_named() {
    let (disk, _) = three_segments();
    for nth in 1..40 {
        disk.fail_read(nth);
        let error = match open(Arc::new(disk.clone()), Location::START) {
            Ok(_) => {
                assert!(nth > 6, "the read that fails is not met");
                return;
            }
            Err(error) => error.to_string(),
        };
        assert!(error.contains(".log: ") && error.contains("Input/output error"), "{error}");
        disk.crash();
    }
    panic!("opening three segments takes fewer reads");
}

#[test]
fn a_check_finds_the_same_stretches() {
    let (disk, segments) = three_segments();
    let sound = verify(&disk, &mut |bad| panic!("{bad:?}")).expect("the disk is sound");
    assert_eq!((sound.segments, sound.frames, sound.bytes, sound.bad), (3, 30, 30 * 700, 0));
    let hit = [&segments[0][3], &segments[2][0]];
    for (at, _) in hit {
        assert!(disk.flip_bit(&segment_file(at.segment), u64::from(at.offset) + 5, 1));
    }
    let mut found = Vec::new();
    let damaged = verify(&disk, &mut |bad| found.push((bad.at, bad.bytes))).expect("the disk is sound");
    assert_eq!((damaged.frames, damaged.bad), (28, 2));
    let expected = hit.map(|(at, _)| (Location { offset: at.offset - FRAME_HEADER_BYTES, ..*at }, 720));
    assert_eq!(found, expected);
}
