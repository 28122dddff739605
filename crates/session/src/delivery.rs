//! A message on its way to one session.

use dunlin_model::{ArcStr, Message, Qos, SubscriptionIds};

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
    /// The shared subscription that chose this session, as the client wrote it.
    pub shared: Option<ArcStr>,
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
}

impl DropReason {
    /// Every reason, `ALL[reason as usize] == reason`.
    pub const ALL: [Self; 6] =
        [Self::QueueFull, Self::Qos0NotStored, Self::Expired, Self::TooLarge, Self::NoLocal, Self::SessionEnded];

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
        }
    }
}
