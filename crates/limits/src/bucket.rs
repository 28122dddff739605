//! A bucket of one owner.

use crate::Rate;
use dunlin_model::Millis;

/// A token bucket of one owner.
#[derive(Clone, Debug)]
pub struct Bucket {
    rate: Rate,
    /// Below zero it is a debt.
    parts: i64,
    filled_at: Millis,
    burst_at: Millis,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn full(rate: Rate, now: Millis) -> Self {
        Self { rate, parts: rate.parts_when_full(), filled_at: now, burst_at: now }
    }

    /// Its rate.
    #[must_use]
    pub const fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Whether so many tokens can be taken now.
    pub fn has(&mut self, tokens: u64, now: Millis) -> bool {
        let needed = self.rate.parts_needed(tokens);
        if self.parts >= needed {
            return true;
        }
        let passed_ms = now.saturating_sub(self.filled_at);
        if passed_ms >= self.rate.step_ms() {
            self.parts = self.rate.after(self.parts, passed_ms);
            self.filled_at = now;
        }
        let is_due = self.rate.has_burst() && now.saturating_sub(self.burst_at) >= self.rate.burst_period_ms();
        if self.parts < needed && is_due {
            self.parts = self.rate.after_burst(self.parts);
            self.burst_at = now;
        }
        self.parts >= needed
    }

    /// Takes so many tokens, all or none; false when it has not as many.
    pub fn try_take(&mut self, tokens: u64, now: Millis) -> bool {
        let has = self.has(tokens, now);
        if has {
            self.charge(tokens);
        }
        has
    }

    /// Takes so many tokens whether it has them or not, for what has happened already. What is missing is a debt.
    pub fn charge(&mut self, tokens: u64) {
        self.parts = self.parts.saturating_sub(self.rate.parts_of(tokens));
    }

    /// Gives back tokens that were taken and not used.
    pub fn put_back(&mut self, tokens: u64) {
        self.parts = self.parts.saturating_add(self.rate.parts_of(tokens)).min(self.rate.parts_when_full());
    }

    /// When so many tokens can be taken: `now` or later.
    #[must_use]
    pub fn ready_at(&self, tokens: u64, now: Millis) -> Millis {
        let needed = self.rate.parts_needed(tokens);
        self.rate.ready_at(needed, self.parts, self.filled_at, self.burst_at, now)
    }

    /// Goes on with another rate. The tokens it has stay, as far as there is room for them, and so does a debt.
    pub fn change(&mut self, rate: Rate, now: Millis) {
        self.parts = rate.converted(self.rate.after(self.parts, now.saturating_sub(self.filled_at)), &self.rate);
        self.filled_at = now;
        self.rate = rate;
    }
}

#[cfg(test)]
mod tests;
