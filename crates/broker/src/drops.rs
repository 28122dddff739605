//! Messages that are not delivered are counted: all together, and by reason.

use dunlin_session::DropReason;
use dunlin_telemetry::{CounterBlock, Metric};

/// Counts messages that were not delivered for the reason a metric stands for.
pub(crate) fn count_drops(counters: &CounterBlock, reason: Metric, count: u64) {
    if count > 0 {
        counters.add(Metric::DeliveryDropped, count);
        counters.add(reason, count);
    }
}

/// The metric of a reason that sessions know.
pub(crate) const fn metric_of(reason: DropReason) -> Metric {
    match reason {
        DropReason::QueueFull => Metric::DeliveryDroppedQueueFull,
        DropReason::Qos0NotStored => Metric::DeliveryDroppedQos0Msg,
        DropReason::Expired => Metric::DeliveryDroppedExpired,
        DropReason::TooLarge => Metric::DeliveryDroppedTooLarge,
        DropReason::NoLocal => Metric::DeliveryDroppedNoLocal,
        DropReason::SessionEnded => Metric::DeliveryDroppedSessionEnded,
        DropReason::Overload => Metric::DeliveryDroppedOverload,
        DropReason::QuotaExceeded => Metric::DeliveryDroppedQuotaExceeded,
    }
}
