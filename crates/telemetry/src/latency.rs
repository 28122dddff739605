//! How long things take, and blocks in which that is counted.

use crate::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is timed, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Latency {
    /// From when authenticators are asked about a client until they have answered, whichever of them does.
    Authentication,
    /// From when it is asked whether a client may do something until that is known.
    Authorization,
    /// From when a message is received until it is written to a receiver, at QoS 0 of the delivery.
    DeliveryQos0,
    /// The same at QoS 1.
    DeliveryQos1,
    /// The same at QoS 2.
    DeliveryQos2,
    /// From when a message is written to a receiver until its PUBACK comes.
    DeliveryAckQos1,
    /// From when a message is written to a receiver until its PUBCOMP comes.
    DeliveryAckQos2,
    /// From when a message is received until its publisher is sent PUBACK.
    PublishAckQos1,
    /// From when a message is received until its publisher is sent PUBREC.
    PublishAckQos2,
}

impl Latency {
    /// Everything that is timed, `ALL[latency as usize] == latency`.
    pub const ALL: [Self; 9] = [
        Self::Authentication,
        Self::Authorization,
        Self::DeliveryQos0,
        Self::DeliveryQos1,
        Self::DeliveryQos2,
        Self::DeliveryAckQos1,
        Self::DeliveryAckQos2,
        Self::PublishAckQos1,
        Self::PublishAckQos2,
    ];
}

/// More ranges are not told apart.
pub const LATENCY_BOUNDS_MAX: usize = 32;

/// One writer's histograms. Where values are to be told apart otherwise, a new block takes its place.
#[derive(Debug)]
pub struct LatencyBlock {
    bounds: Arc<[u64]>,
    rows: [Row; Latency::ALL.len()],
}

/// One histogram, on cache lines of its own. The first counts, which most values are among, are on the first of them.
#[derive(Debug)]
#[repr(align(64))]
struct Row {
    sum: AtomicU64,
    counts: [AtomicU64; LATENCY_BOUNDS_MAX + 1],
}

impl Default for Row {
    fn default() -> Self {
        Self { sum: AtomicU64::new(0), counts: std::array::from_fn(|_| AtomicU64::new(0)) }
    }
}

impl LatencyBlock {
    /// Without values. `bounds` are milliseconds, ascending; those behind [`LATENCY_BOUNDS_MAX`] are left out.
    #[must_use]
    pub fn new(bounds: &[u64]) -> Self {
        let bounds = bounds[..bounds.len().min(LATENCY_BOUNDS_MAX)].into();
        Self { bounds, rows: Default::default() }
    }

    /// Counts something that took so long. Only the thread that owns the block may call this.
    #[inline]
    pub fn observe(&self, latency: Latency, took_ms: u64) {
        self.observe_many(latency, took_ms, 1);
    }

    /// Counts so many things that took so long each. Only the thread that owns the block may call this.
    #[inline]
    pub fn observe_many(&self, latency: Latency, took_ms: u64, count: u64) {
        let place = self.bounds.iter().position(|bound| took_ms <= *bound).unwrap_or(self.bounds.len());
        let row = &self.rows[latency as usize];
        add(&row.counts[place], count);
        add(&row.sum, took_ms.wrapping_mul(count));
    }

    fn add_to(&self, latency: Latency, histogram: &mut Histogram) {
        let row = &self.rows[latency as usize];
        for (sum, count) in histogram.counts.iter_mut().zip(&row.counts) {
            *sum = sum.wrapping_add(count.load(Ordering::Relaxed));
        }
        histogram.sum = histogram.sum.wrapping_add(row.sum.load(Ordering::Relaxed));
    }
}

#[inline]
fn add(value: &AtomicU64, amount: u64) {
    value.store(value.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
}

/// What blocks with the same bounds have counted together; `None` where there is no block.
#[must_use]
pub fn latencies_of(blocks: &[Arc<LatencyBlock>], latency: Latency) -> Option<Histogram> {
    let mut all = Histogram::new(Arc::clone(&blocks.first()?.bounds));
    for block in blocks {
        block.add_to(latency, &mut all);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_up_to_their_bound() {
        let blocks = [Arc::new(LatencyBlock::new(&[10, 100])), Arc::new(LatencyBlock::new(&[10, 100]))];
        for took_ms in [0, 10, 11, 101] {
            blocks[0].observe(Latency::Authorization, took_ms);
        }
        blocks[1].observe_many(Latency::Authorization, 100, 3);
        let all = latencies_of(&blocks, Latency::Authorization).unwrap();
        assert_eq!((&all.counts[..], all.sum), (&[2, 4, 1][..], 422));
        assert_eq!(latencies_of(&blocks, Latency::Authentication).unwrap().count(), 0);
        assert_eq!(latencies_of(&[], Latency::Authentication), None);
    }

    #[test]
    fn bounds_beyond_the_most_are_left_out() {
        let bounds: Vec<_> = (1..=100).collect();
        let block = [Arc::new(LatencyBlock::new(&bounds))];
        block[0].observe(Latency::DeliveryQos0, 50);
        let all = latencies_of(&block, Latency::DeliveryQos0).unwrap();
        assert_eq!((all.bounds.len(), all.counts[LATENCY_BOUNDS_MAX]), (LATENCY_BOUNDS_MAX, 1));
    }

    #[test]
    fn what_is_timed_is_listed_in_order() {
        for (index, latency) in Latency::ALL.iter().enumerate() {
            assert_eq!(*latency as usize, index);
        }
    }
}
