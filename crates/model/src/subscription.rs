//! What a client asks for when it subscribes.

use crate::Qos;
use triomphe::ThinArc;

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

/// Subscription identifiers that go with one delivery: 1 to 268,435,455 each (MQTT 5.0 §3.3.2.3.8). Nearly always none
/// or one; several are shared between all copies of the list. 16 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SubscriptionIds {
    /// No matching subscription had an identifier.
    #[default]
    None,
    /// One.
    One(u32),
    /// Several overlapping subscriptions matched.
    Many(ThinArc<(), u32>),
}

impl SubscriptionIds {
    /// The most identifiers that go with one delivery. Each is up to 5 bytes of the PUBLISH: what a client adds to every
    /// message with its overlapping subscriptions ends at 5 KiB, far below the maximum packet size. Past this number the
    /// broker departs from [MQTT-3.3.4-4].
    pub const MAX_COUNT: usize = 1_024;

    /// The identifiers as a slice.
    #[must_use]
    pub fn as_slice(&self) -> &[u32] {
        match self {
            Self::None => &[],
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => &ids.slice,
        }
    }

    /// One identifier, where 0 stands for none.
    #[must_use]
    pub const fn from_id(id: u32) -> Self {
        if id == 0 { Self::None } else { Self::One(id) }
    }

    /// Several identifiers, where 0 stands for none. Those after the first [`Self::MAX_COUNT`] are left out.
    #[must_use]
    pub fn from_ids(ids: impl IntoIterator<Item = u32>) -> Self {
        let mut ids = ids.into_iter().filter(|&id| id != 0).take(Self::MAX_COUNT);
        let Some(first) = ids.next() else { return Self::None };
        let Some(second) = ids.next() else { return Self::One(first) };
        let all: Vec<u32> = [first, second].into_iter().chain(ids).collect();
        Self::Many(ThinArc::from_header_and_slice((), &all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_kept_in_order_without_zeros() {
        assert_eq!(size_of::<SubscriptionIds>(), 16);
        for (given, expected) in [
            (&[][..], SubscriptionIds::None),
            (&[0, 0], SubscriptionIds::None),
            (&[0, 7], SubscriptionIds::One(7)),
            (&[7, 0], SubscriptionIds::from_id(7)),
        ] {
            assert_eq!(SubscriptionIds::from_ids(given.iter().copied()), expected);
        }
        assert_eq!(SubscriptionIds::from_ids([9, 0, 7, 9]).as_slice(), [9, 7, 9]);
    }

    #[test]
    fn copies_share_the_list() {
        let ids = SubscriptionIds::from_ids([1, 2, 3]);
        assert!(std::ptr::eq(ids.as_slice(), ids.clone().as_slice()));
    }

    #[test]
    fn identifiers_beyond_the_limit_are_left_out() {
        let limit = SubscriptionIds::MAX_COUNT as u32;
        for (last, expected) in [(limit - 1, limit - 1), (limit, limit), (limit + 1, limit), (100_000, limit)] {
            // Zeros take no place.
            let ids = SubscriptionIds::from_ids((1..=last).flat_map(|id| [0, id]));
            assert!(ids.as_slice().iter().copied().eq(1..=expected), "{last}");
        }
    }
}
