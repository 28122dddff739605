//! The sessions of one worker. Those that nobody uses are packed: millions of them wait for their clients.

use super::connection::{NONE, SessionEntry};
use crate::{ZoneSettings, slab::Slab, timers::Armed};
use dunlin_inbox::SessionNumber;
use dunlin_router::SessionKey;
use dunlin_session::PackedSession;
use std::sync::Arc;

/// Sessions by slot.
pub(crate) struct Sessions {
    /// Settings of those that were packed: they count only while nobody is there.
    zone: Arc<ZoneSettings>,
    places: Slab<Place>,
    /// Slots that may have become idle.
    restless: Vec<u32>,
}

enum Place {
    InUse(Box<SessionEntry>),
    Packed(Packed),
}

/// A durable session without connection to which nothing happens before it expires; its timer is armed for that.
struct Packed {
    number: SessionNumber,
    session: PackedSession,
}

/// A session as it lies there.
#[derive(Clone, Copy)]
pub(crate) enum SessionView<'a> {
    /// Somebody uses it, or it cannot be packed.
    InUse(&'a SessionEntry),
    /// Nobody uses it.
    Packed { session: &'a PackedSession, number: SessionNumber, zone: &'a ZoneSettings },
}

impl Sessions {
    /// None yet. What is unpacked gets the settings of this zone, until its client is there.
    pub(crate) fn new(zone: Arc<ZoneSettings>) -> Self {
        Self { zone, places: Slab::default(), restless: Vec::new() }
    }

    /// Stores a session; gives its slot.
    pub(crate) fn insert(&mut self, entry: SessionEntry) -> u32 {
        self.places.insert(Place::InUse(Box::new(entry))).0
    }

    /// The session in a slot, unpacked.
    #[inline]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut SessionEntry> {
        let place = self.places.get_mut(slot)?;
        place.unpack(&self.zone, slot, &mut self.restless)
    }

    /// The session in a slot, unpacked, if it is still the one of that generation.
    #[inline]
    pub(crate) fn get_current(&mut self, slot: u32, generation: u16) -> Option<&mut SessionEntry> {
        let place = self.places.get_current(slot, generation)?;
        place.unpack(&self.zone, slot, &mut self.restless)
    }

    /// The session in a slot, to look at: packed if it is.
    pub(crate) fn view(&self, slot: u32) -> Option<SessionView<'_>> {
        Some(match self.places.get(slot)? {
            Place::InUse(entry) => SessionView::InUse(entry),
            Place::Packed(Packed { number, session }) => {
                SessionView::Packed { session, number: *number, zone: &self.zone }
            }
        })
    }

    /// Whether there is a session in a slot.
    pub(crate) fn is_taken(&self, slot: u32) -> bool {
        self.places.get(slot).is_some()
    }

    /// Slots that were ever in use.
    pub(crate) fn extent(&self) -> u32 {
        self.places.extent()
    }

    pub(crate) fn generation(&self, slot: u32) -> u16 {
        self.places.generation(slot)
    }

    /// The client a session belongs to.
    pub(crate) fn client_id(&self, slot: u32) -> Option<&str> {
        Some(match self.places.get(slot)? {
            Place::InUse(entry) => entry.session.client_id(),
            Place::Packed(packed) => packed.session.client_id(),
        })
    }

    /// The number of a durable session.
    pub(crate) fn durable_number(&self, slot: u32) -> Option<SessionNumber> {
        match self.places.get(slot)? {
            Place::InUse(entry) => entry.durable_number(),
            Place::Packed(packed) => Some(packed.number),
        }
    }

    /// The number of the queue on disk that a session is fed from.
    pub(crate) fn queue_number(&self, slot: u32) -> Option<SessionNumber> {
        match self.places.get(slot)? {
            Place::InUse(entry) => entry.queue_number(),
            Place::Packed(packed) => Some(packed.number),
        }
    }

    /// Whether a session has no connection; false when it has ended.
    pub(crate) fn is_away(&self, key: SessionKey) -> bool {
        self.places.generation(key.slot) == key.generation
            && self.places.get(key.slot).is_some_and(|place| match place {
                Place::InUse(entry) => entry.connection == NONE,
                Place::Packed(_) => true,
            })
    }

    /// Whether a key stands for a session of this client.
    pub(crate) fn belongs_to(&self, key: SessionKey, client_id: &str) -> bool {
        self.places.generation(key.slot) == key.generation && self.client_id(key.slot) == Some(client_id)
    }

    /// Takes a session out.
    pub(crate) fn remove(&mut self, slot: u32) -> Option<SessionEntry> {
        Some(match self.places.remove(slot)? {
            Place::InUse(entry) => *entry,
            Place::Packed(packed) => packed.unpack(&self.zone),
        })
    }

    /// A session has lost its connection, or something has happened to it without one.
    pub(crate) fn may_be_idle(&mut self, slot: u32) {
        self.restless.push(slot);
    }

    /// Packs the sessions that have become idle.
    pub(crate) fn pack_idle(&mut self) {
        for slot in std::mem::take(&mut self.restless) {
            let Some(place) = self.places.get_mut(slot) else { continue };
            if let Place::InUse(entry) = place
                && let Some(packed) = pack(entry)
            {
                *place = Place::Packed(packed);
            }
        }
    }
}

impl Place {
    #[inline]
    fn unpack(&mut self, zone: &Arc<ZoneSettings>, slot: u32, restless: &mut Vec<u32>) -> Option<&mut SessionEntry> {
        if let Self::Packed(packed) = self {
            *self = Self::InUse(Box::new(packed.unpack(zone)));
            restless.push(slot);
        }
        match self {
            Self::InUse(entry) => Some(entry),
            Self::Packed(_) => None,
        }
    }
}

impl Packed {
    #[cold]
    fn unpack(&self, zone: &Arc<ZoneSettings>) -> SessionEntry {
        let mut entry = SessionEntry::new(self.session.unpack(), Arc::clone(zone));
        entry.make_durable(self.number);
        entry.armed = Armed::for_deadline(self.session.expires_at());
        entry
    }
}

fn pack(entry: &SessionEntry) -> Option<Packed> {
    let number = entry.durable_number()?;
    if entry.connection != NONE || entry.retained.is_some() || entry.feed.is_some() {
        return None;
    }
    let session = entry.session.pack()?;
    (entry.armed == Armed::for_deadline(session.expires_at())).then_some(Packed { number, session })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_session::Session;

    fn durable(client_id: &str, number: u64) -> SessionEntry {
        let mut entry = SessionEntry::new(Session::new(client_id.into()), Arc::default());
        entry.make_durable(SessionNumber(number));
        entry.armed = Armed::for_deadline(session_deadline(&entry));
        entry
    }

    fn session_deadline(entry: &SessionEntry) -> Option<u64> {
        entry.session.pack().and_then(|packed| packed.expires_at())
    }

    #[test]
    fn an_idle_session_is_packed_and_comes_back_when_it_is_wanted() {
        let mut sessions = Sessions::new(Arc::default());
        let slot = sessions.insert(durable("c", 7));
        let key = SessionKey { slot, generation: sessions.generation(slot), worker: 0 };
        sessions.may_be_idle(slot);
        sessions.pack_idle();
        assert!(matches!(sessions.places.get(slot), Some(Place::Packed(_))));
        assert_eq!((sessions.client_id(slot), sessions.durable_number(slot)), (Some("c"), Some(SessionNumber(7))));
        assert!(sessions.is_away(key) && sessions.belongs_to(key, "c") && !sessions.belongs_to(key, "d"));
        let entry = sessions.get_current(slot, key.generation).expect("it is unpacked");
        assert_eq!((&**entry.session.client_id(), entry.durable_number()), ("c", Some(SessionNumber(7))));
        // Whoever wanted it did not take it into use.
        sessions.pack_idle();
        assert!(matches!(sessions.places.get(slot), Some(Place::Packed(_))));
        assert!(sessions.remove(slot).is_some_and(|entry| entry.durable_number() == Some(SessionNumber(7))));
        assert!(!sessions.is_away(key) && sessions.get_current(slot, key.generation).is_none());
    }

    #[test]
    fn a_session_in_use_is_not_packed() {
        let mut sessions = Sessions::new(Arc::default());
        let mut connected = durable("connected", 1);
        connected.connection = 3;
        let connected = sessions.insert(connected);
        let volatile = sessions.insert(SessionEntry::new(Session::new("volatile".into()), Arc::default()));
        for slot in [connected, volatile] {
            sessions.may_be_idle(slot);
            sessions.pack_idle();
            assert!(matches!(sessions.places.get(slot), Some(Place::InUse(_))));
        }
    }

    /// What every session costs beside its client id and subscriptions; raise it only with a reason.
    #[test]
    fn a_place_stays_small() {
        assert!(size_of::<Option<Place>>() <= 48, "{}", size_of::<Option<Place>>());
    }
}
