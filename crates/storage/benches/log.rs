//! The log on a real disk against the least that durability can cost: a bare append and fdatasync in a file of zeros.
//!
//! `cargo bench -p dunlin-storage`; with a folder after `--` there instead of in the target folder, which may be another disk.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock; nothing else in this crate does")]

use dunlin_storage::disk::{Disk, RealDisk};
use dunlin_storage::log::{Location, Log, LogSettings};
use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SEGMENT_BYTES: u32 = 64 << 20;

/// Measured in turns, so that a disk whose mood changes treats both alike.
const ROUNDS: usize = 20;

fn main() {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = folder.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let folder = tempfile::tempdir_in(folder).expect("the folder can be written");
    println!(
        "{:<22} {:>10} {:>10} {:>10} {:>12} {:>8}",
        "append and sync", "p50 us", "p99 us", "per s", "MB/s", "of raw"
    );
    for payload_bytes in [200, 2_000, 20_000, 200_000, 2_000_000] {
        compare(folder.path(), payload_bytes);
    }
    println!();
    append_only(folder.path());
    replay(folder.path());
}

/// One frame per sync, as group commit makes them.
fn compare(folder: &Path, payload_bytes: usize) {
    let payload: Vec<u8> = (0..payload_bytes).map(|index| (index * 7) as u8).collect();
    let per_round = (40_000_000 / payload_bytes / ROUNDS).clamp(2, 100);
    let (mut raw, mut log) = (Raw::new(&folder.join("raw")), open(&folder.join("log")));
    let (mut raw_times, mut log_times) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for _ in 0..per_round {
            raw_times.push(timed(|| raw.append(&payload)));
        }
        for _ in 0..per_round {
            log_times.push(timed(|| {
                log.reserve(payload.len()).expect("there is room");
                log.append(&payload).expect("it was reserved");
                log.sync().expect("the disk is sound");
            }));
        }
    }
    let raw_rate = report("raw", payload_bytes, &mut raw_times, None);
    report("log", payload_bytes, &mut log_times, Some(raw_rate));
    remove(folder);
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn report(name: &str, bytes: usize, times: &mut [Duration], raw_rate: Option<f64>) -> f64 {
    times.sort_unstable();
    let micros = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e6;
    let rate = times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64();
    let relation = raw_rate.map_or(String::new(), |raw| format!("{:.0} %", rate / raw * 100.0));
    let title = format!("{name} {bytes} B");
    let megabytes = rate * bytes as f64 / 1e6;
    println!("{title:<22} {:>10.0} {:>10.0} {rate:>10.0} {megabytes:>12.1} {relation:>8}", micros(0.5), micros(0.99));
    rate
}

/// A file of zeros that is written from front to back, again and again.
struct Raw {
    file: File,
    end: u64,
}

impl Raw {
    fn new(path: &Path) -> Self {
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path).expect("a new file");
        let zeros = vec![0; 1 << 20];
        for offset in (0..u64::from(SEGMENT_BYTES)).step_by(zeros.len()) {
            file.write_all_at(&zeros, offset).expect("there is room");
        }
        file.sync_all().expect("the disk is sound");
        Self { file, end: 0 }
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.end + bytes.len() as u64 > SEGMENT_BYTES.into() {
            self.end = 0;
        }
        self.file.write_all_at(bytes, self.end).expect("inside");
        self.file.sync_data().expect("the disk is sound");
        self.end += bytes.len() as u64;
    }
}

fn open(folder: &Path) -> Log {
    let (mut log, _) = replayed(folder);
    log.reserve(1).expect("there is room");
    while log.spares().prepare().expect("there is room") {}
    log
}

/// The log, and the bytes that were replayed.
fn replayed(folder: &Path) -> (Log, u64) {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk::open(folder).expect("the folder is free"));
    let settings = LogSettings { segment_bytes: SEGMENT_BYTES, salt: 1 };
    let mut bytes = 0;
    let mut count = |_: Location, payload: &[u8]| bytes += black_box(payload).len() as u64;
    let (log, _) = Log::open(disk, settings, Location::START, &mut count).expect("the log opens");
    (log, bytes)
}

fn remove(folder: &Path) {
    std::fs::remove_dir_all(folder.join("log")).expect("it exists");
    std::fs::remove_file(folder.join("raw")).expect("it exists");
}

/// What the code itself costs, with the page cache and without the disk.
fn append_only(folder: &Path) {
    for payload_bytes in [200, 20_000] {
        let mut log = open(&folder.join("log"));
        let payload = vec![7; payload_bytes];
        let count = 30_000_000 / payload_bytes as u32;
        let time = timed(|| {
            for _ in 0..count {
                log.reserve(payload.len()).expect("there is room");
                log.append(black_box(&payload)).expect("it was reserved");
            }
        });
        let nanos = time.as_secs_f64() * 1e9 / f64::from(count);
        println!("append of {payload_bytes} B without sync: {nanos:.0} ns");
        drop(log);
        std::fs::remove_dir_all(folder.join("log")).expect("it exists");
    }
}

fn replay(folder: &Path) {
    let mut log = open(&folder.join("log"));
    let payload = vec![7; 2_000];
    for _ in 0..100_000 {
        log.reserve(payload.len()).expect("there is room");
        log.append(&payload).expect("it was reserved");
    }
    log.sync().expect("the disk is sound");
    drop(log);
    let mut bytes = 0;
    let time = timed(|| bytes = replayed(&folder.join("log")).1);
    let rate = bytes as f64 / 1e6 / time.as_secs_f64();
    println!("replay of {} MB in frames of 2000 B: {time:.0?}, {rate:.0} MB/s", bytes / 1_000_000);
}
