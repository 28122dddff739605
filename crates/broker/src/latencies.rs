//! How long things take: a block of histograms for each worker.

use dunlin_model::Millis;
use dunlin_telemetry::{Histogram, Latency, LatencyBlock, latencies_of};
use parking_lot::RwLock;
use std::sync::Arc;

/// [`crate::BrokerSettings::latency_bounds_ms`] where nobody says otherwise.
pub(crate) const DEFAULT_BOUNDS_MS: [Millis; 5] = [10, 100, 1_000, 5_000, 30_000];

/// The histograms of all workers, who keep the block they have seen last and are told of a change.
pub(crate) struct Latencies(RwLock<Blocks>);

struct Blocks {
    bounds_ms: Vec<Millis>,
    of_workers: Vec<Arc<LatencyBlock>>,
}

impl Blocks {
    fn new(workers: usize, bounds_ms: &[Millis]) -> Self {
        let of_workers = (0..workers).map(|_| Arc::new(LatencyBlock::new(bounds_ms))).collect();
        Self { bounds_ms: bounds_ms.to_vec(), of_workers }
    }
}

impl Latencies {
    pub(crate) fn new(workers: usize, bounds_ms: &[Millis]) -> Self {
        Self(RwLock::new(Blocks::new(workers, bounds_ms)))
    }

    /// The block that a worker counts in.
    pub(crate) fn of(&self, worker: usize) -> Arc<LatencyBlock> {
        Arc::clone(&self.0.read().of_workers[worker])
    }

    /// Other bounds. What was counted between those before cannot be sorted anew: everything is counted from nothing.
    pub(crate) fn change(&self, bounds_ms: &[Millis]) {
        let mut blocks = self.0.write();
        if blocks.bounds_ms != bounds_ms {
            *blocks = Blocks::new(blocks.of_workers.len(), bounds_ms);
        }
    }

    /// What all workers have counted.
    pub(crate) fn total(&self, latency: Latency) -> Option<Histogram> {
        latencies_of(&self.0.read().of_workers, latency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bounds_begin_with_nothing_and_the_same_change_nothing() {
        let latencies = Latencies::new(2, &DEFAULT_BOUNDS_MS);
        latencies.of(0).observe(Latency::Authorization, 7);
        latencies.of(1).observe(Latency::Authorization, 70);
        latencies.change(&DEFAULT_BOUNDS_MS);
        let counts = |latencies: &Latencies| latencies.total(Latency::Authorization).unwrap().counts;
        assert_eq!(counts(&latencies), [1, 1, 0, 0, 0, 0]);
        latencies.change(&[50]);
        assert_eq!(counts(&latencies), [0, 0]);
        latencies.of(1).observe(Latency::Authorization, 70);
        assert_eq!(counts(&latencies), [0, 1]);
    }
}
