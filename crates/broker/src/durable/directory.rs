//! Which durable session is where, and how its queue is being read.

use super::FeedMark;
use dunlin_inbox::SessionNumber;
use dunlin_router::SessionKey;
use hashbrown::HashMap;

/// Where a durable session lives, and whether its messages are pushed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Residence {
    pub(crate) key: SessionKey,
    /// The session is connected and has got everything so far: new messages are pushed as they are queued.
    pub(crate) is_live: bool,
    /// Of its present connection; `None` while it has none.
    pub(crate) feed: Option<FeedMark>,
}

/// All durable sessions of this node.
#[derive(Default)]
pub(crate) struct Directory {
    residences: HashMap<SessionNumber, Residence>,
    /// By worker and slot.
    numbers: Vec<Vec<Option<(u16, SessionNumber)>>>,
}

impl Directory {
    pub(crate) fn insert(&mut self, key: SessionKey, session: SessionNumber) {
        self.residences.insert(session, Residence { key, is_live: false, feed: None });
        let (worker, slot) = (usize::from(key.worker), key.slot as usize);
        if self.numbers.len() <= worker {
            self.numbers.resize_with(worker + 1, Vec::new);
        }
        let slots = &mut self.numbers[worker];
        if slots.len() <= slot {
            slots.resize(slot + 1, None);
        }
        slots[slot] = Some((key.generation, session));
    }

    pub(crate) fn remove(&mut self, key: SessionKey, session: SessionNumber) {
        self.residences.remove(&session);
        if let Some(place) = self.place(key)
            && place.is_some_and(|(_, known)| known == session)
        {
            *place = None;
        }
    }

    /// The durable session at a place; `None` when it has ended.
    pub(crate) fn number(&self, key: SessionKey) -> Option<SessionNumber> {
        let (generation, session) = (*self.numbers.get(usize::from(key.worker))?.get(key.slot as usize)?)?;
        (generation == key.generation).then_some(session)
    }

    pub(crate) fn residence(&self, session: SessionNumber) -> Option<Residence> {
        self.residences.get(&session).copied()
    }

    pub(crate) fn set_live(&mut self, session: SessionNumber, is_live: bool) {
        if let Some(residence) = self.residences.get_mut(&session) {
            residence.is_live = is_live;
        }
    }

    /// The session has a connection, or none any more; either way its queue is read anew.
    pub(crate) fn set_feed(&mut self, session: SessionNumber, feed: Option<FeedMark>) {
        if let Some(residence) = self.residences.get_mut(&session) {
            (residence.feed, residence.is_live) = (feed, false);
        }
    }

    fn place(&mut self, key: SessionKey) -> Option<&mut Option<(u16, SessionNumber)>> {
        self.numbers.get_mut(usize::from(key.worker))?.get_mut(key.slot as usize)
    }
}
