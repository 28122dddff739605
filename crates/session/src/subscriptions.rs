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

/// Subscriptions by filter: 16 bytes each and nothing while there are none.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    table: HashTable<Subscription>,
}

fn hash(filter: &str) -> u64 {
    use std::sync::OnceLock;
    static HASHER: OnceLock<DefaultHashBuilder> = OnceLock::new();
    HASHER.get_or_init(DefaultHashBuilder::default).hash_one(filter)
}

impl Subscriptions {
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn contains(&self, filter: &str) -> bool {
        self.table.find(hash(filter), |known| known.filter == filter).is_some()
    }

    /// Adds or replaces [MQTT-3.8.4-3].
    pub(crate) fn insert(&mut self, subscription: Subscription) {
        let key = hash(&subscription.filter);
        match self.table.entry(key, |known| known.filter == subscription.filter, |known| hash(&known.filter)) {
            Entry::Occupied(mut known) => *known.get_mut() = subscription,
            Entry::Vacant(free) => {
                free.insert(subscription);
            }
        }
    }

    pub(crate) fn remove(&mut self, filter: &str) -> Option<Subscription> {
        let known = self.table.find_entry(hash(filter), |known| known.filter == filter).ok()?;
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
