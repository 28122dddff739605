//! Blocks of counters.

use crate::Metric;
use std::sync::atomic::{AtomicU64, Ordering};

/// One writer's counters, on cache lines of their own.
#[derive(Debug)]
#[repr(align(128))]
pub struct CounterBlock {
    values: [AtomicU64; Metric::ALL.len()],
}

impl Default for CounterBlock {
    fn default() -> Self {
        Self { values: std::array::from_fn(|_| AtomicU64::new(0)) }
    }
}

impl CounterBlock {
    /// Adds. Only the thread that owns the block may call this: it saves the locked instruction of a shared counter.
    #[inline]
    pub fn add(&self, metric: Metric, amount: u64) {
        let value = &self.values[metric as usize];
        value.store(value.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
    }

    /// Adds from any thread.
    pub fn add_shared(&self, metric: Metric, amount: u64) {
        self.values[metric as usize].fetch_add(amount, Ordering::Relaxed);
    }

    /// The value now.
    #[must_use]
    pub fn get(&self, metric: Metric) -> u64 {
        self.values[metric as usize].load(Ordering::Relaxed)
    }
}

/// Sum over blocks.
pub fn total<'a>(blocks: impl IntoIterator<Item = &'a CounterBlock>, metric: Metric) -> u64 {
    blocks.into_iter().map(|block| block.get(metric)).fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_add_up() {
        let (first, second) = (CounterBlock::default(), CounterBlock::default());
        first.add(Metric::MessagesSent, 2);
        second.add_shared(Metric::MessagesSent, 3);
        assert_eq!(total([&first, &second], Metric::MessagesSent), 5);
        assert_eq!(total([&first, &second], Metric::MessagesReceived), 0);
    }

    #[test]
    fn metrics_are_listed_in_order_under_distinct_names() {
        for (index, metric) in Metric::ALL.iter().enumerate() {
            assert_eq!(*metric as usize, index);
        }
        let names: std::collections::BTreeSet<_> = Metric::ALL.iter().map(|metric| metric.as_str()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
    }
}
