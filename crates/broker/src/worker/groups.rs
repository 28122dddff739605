//! Shared groups: what a member that goes has not acknowledged goes to another, and what waits for members that are away to one
//! that comes.
//!
//! Between durable members messages move on disk, from queue to queue. A member that keeps its messages in memory is given
//! them like new ones.

use super::Worker;
use crate::{
    durable::{Heir, Work},
    mailbox::Mail,
    shared::Shared,
};
use dunlin_model::ArcStr;
use dunlin_router::{GroupRoute, Member, SessionKey};
use dunlin_session::Outbox;
use dunlin_topic::SubscriptionFilter;
use hashbrown::HashSet;

/// What becomes of the stored messages of a durable member.
pub(super) struct Succession {
    filter: ArcStr,
    from: SessionKey,
    to: Successors,
}

enum Successors {
    /// Durable members, in turn.
    Durable(Vec<Heir>),
    /// Whoever is online, by the group's strategy.
    InMemory,
}

fn heir(member: &Member) -> Heir {
    Heir { session: member.session, qos: member.grant.qos, subscription_id: member.subscription_id }
}

impl Succession {
    /// A durable member went offline: others that are online take over.
    fn while_away(group: &GroupRoute, from: SessionKey) -> Option<Self> {
        let online = || group.members().iter().filter(|member| member.is_online && member.session != from);
        let durable: Vec<_> = online().filter(|member| member.grant.is_durable).map(heir).collect();
        let to = if durable.is_empty() { Successors::InMemory } else { Successors::Durable(durable) };
        online().next()?;
        Some(Self { filter: group.subscription().clone(), from, to })
    }

    /// The session of a durable member is over: other durable members take over, online ones before others.
    pub(super) fn after_the_end(group: &GroupRoute, from: SessionKey) -> Option<Self> {
        let others = || group.members().iter().filter(|member| member.grant.is_durable && member.session != from);
        let mut to: Vec<_> = others().filter(|member| member.is_online).map(heir).collect();
        if to.is_empty() {
            to = others().map(heir).collect();
        }
        (!to.is_empty()).then(|| Self { filter: group.subscription().clone(), from, to: Successors::Durable(to) })
    }

    /// A member came online: what waits for durable members that are away goes to it.
    fn of_those_away(group: &GroupRoute, came: SessionKey) -> Vec<Self> {
        let Some(successor) = group.members().iter().find(|member| member.session == came) else { return Vec::new() };
        let away = group.members().iter().filter(|member| member.grant.is_durable && !member.is_online);
        away.map(|member| {
            let is_durable = successor.grant.is_durable;
            let to = if is_durable { Successors::Durable(vec![heir(successor)]) } else { Successors::InMemory };
            Self { filter: group.subscription().clone(), from: member.session, to }
        })
        .collect()
    }
}

impl Worker {
    /// Tells the groups of a session that it goes offline or comes back. Going offline it hands back what it has not
    /// acknowledged where another member is online.
    pub(super) fn set_presence(&mut self, shared: &Shared, session: u32, online: bool) {
        let key = self.key(session);
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let is_durable = entry.durable_number().is_some();
        let mut others_online: HashSet<ArcStr> = HashSet::new();
        let mut successions = Vec::new();
        let mut router = None;
        for subscription in entry.session.subscriptions() {
            let Ok(filter) = SubscriptionFilter::parse(&subscription.filter) else { continue };
            if filter.group().is_none() {
                continue;
            }
            let router = router.get_or_insert_with(|| shared.router.write());
            router.set_online(key, &filter, online);
            let Some(group) = router.group_route(&filter) else { continue };
            if online {
                successions.extend(Succession::of_those_away(&group, key));
            } else {
                if is_durable {
                    successions.extend(Succession::while_away(&group, key));
                }
                if group.members().iter().any(|member| member.is_online) {
                    others_online.insert(group.subscription().clone());
                }
            }
        }
        drop(router);
        if !others_online.is_empty() {
            self.hand_back(session, &others_online);
        }
        for succession in successions {
            self.begin_succession(shared, succession);
        }
    }

    /// A new member of a group: what waits for those that are away goes to it.
    pub(super) fn join_group(&mut self, shared: &Shared, key: SessionKey, filter: &SubscriptionFilter<'_>) {
        let group = shared.router.read().group_route(filter);
        for succession in group.iter().flat_map(|group| Succession::of_those_away(group, key)) {
            self.begin_succession(shared, succession);
        }
    }

    pub(super) fn begin_succession(&mut self, shared: &Shared, succession: Succession) {
        if shared.durable.is_none() {
            return;
        }
        let Succession { filter, from, to } = succession;
        match to {
            Successors::Durable(to) => self.store(Work::MoveGroup { filter, from, to }),
            Successors::InMemory if usize::from(from.worker) == self.index => self.begin_hand_back(from, filter),
            Successors::InMemory => shared.mailboxes[usize::from(from.worker)].post(Mail::HandBack { from, filter }),
        }
    }

    fn hand_back(&mut self, session: u32, others_online: &HashSet<ArcStr>) {
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let mut side = Vec::new();
        let mut out = Outbox { wire: &mut self.nowhere, outputs: &mut side, publishes: &mut self.published };
        entry.session.hand_back_shared(|filter| others_online.contains(filter), &mut out);
        self.defer_all(session, side);
    }
}
