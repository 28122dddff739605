//! So many tokens in a time, exactly: parts of a token are integers.

use dunlin_model::Millis;
use std::num::NonZeroU64;

/// Tokens of a period and of a burst, at most: 1 PiB, where they are bytes.
const TOKENS_MAX: u64 = 1 << 50;

/// Parts a bucket holds, at most: far from where sums overflow.
const PARTS_MAX: i128 = 1 << 61;

/// Tokens that have come are given out no more seldom than this.
const STEP_MS_MAX: u64 = 1_000;

/// How many tokens come in a time, and how many beyond that now and then.
///
/// Of more than 2^50 tokens the rest is left out. Where tokens and period together are beyond 2^61 (a terabyte in a month) the rate
/// is rounded, by less than a thousandth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    tokens: u64,
    period_ms: u64,
    burst: u64,
    burst_period_ms: u64,
    /// Parts of one token.
    parts_per_token: i64,
    parts_per_ms: i64,
}

impl Rate {
    /// So many tokens in so many milliseconds, without a burst.
    #[must_use]
    pub fn new(tokens: NonZeroU64, period_ms: NonZeroU64) -> Self {
        let tokens = tokens.get().min(TOKENS_MAX);
        let rate = Self {
            tokens,
            period_ms: period_ms.get(),
            burst: 0,
            burst_period_ms: u64::MAX,
            parts_per_token: 1,
            parts_per_ms: 1,
        };
        rate.divided()
    }

    /// The same rate with so many tokens more at first, and each time so many milliseconds have passed, for who needs them then.
    #[must_use]
    pub fn with_burst(self, tokens: NonZeroU64, period_ms: NonZeroU64) -> Self {
        let burst = tokens.get().min(TOKENS_MAX);
        Self { burst, burst_period_ms: period_ms.get(), ..self }.divided()
    }

    /// Finds parts small enough for whole numbers of them, and large enough for sums of them.
    fn divided(self) -> Self {
        let shared = greatest_common_divisor(self.tokens, self.period_ms);
        let mut per_token = i128::from(self.period_ms / shared);
        let mut per_ms = i128::from(self.tokens / shared);
        while i128::from(self.tokens + self.burst) * per_token > PARTS_MAX && per_token > 1 {
            per_token = (per_token + 1) / 2;
            per_ms = (per_ms + 1) / 2;
        }
        let parts = |parts: i128| i64::try_from(parts).unwrap_or(i64::MAX);
        Self { parts_per_token: parts(per_token), parts_per_ms: parts(per_ms), ..self }
    }

    /// Tokens of a period.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        self.tokens
    }

    /// Tokens that a bucket of this rate can hold.
    #[must_use]
    pub const fn capacity(&self) -> u64 {
        self.tokens + self.burst
    }

    pub(crate) const fn burst_period_ms(&self) -> u64 {
        self.burst_period_ms
    }

    pub(crate) const fn has_burst(&self) -> bool {
        self.burst > 0
    }

    /// Milliseconds between one time that tokens come and the next, at least.
    pub(crate) fn step_ms(&self) -> u64 {
        self.period_ms.min(STEP_MS_MAX)
    }

    pub(crate) fn parts_of(&self, tokens: u64) -> i64 {
        i64::try_from(tokens).unwrap_or(i64::MAX).saturating_mul(self.parts_per_token)
    }

    /// What a bucket has to hold for so many tokens to be taken.
    pub(crate) fn parts_needed(&self, tokens: u64) -> i64 {
        self.parts_of(tokens.min(self.tokens))
    }

    /// What a full bucket holds.
    pub(crate) fn parts_when_full(&self) -> i64 {
        self.parts_of(self.capacity())
    }

    /// What a bucket holds when so many milliseconds have passed. What is left of a burst stays.
    pub(crate) fn after(&self, parts: i64, passed_ms: u64) -> i64 {
        let passed_ms = i64::try_from(passed_ms).unwrap_or(i64::MAX);
        let come = self.parts_per_ms.saturating_mul(passed_ms);
        parts.saturating_add(come).min(self.parts_of(self.tokens)).max(parts)
    }

    /// What a bucket holds after a burst. A debt stays one.
    pub(crate) fn after_burst(&self, parts: i64) -> i64 {
        self.parts_when_full().saturating_add(parts.min(0))
    }

    /// Milliseconds until so many parts have come.
    pub(crate) fn ms_for(&self, parts: i64) -> u64 {
        let parts = u64::try_from(parts).unwrap_or(0);
        parts.div_ceil(u64::try_from(self.parts_per_ms).unwrap_or(1).max(1))
    }

    /// When a bucket has what is needed, if nobody takes anything. `filled_at` and `burst_at` are when it got something last.
    pub(crate) fn ready_at(&self, needed: i64, parts: i64, filled_at: Millis, burst_at: Millis, now: Millis) -> Millis {
        if parts >= needed {
            return now;
        }
        let filled_with = |lacking: i64| filled_at.saturating_add(self.ms_for(lacking).max(self.step_ms()));
        let regular = filled_with(needed.saturating_sub(parts));
        if !self.has_burst() {
            return regular.max(now);
        }
        // A burst fills it to the brim, but for a debt.
        let owed = needed.saturating_sub(self.parts_when_full()).saturating_sub(parts);
        let with_burst = burst_at.saturating_add(self.burst_period_ms);
        let with_burst = if owed > 0 { with_burst.max(filled_with(owed)) } else { with_burst };
        regular.min(with_burst).max(now)
    }

    /// What a bucket of another rate holds, as parts of this one.
    pub(crate) fn converted(&self, parts: i64, from: &Self) -> i64 {
        let parts = i128::from(parts) * i128::from(self.parts_per_token) / i128::from(from.parts_per_token.max(1));
        i64::try_from(parts).unwrap_or(i64::MAX).min(self.parts_when_full())
    }
}

const fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(tokens: u64, period_ms: u64) -> Rate {
        Rate::new(NonZeroU64::new(tokens).expect("above 0"), NonZeroU64::new(period_ms).expect("above 0"))
    }

    #[test]
    fn parts_are_whole_numbers_of_what_comes_in_a_millisecond() {
        for (tokens, period_ms) in [(1, 1), (1_000, 1_000), (10, 1_000), (3, 7_000), (1 << 20, 60_000), (1, 86_400_000)]
        {
            let rate = rate(tokens, period_ms);
            let comes = i128::from(rate.parts_per_ms) * i128::from(period_ms);
            assert_eq!(comes, i128::from(rate.parts_of(tokens)), "{tokens}/{period_ms} ms");
        }
    }

    #[test]
    fn extreme_rates_neither_overflow_nor_stand_still() {
        let largest = NonZeroU64::MAX;
        for rate in
            [rate(u64::MAX, u64::MAX), rate(u64::MAX, 1), rate(1, u64::MAX), rate((1 << 50) - 1, 31_536_000_000)]
        {
            let rate = rate.with_burst(largest, largest);
            assert!(i128::from(rate.parts_when_full()) <= PARTS_MAX * 2 && rate.parts_when_full() > 0, "{rate:?}");
            assert!(rate.parts_per_ms > 0 && rate.parts_per_token > 0, "{rate:?}");
            assert!(rate.after(i64::MIN, u64::MAX) > i64::MIN, "{rate:?}");
            assert_eq!(rate.ready_at(1, i64::MIN, 0, 0, u64::MAX), u64::MAX);
        }
        let (tokens, period_ms) = ((1_u64 << 50) - 1, 31_536_000_001);
        let rounded = rate(tokens, period_ms);
        let wanted = tokens as f64 / period_ms as f64;
        let got = rounded.parts_per_ms as f64 / rounded.parts_per_token as f64;
        assert!((got / wanted - 1.0).abs() < 0.001, "{got} instead of {wanted}");
    }
}
