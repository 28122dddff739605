//! Which durable session is where, and how its queue is being read.

use super::FeedMark;
use dunlin_inbox::{SessionNumber, SessionTable};
use dunlin_router::SessionKey;

/// Where a durable session lives, and whether its messages are pushed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Residence {
    pub(crate) key: SessionKey,
    /// The session is connected and has got everything so far: new messages are pushed as they are queued.
    pub(crate) is_live: bool,
    /// Of its present connection; `None` while it has none.
    pub(crate) feed: Option<FeedMark>,
    /// It is a queue lent to a session that keeps its messages in memory otherwise.
    pub(crate) is_lent: bool,
}

/// No session has this number.
const NOBODY: SessionNumber = SessionNumber(u64::MAX);

/// All durable sessions of this node.
#[derive(Default)]
pub(crate) struct Directory {
    residences: SessionTable<Residence>,
    /// Who came last to a slot, by worker and slot.
    numbers: Vec<Vec<SessionNumber>>,
}

impl Directory {
    pub(crate) fn insert(&mut self, key: SessionKey, session: SessionNumber) {
        self.residences.insert(session, Residence { key, is_live: false, feed: None, is_lent: false });
        *self.place(key) = session;
    }

    /// Adds a queue that is lent to a session; false when that one is gone for sure: a later one has its slot.
    pub(crate) fn lend(&mut self, key: SessionKey, session: SessionNumber) -> bool {
        let place = *self.place(key);
        // One that was there before has ended, though that is not known here yet.
        let is_later = |there: Residence| there.key.generation.wrapping_sub(key.generation).cast_signed() > 0;
        if self.residence(place).is_some_and(is_later) {
            return false;
        }
        self.insert(key, session);
        if let Some(residence) = self.residences.get_mut(session) {
            residence.is_lent = true;
        }
        true
    }

    fn place(&mut self, key: SessionKey) -> &mut SessionNumber {
        let (worker, slot) = (usize::from(key.worker), key.slot as usize);
        if self.numbers.len() <= worker {
            self.numbers.resize_with(worker + 1, Vec::new);
        }
        let slots = &mut self.numbers[worker];
        if slots.len() <= slot {
            slots.resize(slot + 1, NOBODY);
        }
        &mut slots[slot]
    }

    pub(crate) fn remove(&mut self, key: SessionKey, session: SessionNumber) {
        // A number left in its slot finds no residence.
        if self.residence(session).is_some_and(|there| there.key == key) {
            self.residences.remove(session);
        }
    }

    /// The durable session at a place; `None` when it has ended.
    pub(crate) fn number(&self, key: SessionKey) -> Option<SessionNumber> {
        self.find(key).map(|(session, _)| session)
    }

    /// The durable session at a place, and how its queue is being read; `None` when it has ended.
    pub(crate) fn find(&self, key: SessionKey) -> Option<(SessionNumber, Residence)> {
        let session = *self.numbers.get(usize::from(key.worker))?.get(key.slot as usize)?;
        let residence = self.residence(session)?;
        (residence.key == key).then_some((session, residence))
    }

    pub(crate) fn residence(&self, session: SessionNumber) -> Option<Residence> {
        self.residences.get(session).copied()
    }

    pub(crate) fn set_live(&mut self, session: SessionNumber, is_live: bool) {
        if let Some(residence) = self.residences.get_mut(session) {
            residence.is_live = is_live;
        }
    }

    /// The session has a connection, or none any more; either way its queue is read anew.
    pub(crate) fn set_feed(&mut self, session: SessionNumber, feed: Option<FeedMark>) {
        if let Some(residence) = self.residences.get_mut(session) {
            (residence.feed, residence.is_live) = (feed, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_lent_to_who_may_still_be_there() {
        let key = |generation| SessionKey { slot: 0, generation, worker: 0 };
        let mut directory = Directory::default();
        assert!(directory.lend(key(1), SessionNumber(10)));
        assert_eq!(directory.number(key(1)), Some(SessionNumber(10)));
        assert!(directory.residence(SessionNumber(10)).is_some_and(|there| there.is_lent));
        // It becomes the queue of a durable session.
        directory.insert(key(1), SessionNumber(10));
        assert!(directory.residence(SessionNumber(10)).is_some_and(|there| !there.is_lent));
        directory.insert(key(2), SessionNumber(11));
        assert!(!directory.lend(key(1), SessionNumber(12)), "another has come since");
        assert_eq!(directory.number(key(2)), Some(SessionNumber(11)));
        assert!(directory.lend(key(3), SessionNumber(13)), "the one before has ended");
        assert_eq!((directory.number(key(2)), directory.number(key(3))), (None, Some(SessionNumber(13))));
    }

    #[test]
    fn a_slot_used_again_is_another_session() {
        let key = |generation| SessionKey { slot: 3, generation, worker: 1 };
        let mut directory = Directory::default();
        directory.insert(key(1), SessionNumber(10));
        assert_eq!(directory.number(key(1)), Some(SessionNumber(10)));
        directory.set_feed(SessionNumber(10), Some(5));
        directory.set_live(SessionNumber(10), true);
        assert!(directory.residence(SessionNumber(10)).is_some_and(|there| there.is_live && there.feed == Some(5)));
        directory.insert(key(2), SessionNumber(11));
        assert_eq!(directory.number(key(1)), None);
        directory.remove(key(1), SessionNumber(10));
        assert_eq!(directory.number(key(2)), Some(SessionNumber(11)));
        directory.remove(key(2), SessionNumber(11));
        assert_eq!((directory.number(key(2)), directory.number(SessionKey { slot: 9, ..key(2) })), (None, None));
    }
}
