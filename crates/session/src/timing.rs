//! How long deliveries take, for the histograms: until a message is written to the client, and from then on until it has
//! acknowledged it.
//!
//! What waited for the client to come is left out: messages older than the connection, and those that were written on an earlier one.

use crate::{
    Session, Turn,
    inflight::{Entry, Phase},
};
use dunlin_model::{Message, Millis, Qos};
use dunlin_telemetry::Latency;
use std::num::NonZeroU32;

/// When a message was first written to the client: the low bits of a moment. `None` where nobody wants to know.
pub(crate) type WrittenAt = Option<NonZeroU32>;

/// What to keep of a message that is written in this turn.
#[inline]
pub(crate) fn written_at(turn: Turn<'_>) -> WrittenAt {
    let is_timed = turn.latencies.is_some() || turn.slow.is_on();
    is_timed.then(|| NonZeroU32::new(low_bits(turn.now)).unwrap_or(NonZeroU32::MIN))
}

/// How long ago it was written. A difference of low bits is that of the moments, unless it is longer than seven weeks.
pub(crate) fn since_written(entry: &Entry, now: Millis) -> Option<Millis> {
    Some(Millis::from(low_bits(now).wrapping_sub(entry.written_at?.get())))
}

fn low_bits(moment: Millis) -> u32 {
    // Cut off on purpose.
    (moment & Millis::from(u32::MAX)) as u32
}

impl Session {
    /// A message is written to the client for the first time.
    #[inline]
    pub(crate) fn time_delivery(&self, turn: Turn<'_>, message: &Message, qos: Qos) {
        let received_at = message.received_at();
        if let Some(latencies) = turn.latencies
            && received_at >= self.since
            && !message.was_delayed()
        {
            let latency = match qos {
                Qos::AtMostOnce => Latency::DeliveryQos0,
                Qos::AtLeastOnce => Latency::DeliveryQos1,
                Qos::ExactlyOnce => Latency::DeliveryQos2,
            };
            latencies.observe(latency, turn.now.saturating_sub(received_at));
        }
    }

    /// The client has acknowledged a message.
    #[inline]
    pub(crate) fn time_acknowledgement(&self, turn: Turn<'_>, entry: &Entry) {
        if let (Some(latencies), Some(took_ms)) = (turn.latencies, since_written(entry, turn.now))
            && took_ms <= turn.now.saturating_sub(self.since)
        {
            let is_qos1 = entry.phase == Phase::AwaitPubAck;
            let latency = if is_qos1 { Latency::DeliveryAckQos1 } else { Latency::DeliveryAckQos2 };
            latencies.observe(latency, took_ms);
        }
    }
}
