//! Messages with RETAIN: kept, cleared, or delivered only.

use super::Worker;
use crate::{log_throttle::Provoked, shared::Shared};
use dunlin_model::Message;
use dunlin_retained::StoreOutcome;
use dunlin_telemetry::Metric;
use tracing::warn;

/// Why a message is not kept.
#[derive(Clone, Copy)]
enum NotRetained {
    /// `retainer.backend.max_retained_messages`.
    TableFull,
    /// `retainer.max_payload_size`.
    PayloadTooLarge,
    /// `retainer.max_publish_rate`.
    RateExceeded,
}

impl Worker {
    /// Keeps or clears a retained message; true when it must not be delivered to live subscribers.
    pub(super) fn store_retained(&mut self, shared: &Shared, message: &Message) -> bool {
        if !shared.live.retains() {
            return false;
        }
        if let Some(bucket) = &self.retainer_buckets.publish
            && !message.payload().is_empty()
            && !bucket.try_take(1, self.now)
        {
            self.count_not_retained(shared, message, NotRetained::RateExceeded);
            return false;
        }
        let outcome = shared.retained.write().store(message.clone(), self.now);
        if shared.keeps_retained_on_disk() && !outcome.is_unchanged() {
            self.store_retained_change(message);
        }
        match outcome {
            StoreOutcome::Stored | StoreOutcome::Replaced => self.counters(shared).add(Metric::MessagesRetained, 1),
            StoreOutcome::RejectedTableFull => self.count_not_retained(shared, message, NotRetained::TableFull),
            StoreOutcome::RejectedPayloadTooLarge => {
                self.count_not_retained(shared, message, NotRetained::PayloadTooLarge);
            }
            StoreOutcome::Removed | StoreOutcome::Nothing => {}
        }
        shared.live.stop_publish_clear() && message.payload().is_empty()
    }

    /// Counts a message that is delivered, but not kept.
    #[cold]
    fn count_not_retained(&mut self, shared: &Shared, message: &Message, why: NotRetained) {
        let (metric, name, cause) = match why {
            NotRetained::TableFull => {
                (Metric::MessagesRetainedRefusedTableFull, "failed_to_retain_message", "table_is_full")
            }
            NotRetained::PayloadTooLarge => (
                Metric::MessagesRetainedRefusedPayloadTooLarge,
                "retain_failed_for_payload_size_exceeded_limit",
                "payload_too_large",
            ),
            NotRetained::RateExceeded => {
                (Metric::MessagesRetainedRefusedRate, "retain_failed_for_rate_exceeded_limit", "rate_exceeded")
            }
        };
        let counters = self.counters(shared);
        counters.add(Metric::MessagesRetainedRefused, 1);
        counters.add(metric, 1);
        if let Some(held_back) = self.log_throttle.pass_cause(Provoked::RetainRefused, name, self.now) {
            warn!(msg = name, topic = message.topic(), clientid = message.publisher(), cause, held_back);
        }
    }
}
