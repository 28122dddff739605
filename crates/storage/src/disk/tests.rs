//! What every disk promises, and what the simulated one takes away.

use super::*;
use std::collections::BTreeSet;
use std::io::ErrorKind;

/// Runs a check on the real file system and on the simulated disk.
fn on_both(check: impl Fn(&dyn Disk)) {
    check(&SimulatedDisk::new(1));
    let folder = tempfile::tempdir().expect("a temporary folder");
    check(&RealDisk::open(folder.path().join("some/new/folder")).expect("the folder is free"));
}

fn names(disk: &dyn Disk) -> BTreeSet<String> {
    disk.list().expect("it can be listed").into_iter().collect()
}

fn read(file: &dyn DiskFile, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.read_at(offset, &mut bytes).map(|()| bytes)
}

#[test]
fn files_begin_as_zeros_and_keep_their_length() {
    on_both(|disk| {
        let file = disk.create("a", 3_000_000).expect("there is room");
        assert_eq!(file.length_bytes(), 3_000_000);
        assert!(read(&*file, 0, 3_000_000).expect("all of it").iter().all(|byte| *byte == 0));
        file.write_at(2_999_998, b"xy").expect("inside");
        file.sync_data().expect("the disk is sound");
        assert_eq!(file.write_at(2_999_999, b"xy").expect_err("beyond").kind(), ErrorKind::InvalidInput);
        assert_eq!(file.write_at(u64::MAX, b"xy").expect_err("beyond").kind(), ErrorKind::InvalidInput);
        assert_eq!(read(&*file, 2_999_999, 2).expect_err("beyond").kind(), ErrorKind::UnexpectedEof);
        assert_eq!(read(&*file, u64::MAX, 1).expect_err("beyond").kind(), ErrorKind::UnexpectedEof);
        let again = disk.open("a").expect("it exists");
        assert_eq!((again.length_bytes(), read(&*again, 2_999_997, 3).expect("inside")), (3_000_000, b"\0xy".to_vec()));
    });
}

#[test]
fn names_are_created_changed_and_removed() {
    on_both(|disk| {
        disk.create("a", 10).expect("there is room").write_at(0, b"from a").expect("inside");
        disk.create("b", 10).expect("there is room");
        assert_eq!(disk.create("a", 10).err().expect("it exists").kind(), ErrorKind::AlreadyExists);
        let open = disk.open("b").expect("it exists");
        disk.rename("a", "b").expect("a exists, and b is replaced");
        assert_eq!(names(disk), BTreeSet::from(["b".to_owned()]));
        assert_eq!(read(&*disk.open("b").expect("it exists"), 0, 6).expect("inside"), b"from a");
        assert_eq!(read(&*open, 0, 6).expect("the old file is still open"), [0; 6]);
        disk.remove("b").expect("it exists");
        assert_eq!(names(disk), BTreeSet::new());
        for error in [disk.remove("b"), disk.rename("b", "c"), disk.open("b").map(|_| ())] {
            assert_eq!(error.expect_err("it is gone").kind(), ErrorKind::NotFound);
        }
        assert!(disk.free_bytes().expect("it tells") > 0);
    });
}

#[test]
fn a_folder_has_one_owner() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let disk = RealDisk::open(folder.path()).expect("the folder is free");
    let error = RealDisk::open(folder.path()).expect_err("the folder is taken");
    assert!(matches!(error, OpenDiskError::InUse { .. }), "{error}");
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
    drop(disk);
    RealDisk::open(folder.path()).expect("the folder is free again");
    let error = RealDisk::open("/proc/no/such/folder").expect_err("nobody can create this");
    assert!(error.to_string().contains("/proc/no"), "{error}");
}

#[test]
fn names_cannot_leave_the_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let disk = RealDisk::open(folder.path()).expect("the folder is free");
    std::fs::create_dir(folder.path().join("folder")).expect("it is new");
    for name in ["", ".", "..", "../a", "folder/a", "lock"] {
        assert_eq!(disk.create(name, 1).err().expect(name).kind(), ErrorKind::InvalidInput, "{name}");
    }
    assert_eq!(names(&disk), BTreeSet::new(), "neither the lock nor a folder is a file");
}

/// What is durable of 64 writes of 100 bytes each after a crash: one entry per write, the bytes of it that are there.
fn survivors(seed: u64, sync_after: usize) -> Vec<usize> {
    let disk = SimulatedDisk::new(seed);
    let file = disk.create("a", 6400).expect("there is room");
    for index in 0..64 {
        file.write_at(index * 100, &[1; 100]).expect("inside");
        if index as usize + 1 == sync_after {
            file.sync_data().expect("the disk is sound");
        }
    }
    disk.crash();
    assert!(file.sync_data().is_err(), "handles from before the crash are dead");
    let bytes = disk.contents("a").expect("it exists");
    bytes.chunks(100).map(|chunk| chunk.iter().filter(|byte| **byte == 1).count()).collect()
}

#[test]
fn a_crash_spares_what_was_synced_and_nothing_else_for_sure() {
    let mut outcomes = BTreeSet::new();
    for seed in 0..200 {
        let survivors = survivors(seed, 10);
        assert!(survivors[..10].iter().all(|bytes| *bytes == 100), "seed {seed}");
        let torn = survivors[10..].iter().any(|bytes| !matches!(bytes, 0 | 100));
        let reordered = survivors[10..].is_sorted_by(|first, second| first >= second);
        let all = survivors[10..].iter().all(|bytes| *bytes == 100);
        let none = survivors[10..].iter().all(|bytes| *bytes == 0);
        outcomes.insert((torn, !reordered, all, none));
    }
    for (what, seen) in [
        ("torn", outcomes.iter().any(|outcome| outcome.0)),
        ("reordered", outcomes.iter().any(|outcome| outcome.1)),
        ("nothing lost", outcomes.iter().any(|outcome| outcome.2)),
        ("all lost", outcomes.iter().any(|outcome| outcome.3)),
    ] {
        assert!(seen, "never {what}");
    }
    assert_eq!(survivors(7, 10), survivors(7, 10), "a seed repeats");
}

#[test]
fn a_failed_sync_loses_what_it_should_have_kept() {
    let disk = SimulatedDisk::new(1);
    let file = disk.create("a", 4).expect("there is room");
    file.write_at(0, b"lost").expect("inside");
    disk.fail_sync(1);
    assert_eq!(file.sync_data().expect_err("it was told to fail").raw_os_error(), Some(5));
    file.sync_data().expect("the next one says that all is well");
    assert_eq!(read(&*file, 0, 4).expect("inside"), b"lost", "readers still see it");
    disk.crash();
    assert_eq!(disk.contents("a"), Some(vec![0; 4]));
}

#[test]
fn faults_strike_once_and_at_the_call_that_was_named() {
    let disk = SimulatedDisk::new(1);
    let file = disk.create("a", 100).expect("there is room");
    disk.fail_write(2);
    disk.fail_read(1);
    file.write_at(0, &[1; 100]).expect("the first write is sound");
    assert_eq!(file.write_at(0, &[2; 100]).expect_err("the second is not").raw_os_error(), Some(5));
    file.write_at(0, &[3; 100]).expect("the third is sound");
    assert!(read(&*file, 0, 1).is_err());
    assert_eq!(read(&*file, 0, 1).expect("sound again"), [3]);
    assert_eq!(disk.counters().writes, 3);
}

#[test]
fn a_full_disk_takes_no_new_file() {
    let disk = SimulatedDisk::new(1);
    disk.set_capacity(100);
    disk.create("a", 60).expect("there is room");
    let error = disk.create("b", 60).err().expect("there is no room");
    assert!(is_out_of_space(&error), "{error}");
    assert_eq!((names(&disk), disk.free_bytes().expect("it tells")), (BTreeSet::from(["a".to_owned()]), 40));
    disk.remove("a").expect("it exists");
    disk.create("b", 60).expect("there is room again");
}

#[test]
fn without_power_nothing_works_until_the_crash_is_over() {
    for nth in 1..=6 {
        let disk = SimulatedDisk::new(nth);
        disk.cut_power_at(nth);
        let procedure = || -> io::Result<()> {
            let file = disk.create("a", 8)?;
            file.write_at(0, b"12345678")?;
            file.sync_data()?;
            disk.rename("a", "b")?;
            disk.remove("b")
        };
        assert_eq!(procedure().is_ok(), nth == 6, "{nth}");
        assert_eq!(disk.is_without_power(), nth < 6);
        assert_eq!(disk.list().is_err(), nth < 6);
        disk.crash();
        let left = names(&disk);
        match nth {
            1..=3 => assert!(!left.contains("b"), "{nth}: {left:?}"),
            4 | 5 => {
                let content = left.first().map(|name| disk.contents(name).expect("it is listed"));
                assert!(content.is_none_or(|content| content == b"12345678"), "{nth}");
            }
            _ => assert_eq!(left, BTreeSet::new()),
        }
    }
}
