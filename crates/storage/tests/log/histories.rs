//! Random histories of appends, syncs, checkpoints, kills, crashes and faults, checked against what was promised.
//!
//! A failing seed is run again with `DUNLIN_LOG_SEED=<seed>`; `DUNLIN_LOG_SEEDS=<count>` runs more of them.

use super::{Frames, SETTINGS, open, segment_file};
use dunlin_storage::disk::SimulatedDisk;
use dunlin_storage::log::{AppendError, Location, Log, Recovery, SyncError, verify};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

const STEPS: usize = 150;

/// The log, and what it promised.
struct History {
    disk: SimulatedDisk,
    random: Rng,
    log: Log,
    /// Frames that must be there, in order.
    promised: Frames,
    /// Frames that were appended since: any number of them from the front may be there after a crash.
    open: Frames,
    /// The position of the last checkpoint, and how many promised frames are before it.
    from: Location,
    before: usize,
    retired: BTreeSet<u32>,
    /// A write failed since the log was opened.
    write_failed: bool,
    counts: Counts,
}

/// What a set of histories has seen: a history that never meets a case proves nothing about it.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    crashes: u64,
    kills: u64,
    cuts: u64,
    dropped: u64,
    no_space: u64,
    retired: u64,
    failed_syncs: u64,
    power_lost_in_open: u64,
    rolled: u64,
}

impl History {
    fn new(seed: u64) -> Self {
        let disk = SimulatedDisk::new(seed);
        let (log, recovery, frames) = open(Arc::new(disk.clone()), Location::START).expect("an empty disk");
        assert_eq!((recovery, frames), (Recovery::default(), Frames::new()));
        Self {
            disk,
            random: Rng::with_seed(seed ^ 0xd15c),
            log,
            promised: Frames::new(),
            open: Frames::new(),
            from: Location::START,
            before: 0,
            retired: BTreeSet::new(),
            write_failed: false,
            counts: Counts::default(),
        }
    }

    fn step(&mut self) {
        match self.random.u8(0..33) {
            0..=13 => self.append(),
            14..=18 => _ = self.sync(),
            19 => self.checkpoint(),
            20 => self.retire(),
            21 => _ = self.log.spares().prepare(),
            22 => self.kill(),
            23 => self.crash(),
            24 => self.disk.cut_power_at(self.random.u64(1..15)),
            25 => self.disk.fail_write(self.random.u64(1..8)),
            26 => self.disk.fail_sync(self.random.u64(1..4)),
            27 => self.disk.set_capacity(self.log.bytes_on_disk() + self.random.u64(0..20_000)),
            28 => self.disk.set_capacity(u64::MAX / 4),
            29 => self.disk.fail_rename(self.random.u64(1..3)),
            _ => self.read_back(),
        }
        if self.disk.is_without_power() {
            self.crash();
        }
    }

    fn payload(&mut self) -> Vec<u8> {
        let length = match self.random.u8(0..40) {
            0 => self.random.usize(8_000..30_000),
            1..=5 => self.random.usize(1_000..8_000),
            _ => self.random.usize(1..300),
        };
        let stored = self.disk.contents(&segment_file(self.log.end().segment)).filter(|_| self.random.u8(0..10) == 0);
        match stored {
            // What a frame looks like, inside a frame.
            Some(stored) => stored.iter().skip(4096).copied().cycle().take(length).collect(),
            None => (0..length).map(|_| self.random.u8(..)).collect(),
        }
    }

    fn append(&mut self) {
        let payload = self.payload();
        let operations_before = self.disk.counters().operations;
        let place = match self.log.reserve(payload.len()) {
            Ok(place) => place,
            Err(AppendError::NoSpace(_)) => {
                self.counts.no_space += 1;
                assert!(!self.log.has_room(payload.len()), "a spare would have had room");
                // A full disk is no reason to give up what is there.
                self.sync();
                return;
            }
            Err(AppendError::NoSegment(_)) => return,
            Err(AppendError::Io(_)) => return self.begin_again(),
            Err(other) => panic!("{other}"),
        };
        self.counts.rolled += u64::from(self.disk.counters().operations > operations_before);
        self.open.push((place, payload.clone()));
        match self.log.append(&payload) {
            Ok(at) => assert_eq!(at, place),
            Err(AppendError::Io(_)) => {
                self.write_failed = true;
                let again = self.log.append(&payload).expect_err("the log is poisoned");
                assert!(matches!(again, AppendError::Poisoned { .. }), "{again}");
                self.begin_again();
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn sync(&mut self) -> bool {
        match self.log.sync() {
            Ok(()) => {
                self.promised.append(&mut self.open);
                true
            }
            Err(SyncError::Io(_)) => {
                self.counts.failed_syncs += 1;
                assert!(matches!(self.log.sync(), Err(SyncError::Poisoned { .. })), "never tried again");
                assert!(matches!(self.log.reserve(1), Err(AppendError::Poisoned { .. })));
                self.begin_again();
                false
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn checkpoint(&mut self) {
        if self.sync() {
            self.from = self.log.end();
            self.before = self.promised.len();
        }
    }

    fn retire(&mut self) {
        let old = self.log.segments().into_iter().filter(|segment| segment.number < self.from.segment);
        let Some(segment) = self.random.choice(old.collect::<Vec<_>>()) else { return };
        if self.log.retire(segment.number).is_ok() {
            self.counts.retired += 1;
        }
        self.retired.insert(segment.number);
        let frame = self.promised.iter().find(|(at, _)| at.segment == segment.number);
        if let Some((at, payload)) = frame {
            assert!(self.log.reader().read(*at, payload.len()).is_err(), "it is gone");
        }
    }

    /// What follows a fault that poisons the log.
    fn begin_again(&mut self) {
        if self.disk.is_without_power() || self.random.bool() { self.crash() } else { self.kill() }
    }

    /// The process ends; the system and its page cache go on.
    fn kill(&mut self) {
        self.counts.kills += 1;
        self.open_again(true);
    }

    fn crash(&mut self) {
        self.counts.crashes += 1;
        self.disk.crash();
        self.open_again(false);
    }

    fn open_again(&mut self, mut is_kill: bool) {
        let (log, recovery, frames) = loop {
            match open(Arc::new(self.disk.clone()), self.from) {
                Ok(opened) => break opened,
                Err(_) => {
                    // Faults that were armed before have struck.
                    self.counts.power_lost_in_open += u64::from(self.disk.is_without_power());
                    self.disk.crash();
                    is_kill = false;
                }
            }
        };
        let promised = &self.promised[self.before..];
        assert!(frames.len() >= promised.len(), "{} of {} promised frames", frames.len(), promised.len());
        assert!(frames[..promised.len()] == *promised, "promised frames, as they were");
        let kept = frames.len() - promised.len();
        assert!(kept <= self.open.len() && frames[promised.len()..] == self.open[..kept], "nothing is invented");
        if is_kill {
            assert!(kept + usize::from(self.write_failed) >= self.open.len(), "the system had it all");
            assert!(recovery.cut.is_none() || self.write_failed, "{recovery:?}");
        }
        assert_eq!((&recovery.quarantined, &recovery.missing), (&Vec::new(), &Vec::new()), "{recovery:?}");
        assert_eq!(recovery.frames, frames.len() as u64);
        let after_last = self.promised.last().map_or(Location::START, |(at, _)| *at);
        assert!(log.end() > after_last && log.end() >= self.from, "{:?}", log.end());

        self.counts.cuts += u64::from(recovery.cut.is_some());
        self.counts.dropped += (self.open.len() - kept) as u64;
        self.open.truncate(kept);
        self.promised.append(&mut self.open);
        self.write_failed = false;
        self.log = log;
    }

    fn read_back(&mut self) {
        let present: BTreeSet<_> = self.log.segments().iter().map(|segment| segment.number).collect();
        let frames = || self.promised.iter().chain(&self.open).filter(|(at, _)| !self.retired.contains(&at.segment));
        let count = frames().count();
        for _ in 0..3.min(count) {
            let Some((at, payload)) = frames().nth(self.random.usize(..count)) else { return };
            assert!(present.contains(&at.segment));
            match self.log.reader().read(*at, payload.len()) {
                Ok(bytes) => assert!(bytes == *payload, "at {at}"),
                Err(error) => assert!(self.disk.is_without_power(), "{error}"),
            }
        }
    }

    /// Once more without faults: everything is there, and the log takes more.
    fn finish(mut self) -> Counts {
        self.disk.crash();
        self.disk.set_capacity(u64::MAX / 4);
        self.open_again(false);
        self.append();
        assert!(self.sync());
        self.crash();
        let verification = verify(&self.disk, &mut |bad| panic!("{bad:?}")).expect("the disk is sound");
        let present: BTreeSet<_> = self.log.segments().iter().map(|segment| segment.number).collect();
        let expected = self.promised.iter().filter(|(at, _)| present.contains(&at.segment)).count();
        assert_eq!(verification.frames, expected as u64);
        self.counts
    }
}

fn run(seed: u64) -> Counts {
    let mut history = History::new(seed);
    for _ in 0..STEPS {
        history.step();
    }
    history.finish()
}

fn number_in_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn promised_frames_survive_any_history() {
    let seeds = match number_in_environment("DUNLIN_LOG_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number_in_environment("DUNLIN_LOG_SEEDS").unwrap_or(500),
    };
    let mut total = Counts::default();
    for seed in seeds.clone() {
        let counts = catch_unwind(AssertUnwindSafe(|| run(seed))).unwrap_or_else(|panic| {
            eprintln!("DUNLIN_LOG_SEED={seed} SETTINGS={SETTINGS:?}");
            resume_unwind(panic)
        });
        total.add(counts);
    }
    println!("{total:?}");
    if seeds.end - seeds.start >= 500 {
        let Counts { crashes, kills, cuts, dropped, no_space, retired, failed_syncs, power_lost_in_open, rolled } =
            total;
        for count in [crashes, kills, cuts, dropped, no_space, retired, failed_syncs, power_lost_in_open, rolled] {
            assert!(count > 30, "a case is never met: {total:?}");
        }
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.crashes += other.crashes;
        self.kills += other.kills;
        self.cuts += other.cuts;
        self.dropped += other.dropped;
        self.no_space += other.no_space;
        self.retired += other.retired;
        self.failed_syncs += other.failed_syncs;
        self.power_lost_in_open += other.power_lost_in_open;
        self.rolled += other.rolled;
    }
}
