//! A message on its way to one session.

use dunlin_model::{ArcStr, Message, Qos, SubscriptionIds};
use std::num::NonZeroU64;

/// A message on its way to one session, with what its subscriptions say about it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// QoS granted to the subscription.
    pub qos: Qos,
    /// RETAIN flag to send.
    pub retain: bool,
    /// Identifiers of the subscriptions that matched.
    pub subscription_ids: SubscriptionIds,
    /// The shared subscription that chose this session, as the router knows it.
    pub shared: Option<ArcStr>,
    /// Where the message lies in the session's durable queue; `None` for what lies in memory only.
    pub durable: Option<Durable>,
}

/// The place of a message in the durable queue of its session. 8 bytes, as an `Option` too: every delivery carries one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Durable(NonZeroU64);

impl Durable {
    /// The message at this position, which was sent before (`dup`) or not. Positions count from 0, are never reused and stay
    /// below 2^62; the packet identifier follows from them and is the same at every try.
    #[must_use]
    pub const fn new(position: u64, dup: bool) -> Self {
        Self(NonZeroU64::MIN.saturating_add(position << 1 | dup as u64))
    }

    /// Its position.
    #[must_use]
    pub const fn position(self) -> u64 {
        (self.0.get() - 1) >> 1
    }

    /// Whether an earlier connection may have sent it already.
    #[must_use]
    pub const fn dup(self) -> bool {
        (self.0.get() - 1) & 1 == 1
    }
}

impl std::fmt::Debug for Durable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Durable").field("position", &self.position()).field("dup", &self.dup()).finish()
    }
}

/// Why a message was not delivered; the name of its counter is `delivery.dropped.{name}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DropReason {
    /// The queue was full and this was the oldest message in it.
    QueueFull,
    /// QoS 0 and the queue does not store those.
    Qos0NotStored,
    /// Its message expiry interval passed.
    Expired,
    /// Larger than the client's Maximum Packet Size [MQTT-3.1.2-25].
    TooLarge,
    /// The subscriber is the publisher and asked not to get its own messages.
    NoLocal,
    /// The session ended with the message still waiting.
    SessionEnded,
    /// QoS 0 and the client has had as much as it may get in a time.
    QuotaExceeded,
    /// QoS 0 and the broker has more to do than it can do.
    Overload,
}

impl DropReason {
    /// Every reason, `ALL[reason as usize] == reason`.
    pub const ALL: [Self; 8] = [
        Self::QueueFull,
        Self::Qos0NotStored,
        Self::Expired,
        Self::TooLarge,
        Self::NoLocal,
        Self::SessionEnded,
        Self::QuotaExceeded,
        Self::Overload,
    ];

    /// Last part of the counter's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Qos0NotStored => "qos0_msg",
            Self::Expired => "expired",
            Self::TooLarge => "too_large",
            Self::NoLocal => "no_local",
            Self::SessionEnded => "session_ended",
            Self::QuotaExceeded => "quota_exceeded",
            Self::Overload => "overload",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_durable_place_is_small_and_gives_back_its_parts() {
        for position in [0, 1, 65_535, (1 << 62) - 1] {
            for dup in [false, true] {
                let durable = Durable::new(position, dup);
                assert_eq!((durable.position(), durable.dup()), (position, dup));
            }
        }
        assert_eq!((size_of::<Option<Durable>>(), size_of::<Delivery>()), (8, 48));
    }
}
