//! The subscriptions of one session.

use dunlin_model::{ArcStr, SubscriptionOptions};
use hashbrown::{DefaultHashBuilder, HashTable, hash_table::Entry};
use std::hash::BuildHasher;

/// One subscription, as the router knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Filter, with its `$share/group/`, `$queue/` or `$exclusive/` prefix and the mountpoint behind it.
    pub filter: ArcStr,
    /// Options, with the granted QoS.
    pub options: SubscriptionOptions,
    /// Subscription identifier, 0 is none.
    pub subscription_id: u32,
}

/// Subscriptions by [`key`] of their filter. Nearly every session has a few: 16 bytes each, and nothing while there are none.
#[derive(Debug)]
pub(crate) enum Subscriptions {
    /// At most [`FEW`], in the order they were made.
    Few(Box<[Subscription]>),
    /// Found by hash.
    Many(Box<HashTable<Subscription>>),
}

/// Subscriptions that are looked through one by one.
const FEW: usize = 8;

impl Default for Subscriptions {
    fn default() -> Self {
        Self::Few(Box::default())
    }
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
        match self {
            Self::Few(list) => list.len(),
            Self::Many(table) => table.len(),
        }
    }

    pub(crate) fn contains(&self, filter: &str) -> bool {
        let wanted = key(filter);
        match self {
            Self::Few(list) => list.iter().any(|known| key(&known.filter) == wanted),
            Self::Many(table) => table.find(hash(wanted), |known| key(&known.filter) == wanted).is_some(),
        }
    }

    /// Adds or replaces [MQTT-3.8.4-3].
    pub(crate) fn insert(&mut self, subscription: Subscription) {
        let wanted = key(&subscription.filter);
        match self {
            Self::Few(list) => {
                if let Some(known) = list.iter_mut().find(|known| key(&known.filter) == wanted) {
                    *known = subscription;
                    return;
                }
                let mut all = Vec::with_capacity(list.len() + 1);
                all.extend(std::mem::take(list));
                all.push(subscription);
                *self = Self::from_list(all);
            }
            Self::Many(table) => insert_into(table, subscription),
        }
    }

    pub(crate) fn remove(&mut self, filter: &str) -> Option<Subscription> {
        let wanted = key(filter);
        match self {
            Self::Few(list) => {
                let index = list.iter().position(|known| key(&known.filter) == wanted)?;
                let mut all = std::mem::take(list).into_vec();
                let removed = all.remove(index);
                *list = all.into();
                Some(removed)
            }
            Self::Many(table) => {
                let known = table.find_entry(hash(wanted), |known| key(&known.filter) == wanted).ok()?;
                let (removed, _) = known.remove();
                if table.len() <= FEW / 2 {
                    *self = Self::from_list(std::mem::take(table.as_mut()).into_iter().collect());
                }
                Some(removed)
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Subscription> {
        let (list, table) = match self {
            Self::Few(list) => (Some(list.iter()), None),
            Self::Many(table) => (None, Some(table.iter())),
        };
        list.into_iter().flatten().chain(table.into_iter().flatten())
    }

    /// Those from a place on, each with the place behind it: 0 is the first place. While nothing is added or removed, each has its
    /// own.
    pub(crate) fn from(&self, place: usize) -> impl Iterator<Item = (usize, &Subscription)> {
        let places = match self {
            Self::Few(list) => list.len(),
            Self::Many(table) => table.num_buckets(),
        };
        (place..places).filter_map(move |place| {
            let found = match self {
                Self::Few(list) => list.get(place),
                Self::Many(table) => table.get_bucket(place),
            };
            found.map(|subscription| (place + 1, subscription))
        })
    }

    pub(crate) fn take_all(&mut self) -> Vec<Subscription> {
        match std::mem::take(self) {
            Self::Few(list) => list.into_vec(),
            Self::Many(table) => table.into_iter().collect(),
        }
    }

    /// The list, which names each filter once.
    pub(crate) fn from_list(list: Vec<Subscription>) -> Self {
        if list.len() <= FEW {
            return Self::Few(list.into());
        }
        let mut table = Box::new(HashTable::with_capacity(list.len()));
        for subscription in list {
            insert_into(&mut table, subscription);
        }
        Self::Many(table)
    }
}

fn insert_into(table: &mut HashTable<Subscription>, subscription: Subscription) {
    let wanted = key(&subscription.filter);
    match table.entry(hash(wanted), |known| key(&known.filter) == wanted, |known| hash(key(&known.filter))) {
        Entry::Occupied(mut known) => *known.get_mut() = subscription,
        Entry::Vacant(free) => {
            free.insert(subscription);
        }
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
        assert_eq!((size_of::<Subscription>(), size_of::<Subscriptions>()), (16, 16));
    }

    #[test]
    fn few_become_many_and_few_again() {
        let filter = |n: usize| format!("f/{n}");
        let mut subscriptions = Subscriptions::default();
        for n in 0..3 * FEW {
            for id in 1..=2 {
                let options = SubscriptionOptions::default();
                subscriptions.insert(Subscription { filter: filter(n).into(), options, subscription_id: id });
            }
            assert_eq!(matches!(subscriptions, Subscriptions::Few(_)), n < FEW, "{n}");
            assert_eq!((subscriptions.len(), subscriptions.iter().count()), (n + 1, n + 1));
        }
        for n in 0..3 * FEW {
            assert!(subscriptions.contains(&filter(n)));
            assert_eq!(subscriptions.remove(&filter(n)).map(|gone| gone.subscription_id), Some(2));
            assert!(!subscriptions.contains(&filter(n)) && subscriptions.remove(&filter(n)).is_none());
            assert_eq!(subscriptions.iter().count(), 3 * FEW - 1 - n);
        }
        assert!(matches!(&subscriptions, Subscriptions::Few(none) if none.is_empty()));
        subscriptions.insert(Subscription { filter: "a".into(), options: Default::default(), subscription_id: 3 });
        assert_eq!((subscriptions.take_all().len(), subscriptions.len()), (1, 0));
    }
}
