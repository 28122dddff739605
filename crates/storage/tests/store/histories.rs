//! Random histories of frames, syncs, checkpoints, kills, power cuts and faults.
//!
//! A failing seed is run again with `DUNLIN_STORE_SEED=<seed>`; `DUNLIN_STORE_SEEDS=<count>` runs more of them.

use crate::history::{Counts, History};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const STEPS: usize = 200;

/// Seeds of a normal run.
const SEEDS: u64 = 100;

pub(crate) fn run(seed: u64) -> Counts {
    let mut history = History::new(seed);
    for _ in 0..STEPS {
        history.step();
    }
    history.finish()
}

/// The seeds of this run: what the environment says, or so many.
pub(crate) fn seeds(count: u64) -> Range<u64> {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    match number("DUNLIN_STORE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("DUNLIN_STORE_SEEDS").unwrap_or(count),
    }
}

#[test]
fn what_was_acknowledged_survives_any_history() {
    let seeds = seeds(SEEDS);
    let mut total = Counts::default();
    for seed in seeds.clone() {
        let counts = catch_unwind(AssertUnwindSafe(|| run(seed))).unwrap_or_else(|panic| {
            eprintln!("DUNLIN_STORE_SEED={seed}");
            resume_unwind(panic)
        });
        total.add(counts);
    }
    println!("{total:?}");
    if seeds.end - seeds.start >= SEEDS {
        total.assert_every_case_was_met();
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.crashes += other.crashes;
        self.kills += other.kills;
        self.lost_frames += other.lost_frames;
        self.failed_appends += other.failed_appends;
        self.failed_syncs += other.failed_syncs;
        self.broken_frames += other.broken_frames;
        self.no_space += other.no_space;
        self.failed_opens += other.failed_opens;
        self.checkpoints += other.checkpoints;
        self.checkpoints_tried_again += other.checkpoints_tried_again;
        self.crashes_in_checkpoint += other.crashes_in_checkpoint;
        self.recycled += other.recycled;
        self.dropped += other.dropped;
        self.emptied += other.emptied;
        self.longest_queue = self.longest_queue.max(other.longest_queue);
    }

    fn assert_every_case_was_met(&self) {
        let counts = [
            self.crashes,
            self.kills,
            self.lost_frames,
            self.failed_appends,
            self.failed_syncs,
            self.broken_frames,
            self.no_space,
            self.failed_opens,
            self.checkpoints,
            self.checkpoints_tried_again,
            self.crashes_in_checkpoint,
            self.recycled,
            self.dropped,
            self.emptied,
        ];
        assert!(counts.iter().all(|count| *count > 2), "a case is never met: {self:?}");
        assert!(self.longest_queue > 256, "no queue has several chunks: {self:?}");
    }
}
