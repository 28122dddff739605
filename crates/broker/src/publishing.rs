//! Messages of whoever surrounds the broker: they go the way of those of clients, authorization left out, and what became of
//! them is told when that is safe, as late as a client's acknowledgement.

use crate::{AskError, Broker, Clients, clients::question::Question, durable::Durable, shared::Shared};
use dunlin_model::{Message, MessageParts, Qos, ReasonCode};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// Messages that are given to a worker at once. All that wait for the disk together are committed together.
const PART: usize = 64;

/// How long it may take until there is room for more.
const PATIENCE_MS: u64 = 10_000;

/// While there is no room, it is looked for again after so long.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A message from outside.
#[derive(Clone, Debug, Default)]
pub struct OutsideMessage {
    /// A topic name that was checked; `$delayed/{seconds}/{topic}` too.
    pub topic: String,
    /// Properties in wire form that were checked, as those of [`MessageParts`].
    pub properties: Vec<u8>,
    /// The payload.
    pub payload: Vec<u8>,
    /// Quality of service.
    pub qos: Qos,
    /// Whether it is to be retained.
    pub retain: bool,
    /// Seconds it may live; `None` is for ever.
    pub expiry_secs: Option<u32>,
}

/// What became of a message. At QoS 1 and 2 what has to be on disk is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// A session has it at least, or it waits for its time.
    Delivered,
    /// Nobody subscribes to its topic. It may be retained.
    NobodySubscribes,
    /// It was not accepted, for this reason; nobody got it.
    Refused(ReasonCode),
    /// The disk failed. Clients that need none of it may have got it.
    NotStored,
}

/// Publishes for one who is no client. Clones do the same; calls wait, and must not come from a worker.
#[derive(Clone)]
pub struct Publisher {
    clients: Clients,
    name: Arc<str>,
}

impl Broker {
    /// Publishes under a name that stands for a client id.
    #[must_use]
    pub fn publisher(&self, name: &str) -> Publisher {
        Publisher { clients: self.clients(), name: name.into() }
    }
}

impl Publisher {
    /// Publishes messages in this order; says of each what became of it.
    ///
    /// # Errors
    /// [`AskError`]; messages may have been published then.
    pub fn publish(&self, messages: &[OutsideMessage]) -> Result<Vec<Published>, AskError> {
        let shared = &self.clients.shared;
        // One worker for all of them: messages of one that went through two would overtake each other.
        let worker = shared.worker_of(&self.name);
        let mut published = Vec::with_capacity(messages.len());
        while let Some(rest) = messages.get(published.len()..).filter(|rest| !rest.is_empty()) {
            wait_for_room(shared)?;
            let part: Vec<_> = rest.iter().take(PART).map(|message| self.message(message)).collect();
            let answer = self.clients.ask(worker, |answer| Question::Publish { messages: part, answer })?;
            if answer.is_empty() {
                return Err(AskError::Busy);
            }
            published.extend(answer);
        }
        Ok(published)
    }

    fn message(&self, message: &OutsideMessage) -> Message {
        Message::new(&MessageParts {
            topic: &message.topic,
            properties: &message.properties,
            payload: &message.payload,
            qos: message.qos,
            retain: message.retain,
            expiry_secs: message.expiry_secs,
            publisher: &self.name,
            received_at: self.clients.shared.clock.now(),
        })
    }
}

/// Where clients would not be read from, others do not publish either.
fn wait_for_room(shared: &Shared) -> Result<(), AskError> {
    let is_full = || {
        shared.durable.as_ref().is_some_and(Durable::is_behind)
            || shared.mailboxes.iter().any(|mailbox| mailbox.is_full())
    };
    let until = shared.clock.now() + PATIENCE_MS;
    let (_nobody, pause) = sync_channel::<()>(0);
    while is_full() {
        if shared.clock.now() > until {
            return Err(AskError::Busy);
        }
        // Nobody tells when there is room: event loops that hold back look again too.
        let _ = pause.recv_timeout(LOOK_AGAIN);
    }
    Ok(())
}
