//! Deliveries that take long: how long each one took, and which of them the broker hears of.

use crate::{Output, inflight::Entry, timing::since_written};
use dunlin_model::{Message, Millis};

/// From when to when a delivery is timed. At QoS 0 it is complete when it is written, at QoS 1 with PUBACK, at QoS 2 with PUBCOMP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeliverySpan {
    /// From when the broker received the message until the delivery is complete.
    #[default]
    Whole,
    /// From when the broker received the message until it was first written to the client.
    Internal,
    /// From when it was first written to the client until the delivery is complete.
    Response,
}

/// Which deliveries come out as [`Output::Slow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowWatch {
    span: DeliverySpan,
    above_ms: Millis,
}

impl Default for SlowWatch {
    fn default() -> Self {
        Self::OFF
    }
}

impl SlowWatch {
    /// None.
    pub const OFF: Self = Self { span: DeliverySpan::Whole, above_ms: Millis::MAX };

    /// Those that take more than so many milliseconds.
    #[must_use]
    pub const fn new(span: DeliverySpan, above_ms: Millis) -> Self {
        Self { span, above_ms }
    }

    /// From when to when they are timed.
    #[must_use]
    pub const fn span(self) -> DeliverySpan {
        self.span
    }

    /// They take more than so many milliseconds.
    #[must_use]
    pub const fn above_ms(self) -> Millis {
        self.above_ms
    }

    /// Whether deliveries are timed.
    #[must_use]
    #[inline]
    pub const fn is_on(self) -> bool {
        self.above_ms != Millis::MAX
    }

    /// A delivery of QoS 0 is written, and complete with that.
    pub(crate) fn look_at_written(self, message: &Message, created_at: Millis, now: Millis) -> Option<Output> {
        let took_ms = match self.span {
            DeliverySpan::Whole | DeliverySpan::Internal => now.saturating_sub(message.received_at()),
            DeliverySpan::Response => 0,
        };
        self.tell(message, created_at, took_ms)
    }

    /// A delivery that was open is complete.
    #[cold]
    pub(crate) fn look_at_complete(self, entry: &Entry, created_at: Millis, now: Millis) -> Option<Output> {
        let message = entry.kept_message()?;
        let since_written = since_written(entry, now)?;
        let since_received = now.saturating_sub(message.received_at());
        let took_ms = match self.span {
            DeliverySpan::Whole => since_received,
            DeliverySpan::Internal => since_received.saturating_sub(since_written),
            DeliverySpan::Response => since_written,
        };
        self.tell(message, created_at, took_ms)
    }

    /// What is older than its session has not waited for it, as retained messages have not; a delayed one was meant to wait.
    fn tell(self, message: &Message, created_at: Millis, took_ms: Millis) -> Option<Output> {
        let is_slow = took_ms > self.above_ms && message.received_at() >= created_at && !message.was_delayed();
        is_slow.then(|| Output::Slow { message: message.clone(), took_ms })
    }
}
