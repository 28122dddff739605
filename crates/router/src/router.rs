//! The table of subscriptions of this node.

use crate::filter_entry::FilterEntry;
use crate::group::{Group, Member};
use crate::stable_hash::stable_hash;
use crate::subscriber::Subscriber;
use crate::{Epochs, Grant, GroupRoute, Route, RouterConfig, SessionKey, TopicEntry};
use dunlin_model::{ClientId, SubscriptionOptions};
use dunlin_topic::{FilterIndex, FilterPlace, SubscriptionFilter};
use std::sync::Arc;

/// What a subscribe did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// The session had this subscription before; its options are replaced [MQTT-3.8.4-3].
    pub existed: bool,
}

/// Why a subscribe was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubscribeError {
    /// Another client holds the exclusive subscription.
    ExclusiveTaken,
}

/// The table of subscriptions. No lock inside: see [`Epochs`] for how it is shared.
#[derive(Debug)]
pub struct Router {
    index: FilterIndex<FilterEntry>,
    epochs: Arc<Epochs>,
    config: RouterConfig,
    next_group_id: u64,
    subscriptions: usize,
    shared_subscriptions: usize,
}

impl Router {
    /// An empty table.
    #[must_use]
    pub fn new(config: RouterConfig) -> Self {
        Self {
            index: FilterIndex::new(),
            epochs: Arc::new(Epochs::new()),
            config,
            next_group_id: 0,
            subscriptions: 0,
            shared_subscriptions: 0,
        }
    }

    /// Changes how shared groups choose, those that are there included. Looks at every filter when that is news.
    pub fn set_config(&mut self, config: RouterConfig) {
        if self.config == config {
            return;
        }
        self.config = config;
        let has_groups = |entry: &FilterEntry| !entry.groups().is_empty();
        let filters: Vec<_> = self.index.iter().filter(|(_, entry)| has_groups(entry)).map(|(name, _)| name).collect();
        let mut is_news = false;
        for filter in filters {
            for group in self.index.get_mut(&filter).map_or(&mut [][..], FilterEntry::groups_mut) {
                let config = self.config.group(group.name());
                is_news |= group.set_config(config);
            }
        }
        if is_news {
            // Selects every topic.
            self.epochs.bump("#");
        }
    }

    /// The change counters that tell whether a [`Route`] still holds.
    #[must_use]
    pub fn epochs(&self) -> Arc<Epochs> {
        self.epochs.clone()
    }

    /// Adds a subscription, or replaces the options of the one that is there. A member of a shared group counts as
    /// online until [`Router::set_online`] says otherwise. `subscription_id` 0 is none; `is_durable` says that the session
    /// outlives a restart, see [`Grant`].
    ///
    /// # Errors
    /// Another client holds the exclusive subscription to this filter. The same client may repeat it, from a new
    /// session too, and ordinary subscriptions to the same topic stand beside it.
    pub fn subscribe(
        &mut self,
        session: SessionKey,
        client_id: &ClientId,
        filter: &SubscriptionFilter<'_>,
        options: SubscriptionOptions,
        subscription_id: u32,
        is_durable: bool,
    ) -> Result<Subscribed, SubscribeError> {
        let entry = self.index.get_or_insert_with(filter.filter(), FilterEntry::default);
        let grant = Grant::new(options, is_durable);
        let subscriber = Subscriber { session, grant, subscription_id };
        let existed = match filter {
            SubscriptionFilter::Plain { .. } => entry.subscribers.put(subscriber),
            SubscriptionFilter::Shared { group, filter } => {
                let (config, next_id) = (&self.config, &mut self.next_group_id);
                let group = entry.group_or_insert_with(group, || {
                    *next_id += 1;
                    Group::new(group, filter, *next_id, config.group(group))
                });
                let client_hash = stable_hash(client_id.as_str());
                group.put(Member { session, grant, subscription_id, is_online: true, client_hash })
            }
            SubscriptionFilter::Exclusive { .. } => {
                let existed = match entry.exclusive_owner() {
                    Some(owner) if owner != client_id => return Err(SubscribeError::ExclusiveTaken),
                    owner => owner.is_some(),
                };
                entry.set_exclusive(client_id.clone(), subscriber);
                existed
            }
        };
        if !existed {
            self.subscriptions += 1;
            self.shared_subscriptions += usize::from(filter.group().is_some());
        }
        self.epochs.bump(filter.filter());
        Ok(Subscribed { existed })
    }

    /// Takes a subscription out; false if the session does not have it.
    pub fn unsubscribe(&mut self, session: SessionKey, filter: &SubscriptionFilter<'_>) -> bool {
        let Some(entry) = self.index.get_mut(filter.filter()) else { return false };
        let removed = match filter {
            SubscriptionFilter::Plain { .. } => entry.subscribers.remove(session),
            SubscriptionFilter::Shared { group, .. } => entry.remove_member(group, session),
            SubscriptionFilter::Exclusive { .. } => entry.remove_exclusive(session),
        };
        if !removed {
            return false;
        }
        if entry.is_empty() {
            self.index.remove(filter.filter());
        }
        self.subscriptions -= 1;
        self.shared_subscriptions -= usize::from(filter.group().is_some());
        self.epochs.bump(filter.filter());
        true
    }

    /// Notes that a session with this shared subscription gained or lost its connection. Nothing happens for other
    /// subscriptions: their messages go to the session either way.
    pub fn set_online(&mut self, session: SessionKey, filter: &SubscriptionFilter<'_>, is_online: bool) {
        let Some(name) = filter.group() else { return };
        let group = self.index.get_mut(filter.filter()).and_then(|entry| entry.group_mut(name));
        if group.is_some_and(|group| group.set_online(session, is_online)) {
            self.epochs.bump(filter.filter());
        }
    }

    /// Everything that gets the messages of a topic.
    #[must_use]
    pub fn lookup(&self, topic: &str) -> Route {
        let mut targets = Vec::new();
        let mut groups = Vec::new();
        self.index.for_each_match(topic, |entry| entry.collect(&mut targets, &mut groups));
        Route::new(targets, groups)
    }

    /// Whether anything matches a topic.
    #[must_use]
    pub fn has_match(&self, topic: &str) -> bool {
        let mut is_found = false;
        self.index.for_each_match(topic, |_| is_found = true);
        is_found
    }

    /// One shared group as it is now, for giving a message to another member; `None` if it has no member any more.
    #[must_use]
    pub fn group_route(&self, filter: &SubscriptionFilter<'_>) -> Option<GroupRoute> {
        Some(self.index.get(filter.filter())?.group(filter.group()?)?.route())
    }

    /// Number of subscriptions of all kinds.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.subscriptions
    }

    /// Number of shared subscriptions: members of all groups.
    #[must_use]
    pub fn shared_subscriptions(&self) -> usize {
        self.shared_subscriptions
    }

    /// Number of distinct filters.
    #[must_use]
    pub fn filters(&self) -> usize {
        self.index.len()
    }

    /// One filter.
    #[must_use]
    pub fn topic(&self, filter: &str) -> Option<TopicEntry<'_>> {
        self.index.get(filter).map(|entry| TopicEntry::new(filter.into(), entry))
    }

    /// Looks at `max_visited` places of the table from one on and says where to go on; `None` is the end. See
    /// [`FilterIndex::visit_from`].
    pub fn visit_topics(
        &self,
        place: FilterPlace,
        max_visited: usize,
        mut visit: impl FnMut(TopicEntry<'_>),
    ) -> Option<FilterPlace> {
        self.index.visit_from(place, max_visited, |filter, entry| visit(TopicEntry::new(filter, entry)))
    }

    /// All filters, in no particular order.
    pub fn topics(&self) -> impl Iterator<Item = TopicEntry<'_>> {
        self.index.iter().map(|(filter, entry)| TopicEntry::new(filter, entry))
    }
}

#[cfg(test)]
mod tests;
