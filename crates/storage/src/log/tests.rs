//! What the log promises, case by case. Random histories are in `tests/histories.rs`.

use super::*;
use crate::disk::SimulatedDisk;

const SETTINGS: LogSettings = LogSettings { segment_bytes: 32 * 1024, salt: 0x5eed };

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
