//! How the numbers of a node went: fine for the last hour, coarser with age, a week in all.

use std::collections::VecDeque;

/// Milliseconds since the Unix epoch.
type Millis = u64;

/// The node at one moment, and what happened in the time before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// The end of that time.
    pub at: Millis,
    /// Connections open then.
    pub connections: u64,
    /// Clients connected then.
    pub live_connections: u64,
    /// Filters that somebody was subscribed to then.
    pub topics: u64,
    /// Subscriptions then.
    pub subscriptions: u64,
    /// Retained messages then.
    pub retained: u64,
    /// Sessions then, those too without a connection.
    pub sessions: u64,
    /// Messages received in that time.
    pub received: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages dropped.
    pub dropped: u64,
    /// Messages that went to queues on disk.
    pub persisted: u64,
    /// Bytes received.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
}

impl Sample {
    /// How many numbers there are.
    pub const COUNT: usize = 13;

    /// All numbers, in order.
    #[must_use]
    pub const fn numbers(&self) -> [u64; Self::COUNT] {
        [
            self.at,
            self.connections,
            self.live_connections,
            self.topics,
            self.subscriptions,
            self.retained,
            self.sessions,
            self.received,
            self.sent,
            self.dropped,
            self.persisted,
            self.received_bytes,
            self.sent_bytes,
        ]
    }

    /// The sample with these numbers.
    #[must_use]
    pub const fn of_numbers(numbers: [u64; Self::COUNT]) -> Self {
        let [at, connections, live_connections, topics, subscriptions, retained, sessions, ..] = numbers;
        let [.., received, sent, dropped, persisted, received_bytes, sent_bytes] = numbers;
        Self {
            at,
            connections,
            live_connections,
            topics,
            subscriptions,
            retained,
            sessions,
            received,
            sent,
            dropped,
            persisted,
            received_bytes,
            sent_bytes,
        }
    }

    /// Both times as one: what happened adds up, what there was is that of the later one.
    #[must_use]
    pub const fn followed_by(self, later: Self) -> Self {
        Self {
            received: self.received.saturating_add(later.received),
            sent: self.sent.saturating_add(later.sent),
            dropped: self.dropped.saturating_add(later.dropped),
            persisted: self.persisted.saturating_add(later.persisted),
            received_bytes: self.received_bytes.saturating_add(later.received_bytes),
            sent_bytes: self.sent_bytes.saturating_add(later.sent_bytes),
            ..later
        }
    }
}

const MINUTE_MS: Millis = 60 * 1000;
const HOUR_MS: Millis = 60 * MINUTE_MS;
const DAY_MS: Millis = 24 * HOUR_MS;

/// Samples of an age of at most the first number are apart by the second one, or as they came.
const LEVELS: [(Millis, Millis); 4] =
    [(HOUR_MS, 0), (DAY_MS, MINUTE_MS), (3 * DAY_MS, 5 * MINUTE_MS), (7 * DAY_MS, 10 * MINUTE_MS)];

/// Samples of one level, however often they come: more than a sample each second for an hour.
const LEVEL_SAMPLES_MAX: usize = 4_000;

/// The samples of a week, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    levels: [VecDeque<Sample>; LEVELS.len()],
}

impl History {
    /// Adds the newest sample. One that is older than the newest is of a clock that was set back: those from its future go.
    pub fn add(&mut self, sample: Sample) {
        for level in &mut self.levels {
            while level.back().is_some_and(|last| last.at >= sample.at) {
                level.pop_back();
            }
        }
        self.levels[0].push_back(sample);
        for index in 0..LEVELS.len() {
            self.age(index, sample.at);
        }
    }

    /// Moves what has become too old for a level to the next one, or forgets it.
    fn age(&mut self, index: usize, now: Millis) {
        let (span_ms, _) = LEVELS[index];
        let is_old = |sample: &Sample| sample.at.saturating_add(span_ms) < now;
        loop {
            let level = &mut self.levels[index];
            let is_full = level.len() > LEVEL_SAMPLES_MAX;
            let Some(sample) = level.pop_front_if(|first| is_full || is_old(first)) else { return };
            let (Some((_, apart_ms)), Some(next)) = (LEVELS.get(index + 1), self.levels.get_mut(index + 1)) else {
                continue;
            };
            match next.back_mut() {
                // The end of a sample belongs to the time before it.
                Some(last) if last.at.div_ceil(*apart_ms) == sample.at.div_ceil(*apart_ms) => {
                    *last = last.followed_by(sample);
                }
                _ => next.push_back(sample),
            }
        }
    }

    /// Samples from a moment on, oldest first.
    pub fn since(&self, from: Millis) -> impl Iterator<Item = &Sample> {
        self.levels.iter().rev().flatten().filter(move |sample| sample.at >= from)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.levels = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: Millis) -> Sample {
        Sample { at, connections: at / 1000, received: 1, ..Sample::default() }
    }

    #[test]
    fn a_week_is_bounded_and_nothing_that_happened_in_it_is_lost() {
        let mut history = History::default();
        let end = 8 * DAY_MS;
        for at in (10_000..=end).step_by(10_000) {
            history.add(sample(at));
        }
        let week: Vec<_> = history.since(end - 7 * DAY_MS).copied().collect();
        assert!(week.is_sorted_by(|one, other| one.at < other.at));
        assert!(week.len() < 4_500, "{}", week.len());
        let received: u64 = week.iter().map(|sample| sample.received).sum();
        let expected = 7 * DAY_MS / 10_000;
        assert!(received.abs_diff(expected) <= 60, "{received} of {expected}");
        assert_eq!(history.since(end - HOUR_MS).count(), 361);
        let oldest = history.since(0).next().map_or(0, |sample| sample.at);
        assert!(oldest.abs_diff(end - 7 * DAY_MS) <= 20 * MINUTE_MS, "{oldest}");
    }

    #[test]
    fn what_there_was_is_that_of_the_later_sample() {
        let both = sample(1000).followed_by(sample(2000));
        assert_eq!((both.at, both.connections, both.received), (2000, 2, 2));
        assert_eq!(Sample::of_numbers(both.numbers()), both);
    }

    #[test]
    fn a_clock_that_is_set_back_takes_its_future_along() {
        let mut history = History::default();
        for at in [1000, 2000, 3000, 1500] {
            history.add(sample(at));
        }
        assert_eq!(history.since(0).map(|sample| sample.at).collect::<Vec<_>>(), [1000, 1500]);
        history.clear();
        assert_eq!(history.since(0).count(), 0);
    }

    #[test]
    fn samples_that_come_too_often_are_bounded_too() {
        let mut history = History::default();
        for at in 0..20_000 {
            history.add(sample(at));
        }
        assert!(history.since(0).count() <= LEVEL_SAMPLES_MAX + 2);
    }
}
