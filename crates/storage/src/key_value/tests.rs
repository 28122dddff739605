//! What every key-value store promises.

use super::*;
use dunlin_inbox::Change;
use proptest::prelude::*;
use std::collections::BTreeMap;

const SPACES: [&str; 2] = ["first", "second"];

/// Runs a check on a store on disk and on one in memory.
fn on_both(check: impl Fn(&dyn KeyValue)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    check(&FjallKeyValue::open(folder.path(), &SPACES).expect("a new store"));
    check(&MemoryKeyValue::new(1, &SPACES));
}

fn all(store: &dyn KeyValue, space: &'static str, from: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        entries.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    };
    store.scan(space, from, &mut visit).expect("it can be read");
    entries
}

fn keys(store: &dyn KeyValue, space: &'static str) -> Vec<Vec<u8>> {
    all(store, space, b"").into_iter().map(|(key, _)| key).collect()
}

fn commit(store: &dyn KeyValue, fill: impl FnOnce(&mut KeyValueBatch)) {
    let mut batch = KeyValueBatch::default();
    fill(&mut batch);
    store.commit(&batch).expect("the disk is sound");
}

#[test]
fn values_are_found_by_key_and_in_order() {
    on_both(|store| {
        commit(store, |batch| {
            for key in ["b", "a", "c", "ab"] {
                batch.set("first", key, format!("value of {key}"));
            }
            batch.set("second", "a", "");
        });
        assert_eq!(store.get("first", b"ab").expect("readable"), Some(b"value of ab".to_vec()));
        assert_eq!(store.get("second", b"a").expect("readable"), Some(Vec::new()));
        assert_eq!(store.get("second", b"b").expect("readable"), None);
        assert_eq!(keys(store, "first"), [&b"a"[..], b"ab", b"b", b"c"]);
        assert_eq!(all(store, "first", b"aa").len(), 3);
        let mut visited = 0;
        let mut first_only = |_: &[u8], _: &[u8]| {
            visited += 1;
            ControlFlow::Break(())
        };
        store.scan("first", b"", &mut first_only).expect("readable");
        assert_eq!(visited, 1);
    });
}

#[test]
fn later_changes_of_a_batch_overrule_earlier_ones() {
    on_both(|store| {
        commit(store, |batch| {
            for key in ["x1", "x2", "y", "x\u{7f}"] {
                batch.set("first", key, "old");
                batch.set("second", key, "old");
            }
        });
        commit(store, |batch| {
            batch.set("first", "x3", "cleared again");
            batch.set("first", "y", "1");
            batch.clear_prefix("first", "x");
            batch.set("first", "x1", "set again");
            batch.set("first", "y", "2");
            batch.set("first", "z", "1");
            batch.remove("first", "z");
            batch.remove("first", "never there");
        });
        let expected = [("x1", "set again"), ("y", "2")];
        let expected = expected.map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec()));
        assert_eq!(all(store, "first", b""), expected);
        assert_eq!(keys(store, "second").len(), 4, "another space is left alone");
        commit(store, |batch| batch.clear_prefix("second", ""));
        assert_eq!(keys(store, "second").len(), 0);
    });
}

#[test]
fn what_cannot_be_done_is_an_error_and_changes_nothing() {
    on_both(|store| {
        for (space, key_bytes) in [("third", 1), ("first", 70_000), ("first", 0)] {
            let mut batch = KeyValueBatch::default();
            batch.set("first", "key", "value");
            batch.set(space, vec![0; key_bytes], "value");
            assert!(store.commit(&batch).is_err());
        }
        assert!(matches!(store.get("third", b""), Err(KeyValueError::UnknownSpace { space: "third" })));
        assert!(matches!(store.get("first", b""), Ok(None)));
        assert_eq!(keys(store, "first").len(), 0);
        store.commit(&KeyValueBatch::default()).expect("nothing to do");
        store.compact().expect("nothing to do");
    });
}

#[test]
fn a_store_on_disk_is_found_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for round in 0..3_u8 {
        let store = FjallKeyValue::open(folder.path(), &SPACES).expect("it can be opened");
        assert_eq!(keys(&store, "first").len(), usize::from(round) * 1000);
        commit(&store, |batch| {
            for number in 0..1000_u32 {
                batch.set("first", [vec![round], number.to_be_bytes().to_vec()].concat(), vec![round; 100]);
            }
        });
        let error = FjallKeyValue::open(folder.path(), &SPACES).expect_err("it is open");
        assert!(matches!(error, KeyValueError::InUse), "{error}");
    }
    let store = FjallKeyValue::open(folder.path(), &SPACES).expect("it can be opened");
    store.compact().expect("the disk is sound");
    assert_eq!(keys(&store, "first").len(), 3000);
    assert!(store.size_bytes().expect("it tells") > 0);
}

#[test]
fn a_commit_that_fails_has_happened_or_not() {
    let mut outcomes = [0; 2];
    for seed in 0..50 {
        let store = MemoryKeyValue::new(seed, &SPACES);
        store.fail_commit(2);
        commit(&store, |batch| batch.set("first", "before", ""));
        let mut batch = KeyValueBatch::default();
        batch.set("first", "a", "");
        batch.set("second", "b", "");
        assert!(store.commit(&batch).is_err());
        assert!(store.get("first", b"before").is_err(), "nothing works until it is opened again");
        store.crash();
        assert!(store.get("first", b"before").expect("readable").is_some());
        let parts =
            [("first", &b"a"[..]), ("second", b"b")].map(|(space, key)| store.get(space, key).expect("readable"));
        assert_eq!(parts[0], parts[1], "all or nothing");
        outcomes[usize::from(parts[0].is_some())] += 1;
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

#[test]
fn a_full_disk_is_recognised() {
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    assert!(KeyValueError::from(::fjall::Error::Io(full)).is_out_of_space());
    let other = std::io::Error::from(std::io::ErrorKind::NotFound);
    assert!(!KeyValueError::from(::fjall::Error::Io(other)).is_out_of_space());
    assert!(!KeyValueError::InUse.is_out_of_space());
}

fn change() -> impl Strategy<Value = Change> {
    let space = prop::sample::select(&SPACES[..]);
    let key = prop::collection::vec(0_u8..3, 1..4);
    (space, key, prop::option::of(any::<u8>()), 0..5).prop_map(|(space, key, value, kind)| match (kind, value) {
        (0, _) => Change::ClearPrefix { space, prefix: key[1..].to_vec() },
        (_, Some(value)) => Change::Set { space, key, value: vec![value] },
        (_, None) => Change::Remove { space, key },
    })
}

/// What a batch means, done one change at a time.
fn apply(model: &mut BTreeMap<(&'static str, Vec<u8>), Vec<u8>>, change: &Change) {
    match change {
        Change::Set { space, key, value } => {
            model.insert((space, key.clone()), value.clone());
        }
        Change::Remove { space, key } => {
            model.remove(&(*space, key.clone()));
        }
        Change::ClearPrefix { space, prefix } => {
            model.retain(|(other, key), _| other != space || !key.starts_with(prefix));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn both_stores_do_what_the_batch_says(
        batches in prop::collection::vec(prop::collection::vec(change(), 0..12), 1..12),
    ) {
        on_both(|store| {
            let mut model = BTreeMap::new();
            for changes in &batches {
                changes.iter().for_each(|change| apply(&mut model, change));
                let batch: KeyValueBatch = changes.iter().cloned().collect();
                store.commit(&batch).expect("the disk is sound");
            }
            for space in SPACES {
                let expected: Vec<_> =
                    model.iter().filter(|((other, _), _)| *other == space).map(|((_, key), value)| (key.clone(), value.clone())).collect();
                assert_eq!(all(store, space, b""), expected, "{space}");
            }
        });
    }
}
