//! Filters that somebody is subscribed to.

use super::{AskError, Clients};
use dunlin_model::{ArcStr, ClientId, ReasonCode};
use dunlin_router::TopicEntry;
use dunlin_topic::FilterPlace;

/// Places of the table that are looked at under one lock: a few tens of microseconds.
const PLACES_PER_LOCK: usize = 4_096;

/// A filter that somebody is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicFacts {
    /// Without `$share/{group}/` and the like, with the mountpoint.
    pub filter: ArcStr,
    /// Ordinary subscriptions to it.
    pub subscribers: usize,
    /// Shared groups on it by name, with their members.
    pub groups: Vec<(String, usize)>,
    /// The client that holds the exclusive subscription to it.
    pub exclusive_owner: Option<ClientId>,
}

/// One page of filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPage {
    /// Those on it.
    pub topics: Vec<TopicFacts>,
    /// How many there are; `None` where that takes a look at each.
    pub count: Option<u64>,
    /// Whether there is a page behind it.
    pub has_next: bool,
}

impl TopicFacts {
    fn of(entry: &TopicEntry<'_>) -> Self {
        Self {
            filter: entry.filter.clone(),
            subscribers: entry.subscribers(),
            groups: entry.groups().map(|(name, members)| (name.to_owned(), members)).collect(),
            exclusive_owner: entry.exclusive_owner().cloned(),
        }
    }
}

impl Clients {
    /// One filter, `None` where nobody is subscribed to it.
    #[must_use]
    pub fn topic(&self, filter: &str) -> Option<TopicFacts> {
        self.shared.router.read().topic(filter).map(|entry| TopicFacts::of(&entry))
    }

    /// One page of all filters: `limit` of them, the first `skip` left out. Their order holds while none is added or removed.
    #[must_use]
    pub fn topics(&self, skip: usize, limit: usize) -> TopicPage {
        let mut page = self.topics_where(skip, limit, |_| true);
        page.count = Some(self.shared.router.read().filters() as u64);
        page
    }

    /// One page of the filters that a client has for itself (`$exclusive/`).
    #[must_use]
    pub fn exclusive_topics(&self, skip: usize, limit: usize) -> TopicPage {
        self.topics_where(skip, limit, |entry| entry.exclusive_owner().is_some())
    }

    /// Ends the exclusive subscription to a topic, so that another client can have it; false where there is none.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn end_exclusive(&self, topic: &str) -> Result<bool, AskError> {
        let owner = self.shared.router.read().topic(topic).and_then(|entry| entry.exclusive_owner().cloned());
        let Some(owner) = owner else { return Ok(false) };
        let codes = self.unsubscribe(&owner, &[format!("$exclusive/{topic}")])?;
        Ok(codes.is_some_and(|codes| codes == [ReasonCode::Success]))
    }

    fn topics_where(&self, mut skip: usize, limit: usize, wanted: impl Fn(&TopicEntry<'_>) -> bool) -> TopicPage {
        let mut topics = Vec::new();
        let mut place = Some(FilterPlace::FIRST);
        while let Some(from) = place.filter(|_| topics.len() <= limit) {
            place = self.shared.router.read().visit_topics(from, PLACES_PER_LOCK, |entry| {
                if topics.len() > limit || !wanted(&entry) {
                    return;
                }
                if skip > 0 {
                    skip -= 1;
                } else {
                    topics.push(TopicFacts::of(&entry));
                }
            });
        }
        let has_next = topics.len() > limit;
        topics.truncate(limit);
        TopicPage { topics, count: None, has_next }
    }
}
