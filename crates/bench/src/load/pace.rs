//! An even rate of messages, dealt to the publishers in turn.

/// Says when message number `n` of a publisher is due.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    start_ns: u64,
    per_second: f64,
    publishers: u64,
}

impl Pace {
    /// `per_second` messages in all, above 0, over `publishers` publishers, from `start_ns` on.
    #[must_use]
    pub fn new(start_ns: u64, per_second: f64, publishers: usize) -> Self {
        Self { start_ns, per_second, publishers: publishers.max(1) as u64 }
    }

    /// How many messages of the whole run are due at `now_ns`.
    #[must_use]
    pub fn due(&self, now_ns: u64) -> u64 {
        let elapsed_seconds = now_ns.saturating_sub(self.start_ns) as f64 / 1e9;
        (elapsed_seconds * self.per_second) as u64
    }

    /// When message `number` (from 0) of the whole run is due, in nanoseconds.
    #[must_use]
    pub fn due_at_ns(&self, number: u64) -> u64 {
        self.start_ns + ((number + 1) as f64 / self.per_second * 1e9) as u64
    }

    /// When message `number` (from 0) of `publisher` is due, in nanoseconds.
    #[must_use]
    pub fn publisher_due_at_ns(&self, publisher: usize, number: u64) -> u64 {
        self.due_at_ns(number * self.publishers + publisher as u64)
    }

    /// The publisher of message `number` of the whole run.
    #[must_use]
    pub fn publisher_of(&self, number: u64) -> usize {
        (number % self.publishers) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_spread_evenly() {
        let pace = Pace::new(1_000, 1000.0, 100);
        assert_eq!(pace.due(1_000), 0);
        assert_eq!(pace.due(500), 0);
        assert_eq!(pace.due(1_000 + 2_000_000_000), 2000);
        assert_eq!(pace.due_at_ns(0), 1_000 + 1_000_000);
        assert_eq!(pace.publisher_of(250), 50);
        assert_eq!(pace.publisher_due_at_ns(50, 2), pace.due_at_ns(250));
    }
}
