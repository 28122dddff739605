//! The subscriptions of one session.

use dunlin_model::{ArcStr, SubscriptionOptions};
use hashbrown::{DefaultHashBuilder, HashTable, hash_table::Entry};
use std::hash::BuildHasher;

/// One subscription, as the client wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Filter, with its `$share/group/`, `$queue/` or `$exclusive/` prefix.
    pub filter: ArcStr,
    /// Options, with the granted QoS.
    pub options: SubscriptionOptions,
    /// Subscription identifier, 0 is none.
    pub subscription_id: u32,
}

/// Subscriptions by [`key`] of their filter: 16 bytes each and nothing while there are none.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    table: HashTable<Subscription>,
}

/// What makes a filter the same subscription as another one. `$queue/t` and `$share/$queue/t` are one group
/// ([`dunlin_topic::QUEUE_GROUP`]), so both are the shorter text, which is a part of the longer one.
pub(crate) fn key(filter: &str) -> &str {
    filter.strip_prefix("$share/").filter(|rest| rest.starts_with("$queue/")).unwrap_or(filter)
}

/// Hash of a key.
fn hash(key: &str) -> u64 {
    use std::sync::OnceLock;
    static HASHER: OnceLock<DefaultHashBuilder> = OnceLock::new();
    HASHER.get_or_init(DefaultHashBuilder::default).hash_one(key)
}

impl Subscriptions {
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn contains(&self, filter: &str) -> bool {
        let wanted = key(filter);
        self.table.find(hash(wanted), |known| key(&known.filter) == wanted).is_some()
    }

    /// Adds or replaces [MQTT-3.8.4-3].
    pub(crate) fn insert(&mut self, subscription: Subscription) {
        let wanted = key(&subscription.filter);
        match self.table.entry(hash(wanted), |known| key(&known.filter) == wanted, |known| hash(key(&known.filter))) {
            Entry::Occupied(mut known) => *known.get_mut() = subscription,
            Entry::Vacant(free) => {
                free.insert(subscription);
            }
        }
    }

    pub(crate) fn remove(&mut self, filter: &str) -> Option<Subscription> {
        let wanted = key(filter);
        let known = self.table.find_entry(hash(wanted), |known| key(&known.filter) == wanted).ok()?;
        let (removed, _) = known.remove();
        if self.table.is_empty() {
            self.table = HashTable::new();
        }
        Some(removed)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Subscription> {
        self.table.iter()
    }

    pub(crate) fn take_all(&mut self) -> Vec<Subscription> {
        std::mem::take(&mut self.table).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_names_of_the_queue_group_are_one() {
        for (filter, expected) in [
            ("$share/$queue/t", "$queue/t"),
            ("$queue/t", "$queue/t"),
            ("$share/$queue", "$share/$queue"),
            ("$share/$queue2/t", "$share/$queue2/t"),
            ("$share/g/$queue/t", "$share/g/$queue/t"),
            ("$shared/$queue/t", "$shared/$queue/t"),
            ("t", "t"),
        ] {
            assert_eq!(key(filter), expected, "{filter}");
        }
    }

    #[test]
    fn one_filter_is_one_subscription() {
        let mut subscriptions = Subscriptions::default();
        for id in 1..=2 {
            subscriptions.insert(Subscription {
                filter: "a/b".into(),
                options: SubscriptionOptions::default(),
                subscription_id: id,
            });
        }
        assert_eq!(subscriptions.len(), 1);
        assert!(subscriptions.contains("a/b"));
        assert_eq!(subscriptions.remove("a/b").map(|gone| gone.subscription_id), Some(2));
        assert!(subscriptions.remove("a/b").is_none());
        assert_eq!(std::mem::size_of::<Subscription>(), 16);
    }
}
