//! What a checkpoint writes to the key-value store.

use crate::{ChunkId, SessionNumber, chunk::Body, encode_message, encoded_message_len, pending::Values, space};
use dunlin_model::Message;
use std::collections::BTreeMap;
use triomphe::Arc;

/// One change of the key-value store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Sets the value of a key.
    Set {
        /// One of [`space::ALL`].
        space: &'static str,
        /// The key.
        key: Vec<u8>,
        /// The value.
        value: Vec<u8>,
    },
    /// Removes a key that may be there.
    Remove {
        /// One of [`space::ALL`].
        space: &'static str,
        /// The key.
        key: Vec<u8>,
    },
    /// Removes all keys that begin so.
    ClearPrefix {
        /// One of [`space::ALL`].
        space: &'static str,
        /// How they begin.
        prefix: Vec<u8>,
    },
}

/// All changes between two checkpoints: to be written in this order, in one atomic batch, except that retained messages may be
/// written before ([`Changes::take_retained`]).
///
/// It shares the entries of the queues with the inbox until one of both changes; they are brought into their stored form while
/// iterating, so that this can happen on another thread.
#[derive(Debug, Default)]
pub struct Changes {
    pub(crate) ended: Vec<SessionNumber>,
    pub(crate) removed_chunks: Vec<ChunkId>,
    pub(crate) values: Values,
    pub(crate) retained: Vec<Message>,
    pub(crate) queues: Vec<(SessionNumber, Vec<u8>)>,
    pub(crate) chunks: Vec<(ChunkId, Arc<Body>)>,
    pub(crate) meta: Vec<(&'static [u8], Vec<u8>)>,
}

impl Changes {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ended.is_empty()
            && self.removed_chunks.is_empty()
            && self.values.values().all(BTreeMap::is_empty)
            && self.retained.is_empty()
            && self.queues.is_empty()
            && self.chunks.is_empty()
            && self.meta.is_empty()
    }
}

impl Changes {
    /// Takes out retained messages that were set, of roughly so many bytes in their stored form; none when there are none left.
    ///
    /// They may be written in batches of their own before the rest: each is a whole value under its topic, and the log, which is
    /// replayed until the rest is written, says the same of them in the end.
    pub fn take_retained(&mut self, bytes_max: usize) -> Vec<Change> {
        let mut taken = Vec::new();
        let mut bytes = 0;
        while bytes < bytes_max
            && let Some(message) = self.retained.pop()
        {
            bytes += message.topic_bytes().len() + encoded_message_len(&message);
            taken.push(set_retained(&message));
        }
        if self.retained.is_empty() {
            self.retained = Vec::new();
        }
        taken
    }
}

impl IntoIterator for Changes {
    type Item = Change;
    type IntoIter = Box<dyn Iterator<Item = Change> + Send>;

    fn into_iter(mut self) -> Self::IntoIter {
        self.ended.sort_unstable();
        self.ended.dedup();
        // What ends comes first: what follows is of now. Then in order of the keys, which the store takes best.
        let ended = self.ended.into_iter().flat_map(clear_session);
        let removed = self.removed_chunks.into_iter().map(|id| remove(space::CHUNKS, id.key().to_vec()));
        let values = self.values.into_iter().flat_map(|(space, values)| {
            values.into_iter().map(move |(key, value)| match value {
                Some(value) => Change::Set { space, key, value },
                None => remove(space, key),
            })
        });
        let retained = self.retained.into_iter().map(|message| set_retained(&message));
        self.queues.sort_unstable_by_key(|(session, _)| *session);
        let queues = self.queues.into_iter().map(|(session, value)| set(space::QUEUES, &session.key(), value));
        self.chunks.sort_unstable_by_key(|(id, _)| *id);
        let chunks = self.chunks.into_iter().map(|(id, body)| set(space::CHUNKS, &id.key(), body.value()));
        let meta = self.meta.into_iter().map(|(key, value)| set(space::META, key, value));
        Box::new(ended.chain(removed).chain(values).chain(retained).chain(queues).chain(chunks).chain(meta))
    }
}

fn set_retained(message: &Message) -> Change {
    let mut value = Vec::with_capacity(encoded_message_len(message));
    encode_message(message, &mut value);
    set(space::RETAINED, message.topic_bytes(), value)
}

fn set(space: &'static str, key: &[u8], value: Vec<u8>) -> Change {
    Change::Set { space, key: key.to_vec(), value }
}

fn remove(space: &'static str, key: Vec<u8>) -> Change {
    Change::Remove { space, key }
}

fn clear_session(session: SessionNumber) -> [Change; 5] {
    let key = session.key().to_vec();
    let clear = |space| Change::ClearPrefix { space, prefix: key.clone() };
    [
        remove(space::SESSIONS, key.clone()),
        remove(space::QUEUES, key.clone()),
        clear(space::SUBSCRIPTIONS),
        clear(space::AWAITING),
        clear(space::CHUNKS),
    ]
}
