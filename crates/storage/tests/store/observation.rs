//! What a store says that it holds, in the terms of the model.

use crate::model::{Model, ModelEntry, ModelQueue, ModelSession};
use crate::{id_of, tag_of};
use dunlin_inbox::{PageEntry, Position, SessionNumber, Space};
use dunlin_storage::store::{BodyReader, Store, StoreError};
use fastrand::Rng;
use std::io;

/// The number of an entry whose message could not be read.
const UNREADABLE: u64 = u64::MAX;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Observation {
    pub(crate) model: Model,
    /// Entries whose message could not be read.
    pub(crate) unreadable: Vec<(SessionNumber, Position)>,
}

/// Everything a store holds, right after it was opened.
pub(crate) fn observe(store: &mut Store, bodies: &mut BodyReader, random: &mut Rng) -> Observation {
    let mut found = Observation::default();
    let mut take_in = |stored: dunlin_storage::store::StoredSession| {
        let subscriptions = stored.subscriptions.iter().map(|it| (it.filter.to_string(), it.subscription_id)).collect();
        let awaiting = stored.awaiting_release.into_iter().collect();
        let queue = ModelQueue::default();
        let session = ModelSession { tag: tag_of(&stored.record), subscriptions, awaiting, queue };
        assert!(found.model.sessions.insert(stored.number, session).is_none(), "{} twice", stored.number);
    };
    store.sessions(&mut take_in).expect("what is stored can be read");
    assert_eq!(store.session_count(), found.model.sessions.len());
    for (number, session) in &mut found.model.sessions {
        assert!(*number < store.next_session_number(), "a number is given once");
        let queue = observe_queue(store, bodies, *number, random).expect("the key-value store is sound");
        let unreadable = queue.entries.iter().filter(|(_, entry)| entry.id == Some(UNREADABLE));
        found.unreadable.extend(unreadable.map(|(position, _)| (*number, *position)));
        session.queue = queue;
    }
    for space in [Space::Retained, Space::Delayed, Space::Metadata] {
        let values = &mut found.model.values;
        let mut visit = |key: &[u8], value: &[u8]| _ = values.insert((space, key.to_vec()), value.to_vec());
        store.values(space, &mut visit).expect("the key-value store is sound");
    }
    found
}

/// The queue of one session, in pages of any size.
pub(crate) fn observe_queue(
    store: &mut Store,
    bodies: &mut BodyReader,
    session: SessionNumber,
    random: &mut Rng,
) -> Result<ModelQueue, StoreError> {
    let tail = store.tail(session).expect("the session exists");
    let mut queue = ModelQueue { tail, sent_to: store.sent_to(session), ..ModelQueue::default() };
    let mut from = None;
    loop {
        let page = store.page(session, from, random.usize(1..200), random.u64(1..50_000))?;
        for PageEntry { position, place, qos, retain, dup, received, subscription_ids, shared } in page.entries {
            assert!(from.is_none_or(|from| position >= from), "in order");
            assert_eq!(dup, position < queue.sent_to);
            let id = (!received).then(|| match bodies.read(place) {
                Ok(message) => id_of(&message),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => UNREADABLE,
                Err(error) => panic!("session {session} position {position} {place:?}: {error}"),
            });
            let subscription_ids = subscription_ids.as_slice().to_vec();
            let before = queue.entries.insert(position, ModelEntry { id, qos, retain, subscription_ids, shared });
            assert_eq!(before, None, "nothing comes twice");
        }
        from = Some(page.next);
        if page.at_tail {
            return Ok(queue);
        }
    }
}

impl Observation {
    /// Whether this is what the store should hold, but for messages that could not be read.
    pub(crate) fn is(&self, expected: &Model) -> bool {
        if self.unreadable.is_empty() {
            return self.model == *expected;
        }
        let mut model = self.model.clone();
        for (session, position) in &self.unreadable {
            let entry = |model: &Model| Some(model.sessions.get(session)?.queue.entries.get(position)?.id);
            let expected = entry(expected).flatten();
            if let Some(session) = model.sessions.get_mut(session)
                && let Some(entry) = session.queue.entries.get_mut(position)
            {
                entry.id = expected;
            }
        }
        model == *expected
    }

    /// How it differs, in short.
    pub(crate) fn difference(&self, expected: &Model) -> String {
        let mut lines = Vec::new();
        let numbers = self.model.sessions.keys().chain(expected.sessions.keys());
        for number in numbers.collect::<std::collections::BTreeSet<_>>() {
            match (self.model.sessions.get(number), expected.sessions.get(number)) {
                (Some(found), Some(expected)) if found == expected => {}
                (Some(found), Some(expected)) => lines.push(session_difference(*number, found, expected)),
                (found, _) => lines.push(format!("session {number}: found {}", found.is_some())),
            }
        }
        if self.model.values != expected.values {
            lines.push(format!("values: {:?} expected {:?}", self.model.values, expected.values));
        }
        lines.join("\n")
    }
}

fn session_difference(number: SessionNumber, found: &ModelSession, expected: &ModelSession) -> String {
    let head = |session: &ModelSession| {
        let queue = &session.queue;
        (session.tag, session.subscriptions.clone(), session.awaiting.clone(), queue.tail, queue.sent_to)
    };
    let (found_entries, expected_entries) = (&found.queue.entries, &expected.queue.entries);
    let extra: Vec<_> = found_entries.iter().filter(|(at, entry)| expected_entries.get(at) != Some(entry)).collect();
    let lost: Vec<_> = expected_entries.iter().filter(|(at, entry)| found_entries.get(at) != Some(entry)).collect();
    format!(
        "session {number}: {:?} expected {:?}; entries found {extra:?}, expected {lost:?}",
        head(found),
        head(expected)
    )
}
