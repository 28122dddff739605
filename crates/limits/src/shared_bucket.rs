//! A bucket of many threads.

use crate::Rate;
use dunlin_model::Millis;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// A token bucket that any thread may take from, without a lock.
///
/// What comes in a time is added by the one thread that moves `filled_at` on. Until it has added them others find too little, and
/// wait a moment longer: never is a token given out twice. No other memory depends on these values, so their order among others
/// does not matter.
#[derive(Debug)]
pub struct SharedBucket {
    rate: Rate,
    /// Below zero it is a debt.
    parts: AtomicI64,
    filled_at: AtomicU64,
    burst_at: AtomicU64,
}

impl SharedBucket {
    /// A full bucket.
    #[must_use]
    pub fn full(rate: Rate, now: Millis) -> Self {
        Self {
            rate,
            parts: AtomicI64::new(rate.parts_when_full()),
            filled_at: AtomicU64::new(now),
            burst_at: AtomicU64::new(now),
        }
    }

    /// A bucket in the place of another one, with another rate. The tokens of that stay, as far as there is room for them, and so
    /// does a debt.
    #[must_use]
    pub fn after(old: &Self, rate: Rate, now: Millis) -> Self {
        let passed_ms = now.saturating_sub(old.filled_at.load(Relaxed));
        let parts = rate.converted(old.rate.after(old.parts.load(Relaxed), passed_ms), &old.rate);
        Self {
            rate,
            parts: AtomicI64::new(parts),
            filled_at: AtomicU64::new(now),
            burst_at: AtomicU64::new(old.burst_at.load(Relaxed)),
        }
    }

    /// Its rate.
    #[must_use]
    pub const fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Whether so many tokens could be taken now. Others may be quicker.
    pub fn has(&self, tokens: u64, now: Millis) -> bool {
        let needed = self.rate.parts_needed(tokens);
        self.parts.load(Relaxed) >= needed || {
            self.fill(needed, now);
            self.parts.load(Relaxed) >= needed
        }
    }

    /// Takes so many tokens, all or none; false when it has not as many.
    pub fn try_take(&self, tokens: u64, now: Millis) -> bool {
        let (needed, parts) = (self.rate.parts_needed(tokens), self.rate.parts_of(tokens));
        let take = || {
            let taken = |has: i64| (has >= needed).then(|| has.saturating_sub(parts));
            self.parts.fetch_update(Relaxed, Relaxed, taken).is_ok()
        };
        take() || {
            self.fill(needed, now);
            take()
        }
    }

    /// Takes so many tokens whether it has them or not, for what has happened already. What is missing is a debt.
    pub fn charge(&self, tokens: u64) {
        let parts = self.rate.parts_of(tokens);
        let _ = self.parts.fetch_update(Relaxed, Relaxed, |has| Some(has.saturating_sub(parts)));
    }

    /// Gives back tokens that were taken and not used.
    pub fn put_back(&self, tokens: u64) {
        let (parts, full) = (self.rate.parts_of(tokens), self.rate.parts_when_full());
        let _ = self.parts.fetch_update(Relaxed, Relaxed, |has| Some(has.saturating_add(parts).min(full)));
    }

    /// When so many tokens can be taken if nobody else takes any: `now` or later.
    #[must_use]
    pub fn ready_at(&self, tokens: u64, now: Millis) -> Millis {
        let needed = self.rate.parts_needed(tokens);
        let (filled_at, burst_at) = (self.filled_at.load(Relaxed), self.burst_at.load(Relaxed));
        self.rate.ready_at(needed, self.parts.load(Relaxed), filled_at, burst_at, now)
    }

    /// Adds what has come, where there is less than is needed.
    fn fill(&self, needed: i64, now: Millis) {
        if let Some(passed_ms) = advance(&self.filled_at, self.rate.step_ms(), now) {
            let _ = self.parts.fetch_update(Relaxed, Relaxed, |has| Some(self.rate.after(has, passed_ms)));
        }
        if self.rate.has_burst()
            && self.parts.load(Relaxed) < needed
            && advance(&self.burst_at, self.rate.burst_period_ms(), now).is_some()
        {
            let _ = self.parts.fetch_update(Relaxed, Relaxed, |has| Some(self.rate.after_burst(has)));
        }
    }
}

/// Moves a time to `now` where at least so many milliseconds have passed; says how many. One of several threads does it.
fn advance(since: &AtomicU64, step_ms: u64, now: Millis) -> Option<u64> {
    let before = since.load(Relaxed);
    let passed_ms = now.saturating_sub(before);
    (passed_ms >= step_ms && since.compare_exchange(before, now, Relaxed, Relaxed).is_ok()).then_some(passed_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bucket;
    use proptest::prelude::*;
    use std::num::NonZeroU64;
    use std::sync::atomic::AtomicBool;

    fn nonzero(value: u64) -> NonZeroU64 {
        NonZeroU64::new(value).expect("above 0")
    }

    fn rate(tokens: u64, period_ms: u64) -> Rate {
        Rate::new(nonzero(tokens), nonzero(period_ms))
    }

    proptest! {
        #[test]
        fn for_one_thread_it_is_a_bucket_like_the_other(
            (tokens, period_ms, burst, burst_period_ms) in (1..50_u64, 1..5_000_u64, 1..50_u64, 1..9_000_u64),
            steps in prop::collection::vec((0..4_u8, 0..3_000_u64, 0..80_u64), 1..100),
        ) {
            let rate = rate(tokens, period_ms).with_burst(nonzero(burst), nonzero(burst_period_ms));
            let (mut own, shared) = (Bucket::full(rate, 0), SharedBucket::full(rate, 0));
            let mut now = 0;
            for (kind, wait_ms, amount) in steps {
                now += wait_ms;
                match kind {
                    0 | 1 => prop_assert_eq!(own.try_take(amount, now), shared.try_take(amount, now)),
                    2 => (own.charge(amount), shared.charge(amount)).1,
                    _ => (own.put_back(amount), shared.put_back(amount)).1,
                }
                prop_assert_eq!(own.ready_at(amount, now), shared.ready_at(amount, now));
                prop_assert_eq!(own.has(amount, now), shared.has(amount, now));
            }
        }
    }

    #[test]
    fn another_rate_takes_over_what_there_is() {
        let old = SharedBucket::full(rate(10, 1_000), 0);
        assert!(old.try_take(8, 0));
        let new = SharedBucket::after(&old, rate(100, 1_000), 0);
        assert!(new.try_take(2, 0) && !new.try_take(1, 999) && new.try_take(100, 1_000));
    }

    /// Threads that take as fast as they can, while the time goes on, get what one would get and no more.
    #[test]
    fn threads_together_get_no_more_than_the_rate() {
        const STEPS: u64 = 2_000;
        let bucket = SharedBucket::full(rate(7, 10), 0);
        let (now, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        let take_all = || {
            let mut taken = 0;
            while !is_over.load(Relaxed) {
                taken += u64::from(bucket.try_take(1, now.load(Relaxed)));
            }
            taken
        };
        let taken: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take_all)).collect();
            for step in 1..=STEPS {
                now.store(step * 10, Relaxed);
                std::thread::yield_now();
            }
            is_over.store(true, Relaxed);
            threads.into_iter().map(|thread| thread.join().expect("it ends")).sum()
        });
        assert!(taken <= 7 + STEPS * 7, "{taken}");
        assert!(taken >= 7, "{taken}");
    }
}
