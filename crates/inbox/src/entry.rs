//! One queued delivery: a reference to a stored message and how it is delivered.

use crate::{Place, Position};
use dunlin_model::{ArcStr, Qos, SubscriptionIds};

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// Done, dropped or moved away.
    Closed = 0,
    /// Its body is needed.
    Waiting = 1,
    /// PUBREC came: only PUBREL is owed, the body is not needed any more.
    Received = 2,
}

/// One entry of a queue, 20 bytes: a million of them wait in 20 MB. What is rare lies in the chunk, and the entry knows where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    /// The subscription identifier, 0 for none; with `has_list` the index of a list of the chunk.
    pub(crate) ids: u32,
    /// 1 + the index of a shared filter of the chunk; 0 for none.
    pub(crate) shared: u16,
    pub(crate) state: State,
    pub(crate) flags: Flags,
}

/// Facts of one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flags(pub(crate) u8);

impl Flags {
    pub(crate) const QOS_2: u8 = 1;
    pub(crate) const RETAIN: u8 = 1 << 1;
    pub(crate) const LIST: u8 = 1 << 2;
    pub(crate) const QOS_0: u8 = 1 << 3;

    pub(crate) const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// A delivery that is to be queued.
#[derive(Clone, Debug)]
pub(crate) struct Delivery<'a> {
    pub(crate) place: Place,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    pub(crate) subscription_ids: SubscriptionIds,
    pub(crate) shared: Option<&'a ArcStr>,
}

impl Entry {
    /// Fills positions that were never given to a delivery.
    pub(crate) const CLOSED: Self = Self {
        place: Place { segment: 0, offset: 0, len: 0 },
        ids: 0,
        shared: 0,
        state: State::Closed,
        flags: Flags(0),
    };

    pub(crate) fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.state == State::Waiting
    }

    pub(crate) const fn qos(&self) -> Qos {
        if self.flags.has(Flags::QOS_2) {
            Qos::ExactlyOnce
        } else if self.flags.has(Flags::QOS_0) {
            Qos::AtMostOnce
        } else {
            Qos::AtLeastOnce
        }
    }

    pub(crate) const fn retain(&self) -> bool {
        self.flags.has(Flags::RETAIN)
    }

    /// Whether another member of its shared subscription may get it: not at QoS 0, and not once it was sent with QoS 2
    /// [MQTT-4.8.2-5].
    pub(crate) fn is_movable(&self, position: Position, sent_to: Position) -> bool {
        self.is_waiting()
            && match self.qos() {
                Qos::AtMostOnce => false,
                Qos::AtLeastOnce => true,
                Qos::ExactlyOnce => position >= sent_to,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<Entry>(), 20);
    }
}
