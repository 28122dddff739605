//! Shared subscriptions: which member of a group gets a message, and who gets it instead of one that left.

use super::{Worker, routing::Routed};
use crate::{durable::Ack, mailbox::BatchTargets, shared::Shared};
use dunlin_inbox::SessionNumber;
use dunlin_model::{ArcStr, Message, Qos};
use dunlin_router::{GroupRoute, Member, PickContext, SessionKey, Target};
use dunlin_session::{Delivery, DropReason};
use dunlin_topic::SubscriptionFilter;

impl Worker {
    /// The usual case of a shared subscription: one group gets the message and nobody else, so that it need not be counted up
    /// and down.
    pub(super) fn deliver_to_group(
        &mut self,
        shared: &Shared,
        group: &GroupRoute,
        message: Message,
        ack: Ack,
        exchange: Option<(SessionNumber, u16)>,
    ) -> Routed {
        let Some(member) = self.pick_member(shared, group, &message, None) else {
            self.count_nobody(shared, &message);
            return Routed::Nobody;
        };
        if member.grant.is_durable {
            self.deliver_durable(shared, &Target::from(&member), &message, Some(group.subscription().clone()));
            if !self.addressees.is_empty() {
                self.publish_durably(shared, &message, ack, exchange);
            }
        } else {
            self.deliver_to_member(shared, &member, message, group.subscription());
        }
        Routed::Somebody
    }

    /// Gives a message to one member of a shared group; false when there is none.
    pub(super) fn dispatch_shared(
        &mut self,
        shared: &Shared,
        group: &GroupRoute,
        message: &Message,
        exclude: Option<SessionKey>,
    ) -> bool {
        let Some(member) = self.pick_member(shared, group, message, exclude) else { return false };
        if member.grant.is_durable {
            self.deliver_durable(shared, &Target::from(&member), message, Some(group.subscription().clone()));
        } else {
            self.deliver_to_member(shared, &member, message.clone(), group.subscription());
        }
        true
    }

    /// The member of a group whose turn it is. A full queue is passed over where another member has room.
    fn pick_member(
        &mut self,
        shared: &Shared,
        group: &GroupRoute,
        message: &Message,
        exclude: Option<SessionKey>,
    ) -> Option<Member> {
        let context = PickContext {
            publisher: message.publisher(),
            topic: message.topic_bytes(),
            random: self.random.u64(..),
            exclude,
        };
        let mut member = *group.pick(&context, &mut self.pick_memory)?;
        if exclude.is_none()
            && member.grant.is_durable
            && shared.durable.as_ref().is_some_and(|durable| durable.full.contains(member.session))
            && let Some(other) =
                group.pick(&PickContext { exclude: Some(member.session), ..context }, &mut self.pick_memory)
        {
            member = *other;
        }
        Some(member)
    }

    /// Hands a message to a member whose session is not durable.
    fn deliver_to_member(&mut self, shared: &Shared, member: &Member, message: Message, filter: &ArcStr) {
        let target = Target::from(member);
        let worker = usize::from(member.session.worker);
        if worker == self.index {
            self.deliver_local(shared, &target, message, Some(filter.clone()));
        } else {
            self.batches[worker].add(message, BatchTargets::One(target), Some(filter.clone()));
        }
    }

    /// A member left without acknowledging a message of its group: another one gets it, or, when there is no other, the
    /// session that had it keeps it if it lives on.
    pub(super) fn redispatch(&mut self, shared: &Shared, from: SessionKey, delivery: Delivery) {
        let filter = delivery.shared.as_deref().unwrap_or_default();
        let group = SubscriptionFilter::parse(filter).ok().and_then(|filter| shared.router.read().group_route(&filter));
        if let Some(group) = &group
            && self.dispatch_shared(shared, group, &delivery.message, Some(from))
        {
            self.store_addressees(shared, &delivery.message);
            return;
        }
        let message = delivery.message.clone();
        if !self.hand_in(shared, from, delivery) {
            self.count_drop(shared, &message, DropReason::SessionEnded);
        }
    }

    /// The member of a group went offline while its message was on the way: another member gets it if one is online.
    pub(super) fn pass_on(&mut self, shared: &Shared, target: &Target, message: &Message, filter: &ArcStr) -> bool {
        if message.qos() == Qos::AtMostOnce {
            return false;
        }
        let key = target.session;
        if !self.sessions.is_away(key) {
            return false;
        }
        let group = SubscriptionFilter::parse(filter).ok().and_then(|filter| shared.router.read().group_route(&filter));
        let other_is_online =
            |group: &GroupRoute| group.members().iter().any(|member| member.is_online && member.session != key);
        let passed_on =
            group.filter(other_is_online).is_some_and(|group| self.dispatch_shared(shared, &group, message, Some(key)));
        self.store_addressees(shared, message);
        passed_on
    }
}
