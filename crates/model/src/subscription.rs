//! What a client asks for when it subscribes.

use crate::Qos;

/// When retained messages are sent for a new subscription (MQTT 5.0 §3.8.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RetainHandling {
    /// At every SUBSCRIBE.
    #[default]
    Always = 0,
    /// Only when the subscription did not exist before.
    IfNew = 1,
    /// Never.
    Never = 2,
}

impl RetainHandling {
    /// The value for the two wire bits; `None` for 3, which is malformed.
    #[must_use]
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            0 => Some(Self::Always),
            1 => Some(Self::IfNew),
            2 => Some(Self::Never),
            _ => None,
        }
    }
}

/// Options of one subscription. Versions 3.1 and 3.1.1 have only `qos`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SubscriptionOptions {
    /// The highest quality of service to deliver with.
    pub qos: Qos,
    /// Do not send the subscriber its own messages.
    pub no_local: bool,
    /// Keep the publisher's RETAIN flag on live messages.
    pub retain_as_published: bool,
    /// When to send retained messages.
    pub retain_handling: RetainHandling,
}

/// Subscription identifiers that go with one delivery: 1 to 268,435,455 each (MQTT 5.0 §3.3.2.3.8). Nearly always none or one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SubscriptionIds {
    /// No matching subscription had an identifier.
    #[default]
    None,
    /// One.
    One(u32),
    /// Several overlapping subscriptions matched.
    Many(Box<[u32]>),
}

impl SubscriptionIds {
    /// The identifiers as a slice.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        match self {
            Self::None => &[],
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
    }

    /// One identifier, where 0 stands for none.
    #[must_use]
    pub const fn from_id(id: u32) -> Self {
        if id == 0 { Self::None } else { Self::One(id) }
    }

    /// Adds an identifier; 0 stands for none and adds nothing.
    pub fn push(&mut self, id: u32) {
        if id == 0 {
            return;
        }
        *self = match std::mem::take(self) {
            Self::None => Self::One(id),
            Self::One(first) => Self::Many(Box::new([first, id])),
            Self::Many(ids) => {
                let mut ids = ids.into_vec();
                ids.push(id);
                Self::Many(ids.into_boxed_slice())
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_grow_from_none_to_many() {
        let mut ids = SubscriptionIds::default();
        for (add, expected) in [(0, vec![]), (7, vec![7]), (0, vec![7]), (9, vec![7, 9]), (11, vec![7, 9, 11])] {
            ids.push(add);
            assert_eq!(ids.as_slice(), expected);
        }
    }
}
