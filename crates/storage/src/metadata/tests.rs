//! What metadata promises: what was changed stays, whatever happens in between, and nothing else.

use super::*;
use crate::disk::SimulatedDisk;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::convert::Infallible;

type Model = BTreeMap<(String, Vec<u8>), Vec<u8>>;

fn open(disk: &SimulatedDisk) -> (MetadataStore, Recovery) {
    MetadataStore::open(Arc::new(disk.clone())).expect("the disk is sound")
}

fn set(store: &MetadataStore, table: &str, key: &[u8], value: &[u8]) -> Result<(), MetadataError> {
    store.change(|_, batch| {
        batch.set(table, key, value);
        Ok(())
    })
}

fn model_of(store: &MetadataStore) -> Model {
    store.read(|tables| {
        let entries = |name: &str| -> Vec<_> {
            let owned = |(key, value): (&[u8], &[u8])| ((name.to_owned(), key.to_vec()), value.to_vec());
            tables.entries(name, b"").map(owned).collect()
        };
        tables.names().flat_map(entries).collect()
    })
}

/// A size that was kept up to date by each change is that of the whole.
fn check_bytes(store: &MetadataStore) {
    store.read(|tables| {
        let bytes = |name: &str| -> u64 {
            tables.entries(name, b"").map(|(key, value)| 9 + key.len() as u64 + value.len() as u64).sum()
        };
        assert_eq!(tables.bytes(), tables.names().map(bytes).sum::<u64>());
    });
}

#[test]
fn what_was_changed_is_there_after_a_crash() {
    let disk = SimulatedDisk::new(1);
    let (store, _) = open(&disk);
    set(&store, "users", b"alice", b"1").unwrap();
    store
        .change::<_, MetadataError>(|tables, batch| {
            assert_eq!(tables.get("users", b"alice"), Some(&b"1"[..]));
            batch.set("users", b"bob", b"2");
            batch.set("rules", b"", b"");
            batch.remove("users", b"alice");
            batch.remove("none", b"alice");
            Ok(())
        })
        .unwrap();
    drop(store);
    disk.crash();
    let (store, recovery) = open(&disk);
    store.read(|tables| {
        assert_eq!(tables.names().collect::<Vec<_>>(), ["rules", "users"]);
        assert_eq!((tables.get("users", b"alice"), tables.get("users", b"bob")), (None, Some(&b"2"[..])));
        assert_eq!((tables.len("users"), tables.is_empty("rules"), tables.is_empty("none")), (1, false, true));
    });
    assert_eq!((recovery.quarantined.len(), recovery.missing.len()), (0, 0));
}

#[test]
fn who_decides_against_a_change_changes_nothing() {
    let disk = SimulatedDisk::new(1);
    let (store, _) = open(&disk);
    let writes = disk.counters().writes;
    let refused = store.change(|_, batch| {
        batch.set("users", b"alice", b"1");
        Err::<Infallible, _>(Refused)
    });
    assert!(matches!(refused, Err(Refused)));
    store.change::<_, MetadataError>(|_, _| Ok(())).unwrap();
    assert_eq!((disk.counters().writes, model_of(&store)), (writes, Model::new()));
}

#[derive(Debug)]
struct Refused;

impl From<MetadataError> for Refused {
    fn from(error: MetadataError) -> Self {
        panic!("nothing was written: {error}");
    }
}

#[test]
fn a_disk_that_fails_ends_all_changes_until_the_next_start() {
    let disk = SimulatedDisk::new(1);
    let (store, _) = open(&disk);
    set(&store, "t", b"a", b"1").unwrap();
    disk.fail_sync(1);
    assert!(matches!(set(&store, "t", b"a", b"2"), Err(MetadataError::Sync(_))));
    assert!(matches!(set(&store, "t", b"b", b"1"), Err(MetadataError::Append(_))));
    assert_eq!(store.read(|tables| tables.get("t", b"a").map(<[u8]>::to_vec)), Some(b"1".to_vec()));
    disk.crash();
    let (store, _) = open(&disk);
    assert_eq!(store.read(|tables| tables.len("t")), 1);
    set(&store, "t", b"b", b"1").unwrap();
}

#[test]
fn a_full_disk_refuses_and_goes_on_when_there_is_room() {
    let disk = SimulatedDisk::new(1);
    let (store, _) = open(&disk);
    set(&store, "t", b"a", b"1").unwrap();
    disk.set_capacity(0);
    let large = vec![7; 2 * SEGMENT_BYTES as usize];
    assert!(matches!(set(&store, "t", b"b", &large), Err(MetadataError::NoSpace(_))));
    assert_eq!(store.read(|tables| tables.len("t")), 1);
    disk.set_capacity(u64::MAX);
    set(&store, "t", b"b", &large).unwrap();
    disk.crash();
    assert_eq!(open(&disk).0.read(|tables| tables.len("t")), 2);
}

/// Values that are replaced again and again leave nothing behind.
#[test]
fn the_log_stays_in_proportion_to_the_tables() {
    let disk = SimulatedDisk::new(1);
    let (store, _) = open(&disk);
    let value = vec![1; 100_000];
    for round in 0..100_u8 {
        set(&store, "t", &[round % 3], &value).unwrap();
    }
    assert!(store.disk_bytes() < 4 << 20, "{} bytes", store.disk_bytes());
    assert_eq!(store.snapshot_failure(), None);
    disk.crash();
    let (store, recovery) = open(&disk);
    assert_eq!((recovery.quarantined.len(), recovery.missing.len()), (0, 0), "what was given back is not missed");
    assert_eq!(store.read(|tables| tables.len("t")), 3);
    check_bytes(&store);
}

#[test]
fn a_snapshot_of_several_parts_is_whole() {
    let disk = SimulatedDisk::new(1);
    let (store, _) = open(&disk);
    let value = vec![2; 1 << 20];
    for number in 0..20_u8 {
        set(&store, if number < 9 { "a" } else { "b" }, &[number], &value).unwrap();
    }
    let expected = model_of(&store);
    disk.crash();
    let (store, recovery) = open(&disk);
    assert_eq!((recovery.missing.len(), model_of(&store) == expected, expected.len()), (0, true, 20));
}

/// The power goes at each operation of a run in which snapshots are written, one after the other.
#[test]
fn wherever_the_power_goes_all_or_nothing_of_a_change_is_there() {
    let value = vec![3; 300_000];
    let mut cuts = 0;
    for nth in 1.. {
        let disk = SimulatedDisk::new(nth);
        let (store, _) = open(&disk);
        disk.cut_power_at(nth);
        let mut before = Model::new();
        let mut after = Model::new();
        for round in 0..12_u8 {
            let changed = store.change::<_, MetadataError>(|_, batch| {
                batch.set("t", &[round % 3], &value);
                batch.set("round", b"", &[round]);
                Ok(())
            });
            after.insert(("t".to_owned(), vec![round % 3]), value.clone());
            after.insert(("round".to_owned(), Vec::new()), vec![round]);
            if changed.is_err() {
                break;
            }
            before.clone_from(&after);
        }
        if !disk.is_without_power() {
            break;
        }
        cuts += 1;
        disk.crash();
        let (store, recovery) = open(&disk);
        let found = model_of(&store);
        assert!(found == before || found == after, "power cut at operation {nth}");
        assert_eq!((recovery.quarantined.len(), recovery.missing.len()), (0, 0), "power cut at operation {nth}");
        set(&store, "t", b"more", b"").unwrap();
    }
    assert!(cuts > 30, "{cuts} points");
}

/// A bit that turns over is noticed, and what was not damaged is there.
#[test]
fn damage_is_reported() {
    let disk = SimulatedDisk::new(1);
    let (store, _) = open(&disk);
    let mut offset = None;
    for number in 0..4_u8 {
        set(&store, "t", &[number], b"a value to be found").unwrap();
        if number == 1 {
            let content = disk.contents("0000000001.log").expect("the first segment");
            offset = content.windows(7).rposition(|window| window == b"a value");
        }
    }
    assert!(disk.flip_bit("0000000001.log", offset.expect("it is in the log") as u64, 3));
    disk.crash();
    let (store, recovery) = open(&disk);
    assert_eq!(recovery.quarantined.len(), 1);
    assert_eq!(store.read(|tables| tables.entries("t", b"").map(|(key, _)| key[0]).collect::<Vec<_>>()), [0, 2, 3]);
}

/// A snapshot that was not finished counts for nothing; one without all of its parts only where there is nothing else.
#[test]
fn replay_takes_whole_snapshots() {
    let part = |number, key: &[u8]| {
        let mut frame = frame::FrameWriter::new(frame::FrameKind::Part(number));
        frame.set("t", key, b"");
        frame.bytes().to_vec()
    };
    let end = |parts| frame::FrameWriter::new(frame::FrameKind::End(parts)).bytes().to_vec();
    let batch = |key: &[u8]| {
        let mut batch = MetadataBatch::default();
        batch.set("t", key, b"");
        batch.as_frame().to_vec()
    };
    let keys = |frames: &[Vec<u8>]| {
        let mut replay = Replay::default();
        for (frame, offset) in frames.iter().zip(0..) {
            replay.frame(Location { segment: 1, offset }, frame);
        }
        let replayed = replay.finish(Recovery::default()).expect("they can be read");
        let keys: Vec<_> = replayed.tables.entries("t", b"").map(|(key, _)| key.to_vec()).collect();
        String::from_utf8(keys.concat()).expect("they are text")
    };
    assert_eq!(keys(&[batch(b"a"), part(0, b"b"), part(1, b"c"), end(2), batch(b"d")]), "bcd");
    assert_eq!(keys(&[batch(b"a"), part(0, b"b"), batch(b"d")]), "ad");
    assert_eq!(keys(&[batch(b"a"), part(0, b"b"), part(0, b"c"), end(1)]), "c");
    assert_eq!(keys(&[batch(b"a"), part(0, b"b"), batch(b"d"), end(1)]), "ad");
    assert_eq!(keys(&[batch(b"a"), part(1, b"c"), end(2)]), "a");
    assert_eq!(keys(&[part(1, b"c"), end(2), batch(b"d")]), "cd");
    assert_eq!(keys(&[part(0, b"b"), part(2, b"c"), end(3)]), "bc");
}

#[test]
fn what_a_newer_version_wrote_is_refused() {
    let disk = SimulatedDisk::new(1);
    let settings = LogSettings { segment_bytes: SEGMENT_BYTES, salt: 1 };
    let (mut log, _) = Log::open(Arc::new(disk.clone()), settings, Location::START, &mut |_, _| {}).unwrap();
    log.reserve(2).unwrap();
    log.append(&[frame::FORMAT + 1, 0]).unwrap();
    log.sync().unwrap();
    let error = MetadataStore::open(Arc::new(disk)).expect_err("it is newer");
    assert!(matches!(error, OpenMetadataError::NewerFormat { version: 2, supported: 1 }), "{error}");
}

#[test]
fn a_folder_has_one_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metadata");
    let (store, _) = MetadataStore::open_folder(&path).unwrap();
    set(&store, "t", b"a", b"1").unwrap();
    assert!(matches!(MetadataStore::open_folder(&path), Err(OpenMetadataError::Disk(_))));
    drop(store);
    assert_eq!(MetadataStore::open_folder(&path).unwrap().0.read(|tables| tables.len("t")), 1);
}

#[derive(Clone, Debug)]
enum Operation {
    Change(Vec<(u8, u8, Option<u32>)>),
    Crash,
    CutPower(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    let step = (0..3_u8, 0..6_u8, prop::option::of(0..60_000_u32));
    prop_oneof![
        8 => prop::collection::vec(step, 1..6).prop_map(Operation::Change),
        1 => Just(Operation::Crash),
        1 => (1..8_u64).prop_map(Operation::CutPower),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// A key 0 clears its table; no value removes.
    #[test]
    fn it_is_what_a_map_would_be(seed in any::<u64>(), operations in prop::collection::vec(operation(), 1..60)) {
        let disk = SimulatedDisk::new(seed);
        let (mut store, _) = open(&disk);
        let mut model = Model::new();
        for operation in operations {
            match operation {
                Operation::Change(steps) => {
                    let mut after = model.clone();
                    let changed = store.change::<_, MetadataError>(|_, batch| {
                        for (table, key, length) in &steps {
                            let (table, key, length) = (table.to_string(), [*key], *length);
                            match length {
                                Some(length) => {
                                    let value = vec![key[0]; length as usize];
                                    batch.set(&table, &key, &value);
                                    after.insert((table, key.to_vec()), value);
                                }
                                None if key == [0] => {
                                    batch.clear(&table);
                                    after.retain(|(other, _), _| *other != table);
                                }
                                None => {
                                    batch.remove(&table, &key);
                                    after.remove(&(table, key.to_vec()));
                                }
                            }
                        }
                        Ok(())
                    });
                    if changed.is_ok() {
                        model = after;
                        continue;
                    }
                    prop_assert!(disk.is_without_power());
                    disk.crash();
                    store = open(&disk).0;
                    let found = model_of(&store);
                    prop_assert!(found == model || found == after);
                    model = found;
                }
                Operation::Crash => {
                    disk.crash();
                    store = open(&disk).0;
                }
                Operation::CutPower(nth) => disk.cut_power_at(nth),
            }
            prop_assert!(model_of(&store) == model);
            check_bytes(&store);
        }
    }
}
