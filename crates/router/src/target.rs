//! One session that gets a message, with everything its overlapping subscriptions say.

use crate::{Member, SessionKey, subscriber::Subscriber};
use dunlin_model::{Qos, SubscriptionIds, SubscriptionOptions};

/// A session that gets one copy of each message of a topic: 24 bytes.
///
/// When several of its subscriptions match they are merged here (MQTT 5.0 §3.3.4): the highest quality of service
/// [MQTT-3.3.4-2], all subscription identifiers [MQTT-3.3.4-3], [MQTT-3.3.4-4], and RETAIN as published if any wants it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The session.
    pub session: SessionKey,
    qos: Qos,
    no_local: bool,
    retain_as_published: bool,
    /// Of the only subscription; without meaning when there are several.
    subscription_id: u32,
    /// All matching subscriptions, when there are several.
    overlap: Option<Box<Overlap>>,
}

#[derive(Clone, Debug)]
struct Overlap {
    subscribers: Vec<Subscriber>,
}

/// How a target gets a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The highest quality of service to deliver with.
    pub qos: Qos,
    /// Keep the publisher's RETAIN flag.
    pub retain_as_published: bool,
    /// Identifiers of all subscriptions that the message is delivered for. Two subscriptions may share one; it is then
    /// in it twice, as §3.3.4 has it.
    pub subscription_ids: SubscriptionIds,
}

impl Target {
    pub(crate) fn new(subscriber: &Subscriber) -> Self {
        let SubscriptionOptions { qos, no_local, retain_as_published, .. } = subscriber.options;
        let subscription_id = subscriber.subscription_id;
        Self { session: subscriber.session, qos, no_local, retain_as_published, subscription_id, overlap: None }
    }

    /// Adds the subscription of another target of the same session.
    pub(crate) fn absorb(&mut self, other: &Self) {
        let (first, second) = (self.as_subscriber(), other.as_subscriber());
        let overlap = self.overlap.get_or_insert_with(|| Box::new(Overlap { subscribers: vec![first] }));
        overlap.subscribers.push(second);
        self.qos = self.qos.max(other.qos);
        self.no_local &= other.no_local;
        self.retain_as_published |= other.retain_as_published;
    }

    /// How this session gets a message; `None` if it does not.
    ///
    /// `is_publisher` says that the session is the one that published it: then its subscriptions with No Local do not
    /// count [MQTT-3.8.3-3].
    #[must_use]
    pub fn delivery(&self, is_publisher: bool) -> Option<Delivery> {
        if is_publisher && self.no_local {
            return None;
        }
        let Some(overlap) = &self.overlap else {
            return Some(Delivery {
                qos: self.qos,
                retain_as_published: self.retain_as_published,
                subscription_ids: SubscriptionIds::from_id(self.subscription_id),
            });
        };
        let mut delivery =
            Delivery { qos: Qos::AtMostOnce, retain_as_published: false, subscription_ids: SubscriptionIds::None };
        for subscriber in &overlap.subscribers {
            if is_publisher && subscriber.options.no_local {
                continue;
            }
            delivery.qos = delivery.qos.max(subscriber.options.qos);
            delivery.retain_as_published |= subscriber.options.retain_as_published;
            delivery.subscription_ids.push(subscriber.subscription_id);
        }
        Some(delivery)
    }

    /// The highest quality of service that any of the subscriptions asks for.
    #[must_use]
    pub fn qos(&self) -> Qos {
        self.qos
    }

    /// Whether the session does not get its own messages: every matching subscription has No Local.
    #[must_use]
    pub fn no_local(&self) -> bool {
        self.no_local
    }

    /// Whether any of the subscriptions keeps the publisher's RETAIN flag.
    #[must_use]
    pub fn retain_as_published(&self) -> bool {
        self.retain_as_published
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

    fn as_subscriber(&self) -> Subscriber {
        let options = SubscriptionOptions {
            qos: self.qos,
            no_local: self.no_local,
            retain_as_published: self.retain_as_published,
            ..SubscriptionOptions::default()
        };
        Subscriber { session: self.session, options, subscription_id: self.subscription_id }
    }
}

impl From<&Member> for Target {
    /// The member that a shared group chose, as a target of its own.
    fn from(member: &Member) -> Self {
        let Member { session, options, subscription_id, .. } = *member;
        Self::new(&Subscriber { session, options, subscription_id })
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
