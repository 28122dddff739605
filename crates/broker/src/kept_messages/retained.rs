//! Retained messages as operators see them.

use super::{FORGOTTEN_AT_ONCE, Forgetting, forget};
use crate::{AskError, Broker, Clients, shared::Shared};
use dunlin_model::Message;
use dunlin_retained::PageLimits;
use dunlin_topic::Cursor;
use std::sync::Arc;

/// The retained messages of a running broker. Forgetting waits for a worker, so it must not come from one of them.
#[derive(Clone)]
pub struct RetainedMessages {
    shared: Arc<Shared>,
}

/// Some retained messages.
#[derive(Clone, Debug, Default)]
pub struct RetainedPage {
    /// In the order of their topics.
    pub messages: Vec<Message>,
    /// Whether there are more behind them.
    pub has_next: bool,
}

impl Broker {
    /// Retained messages, to be looked at and forgotten.
    #[must_use]
    pub fn retained_messages(&self) -> RetainedMessages {
        RetainedMessages { shared: Arc::clone(&self.shared) }
    }
}

impl RetainedMessages {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.retained.read().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// That of a topic.
    #[must_use]
    pub fn get(&self, topic: &str) -> Option<Message> {
        self.shared.retained.read().get(topic, self.shared.clock.now()).cloned()
    }

    /// `limit` of those whose topics the filter selects, the first `skip` left out; without a filter of all, those too whose topics
    /// begin with `$`.
    #[must_use]
    pub fn page(&self, filter: Option<&str>, skip: usize, limit: usize) -> RetainedPage {
        let (mut left_out, mut found) = (0, Vec::new());
        let mut after = None;
        loop {
            let mut portion = Vec::new();
            after = self.portion(filter, after.as_ref(), &mut portion);
            let beyond = portion.len().min(skip - left_out);
            left_out += beyond;
            found.extend(portion.into_iter().skip(beyond));
            if found.len() > limit || after.is_none() {
                let has_next = found.len() > limit;
                found.truncate(limit);
                return RetainedPage { messages: found, has_next };
            }
        }
    }

    /// Forgets that of a topic; false where there is none. It is off the disk when this returns.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn forget(&self, topic: &str) -> Result<bool, AskError> {
        self.forget_all_of(vec![topic.to_owned()]).map(|count| count > 0)
    }

    /// Forgets those whose topics the filter selects, or all without one. Says how many there were; those that are stored
    /// meanwhile may stay.
    ///
    /// # Errors
    /// [`AskError`]; some may be forgotten then.
    pub fn forget_matching(&self, filter: Option<&str>) -> Result<usize, AskError> {
        let (mut after, mut count) = (None, 0);
        loop {
            let mut portion = Vec::new();
            after = self.portion(filter, after.as_ref(), &mut portion);
            for part in portion.chunks(FORGOTTEN_AT_ONCE) {
                count += self.forget_all_of(part.iter().map(|message| message.topic().to_owned()).collect())?;
            }
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    fn forget_all_of(&self, topics: Vec<String>) -> Result<usize, AskError> {
        forget(&Clients { shared: Arc::clone(&self.shared) }, Forgetting::Retained(topics))
    }

    /// A portion that keeps the store locked for a millisecond or so, and where the next begins.
    fn portion(&self, filter: Option<&str>, after: Option<&Cursor>, out: &mut Vec<Message>) -> Option<Cursor> {
        let (store, now, limits) = (self.shared.retained.read(), self.shared.clock.now(), PageLimits::default());
        match filter {
            Some(filter) => store.page(filter, after, limits, now, out),
            None => store.page_of_all(after, limits.max_messages, now, out),
        }
    }
}
