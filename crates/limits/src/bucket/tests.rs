//! A bucket in chosen situations, and against a model that knows nothing of parts.

use super::*;
use proptest::prelude::*;
use std::num::NonZeroU64;

fn nonzero(value: u64) -> NonZeroU64 {
    NonZeroU64::new(value).expect("above 0")
}

fn rate(tokens: u64, period_ms: u64) -> Rate {
    Rate::new(nonzero(tokens), nonzero(period_ms))
}

/// How many of so many tries are granted.
fn granted(bucket: &mut Bucket, tries: usize, now: Millis) -> usize {
    (0..tries).filter(|_| bucket.try_take(1, now)).count()
}

#[test]
fn tokens_come_once_in_a_period_and_no_more_than_those_of_one_are_saved() {
    for (tokens, period_ms, at_once, after_ms, then) in [
        (10, 1_000, 10, 999, 0),
        (10, 1_000, 10, 1_000, 10),
        (10, 1_000, 10, 60_000, 10),
        (10, 100, 10, 100, 10),
        (1, 2_000, 1, 1_999, 0),
        (1, 2_000, 1, 2_000, 1),
        (100, 10_000, 100, 1_000, 10),
        (1_000, 3_600_000, 1_000, 3_600, 1),
    ] {
        let mut bucket = Bucket::full(rate(tokens, period_ms), 7_000);
        let first = granted(&mut bucket, 2_000, 7_000);
        let later = granted(&mut bucket, 2_000, 7_000 + after_ms);
        assert_eq!((first, later), (at_once, then), "{tokens}/{period_ms} ms after {after_ms} ms");
    }
}

#[test]
fn a_burst_is_there_at_first_and_again_after_its_period_for_who_has_used_up_the_rest() {
    let mut bucket = Bucket::full(rate(10, 1_000).with_burst(nonzero(5), nonzero(60_000)), 0);
    assert_eq!(granted(&mut bucket, 100, 0), 15);
    assert_eq!(granted(&mut bucket, 100, 1_000), 10);
    assert_eq!(granted(&mut bucket, 100, 59_999), 10);
    assert_eq!(bucket.ready_at(1, 59_999), 60_000);
    assert_eq!(granted(&mut bucket, 100, 60_000), 15);
    assert_eq!(bucket.ready_at(1, 60_000), 60_999);
}

#[test]
fn more_than_a_period_gives_is_taken_from_a_full_bucket_and_paid_for_afterwards() {
    let mut bucket = Bucket::full(rate(1_000, 1_000), 0);
    assert!(bucket.try_take(1, 0) && !bucket.has(5_000, 0));
    assert_eq!(bucket.ready_at(5_000, 0), 1_000);
    assert!(bucket.try_take(5_000, 1_000));
    assert_eq!(bucket.ready_at(1, 1_000), 5_001);
    assert!(!bucket.try_take(1, 5_000) && bucket.try_take(1, 5_001 + 999));
}

#[test]
fn what_is_put_back_can_be_taken_again_and_is_no_gift() {
    let mut bucket = Bucket::full(rate(2, 1_000), 0);
    bucket.put_back(9);
    assert_eq!(granted(&mut bucket, 9, 0), 2);
    bucket.put_back(1);
    assert_eq!(granted(&mut bucket, 9, 0), 1);
}

#[test]
fn another_rate_counts_at_once_and_is_no_gift() {
    let mut bucket = Bucket::full(rate(10, 1_000), 0);
    assert!(bucket.try_take(10, 0));
    bucket.change(rate(1_000, 1_000), 0);
    assert_eq!((granted(&mut bucket, 9, 0), bucket.ready_at(1, 0)), (0, 1_000));
    assert_eq!(granted(&mut bucket, 2_000, 1_000), 1_000);
    let mut bucket = Bucket::full(rate(1_000, 1_000), 0);
    bucket.change(rate(3, 7_000), 500);
    assert_eq!(granted(&mut bucket, 9, 500), 3);
    bucket.change(rate(1_000, 1_000), 500);
    bucket.charge(2_000);
    bucket.change(rate(10, 1_000), 500);
    assert_eq!(bucket.ready_at(1, 500), 500 + 200_100);
}

#[test]
fn a_clock_that_stands_or_goes_back_gives_nothing() {
    let mut bucket = Bucket::full(rate(1, 1_000), 5_000);
    assert!(bucket.try_take(1, 5_000) && !bucket.try_take(1, 5_000));
    assert!(!bucket.try_take(1, 1_000) && !bucket.try_take(1, 5_999) && bucket.try_take(1, 6_000));
}

/// What a bucket should do, with tokens as fractions of a common denominator.
struct Model {
    tokens: i128,
    period_ms: i128,
    burst: Option<(i128, u64)>,
    /// Numerator over `period_ms`.
    has: i128,
    filled_at: u64,
    burst_at: u64,
}

impl Model {
    fn try_take(&mut self, tokens: u64, now: u64) -> bool {
        let needed = i128::from(tokens).min(self.tokens) * self.period_ms;
        let passed = now - self.filled_at;
        if self.has < needed && (i128::from(passed) >= self.period_ms || passed >= 1_000) {
            let brim = self.tokens * self.period_ms;
            if self.has < brim {
                self.has = brim.min(self.has + self.tokens * i128::from(passed));
            }
            self.filled_at = now;
        }
        if let Some((burst, period_ms)) = self.burst
            && self.has < needed
            && now - self.burst_at >= period_ms
        {
            self.has = (self.tokens + burst) * self.period_ms + self.has.min(0);
            self.burst_at = now;
        }
        let may_take = self.has >= needed;
        if may_take {
            self.has -= i128::from(tokens) * self.period_ms;
        }
        may_take
    }
}

/// Rates from very slow to very fast, with and without a burst.
fn rates() -> impl Strategy<Value = (u64, u64, Option<(u64, u64)>)> {
    let tokens = prop_oneof![1..20_u64, 1..2_000_000_000_u64];
    let period_ms = prop_oneof![1..5_000_u64, 1..100_000_000_u64];
    (tokens.clone(), period_ms.clone(), prop::option::of((tokens, period_ms)))
}

fn bucket_and_model(tokens: u64, period_ms: u64, burst: Option<(u64, u64)>) -> (Bucket, Model) {
    let mut chosen = rate(tokens, period_ms);
    if let Some((tokens, period_ms)) = burst {
        chosen = chosen.with_burst(nonzero(tokens), nonzero(period_ms));
    }
    let (tokens, period_ms) = (i128::from(tokens), i128::from(period_ms));
    let burst = burst.map(|(tokens, period_ms)| (i128::from(tokens), period_ms));
    let has = (tokens + burst.map_or(0, |(tokens, _)| tokens)) * period_ms;
    (Bucket::full(chosen, 0), Model { tokens, period_ms, burst, has, filled_at: 0, burst_at: 0 })
}

proptest! {
    #[test]
    fn it_grants_what_exact_fractions_grant(
        (tokens, period_ms, burst) in rates(),
        steps in prop::collection::vec((0..3_u64, 0..5_000_u64, 0..3_000_u64), 1..200),
    ) {
        let (mut bucket, mut model) = bucket_and_model(tokens, period_ms, burst);
        let mut now = 0;
        for (kind, wait_ms, amount) in steps {
            let amount = if kind == 0 { 1 } else { amount * tokens / 2_000 };
            now += if kind == 2 { wait_ms * period_ms / 2_000 } else { wait_ms };
            prop_assert_eq!(bucket.try_take(amount, now), model.try_take(amount, now), "{} at {}", amount, now);
        }
    }

    #[test]
    fn it_never_grants_more_than_its_rate_its_bursts_and_one_request(
        (tokens, period_ms, burst) in rates(),
        steps in prop::collection::vec((0..2_000_u64, 1..2_000_u64), 1..200),
    ) {
        let (mut bucket, _) = bucket_and_model(tokens, period_ms, burst);
        let (mut now, mut taken, mut largest) = (0, 0_i128, 0_i128);
        for (wait, amount) in steps {
            let amount = (amount * tokens / 1_000).max(1);
            now += wait * period_ms / 1_000;
            largest = largest.max(i128::from(amount));
            if bucket.try_take(amount, now) {
                taken += i128::from(amount);
            }
        }
        let (tokens, period_ms, now) = (i128::from(tokens), i128::from(period_ms), i128::from(now));
        let bursts = burst.map_or(0, |(burst, every_ms)| (now / i128::from(every_ms) + 1) * (i128::from(burst) + tokens));
        prop_assert!(taken <= tokens + tokens * now / period_ms + 1 + bursts + largest);
    }

    #[test]
    fn tokens_are_ready_when_it_says_so_and_not_before(
        (tokens, period_ms, burst) in rates(),
        charged in 0..5_000_u64,
        wanted in 1..3_000_u64,
    ) {
        let (mut bucket, _) = bucket_and_model(tokens, period_ms, burst);
        bucket.charge(bucket.rate().capacity() + charged * tokens / 1_000);
        let wanted = (wanted * tokens / 1_000).max(1);
        let at = bucket.ready_at(wanted, 0);
        prop_assert!(at > 0);
        prop_assert!(!bucket.clone().has(wanted, at - 1));
        prop_assert!(bucket.has(wanted, at));
    }
}
