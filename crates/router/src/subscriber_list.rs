//! All subscribers of one filter.

use crate::position_index::PositionIndex;
use crate::{SessionKey, subscriber::Subscriber};

/// Subscribers of one filter, one per session. Most filters have exactly one: it lies in place (16 bytes in all).
/// Adding, changing and removing take constant time however many there are.
#[derive(Clone, Debug, Default)]
pub(crate) enum SubscriberList {
    #[default]
    Empty,
    One(Subscriber),
    Many(Box<Many>),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Many {
    list: Vec<Subscriber>,
    positions: PositionIndex,
}

impl SubscriberList {
    pub(crate) fn as_slice(&self) -> &[Subscriber] {
        match self {
            Self::Empty => &[],
            Self::One(subscriber) => std::slice::from_ref(subscriber),
            Self::Many(many) => &many.list,
        }
    }

    /// Adds a subscriber, or replaces the one of the same session: true.
    pub(crate) fn put(&mut self, subscriber: Subscriber) -> bool {
        match self {
            Self::Empty => *self = Self::One(subscriber),
            Self::One(first) if first.session == subscriber.session => {
                *first = subscriber;
                return true;
            }
            Self::One(first) => {
                *self =
                    Self::Many(Box::new(Many { list: vec![*first, subscriber], positions: PositionIndex::default() }));
            }
            Self::Many(many) => return many.put(subscriber),
        }
        false
    }

    /// Takes out the subscriber of a session; false if there is none.
    pub(crate) fn remove(&mut self, session: SessionKey) -> bool {
        match self {
            Self::One(subscriber) if subscriber.session == session => *self = Self::Empty,
            Self::Empty | Self::One(_) => return false,
            Self::Many(many) => {
                if !many.remove(session) {
                    return false;
                }
                if let [last] = many.list[..] {
                    *self = Self::One(last);
                }
            }
        }
        true
    }
}

impl Many {
    fn put(&mut self, subscriber: Subscriber) -> bool {
        let found = self.positions.find(&self.list, subscriber.session);
        if let Some(old) = found.and_then(|position| self.list.get_mut(position)) {
            *old = subscriber;
            return true;
        }
        self.list.push(subscriber);
        self.positions.pushed(&self.list);
        false
    }

    fn remove(&mut self, session: SessionKey) -> bool {
        let Some(position) = self.positions.find(&self.list, session) else { return false };
        self.list.swap_remove(position);
        self.positions.removed(&self.list, session);
        self.positions.placed(&self.list, position);
        if self.list.len() < self.list.capacity() / 4 {
            self.list.shrink_to(self.list.len() * 2);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn one_subscriber_needs_no_heap_and_sixteen_bytes() {
        assert_eq!(size_of::<SubscriberList>(), 16);
    }

    proptest! {
        #[test]
        fn agrees_with_a_map(changes in prop::collection::vec((0_u32..60, any::<bool>(), any::<u32>()), 1..400)) {
            let mut list = SubscriberList::default();
            let mut model = BTreeMap::new();
            for (slot, put, subscription_id) in changes {
                let session = SessionKey { worker: 0, slot, generation: 0 };
                if put {
                    let subscriber = Subscriber { session, grant: crate::Grant::default(), subscription_id };
                    prop_assert_eq!(list.put(subscriber), model.insert(session, subscriber).is_some());
                } else {
                    prop_assert_eq!(list.remove(session), model.remove(&session).is_some());
                }
                let mut actual = list.as_slice().to_vec();
                actual.sort_by_key(|subscriber| subscriber.session);
                prop_assert_eq!(actual, model.values().copied().collect::<Vec<_>>());
            }
        }
    }
}
