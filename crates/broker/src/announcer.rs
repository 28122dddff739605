//! What the broker tells of itself below `$SYS/brokers`: at QoS 0, and made only where somebody hears it.

use crate::{mailbox::Mail, shared::Shared};
use dunlin_model::{Message, MessageParts, Qos};
use std::sync::Arc;

/// Publishes what is told of the broker, on behalf of whatever surrounds it. Clones do the same.
#[derive(Clone)]
pub struct Announcer {
    pub(crate) shared: Arc<Shared>,
}

impl Announcer {
    /// The topic of something about this node: `$SYS/brokers/{node}/{what}`.
    #[must_use]
    pub fn topic(&self, what: &str) -> String {
        self.shared.system_topic(what)
    }

    /// Whether anybody subscribes to a topic.
    #[must_use]
    pub fn is_heard(&self, topic: &str) -> bool {
        self.shared.is_heard(topic)
    }

    /// Publishes to those who subscribe to a topic.
    pub fn announce(&self, topic: &str, payload: &str) {
        if self.is_heard(topic) {
            self.shared.announce(self.shared.announcement(topic, payload, Kept::Not));
        }
    }

    /// Publishes something that those get too who subscribe later, within `expiry_secs` where there is a limit. It is kept in
    /// memory, and for no longer than the broker runs.
    pub fn announce_retained(&self, topic: &str, payload: &str, expiry_secs: Option<u32>) {
        self.shared.announce(self.shared.announcement(topic, payload, Kept::For(expiry_secs)));
    }
}

/// Whether a message is retained.
#[derive(Clone, Copy)]
pub(crate) enum Kept {
    /// It is not.
    Not,
    /// It is, for so many seconds or for ever.
    For(Option<u32>),
}

impl Shared {
    /// [`Announcer::topic`].
    pub(crate) fn system_topic(&self, what: &str) -> String {
        format!("$SYS/brokers/{}/{what}", self.settings.node_name)
    }

    /// [`Announcer::is_heard`].
    pub(crate) fn is_heard(&self, topic: &str) -> bool {
        self.router.read().has_match(topic)
    }

    /// A message of the broker's own.
    pub(crate) fn announcement(&self, topic: &str, payload: &str, kept: Kept) -> Message {
        Message::new(&MessageParts {
            topic,
            properties: &[],
            payload: payload.as_bytes(),
            qos: Qos::AtMostOnce,
            retain: matches!(kept, Kept::For(_)),
            expiry_secs: match kept {
                Kept::Not => None,
                Kept::For(expiry_secs) => expiry_secs,
            },
            // No client can have this id, so none is taken for the publisher.
            publisher: "",
            received_at: self.clock.now(),
        })
    }

    /// Has the first worker publish it.
    pub(crate) fn announce(&self, message: Message) {
        self.mailboxes[0].post(Mail::Announce(message));
    }
}
