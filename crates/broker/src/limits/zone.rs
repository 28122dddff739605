//! The buckets that all clients of a zone share.

use super::{ConnectionQuota, Limits, OverLimit, ZoneLimits};
use dunlin_limits::{Rate, SharedBucket};
use dunlin_model::{ArcStr, Millis};
use hashbrown::HashMap;
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The buckets of one zone.
#[derive(Debug, Default)]
pub(crate) struct ZoneBuckets {
    pub(super) messages: Option<SharedBucket>,
    pub(super) bytes: Option<SharedBucket>,
    pub(super) subscribes: Option<SharedBucket>,
    pub(super) delivery_messages: Option<SharedBucket>,
    pub(super) delivery_bytes: Option<SharedBucket>,
    pub(super) over_limit: OverLimit,
    connections: Option<SharedBucket>,
    pub(crate) quota: ConnectionQuota,
}

impl ZoneBuckets {
    /// In the place of others: what they have stays.
    fn after(old: Option<&Self>, limits: &ZoneLimits, now: Millis) -> Self {
        let bucket = |of: fn(&Self) -> &Option<SharedBucket>, rate: Option<Rate>| {
            let old = old.and_then(|old| of(old).as_ref());
            let bucket = |rate| match old {
                Some(old) => SharedBucket::after(old, rate, now),
                None => SharedBucket::full(rate, now),
            };
            rate.map(bucket)
        };
        let Limits { messages, bytes, subscribes, delivery_messages, delivery_bytes } = limits.limits;
        Self {
            messages: bucket(|old| &old.messages, messages),
            bytes: bucket(|old| &old.bytes, bytes),
            subscribes: bucket(|old| &old.subscribes, subscribes),
            delivery_messages: bucket(|old| &old.delivery_messages, delivery_messages),
            delivery_bytes: bucket(|old| &old.delivery_bytes, delivery_bytes),
            over_limit: limits.over_limit,
            connections: bucket(|old| &old.connections, limits.connections),
            quota: limits.quota.clone(),
        }
    }

    /// Whether one more connection may come now. [`Self::put_back_connection`] takes that back.
    pub(crate) fn admit(&self, now: Millis) -> bool {
        self.connections.as_ref().is_none_or(|bucket| bucket.try_take(1, now))
    }

    /// A connection that was admitted does not come.
    pub(crate) fn put_back_connection(&self) {
        if let Some(bucket) = &self.connections {
            bucket.put_back(1);
        }
    }

    /// Whether they were made of this.
    fn are_of(&self, zone: &ZoneLimits) -> bool {
        let ZoneLimits { zone: _, limits, over_limit, connections, quota } = zone;
        self.limits() == *limits
            && self.over_limit == *over_limit
            && self.connections.as_ref().map(|bucket| *bucket.rate()) == *connections
            && self.quota == *quota
    }

    fn limits(&self) -> Limits {
        let rate = |bucket: &Option<SharedBucket>| bucket.as_ref().map(|bucket| *bucket.rate());
        Limits {
            messages: rate(&self.messages),
            bytes: rate(&self.bytes),
            subscribes: rate(&self.subscribes),
            delivery_messages: rate(&self.delivery_messages),
            delivery_bytes: rate(&self.delivery_bytes),
        }
    }
}

/// The buckets of all zones. Connections keep those of their zone until they are told of a change.
#[derive(Debug, Default)]
pub(crate) struct ZonesInUse {
    buckets: RwLock<HashMap<ArcStr, Arc<ZoneBuckets>>>,
    /// Grows with every change of a limit, those of listeners included: who has seen this one need not look at all connections.
    epoch: AtomicU64,
}

impl ZonesInUse {
    pub(crate) fn new(zones: &[ZoneLimits], now: Millis) -> Self {
        let in_use = Self::default();
        in_use.change(zones, now);
        in_use
    }

    /// These zones and no others have limits from now on. A bucket whose zone stays as it is stays too.
    pub(crate) fn change(&self, zones: &[ZoneLimits], now: Millis) {
        let mut in_use = self.buckets.write();
        let old = std::mem::take(&mut *in_use);
        let mut is_other = old.len() != zones.len();
        for zone in zones {
            let old = old.get(&zone.zone);
            let unchanged = old.filter(|old| old.are_of(zone));
            let buckets =
                unchanged.map_or_else(|| Arc::new(ZoneBuckets::after(old.map(|old| &**old), zone, now)), Arc::clone);
            is_other |= unchanged.is_none();
            in_use.insert(zone.zone.clone(), buckets);
        }
        if is_other {
            self.note_change();
        }
    }

    /// Those of a zone.
    pub(crate) fn get(&self, zone: &str) -> Option<Arc<ZoneBuckets>> {
        self.buckets.read().get(zone).cloned()
    }

    /// A limit of a zone or of a listener is another one now.
    pub(crate) fn note_change(&self) {
        self.epoch.fetch_add(1, Ordering::Release);
    }

    /// Which limits these are.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }
}
