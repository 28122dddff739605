//! How often something may happen.

use crate::ConnectionRate;

/// Parts of a token: integer arithmetic stays exact over years.
const PARTS: u64 = 1_000_000;

/// A bucket that fills with tokens at a rate; each event takes one.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    /// Parts of a token that come in a millisecond.
    parts_per_ms: u64,
    capacity: u64,
    parts: u64,
    filled_at_ms: u64,
}

impl TokenBucket {
    /// Full at `now_ms`.
    pub(crate) fn new(rate: ConnectionRate, now_ms: u64) -> Self {
        let capacity = u64::from(rate.burst.max(1)).saturating_mul(PARTS);
        let parts_per_ms = (rate.per_second * (PARTS as f64) / 1000.0).round().max(1.0) as u64;
        Self { parts_per_ms, capacity, parts: capacity, filled_at_ms: now_ms }
    }

    /// Takes a token; false when there is none.
    pub(crate) fn take(&mut self, now_ms: u64) -> bool {
        let passed = now_ms.saturating_sub(self.filled_at_ms);
        self.filled_at_ms = self.filled_at_ms.max(now_ms);
        self.parts = self.parts.saturating_add(passed.saturating_mul(self.parts_per_ms)).min(self.capacity);
        let is_taken = self.parts >= PARTS;
        if is_taken {
            self.parts -= PARTS;
        }
        is_taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_at_the_rate_and_no_more_than_the_burst_is_saved() {
        for (per_second, burst, at_once, after_ms, then) in [
            (10.0, 10, 10, 100, 1),
            (10.0, 25, 25, 1_000, 10),
            (1000.0, 1, 1, 5_000, 1),
            (0.5, 1, 1, 2_000, 1),
            (0.5, 1, 1, 1_900, 0),
        ] {
            let mut bucket = TokenBucket::new(ConnectionRate { per_second, burst }, 7_000);
            let taken = (0..100).filter(|_| bucket.take(7_000)).count();
            let later = (0..100).filter(|_| bucket.take(7_000 + after_ms)).count();
            assert_eq!((taken, later), (at_once, then), "{per_second}/s, burst {burst}, after {after_ms} ms");
        }
    }

    #[test]
    fn a_clock_that_stands_or_goes_back_gives_nothing() {
        let mut bucket = TokenBucket::new(ConnectionRate { per_second: 1.0, burst: 1 }, 5_000);
        assert!(bucket.take(5_000) && !bucket.take(5_000) && !bucket.take(1_000) && !bucket.take(5_999));
        assert!(bucket.take(6_000));
    }
}
