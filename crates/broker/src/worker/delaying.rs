//! `$delayed/{seconds}/{topic}`: messages that are published when their time has come.

use super::{Worker, routing::Routed};
use crate::{
    DelayedFacts,
    durable::{Health, Work},
    log_throttle::Provoked,
    mailbox::Mail,
    shared::Shared,
};
use dunlin_delayed::{DelayedId, DelayedMessage, DelayedStore, parse_topic};
use dunlin_inbox::{Command, Space, decode_message, encode_message, encoded_message_len};
use dunlin_model::{Message, MessageParts, Millis, Qos, ReasonCode};
use dunlin_telemetry::Metric;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tracing::warn;

/// Messages published in one turn; the rest follows in the next.
const DUE_PER_TURN: usize = 256;

/// Format of a delayed message in the key-value store.
const VALUE_FORMAT: u8 = 1;

/// Messages that wait for their time, for all workers. The first worker publishes them, or forgets them where they are not
/// wanted any more.
pub(crate) struct Delayed {
    is_enabled: AtomicBool,
    store: Mutex<DelayedStore>,
    /// When the first worker has to look after them; `u64::MAX` is never.
    next_due: AtomicU64,
}

impl Delayed {
    /// For up to `max_messages`, 0 is unlimited; switched off where that is `None`.
    pub(crate) fn new(max_messages: Option<usize>) -> Self {
        Self {
            is_enabled: AtomicBool::new(max_messages.is_some()),
            store: Mutex::new(DelayedStore::new(max_messages.unwrap_or(0))),
            next_due: AtomicU64::new(u64::MAX),
        }
    }

    /// Whether topics that begin with `$delayed/` are special.
    pub(crate) fn is_enabled(&self) -> bool {
        self.is_enabled.load(Ordering::Relaxed)
    }

    /// Changes what [`Delayed::new`] was told.
    pub(crate) fn change(&self, max_messages: Option<usize>) {
        let mut store = self.store.lock();
        self.is_enabled.store(max_messages.is_some(), Ordering::Relaxed);
        store.set_max_messages(max_messages.unwrap_or(0));
        self.note_next(&store);
    }

    pub(crate) fn next_due(&self) -> Option<Millis> {
        Some(self.next_due.load(Ordering::Relaxed)).filter(|due| *due != u64::MAX)
    }

    pub(crate) fn len(&self) -> usize {
        self.store.lock().len()
    }

    /// The message of this id.
    pub(crate) fn get(&self, id: DelayedId) -> Option<DelayedFacts> {
        self.store.lock().get(id).map(facts)
    }

    /// Some messages behind this one, in the order in which they are due.
    pub(crate) fn portion(&self, after: Option<(Millis, DelayedId)>, limit: usize) -> Vec<DelayedFacts> {
        self.store.lock().iter_after(after).take(limit).map(facts).collect()
    }

    /// Forgets messages in memory; says which of them were there.
    pub(super) fn remove(&self, ids: &[DelayedId]) -> Vec<DelayedId> {
        let mut store = self.store.lock();
        let removed = ids.iter().copied().filter(|id| store.remove(*id).is_some()).collect();
        self.note_next(&store);
        removed
    }

    /// Puts back a message from before the start; false when it cannot be understood.
    pub(crate) fn restore(&self, key: &[u8], value: &[u8]) -> bool {
        let Some((id, due_at, message)) = decode(key, value) else { return false };
        let mut store = self.store.lock();
        store.restore(id, due_at, message);
        self.note_next(&store);
        true
    }

    fn note_next(&self, store: &DelayedStore) {
        let wanted = store.next_due().map(|due| if self.is_enabled() { due } else { 0 });
        self.next_due.store(wanted.unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Worker {
    /// Takes a message to a delayed topic; `None` when its topic is an ordinary one.
    pub(super) fn delay(&mut self, shared: &Shared, message: &Message) -> Option<Routed> {
        let delayed = &shared.delayed;
        if !delayed.is_enabled() {
            return None;
        }
        let (spec, topic) = match parse_topic(message.topic()) {
            Ok(found) => found?,
            Err(error) => {
                return Some(self.refuse_delay(shared, message, &error.to_string(), ReasonCode::TopicNameInvalid));
            }
        };
        let due_at = match spec.due_at(self.now) {
            Ok(due_at) => due_at,
            Err(error) => {
                return Some(self.refuse_delay(shared, message, &error.to_string(), ReasonCode::TopicNameInvalid));
            }
        };
        if message.qos() > Qos::AtMostOnce && Self::store_health(shared) != Health::Good {
            return Some(Routed::Refused(ReasonCode::QuotaExceeded));
        }
        let inner = with_topic(message, topic);
        let mut store = delayed.store.lock();
        let inserted = store.insert(due_at, inner.clone());
        delayed.note_next(&store);
        drop(store);
        let Ok(id) = inserted else {
            return Some(self.refuse_delay(shared, message, "max_delayed_messages reached", ReasonCode::QuotaExceeded));
        };
        self.counters(shared).add(Metric::MessagesDelayed, 1);
        if shared.durable.is_some() {
            let key = id.0.to_be_bytes().to_vec();
            let work = Work::Command(Command::Set { space: Space::Delayed, key, value: encode(due_at, &inner) });
            if message.qos() == Qos::AtMostOnce { self.store(work) } else { self.store_before_answer(work) }
        }
        if self.index != 0 && delayed.next_due() == Some(due_at) {
            shared.mailboxes[0].post(Mail::Look);
        }
        Some(Routed::Somebody)
    }

    fn refuse_delay(&mut self, shared: &Shared, message: &Message, cause: &str, code: ReasonCode) -> Routed {
        let (topic, clientid) = (message.topic(), message.publisher());
        if let Some(held_back) = self.log_throttle.pass(Provoked::DelayedRefused, self.now) {
            warn!(msg = "store_delayed_message_fail", topic, clientid, cause, held_back);
        }
        self.counters(shared).add(Metric::MessagesDelayedRefused, 1);
        Routed::Refused(code)
    }

    /// Publishes what is due; forgets it, due or not, where delayed messages are switched off.
    pub(super) fn publish_delayed(&mut self, shared: &Shared) {
        let delayed = &shared.delayed;
        let mut store = delayed.store.lock();
        let is_enabled = delayed.is_enabled();
        let due = store.pop_due(if is_enabled { self.now } else { Millis::MAX }, DUE_PER_TURN);
        delayed.note_next(&store);
        drop(store);
        for (id, message) in due {
            if is_enabled && !self.is_silenced(shared, &message, Provoked::DelayedOfBanned) {
                self.route_unattended(shared, message.delayed());
            }
            if shared.durable.is_some() {
                // Behind the queues it went to: a crash in between repeats it, the other way round it would be lost.
                let key = id.0.to_be_bytes().to_vec();
                self.store(Work::Command(Command::Unset { space: Space::Delayed, key }));
            }
        }
        self.run_deferred(shared);
    }
}

fn facts(message: DelayedMessage<'_>) -> DelayedFacts {
    DelayedFacts { id: message.id.0, due_at: message.due_at, message: message.message.clone() }
}

/// The same message under another topic.
pub(super) fn with_topic(message: &Message, topic: &str) -> Message {
    let renamed = Message::new(&MessageParts {
        topic,
        properties: message.properties(),
        payload: message.payload(),
        qos: message.qos(),
        retain: message.retain(),
        expiry_secs: message.expiry_secs(),
        publisher: message.publisher(),
        received_at: message.received_at(),
    });
    let renamed = if message.was_delayed() { renamed.delayed() } else { renamed };
    match message.trace() {
        Some(context) => renamed.in_trace(context),
        None => renamed,
    }
}

fn encode(due_at: Millis, message: &Message) -> Vec<u8> {
    let mut value = Vec::with_capacity(9 + encoded_message_len(message));
    value.push(VALUE_FORMAT);
    value.extend_from_slice(&due_at.to_le_bytes());
    encode_message(message, &mut value);
    value
}

/// Reads a delayed message as it is stored: its identifier, when it is due, and the message under its own topic; `None` when it
/// cannot be understood.
#[must_use]
pub fn decode(key: &[u8], value: &[u8]) -> Option<(DelayedId, Millis, Message)> {
    let id = DelayedId(u64::from_be_bytes(key.try_into().ok()?));
    let (&VALUE_FORMAT, rest) = value.split_first()? else { return None };
    let (due_at, message) = rest.split_first_chunk()?;
    Some((id, Millis::from_le_bytes(*due_at), decode_message(message).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delayed_message_is_read_as_it_was_written() {
        let message = with_topic(
            &Message::new(&MessageParts {
                topic: "$delayed/5/a",
                properties: &[],
                payload: b"p",
                qos: Qos::AtLeastOnce,
                retain: true,
                expiry_secs: Some(9),
                publisher: "c",
                received_at: 77,
            }),
            "a",
        );
        let value = encode(5_000, &message);
        let (id, due_at, read) = decode(&7u64.to_be_bytes(), &value).unwrap();
        assert_eq!((id, due_at, read.topic(), read.payload()), (DelayedId(7), 5_000, "a", &b"p"[..]));
        assert_eq!((read.qos(), read.retain(), read.expiry_secs()), (Qos::AtLeastOnce, true, Some(9)));
        for cut in 0..value.len() {
            assert!(decode(&7u64.to_be_bytes(), &value[..cut]).is_none(), "{cut} bytes");
        }
    }
}
