//! The table of delayed messages.

use crate::{DelayedId, DelayedMessage, Full};
use dunlin_model::{Message, Millis};
use std::collections::BTreeMap;
use std::ops::Bound;

/// Bytes that the two trees need for a message beside the message itself. Measured with 2,000,000: 87 where due times rise,
/// which leaves the nodes half empty, and 76 where they are random.
const ENTRY_BYTES: usize = 87;

/// Messages that wait for their time, in memory. What is due at the same time comes in the order in which it was inserted.
///
/// The messages bear their own topics, without the `$delayed` prefix. Whether one has outlived its expiry interval when it
/// is due is for the one who publishes it to see [MQTT-3.3.2-5].
#[derive(Debug, Default)]
pub struct DelayedStore {
    by_due: BTreeMap<(Millis, DelayedId), Message>,
    due_times: BTreeMap<DelayedId, Millis>,
    next_id: DelayedId,
    max_messages: usize,
    bytes: usize,
}

impl DelayedStore {
    /// An empty store that takes up to `max_messages`; 0 is no limit.
    #[must_use]
    pub fn new(max_messages: usize) -> Self {
        Self { max_messages, ..Self::default() }
    }

    /// Changes how many messages the store takes; 0 is no limit. Messages beyond a lower limit stay.
    pub fn set_max_messages(&mut self, max_messages: usize) {
        self.max_messages = max_messages;
    }

    /// Keeps a message until `due_at`, which may be in the past.
    ///
    /// # Errors
    /// [`Full`]: there are as many messages as the limit allows, or every id has been used.
    pub fn insert(&mut self, due_at: Millis, message: Message) -> Result<DelayedId, Full> {
        let is_full = self.max_messages != 0 && self.len() >= self.max_messages;
        let id = self.next_id;
        let next_id = id.0.checked_add(1).filter(|_| !is_full).ok_or(Full)?;
        self.next_id = DelayedId(next_id);
        self.put(id, due_at, message);
        Ok(id)
    }

    /// Puts back a message that had this id before a restart, in place of the one that has it now. It need not be below the
    /// limit: it was accepted once. Messages inserted later get greater ids.
    pub fn restore(&mut self, id: DelayedId, due_at: Millis, message: Message) {
        self.remove(id);
        self.skip_to(DelayedId(id.0.saturating_add(1)));
        self.put(id, due_at, message);
    }

    /// The id of the next message. Who makes the store durable keeps it too: it may be above every id in the store.
    #[must_use]
    pub fn next_id(&self) -> DelayedId {
        self.next_id
    }

    /// Leaves out ids below `next_id`, which were used before a restart.
    pub fn skip_to(&mut self, next_id: DelayedId) {
        self.next_id = self.next_id.max(next_id);
    }

    /// Takes out what is due at `now`, the longest due first, up to `max` messages.
    pub fn pop_due(&mut self, now: Millis, max: usize) -> Vec<(DelayedId, Message)> {
        let mut due = Vec::new();
        while due.len() < max
            && let Some(first) = self.by_due.first_entry()
            && first.key().0 <= now
        {
            let ((_, id), message) = first.remove_entry();
            self.due_times.remove(&id);
            self.bytes -= entry_bytes(&message);
            due.push((id, message));
        }
        due
    }

    /// When the next message is due; `None` is never.
    #[must_use]
    pub fn next_due(&self) -> Option<Millis> {
        self.by_due.first_key_value().map(|((due_at, _), _)| *due_at)
    }

    /// The message of this id.
    #[must_use]
    pub fn get(&self, id: DelayedId) -> Option<DelayedMessage<'_>> {
        let due_at = *self.due_times.get(&id)?;
        let message = self.by_due.get(&(due_at, id))?;
        Some(DelayedMessage { id, due_at, message })
    }

    /// Forgets the message of this id.
    pub fn remove(&mut self, id: DelayedId) -> Option<Message> {
        let due_at = self.due_times.remove(&id)?;
        let message = self.by_due.remove(&(due_at, id))?;
        self.bytes -= entry_bytes(&message);
        Some(message)
    }

    /// The messages in the order in which they are due, from the first or from the one behind `after` on: due time and id of
    /// the last message of the page before, which may be gone by now.
    pub fn iter_after(&self, after: Option<(Millis, DelayedId)>) -> impl Iterator<Item = DelayedMessage<'_>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let messages = self.by_due.range((start, Bound::Unbounded));
        messages.map(|((due_at, id), message)| DelayedMessage { id: *id, due_at: *due_at, message })
    }

    /// Forgets every message. Ids go on where they were.
    pub fn clear(&mut self) {
        self.by_due.clear();
        self.due_times.clear();
        self.bytes = 0;
    }

    /// Number of messages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_due.len()
    }

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_due.is_empty()
    }

    /// Bytes of memory that the messages and the table hold, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn put(&mut self, id: DelayedId, due_at: Millis, message: Message) {
        self.bytes += entry_bytes(&message);
        self.by_due.insert((due_at, id), message);
        self.due_times.insert(id, due_at);
    }
}

fn entry_bytes(message: &Message) -> usize {
    message.memory_bytes() + ENTRY_BYTES
}

#[cfg(test)]
mod tests;
