//! How values are spread: how many are at most so large.

use std::sync::Arc;

/// How values are spread over ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// The largest value of each range, ascending. Behind the last one there is a range without end.
    pub bounds: Arc<[u64]>,
    /// How many values are in each range: one more than there are bounds.
    pub counts: Vec<u64>,
    /// All values, added up.
    pub sum: u64,
}

impl Histogram {
    /// One without values.
    #[must_use]
    pub fn new(bounds: Arc<[u64]>) -> Self {
        Self { counts: vec![0; bounds.len() + 1], bounds, sum: 0 }
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |all, count| all.wrapping_add(*count))
    }

    /// For each bound how many values are at most so large.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut so_far = 0_u64;
        self.bounds.iter().zip(&self.counts).map(move |(bound, count)| {
            so_far = so_far.wrapping_add(*count);
            (*bound, so_far)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_up_to_each_bound() {
        let mut histogram = Histogram::new([10, 100].into());
        assert_eq!((histogram.count(), histogram.cumulative().collect::<Vec<_>>()), (0, vec![(10, 0), (100, 0)]));
        histogram.counts = vec![3, 2, 1];
        assert_eq!((histogram.count(), histogram.cumulative().collect::<Vec<_>>()), (6, vec![(10, 3), (100, 5)]));
    }
}
