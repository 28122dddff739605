//! Which routes that were looked up earlier still hold, told without a lock.
//!
//! Every change of the table bumps one counter, chosen by what topics its filter can select: a filter without wildcards
//! the counter of that topic, one with wildcards the counter of its leading literal levels (`a/b/#`: of `a/b`), one that
//! begins with a wildcard the counter of all topics. A topic looks at the counters of its first one, two and three
//! levels, of itself and of all topics; they only grow, so their sum is the same only while each is. Counters are
//! shared by hash, which can only make a route be looked up once too often.
//!
//! No change can be missed, provided that the writer changes the table under a write lock and bumps before it lets go
//! (as [`Router`](crate::Router) does in the changing call), and the reader takes the stamp first and then looks up
//! under a read lock. If the stamp has the bump, the writer was already inside and the look-up waits for it to finish;
//! if not, the stamp is outdated the moment the bump is visible.

use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of counters; 32 KB.
const BUCKET_COUNT: usize = 4_096;

/// Leading literal levels of a filter that are told apart.
const PREFIX_LEVELS: usize = 3;

/// Change counters of the routing table. Shared between threads by `Arc`; reading takes no lock.
#[derive(Debug)]
pub struct Epochs {
    buckets: Box<[AtomicU64]>,
    all_topics: AtomicU64,
    hasher: DefaultHashBuilder,
}

/// The state of everything that can change the route of one topic: equal stamps of a topic mean an equal route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    sum: u64,
    /// The topic's counters, so that a check needs no hashing.
    buckets: [u16; PREFIX_LEVELS + 1],
}

impl Epochs {
    pub(crate) fn new() -> Self {
        let buckets = (0..BUCKET_COUNT).map(|_| AtomicU64::new(0)).collect();
        Self { buckets, all_topics: AtomicU64::new(0), hasher: DefaultHashBuilder::default() }
    }

    /// The stamp of a topic now. Take it before the look-up whose result it is kept with.
    #[must_use]
    pub fn stamp(&self, topic: &str) -> Stamp {
        let mut buckets = [self.topic_bucket(topic); PREFIX_LEVELS + 1];
        let slashes = topic.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(end, _)| end);
        let ends = slashes.chain(std::iter::once(topic.len())).take(PREFIX_LEVELS);
        for (bucket, end) in buckets.iter_mut().zip(ends) {
            *bucket = self.prefix_bucket(&topic[..end]);
        }
        Stamp { sum: self.sum(&buckets), buckets }
    }

    /// Whether the route that was looked up with this stamp still holds.
    #[must_use]
    pub fn is_current(&self, stamp: &Stamp) -> bool {
        self.sum(&stamp.buckets) == stamp.sum
    }

    /// Makes outdated the stamps of all topics that the filter can select.
    pub(crate) fn bump(&self, filter: &str) {
        self.counter(filter).fetch_add(1, Ordering::Release);
    }

    fn counter(&self, filter: &str) -> &AtomicU64 {
        let bucket = match filter.find(['+', '#']).map(|wildcard| &filter[..wildcard]) {
            None => self.topic_bucket(filter),
            // The slash before the wildcard ends the literal levels.
            Some(before) => match before.strip_suffix('/') {
                Some(literal) => {
                    let end = literal.match_indices('/').nth(PREFIX_LEVELS - 1).map_or(literal.len(), |(end, _)| end);
                    self.prefix_bucket(&literal[..end])
                }
                None => return &self.all_topics,
            },
        };
        &self.buckets[usize::from(bucket)]
    }

    fn topic_bucket(&self, topic: &str) -> u16 {
        // The modulus is below 65,536, so no bits that count are cut.
        (self.hasher.hash_one(topic) % BUCKET_COUNT as u64) as u16
    }

    /// Not the bucket of the topic of the same text: a subscription to `a/b` says nothing about `a/b/c`.
    fn prefix_bucket(&self, levels: &str) -> u16 {
        self.topic_bucket(levels) ^ 1
    }

    fn sum(&self, buckets: &[u16; PREFIX_LEVELS + 1]) -> u64 {
        buckets.iter().fold(self.all_topics.load(Ordering::Acquire), |sum, bucket| {
            sum.wrapping_add(self.buckets[usize::from(*bucket)].load(Ordering::Acquire))
        })
    }
}

#[cfg(test)]
mod tests;
