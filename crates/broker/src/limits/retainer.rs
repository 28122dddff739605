//! How many retained messages may be kept, and sent to new subscribers, in a time: all clients of the node together.

use crate::RetainerSettings;
use dunlin_limits::{Rate, SharedBucket};
use dunlin_model::Millis;
use std::sync::Arc;

/// The buckets of `retainer`; workers keep the same ones. `None` is unlimited.
#[derive(Clone, Default)]
pub(crate) struct RetainerBuckets {
    /// `retainer.max_publish_rate`.
    pub(crate) publish: Option<Arc<SharedBucket>>,
    /// `retainer.delivery_rate`.
    pub(crate) delivery: Option<Arc<SharedBucket>>,
}

impl RetainerBuckets {
    pub(crate) fn new(settings: &RetainerSettings, now: Millis) -> Self {
        let mut buckets = Self::default();
        buckets.change(settings, now);
        buckets
    }

    /// Goes on with other rates; a bucket whose rate stays does, too.
    pub(crate) fn change(&mut self, settings: &RetainerSettings, now: Millis) {
        change(&mut self.publish, settings.max_publish_rate, now);
        change(&mut self.delivery, settings.delivery_rate, now);
    }
}

fn change(bucket: &mut Option<Arc<SharedBucket>>, rate: Option<Rate>, now: Millis) {
    *bucket = match (bucket.take(), rate) {
        (_, None) => None,
        (Some(old), Some(rate)) if *old.rate() == rate => Some(old),
        (Some(old), Some(rate)) => Some(Arc::new(SharedBucket::after(&old, rate, now))),
        (None, Some(rate)) => Some(Arc::new(SharedBucket::full(rate, now))),
    };
}
