//! Retained messages that were set since the last checkpoint, shared with whoever holds them: a few bytes for each.

use dunlin_model::Message;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Messages, one for each topic.
#[derive(Debug, Default)]
pub(crate) struct RetainedChanges {
    table: HashTable<Message>,
    hasher: DefaultHashBuilder,
}

impl RetainedChanges {
    /// Returns the message that had this topic before.
    pub(crate) fn set(&mut self, message: Message) -> Option<Message> {
        let hash = self.hasher.hash_one(message.topic_bytes());
        let topic = message.topic_bytes();
        if let Some(there) = self.table.find_mut(hash, |there| there.topic_bytes() == topic) {
            return Some(std::mem::replace(there, message));
        }
        let hasher = &self.hasher;
        self.table.insert_unique(hash, message, |there| hasher.hash_one(there.topic_bytes()));
        None
    }

    pub(crate) fn remove(&mut self, topic: &[u8]) -> Option<Message> {
        let hash = self.hasher.hash_one(topic);
        let entry = self.table.find_entry(hash, |there| there.topic_bytes() == topic).ok()?;
        Some(entry.remove().0)
    }
}

impl IntoIterator for RetainedChanges {
    type Item = Message;
    type IntoIter = hashbrown::hash_table::IntoIter<Message>;

    fn into_iter(self) -> Self::IntoIter {
        self.table.into_iter()
    }
}
