//! What the routes know of a subscription's options.

use dunlin_model::{Qos, SubscriptionOptions};

/// The options of a subscription that matter for live messages, and what its session makes of them: 4 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    /// The highest quality of service to deliver with.
    pub qos: Qos,
    /// Do not send the subscriber its own messages.
    pub no_local: bool,
    /// Keep the publisher's RETAIN flag.
    pub retain_as_published: bool,
    /// The session outlives a restart of the broker: its QoS 1 and 2 messages go to disk before they are acknowledged.
    pub is_durable: bool,
}

impl Grant {
    pub(crate) fn new(options: SubscriptionOptions, is_durable: bool) -> Self {
        let SubscriptionOptions { qos, no_local, retain_as_published, .. } = options;
        Self { qos, no_local, retain_as_published, is_durable }
    }
}
