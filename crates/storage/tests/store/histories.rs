//! Random histories of frames, syncs, checkpoints, kills, power cuts and faults.
//!
//! A failing seed is run again with `DUNLIN_STORE_SEED=<seed>`; `DUNLIN_STORE_SEEDS=<count>` runs more of them.

use crate::history::{Counts, History};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const STEPS: usize = 200;

/// Seeds of a normal run.
const SEEDS: u64 = 50;

pub(crate) fn run(seed: u64) -> Counts {
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
fn what_was_acknowledged_survives_any_history() {
    let seeds = match number_in_environment("DUNLIN_STORE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number_in_environment("DUNLIN_STORE_SEEDS").unwrap_or(SEEDS),
    };
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
        ];
        assert!(counts.iter().all(|count| *count > 4), "a case is never met: {self:?}");
        assert!(self.longest_queue > 256, "no queue has several chunks: {self:?}");
    }
}
