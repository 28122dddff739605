//! A start with many stored sessions, each with one subscription and an empty queue: how long it takes, and how much memory.
//!
//! `cargo bench -p dunlin-storage --bench start`; with a number after `--` that many sessions instead of 1,000,000.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock; nothing else in this crate does")]

use dunlin_inbox::{Command, SessionNumber, SessionRecord, SubscriptionRecord};
use dunlin_model::{ArcStr, ClientId, ProtocolVersion, Qos, SubscriptionOptions};
use dunlin_storage::store::{Store, StoreSettings};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Sessions begun between two checkpoints.
const CHECKPOINT_SESSIONS: u64 = 50_000;

/// Sessions begun in one frame of the log.
const FRAME_SESSIONS: u64 = 1_000;

/// Names the folder to the process that opens it.
const FOLDER: &str = "DUNLIN_START_FOLDER";

/// More than the commands of a session take in the log.
const SESSION_BYTES_MAX: usize = 256;

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    if let Some(folder) = std::env::var_os(FOLDER) {
        return open(Path::new(&folder), count);
    }
    let folder = tempfile::tempdir_in(PathBuf::from(env!("CARGO_TARGET_TMPDIR"))).expect("the folder can be written");
    let start = Instant::now();
    make(folder.path(), count, true);
    println!("{count} sessions made in {:.1?}", start.elapsed());
    start_twice("a start with all in the key-value store", folder.path(), count);

    let folder = tempfile::tempdir_in(PathBuf::from(env!("CARGO_TARGET_TMPDIR"))).expect("the folder can be written");
    let start = Instant::now();
    make(folder.path(), count, false);
    println!("{count} sessions made in {:.1?}", start.elapsed());
    start_twice("a start with all in the log", folder.path(), count);
}

/// Begins sessions, with checkpoints now and then or without any.
fn make(folder: &Path, count: u64, with_checkpoints: bool) {
    let (mut store, _) = Store::open_folder(folder, StoreSettings::default()).expect("a new store");
    for first in (0..count).step_by(FRAME_SESSIONS as usize) {
        let sessions = first..count.min(first + FRAME_SESSIONS);
        store.begin(sessions.clone().count() * SESSION_BYTES_MAX).expect("there is room");
        for number in sessions {
            begin_session(&mut store, SessionNumber(number));
        }
        store.append().expect("the disk is sound");
        let is_due = first % CHECKPOINT_SESSIONS == 0 || first + FRAME_SESSIONS >= count;
        if with_checkpoints && is_due {
            let mut checkpoint = store.begin_checkpoint().expect("the disk is sound");
            checkpoint.write().expect("the disk is sound");
            store.end_checkpoint(checkpoint).expect("the disk is sound");
        }
    }
    store.sync().expect("the disk is sound");
}

fn begin_session(store: &mut Store, session: SessionNumber) {
    let record = SessionRecord {
        client_id: ClientId::from(format!("device-{session:08}").as_str()),
        version: ProtocolVersion::V5,
        expiry_secs: 86_400,
        connected: false,
        expires_at: Some(1_700_000_000_000),
        will: None,
    };
    let options = SubscriptionOptions { qos: Qos::AtLeastOnce, ..SubscriptionOptions::default() };
    let filter = ArcStr::from(format!("site/7/device-{session:08}/commands/#"));
    let subscription = SubscriptionRecord { filter, options, subscription_id: 0 };
    for command in [Command::SetSession { session, record }, Command::SetSubscription { session, subscription }] {
        store.push(&command).expect("the key-value store is sound");
    }
}

/// Opens the store in a process of its own, which has no memory from making it. The second time finds the checkpoint of the first.
fn start_twice(what: &str, folder: &Path, count: u64) {
    println!("{what}: {:.1} MB on disk", size_bytes(folder) as f64 / 1e6);
    for _ in 0..2 {
        let this = std::env::current_exe().expect("it runs");
        let status = std::process::Command::new(this).arg(count.to_string()).env(FOLDER, folder).status();
        assert!(status.expect("it can be started").success());
    }
}

/// Opens the store and visits its sessions.
fn open(folder: &Path, count: u64) {
    let before_bytes = memory_bytes("VmRSS");
    forget_peak();
    let start = Instant::now();
    let (store, recovery) = Store::open_folder(folder, StoreSettings::default()).expect("the store is sound");
    let opened = start.elapsed();
    let (open_bytes, open_peak_bytes) = (memory_bytes("VmRSS"), memory_bytes("VmHWM"));
    forget_peak();
    let start = Instant::now();
    let (mut sessions, mut subscriptions) = (0, 0);
    let mut visit = |stored: dunlin_storage::store::StoredSession| {
        sessions += 1;
        subscriptions += stored.subscriptions.len() as u64;
    };
    store.sessions(&mut visit).expect("the key-value store is sound");
    let visited = start.elapsed();
    assert_eq!((sessions, subscriptions), (count, count));
    let peak_bytes = memory_bytes("VmHWM");
    let in_mb = |bytes: u64| bytes.saturating_sub(before_bytes) as f64 / 1e6;
    println!(
        "opened in {opened:.2?} ({} frames), {:.0} MB, peak {:.0} MB; sessions visited in {visited:.2?}, peak {:.0} MB",
        recovery.frames,
        in_mb(open_bytes),
        in_mb(open_peak_bytes),
        in_mb(peak_bytes)
    );
}

fn size_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("the folder can be read").flatten();
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}

/// `VmRSS` is what is resident, `VmHWM` the most that was.
fn memory_bytes(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}

/// Lets the most that was resident begin anew.
fn forget_peak() {
    // Where it is not possible the figures are only too high.
    let _ = fs::write("/proc/self/clear_refs", "5");
}
