//! One session that gets a message, with everything its overlapping subscriptions say.

use crate::{Grant, Member, SessionKey, subscriber::Subscriber};
use dunlin_model::{Qos, SubscriptionIds};
use std::sync::Arc;

/// A session that gets one copy of each message of a topic: 24 bytes.
///
/// When several of its subscriptions match they are merged here (MQTT 5.0 §3.3.4): the highest quality of service
/// [MQTT-3.3.4-2], all subscription identifiers [MQTT-3.3.4-3], [MQTT-3.3.4-4], and RETAIN as published if any wants it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The session.
    pub session: SessionKey,
    grant: Grant,
    /// Of the only subscription; without meaning when there are several.
    subscription_id: u32,
    /// What all matching subscriptions say together, when there are several.
    overlap: Option<Arc<Overlap>>,
}

/// Several subscriptions of one session, merged once per route: a client may have thousands that match one topic, and
/// no message is to pay for each of them.
#[derive(Debug)]
struct Overlap {
    /// Messages of other clients.
    of_others: Delivery,
    /// The session's own messages; `None` if every subscription has No Local.
    own: Option<Delivery>,
}

/// How a target gets a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The highest quality of service to deliver with.
    pub qos: Qos,
    /// Keep the publisher's RETAIN flag.
    pub retain_as_published: bool,
    /// Identifiers of all subscriptions that the message is delivered for. Two subscriptions may share one; it is then
    /// in it twice, as §3.3.4 has it. Of more than [`SubscriptionIds::MAX_COUNT`] the lowest.
    pub subscription_ids: SubscriptionIds,
}

impl Target {
    pub(crate) fn new(subscriber: &Subscriber) -> Self {
        let Subscriber { session, grant, subscription_id } = *subscriber;
        Self { session, grant, subscription_id, overlap: None }
    }

    /// One target of all subscriptions of one session, in the order of [`Target::sort_key`]. `None` if there is none.
    pub(crate) fn merge(subscriptions: &[Self]) -> Option<Self> {
        let (first, rest) = subscriptions.split_first()?;
        if rest.is_empty() {
            return Some(first.clone());
        }
        let of_others = Delivery::merge(subscriptions.iter());
        let no_local = subscriptions.iter().all(|subscription| subscription.grant.no_local);
        let own = if subscriptions.iter().any(|subscription| subscription.grant.no_local) {
            let counting = subscriptions.iter().filter(|subscription| !subscription.grant.no_local);
            (!no_local).then(|| Delivery::merge(counting))
        } else {
            Some(of_others.clone())
        };
        Some(Self {
            session: first.session,
            grant: Grant {
                qos: of_others.qos,
                no_local,
                retain_as_published: of_others.retain_as_published,
                is_durable: first.grant.is_durable,
            },
            subscription_id: 0,
            overlap: Some(Arc::new(Overlap { of_others, own })),
        })
    }

    /// How this session gets a message; `None` if it does not.
    ///
    /// `is_publisher` says that the session is the one that published it: then its subscriptions with No Local do not
    /// count [MQTT-3.8.3-3].
    #[must_use]
    pub fn delivery(&self, is_publisher: bool) -> Option<Delivery> {
        match &self.overlap {
            Some(overlap) if is_publisher => overlap.own.clone(),
            Some(overlap) => Some(overlap.of_others.clone()),
            None if is_publisher && self.grant.no_local => None,
            None => Some(self.only_delivery()),
        }
    }

    /// The highest quality of service that any of the subscriptions asks for.
    #[must_use]
    pub fn qos(&self) -> Qos {
        self.grant.qos
    }

    /// Whether the session does not get its own messages: every matching subscription has No Local.
    #[must_use]
    pub fn no_local(&self) -> bool {
        self.grant.no_local
    }

    /// Whether the session outlives a restart of the broker.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.grant.is_durable
    }

    /// Whether any of the subscriptions keeps the publisher's RETAIN flag.
    #[must_use]
    pub fn retain_as_published(&self) -> bool {
        self.grant.retain_as_published
    }

    /// The identifier of the only subscription, 0 if it has none; `None` if several subscriptions were merged, for
    /// which [`Target::delivery`] tells more.
    #[must_use]
    pub fn only_subscription_id(&self) -> Option<u32> {
        self.overlap.is_none().then_some(self.subscription_id)
    }

    /// What orders targets: by worker and session, and within a session by identifier so that merging is deterministic.
    pub(crate) fn sort_key(&self) -> (SessionKey, u32) {
        (self.session, self.subscription_id)
    }

    fn only_delivery(&self) -> Delivery {
        Delivery {
            qos: self.grant.qos,
            retain_as_published: self.grant.retain_as_published,
            subscription_ids: SubscriptionIds::from_id(self.subscription_id),
        }
    }
}

impl Delivery {
    fn merge<'a>(subscriptions: impl Iterator<Item = &'a Target> + Clone) -> Self {
        let retain_as_published = subscriptions.clone().any(|subscription| subscription.grant.retain_as_published);
        let qos = subscriptions.clone().map(|subscription| subscription.grant.qos).max().unwrap_or_default();
        let subscription_ids =
            SubscriptionIds::from_ids(subscriptions.map(|subscription| subscription.subscription_id));
        Self { qos, retain_as_published, subscription_ids }
    }
}

impl From<&Member> for Target {
    /// The member that a shared group chose, as a target of its own.
    fn from(member: &Member) -> Self {
        let Member { session, grant, subscription_id, .. } = *member;
        Self::new(&Subscriber { session, grant, subscription_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_small() {
        assert_eq!(size_of::<Target>(), 24);
    }
}
