//! Limits of the store.

use dunlin_model::{Message, Millis};

/// Limits of the store: `retainer.*` of the configuration. They hold from the next call on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetainedConfig {
    /// Topics with a retained message, at most; 0 is no limit.
    pub max_retained_messages: usize,
    /// Longest payload that is retained, in bytes; 0 is no limit.
    pub max_payload_size: usize,
    /// Seconds after which a message without an expiry of its own is forgotten; 0 is never.
    pub default_expiry_secs: u32,
    /// Seconds after which a message is forgotten whatever it says itself, in place of `default_expiry_secs`. It can
    /// shorten a life, not lengthen it: past its own expiry no message may be delivered [MQTT-3.3.2-5]. `None` is off,
    /// `Some(0)` never.
    pub expiry_override_secs: Option<u32>,
    /// Messages that would never be forgotten are not, in spite of `expiry_override_secs`.
    pub allow_never_expire: bool,
}

impl Default for RetainedConfig {
    fn default() -> Self {
        Self {
            max_retained_messages: 0,
            max_payload_size: 1024 * 1024,
            default_expiry_secs: 0,
            expiry_override_secs: None,
            allow_never_expire: true,
        }
    }
}

impl RetainedConfig {
    /// When the store forgets a message; `None` is never.
    #[must_use]
    pub fn expires_at(&self, message: &Message) -> Option<Millis> {
        let after = |secs: u32| (secs != 0).then(|| message.received_at().saturating_add(u64::from(secs) * 1_000));
        match (self.expiry_override_secs, message.expires_at()) {
            (Some(_), None) if self.allow_never_expire && self.default_expiry_secs == 0 => None,
            (Some(secs), own) => [after(secs), own].into_iter().flatten().min(),
            (None, own) => own.or_else(|| after(self.default_expiry_secs)),
        }
    }

    /// Whether the store has forgotten a message by `now`.
    #[must_use]
    pub fn is_expired(&self, message: &Message, now: Millis) -> bool {
        self.expires_at(message).is_some_and(|at| at <= now)
    }
}
