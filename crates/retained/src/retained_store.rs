//! The table of retained messages.

use crate::{Cursor, PageLimits, RetainedConfig, StoreOutcome, retained_message::RetainedMessage};
use dunlin_model::{Message, Millis};
use dunlin_topic::NameIndex;

/// Bytes that the index needs for a message beside the message itself, on average.
const INDEX_ENTRY_BYTES: usize = 14;

/// The last retained message of every topic, in memory.
#[derive(Debug, Default)]
pub struct RetainedStore {
    messages: NameIndex<RetainedMessage>,
    config: RetainedConfig,
    bytes: usize,
}

impl RetainedStore {
    /// An empty store.
    #[must_use]
    pub fn new(config: RetainedConfig) -> Self {
        Self { config, ..Self::default() }
    }

    /// The limits that hold.
    #[must_use]
    pub fn config(&self) -> &RetainedConfig {
        &self.config
    }

    /// Changes the limits. Messages beyond a lower limit stay; what expires when is judged anew.
    pub fn set_config(&mut self, config: RetainedConfig) {
        self.config = config;
    }

    /// Takes a message that was published with RETAIN: keeps it in place of the one its topic had
    /// [MQTT-3.3.1-5], or, if its payload is empty, forgets that one and keeps nothing [MQTT-3.3.1-6], [MQTT-3.3.1-7].
    /// A message without RETAIN must not come here [MQTT-3.3.1-8].
    pub fn store(&mut self, message: Message, now: Millis) -> StoreOutcome {
        if message.payload().is_empty() || self.config.is_expired(&message, now) {
            return if self.remove(message.topic()).is_some() { StoreOutcome::Removed } else { StoreOutcome::Nothing };
        }
        let RetainedConfig { max_payload_size, max_retained_messages, .. } = self.config;
        if max_payload_size != 0 && message.payload().len() > max_payload_size {
            return StoreOutcome::RejectedPayloadTooLarge;
        }
        let is_full = max_retained_messages != 0 && self.messages.len() >= max_retained_messages;
        if is_full && self.messages.get(message.topic()).is_none() {
            return StoreOutcome::RejectedTableFull;
        }
        self.bytes += entry_bytes(&message);
        match self.messages.insert(RetainedMessage(message)) {
            None => StoreOutcome::Stored,
            Some(old) => {
                self.bytes -= entry_bytes(&old.0);
                StoreOutcome::Replaced
            }
        }
    }

    /// The retained message of one topic, unless its life is over.
    #[must_use]
    pub fn get(&self, topic: &str, now: Millis) -> Option<&Message> {
        let message = &self.messages.get(topic)?.0;
        (!self.config.is_expired(message, now)).then_some(message)
    }

    /// Forgets the message of one topic.
    pub fn remove(&mut self, topic: &str) -> Option<Message> {
        let message = self.messages.remove(topic)?.0;
        self.bytes -= entry_bytes(&message);
        Some(message)
    }

    /// Adds to `out` the next messages whose topics the filter selects and whose life is not over, in the order of
    /// their topics, and says where to go on; `None` is the end. A page may be empty without being the last.
    ///
    /// Over all pages, a message that is there from the first call to the last comes exactly once, whatever is stored
    /// or removed in between. Topics that begin with `$` are selected only by filters that do, too [MQTT-4.7.2-1].
    pub fn page(
        &self,
        filter: &str,
        after: Option<&Cursor>,
        limits: PageLimits,
        now: Millis,
        out: &mut Vec<Message>,
    ) -> Option<Cursor> {
        // [MQTT-3.3.2-5]: what has expired is not delivered, swept or not.
        self.messages.visit_page(filter, after, limits.max_messages, limits.max_visited, |entry| {
            let is_alive = !self.config.is_expired(&entry.0, now);
            if is_alive {
                out.push(entry.0.clone());
            }
            is_alive
        })
    }

    /// The same of all topics, those that begin with `$` included; up to `max_visited` are looked at.
    pub fn page_of_all(
        &self,
        after: Option<&Cursor>,
        max_visited: usize,
        now: Millis,
        out: &mut Vec<Message>,
    ) -> Option<Cursor> {
        self.messages.scan(after, max_visited, |entry| {
            if !self.config.is_expired(&entry.0, now) {
                out.push(entry.0.clone());
            }
        })
    }

    /// Forgets messages whose life is over: looks at up to `max_visited` topics, says how many messages it removed,
    /// and where to go on; `None` is the end of the table.
    pub fn remove_expired(
        &mut self,
        now: Millis,
        max_visited: usize,
        after: Option<&Cursor>,
    ) -> (usize, Option<Cursor>) {
        let mut expired = Vec::new();
        let next = self.messages.scan(after, max_visited, |entry| {
            if self.config.is_expired(&entry.0, now) {
                expired.push(entry.0.clone());
            }
        });
        for message in &expired {
            self.remove(message.topic());
        }
        (expired.len(), next)
    }

    /// Forgets everything.
    pub fn clean(&mut self) {
        self.messages = NameIndex::new();
        self.bytes = 0;
    }

    /// Number of topics with a message, those included whose life is over but which were not swept yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Bytes of memory that the messages and the index hold.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

fn entry_bytes(message: &Message) -> usize {
    message.memory_bytes() + INDEX_ENTRY_BYTES
}

#[cfg(test)]
mod tests;
