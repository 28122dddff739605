//! Checks that every message arrives once, in order and at the right subscriber.
//!
//! A stream is one (publisher, topic); its messages are numbered from 0. In the good case the check is one compare and one
//! add per message; only after a fault are single messages remembered, and no more than [`REMEMBERED_MAX`] of them.

use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Missing messages remembered one by one, to tell "late" from "twice". More than this and late ones count as duplicates.
const REMEMBERED_MAX: usize = 1 << 20;

/// Who has to get the messages of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// Stream `i` goes to subscriber `recipients[i]` and to nobody else.
    One(Vec<u32>),
    /// Each subscriber gets every stream.
    All,
    /// Each message goes to any one of the subscribers (a shared subscription).
    AnyOne,
    /// Nobody of this run.
    Nobody,
}

/// What went wrong with deliveries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Never arrived.
    pub lost: u64,
    /// Arrived more than once.
    pub duplicated: u64,
    /// Arrived after a later message of the same stream.
    pub disordered: u64,
    /// Arrived at a subscriber that did not ask for it.
    pub misrouted: u64,
}

impl Faults {
    /// Whether nothing went wrong.
    #[must_use]
    pub fn none(&self) -> bool {
        *self == Self::default()
    }
}

/// Book-keeping of all deliveries of a run.
#[derive(Debug)]
pub struct Ledger {
    recipients: Recipients,
    subscribers: usize,
    streams: usize,
    /// Next expected sequence number per (subscriber, stream) that can meet.
    expected: Vec<u64>,
    /// Shared subscriptions: deliveries and sum of (sequence + 1) per stream, over the whole group.
    group: Vec<(u64, u64)>,
    missing: HashSet<(u32, u64)>,
    missing_count: u64,
    faults: Faults,
}

impl Ledger {
    /// Opens the books.
    #[must_use]
    pub fn new(recipients: Recipients, subscribers: usize, streams: usize) -> Self {
        let pairs = match recipients {
            Recipients::One(_) => streams,
            Recipients::All | Recipients::AnyOne => subscribers * streams,
            Recipients::Nobody => 0,
        };
        let group = if recipients == Recipients::AnyOne { vec![(0, 0); streams] } else { Vec::new() };
        Self {
            recipients,
            subscribers,
            streams,
            expected: vec![0; pairs],
            group,
            missing: HashSet::new(),
            missing_count: 0,
            faults: Faults::default(),
        }
    }

    /// How many deliveries each message causes.
    #[must_use]
    pub fn fan_out(&self) -> u32 {
        match self.recipients {
            Recipients::One(_) | Recipients::AnyOne => 1,
            Recipients::All => self.subscribers as u32,
            Recipients::Nobody => 0,
        }
    }

    /// Notes a delivery. `true` when it was due and so gives credit back to its publisher.
    #[inline]
    pub fn deliver(&mut self, subscriber: u32, stream: u32, sequence: u64) -> bool {
        let Some(cell) = self.cell(subscriber, stream) else {
            self.faults.misrouted += 1;
            return false;
        };
        let expected = self.expected[cell];
        if sequence == expected {
            self.expected[cell] = sequence + 1;
        } else if !self.out_of_sequence(cell, expected, sequence) {
            return false;
        }
        if let Some((count, sum)) = self.group.get_mut(stream as usize) {
            *count += 1;
            *sum = sum.wrapping_add(sequence + 1);
        }
        true
    }

    #[inline]
    fn cell(&self, subscriber: u32, stream: u32) -> Option<usize> {
        let (subscriber, stream) = (subscriber as usize, stream as usize);
        match &self.recipients {
            Recipients::One(recipients) => (*recipients.get(stream)? as usize == subscriber).then_some(stream),
            Recipients::All | Recipients::AnyOne => {
                (stream < self.streams && subscriber < self.subscribers).then_some(subscriber * self.streams + stream)
            }
            Recipients::Nobody => None,
        }
    }

    #[cold]
    fn out_of_sequence(&mut self, cell: usize, expected: u64, sequence: u64) -> bool {
        let shared = self.recipients == Recipients::AnyOne;
        if sequence > expected {
            // A member of a shared group sees gaps: the others got those messages.
            if !shared {
                self.missing_count += sequence - expected;
                let room = REMEMBERED_MAX.saturating_sub(self.missing.len());
                self.missing.extend((expected..sequence).take(room).map(|gap| (cell as u32, gap)));
            }
            self.expected[cell] = sequence + 1;
            return true;
        }
        if shared || self.missing.remove(&(cell as u32, sequence)) {
            // One member going backwards is disorder; that the group got nothing twice is checked by the sums at the end.
            self.faults.disordered += 1;
            self.missing_count = self.missing_count.saturating_sub(u64::from(!shared));
            return true;
        }
        self.faults.duplicated += 1;
        false
    }

    /// Faults so far; messages that are still on the way are not lost yet, gaps are.
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults { lost: self.missing_count, ..self.faults }
    }

    /// Closes the books: `sent[i]` messages were published on stream `i` and nothing more will arrive.
    #[must_use]
    pub fn close(&self, sent: &[u64]) -> Faults {
        let mut faults = self.faults();
        match self.recipients {
            Recipients::One(_) | Recipients::All => {
                let tail = |(cell, expected): (usize, &u64)| {
                    sent.get(cell % self.streams.max(1)).map_or(0, |sent| sent.saturating_sub(*expected))
                };
                faults.lost += self.expected.iter().enumerate().map(tail).sum::<u64>();
            }
            Recipients::AnyOne => {
                for ((count, sum), sent) in self.group.iter().zip(sent) {
                    let wanted = (u128::from(*sent) * (u128::from(*sent) + 1) / 2) as u64;
                    faults.lost += sent.saturating_sub(*count);
                    faults.duplicated += count.saturating_sub(*sent);
                    if count == sent && *sum != wanted {
                        // As many as were sent, but not the same ones: at least one twice and one never.
                        faults.lost += 1;
                        faults.duplicated += 1;
                    }
                }
            }
            Recipients::Nobody => {}
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_order_is_without_fault() {
        let mut ledger = Ledger::new(Recipients::One(vec![0, 1]), 2, 2);
        for sequence in 0..10 {
            assert!(ledger.deliver(0, 0, sequence));
            assert!(ledger.deliver(1, 1, sequence));
        }
        assert!(ledger.close(&[10, 10]).none());
    }

    #[test]
    fn gap_late_twice_and_wrong_subscriber_are_told_apart() {
        let mut ledger = Ledger::new(Recipients::One(vec![0, 1]), 2, 2);
        for sequence in [0, 3, 1, 1] {
            ledger.deliver(0, 0, sequence);
        }
        assert!(!ledger.deliver(0, 1, 0), "a delivery to the wrong subscriber gives no credit");
        assert!(!ledger.deliver(0, 9, 0), "a stream that does not exist gives no credit");
        // 0..=5 were sent: 2 is a gap, 4 and 5 never came, 1 came late and then twice. Stream 1 sent nothing.
        let wanted = Faults { lost: 3, duplicated: 1, disordered: 1, misrouted: 2 };
        assert_eq!(ledger.close(&[6, 0]), wanted);
    }

    #[test]
    fn fan_out_is_checked_for_each_subscriber() {
        let mut ledger = Ledger::new(Recipients::All, 3, 1);
        assert_eq!(ledger.fan_out(), 3);
        for subscriber in 0..3 {
            ledger.deliver(subscriber, 0, 0);
        }
        ledger.deliver(0, 0, 1);
        ledger.deliver(2, 0, 1);
        assert_eq!(ledger.close(&[2]), Faults { lost: 1, ..Faults::default() });
    }

    #[test]
    fn a_shared_group_may_split_a_stream_but_not_lose_repeat_or_reorder_it() {
        let mut ledger = Ledger::new(Recipients::AnyOne, 2, 1);
        for (subscriber, sequence) in [(0, 0), (1, 1), (1, 2), (0, 3)] {
            assert!(ledger.deliver(subscriber, 0, sequence));
        }
        assert!(ledger.close(&[4]).none());
        // 5 went to both and 4 to nobody: the number of deliveries alone would not show it.
        ledger.deliver(0, 0, 5);
        ledger.deliver(1, 0, 5);
        assert_eq!(ledger.close(&[6]), Faults { lost: 1, duplicated: 1, ..Faults::default() });
        ledger.deliver(1, 0, 4);
        assert_eq!(ledger.close(&[7]).disordered, 1);
    }
}
