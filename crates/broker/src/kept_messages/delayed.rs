//! Delayed messages as operators see them.

use super::{FORGOTTEN_AT_ONCE, Forgetting, forget};
use crate::{AskError, Broker, Clients, shared::Shared};
use dunlin_delayed::DelayedId;
use dunlin_model::{Message, Millis};
use std::sync::Arc;

/// Messages that are looked at while the store is locked.
const PORTION: usize = 1_000;

/// The delayed messages of a running broker. Forgetting waits for a worker, so it must not come from one of them.
#[derive(Clone)]
pub struct DelayedMessages {
    shared: Arc<Shared>,
}

/// A message that waits for its time.
#[derive(Clone, Debug)]
pub struct DelayedFacts {
    /// Its name, which no other message gets.
    pub id: u64,
    /// When it is published, in milliseconds since 1970.
    pub due_at: Millis,
    /// What is published, under its own topic.
    pub message: Message,
}

/// Some delayed messages.
#[derive(Clone, Debug, Default)]
pub struct DelayedPage {
    /// In the order in which they are due.
    pub messages: Vec<DelayedFacts>,
    /// All that there are.
    pub count: usize,
}

impl Broker {
    /// Delayed messages, to be looked at and forgotten.
    #[must_use]
    pub fn delayed_messages(&self) -> DelayedMessages {
        DelayedMessages { shared: Arc::clone(&self.shared) }
    }
}

impl DelayedMessages {
    /// Now, on the clock that messages are due by; in milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.shared.clock.now()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<DelayedFacts> {
        self.shared.delayed.get(DelayedId(id))
    }

    /// `limit` of them, the first `skip` left out.
    #[must_use]
    pub fn page(&self, skip: usize, limit: usize) -> DelayedPage {
        let mut messages = Vec::new();
        let mut left = skip;
        self.visit(|facts| {
            if left > 0 {
                left -= 1;
            } else if messages.len() < limit {
                messages.push(facts);
            }
            messages.len() < limit
        });
        DelayedPage { messages, count: self.shared.delayed.len() }
    }

    /// Forgets one; false where there is none. It is off the disk when this returns.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn forget(&self, id: u64) -> Result<bool, AskError> {
        self.forget_all_of(vec![DelayedId(id)]).map(|count| count > 0)
    }

    /// Forgets those for a topic. Says how many there were.
    ///
    /// # Errors
    /// [`AskError`]; some may be forgotten then.
    pub fn forget_topic(&self, topic: &str) -> Result<usize, AskError> {
        let mut ids = Vec::new();
        self.visit(|facts| {
            if facts.message.topic() == topic {
                ids.push(DelayedId(facts.id));
            }
            true
        });
        let mut count = 0;
        for part in ids.chunks(FORGOTTEN_AT_ONCE) {
            count += self.forget_all_of(part.to_vec())?;
        }
        Ok(count)
    }

    fn forget_all_of(&self, ids: Vec<DelayedId>) -> Result<usize, AskError> {
        forget(&Clients { shared: Arc::clone(&self.shared) }, Forgetting::Delayed(ids))
    }

    /// Shows all in the order in which they are due, until it is enough.
    fn visit(&self, mut is_wanted: impl FnMut(DelayedFacts) -> bool) {
        let mut after = None;
        loop {
            let portion = self.shared.delayed.portion(after, PORTION);
            let Some(last) = portion.last() else { return };
            after = Some((last.due_at, DelayedId(last.id)));
            if !portion.into_iter().all(&mut is_wanted) {
                return;
            }
        }
    }
}
