//! What has changed since the last checkpoint and is not resident: it is kept only until the next one.

use crate::{ChunkId, SessionNumber, encoded_message_len, retained_changes::RetainedChanges, space};
use dunlin_model::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Memory of one entry beside its bytes, roughly.
const OVERHEAD_BYTES: usize = 48;

/// Values of one space by key; `None` removes.
type ValuesOfSpace = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Values by space.
pub(crate) type Values = BTreeMap<&'static str, ValuesOfSpace>;

/// Changes waiting for the next checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) values: Values,
    /// Retained messages that were set. A topic is not also among the values.
    pub(crate) retained: RetainedChanges,
    /// Sessions that ended; the key-value store knows them.
    pub(crate) ended: Vec<SessionNumber>,
    /// Chunks the key-value store has and that nobody needs any more. One of the same number may come again afterwards.
    pub(crate) removed_chunks: BTreeSet<ChunkId>,
    /// Sessions whose queue changed; each once, except after a session was begun anew under the same number.
    pub(crate) changed_queues: Vec<SessionNumber>,
    bytes: usize,
}

impl Pending {
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn add_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    pub(crate) fn set(&mut self, space: &'static str, key: Vec<u8>, value: Vec<u8>) {
        self.put(space, key, Some(value));
    }

    pub(crate) fn remove(&mut self, space: &'static str, key: Vec<u8>) {
        self.put(space, key, None);
    }

    pub(crate) fn remove_chunk(&mut self, chunk: ChunkId) {
        if self.removed_chunks.insert(chunk) {
            self.bytes += OVERHEAD_BYTES;
        }
    }

    pub(crate) fn queue_changed(&mut self, session: SessionNumber) {
        self.changed_queues.push(session);
        self.bytes += OVERHEAD_BYTES;
    }

    /// Forgets what was to be written of a session, and clears what the key-value store has of it, if it has something.
    pub(crate) fn end_session(&mut self, session: SessionNumber, stored: bool) {
        let key = session.key();
        for space in [space::SESSIONS, space::SUBSCRIPTIONS, space::AWAITING] {
            let Some(values) = self.values.get_mut(space) else { continue };
            let of_session = values.range(key.to_vec()..).map(|(full, _)| full);
            let keys: Vec<_> = of_session.take_while(|full| full.starts_with(&key)).cloned().collect();
            for full in keys {
                let value = values.remove(&full).flatten();
                self.bytes = self.bytes.saturating_sub(cost(&full, value.as_deref()));
            }
        }
        if stored {
            self.ended.push(session);
            self.bytes += OVERHEAD_BYTES;
        }
    }

    pub(crate) fn retain(&mut self, message: Message) {
        self.bytes += retained_cost(&message);
        let topic = message.topic_bytes();
        let replaced = self.values.get_mut(space::RETAINED).and_then(|values| values.remove(topic));
        if let Some(replaced) = replaced {
            self.bytes = self.bytes.saturating_sub(cost(topic, replaced.as_deref()));
        }
        if let Some(replaced) = self.retained.set(message) {
            self.bytes = self.bytes.saturating_sub(retained_cost(&replaced));
        }
    }

    fn put(&mut self, space: &'static str, key: Vec<u8>, value: Option<Vec<u8>>) {
        if space == space::RETAINED
            && let Some(replaced) = self.retained.remove(&key)
        {
            self.bytes = self.bytes.saturating_sub(retained_cost(&replaced));
        }
        let key_len = key.len();
        self.bytes += cost(&key, value.as_deref());
        if let Some(replaced) = self.values.entry(space).or_default().insert(key, value) {
            let replaced_len = replaced.map_or(0, |value| value.len());
            self.bytes = self.bytes.saturating_sub(OVERHEAD_BYTES + key_len + replaced_len);
        }
    }
}

/// What it takes in memory is little, but a checkpoint brings it into its stored form.
fn retained_cost(message: &Message) -> usize {
    OVERHEAD_BYTES + message.topic_bytes().len() + encoded_message_len(message)
}

fn cost(key: &[u8], value: Option<&[u8]>) -> usize {
    OVERHEAD_BYTES + key.len() + value.map_or(0, <[u8]>::len)
}
