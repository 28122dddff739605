//! Slow subscriptions: whose deliveries take longest, and of which topics.
//!
//! Sessions time deliveries and tell of those that take longer than [`SlowWatch`] says. A client belongs to one worker, so each
//! worker has a table of its own, and what all have together is the longest of all tables. Once a table is full the watch rises to its
//! shortest entry: what would not change the table is not told of.

mod table;

use crate::{Broker, shared::Shared};
use dunlin_model::Millis;
use dunlin_session::{DeliverySpan, SlowWatch};
use parking_lot::Mutex;
use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use table::SlowTable;

/// Entries that there may be, as in EMQX, whatever `top_k_num` says.
pub const SLOW_SUBSCRIPTIONS_MAX: usize = 1000;

/// `slow_subs.*`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowSubscriptionsSettings {
    /// `enable`: deliveries are timed.
    pub enable: bool,
    /// `stats_type`: from when to when.
    pub span: DeliverySpan,
    /// `threshold`: what takes longer is slow, in milliseconds.
    pub threshold_ms: Millis,
    /// `expire_interval`: so long after it was last changed an entry is forgotten, in milliseconds.
    pub expire_interval_ms: Millis,
    /// `top_k_num`: entries that are kept, [`SLOW_SUBSCRIPTIONS_MAX`] at most.
    pub top_k_num: usize,
}

impl Default for SlowSubscriptionsSettings {
    fn default() -> Self {
        let span = DeliverySpan::Whole;
        Self { enable: false, span, threshold_ms: 500, expire_interval_ms: 300_000, top_k_num: 10 }
    }
}

impl SlowSubscriptionsSettings {
    fn top_k(&self) -> usize {
        self.top_k_num.clamp(1, SLOW_SUBSCRIPTIONS_MAX)
    }
}

/// A client and a topic whose messages take long to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowSubscription {
    /// The client; at most 4,096 bytes of its id.
    pub client_id: Box<str>,
    /// The topic; at most 4,096 bytes of it.
    pub topic: Box<str>,
    /// The longest that a delivery took, in milliseconds.
    pub took_ms: Millis,
    /// When that was, in milliseconds since 1970.
    pub at: Millis,
}

/// The tables of all workers.
pub(crate) struct SlowTables(Box<[Place]>);

struct Place {
    table: Mutex<SlowTable>,
    /// The watch of the table, to be read without the lock.
    watch: AtomicU64,
}

impl SlowTables {
    pub(crate) fn new(workers: usize, settings: SlowSubscriptionsSettings) -> Self {
        let table = |_| SlowTable::new(settings);
        let place = |table: SlowTable| Place { watch: AtomicU64::new(packed(table.watch())), table: Mutex::new(table) };
        Self((0..workers).map(table).map(place).collect())
    }

    /// Which deliveries a worker tells of.
    pub(crate) fn watch(&self, worker: usize) -> SlowWatch {
        self.0.get(worker).map_or(SlowWatch::OFF, |place| unpacked(place.watch.load(Ordering::Relaxed)))
    }

    /// A delivery to a client of this worker took so long. Gives what it tells of from now on.
    pub(crate) fn note(&self, worker: usize, client_id: &str, topic: &str, took_ms: Millis, now: Millis) -> SlowWatch {
        let Some(place) = self.0.get(worker) else { return SlowWatch::OFF };
        place.with(|table| {
            table.note(client_id, topic, took_ms, now);
            table.watch()
        })
    }

    /// Other settings, for what happens from now on.
    pub(crate) fn change(&self, settings: SlowSubscriptionsSettings) {
        for place in &self.0 {
            place.with(|table| table.change(settings));
        }
    }
}

impl Place {
    fn with<T>(&self, work: impl FnOnce(&mut SlowTable) -> T) -> T {
        let mut table = self.table.lock();
        let done = work(&mut table);
        self.watch.store(packed(table.watch()), Ordering::Relaxed);
        done
    }
}

/// A watch in one word; `u64::MAX` is none. Times of more than 146 million years are cut off.
fn packed(watch: SlowWatch) -> u64 {
    let span = match watch.span() {
        DeliverySpan::Whole => 0,
        DeliverySpan::Internal => 1,
        DeliverySpan::Response => 2,
    };
    if watch.is_on() { watch.above_ms().min(u64::MAX >> 2) << 2 | span } else { u64::MAX }
}

fn unpacked(packed: u64) -> SlowWatch {
    let span = match packed & 3 {
        0 => DeliverySpan::Whole,
        1 => DeliverySpan::Internal,
        2 => DeliverySpan::Response,
        _ => return SlowWatch::OFF,
    };
    SlowWatch::new(span, packed >> 2)
}

/// Shows slow subscriptions and forgets them. Clones do the same.
#[derive(Clone)]
pub struct SlowSubscriptions {
    shared: Arc<Shared>,
}

impl Broker {
    /// For those who look for slow subscriptions.
    #[must_use]
    pub fn slow_subscriptions(&self) -> SlowSubscriptions {
        SlowSubscriptions { shared: Arc::clone(&self.shared) }
    }
}

impl SlowSubscriptions {
    /// The slowest, slowest first.
    #[must_use]
    pub fn list(&self) -> Vec<SlowSubscription> {
        self.forget_old();
        let mut all: Vec<SlowSubscription> = Vec::new();
        let mut top_k = 0;
        for place in &self.shared.slow.0 {
            let table = place.table.lock();
            top_k = table.top_k();
            all.extend(table.entries().cloned());
        }
        all.sort_by_key(|entry| Reverse(entry.took_ms));
        all.truncate(top_k);
        all
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        for place in &self.shared.slow.0 {
            place.with(SlowTable::clear);
        }
    }

    /// Forgets those that are too old. To be called once in a while: there is room for others then.
    pub fn forget_old(&self) {
        let now = self.shared.clock.now();
        for place in &self.shared.slow.0 {
            place.with(|table| table.forget_old(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_fits_into_a_word() {
        for span in [DeliverySpan::Whole, DeliverySpan::Internal, DeliverySpan::Response] {
            for above_ms in [0, 500, u64::MAX >> 2] {
                let watch = SlowWatch::new(span, above_ms);
                assert_eq!(unpacked(packed(watch)), watch);
            }
            assert!(unpacked(packed(SlowWatch::new(span, u64::MAX - 1))).is_on());
        }
        assert_eq!(unpacked(packed(SlowWatch::OFF)), SlowWatch::OFF);
    }
}
