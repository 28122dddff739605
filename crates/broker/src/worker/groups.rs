//! Shared groups: what a member that goes has not acknowledged goes to another, and what waits for members that are away to one
//! that comes.
//!
//! What lies in memory is given to another member like a new message. What lies in durable queues moves on disk: the committer
//! finds out to whom.

use super::{Worker, connection::NONE};
use crate::{
    durable::{Lent, Work},
    shared::Shared,
};
use dunlin_inbox::SessionNumber;
use dunlin_model::ArcStr;
use dunlin_router::{GroupRoute, SessionKey};
use dunlin_topic::SubscriptionFilter;
use hashbrown::HashSet;

/// What waits for members that are away may go to one that has come.
fn of_those_away(group: &GroupRoute) -> impl Iterator<Item = Work> {
    let away = group.members().iter().filter(|member| member.grant.is_durable && !member.is_online);
    away.map(|member| Work::PassOn { filter: group.subscription().clone(), from: member.session })
}

impl Worker {
    /// Tells the groups of a session that it goes offline or comes back. Going offline it hands back what it has not
    /// acknowledged where another member is online.
    pub(super) fn set_presence(&mut self, shared: &Shared, session: u32, online: bool) {
        let key = self.key(session);
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let is_durable = entry.durable_number().is_some();
        let mut others_online: HashSet<ArcStr> = HashSet::new();
        let mut passed_on = Vec::new();
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
                passed_on.extend(of_those_away(&group));
            } else if group.members().iter().any(|member| member.is_online) {
                others_online.insert(group.subscription().clone());
            }
        }
        drop(router);
        if is_durable {
            passed_on.extend(others_online.iter().map(|filter| Work::PassOn { filter: filter.clone(), from: key }));
        }
        if !others_online.is_empty() {
            self.hand_back(shared, session, &others_online);
        }
        self.pass_on_stored(shared, passed_on);
    }

    /// A new member of a group: what waits for those that are away goes to it.
    pub(super) fn join_group(&mut self, shared: &Shared, filter: &SubscriptionFilter<'_>) {
        let group = shared.router.read().group_route(filter);
        self.pass_on_stored(shared, group.iter().flat_map(of_those_away));
    }

    fn pass_on_stored(&mut self, shared: &Shared, work: impl IntoIterator<Item = Work>) {
        if shared.durable.is_some() {
            work.into_iter().for_each(|work| self.store(work));
        }
    }

    /// A member of a group that keeps its messages in memory is lent a queue with what it inherits.
    pub(super) fn borrow_queue(&mut self, lent: Lent) {
        let Lent { member: key, session, filter } = lent;
        match self.sessions.get_current(key.slot, key.generation) {
            Some(entry) if entry.connection != NONE && entry.queue_number().is_none() => {
                entry.borrow_queue(session);
                self.begin_feed(key.slot);
            }
            // It has gone, or has got a queue of its own: whoever is a member now gets it.
            _ => self.end_queue(key, session, [filter]),
        }
    }

    /// A queue is over, and its session has left these groups: what came by them goes to other members.
    pub(super) fn end_queue(
        &mut self,
        key: SessionKey,
        session: SessionNumber,
        groups: impl IntoIterator<Item = ArcStr>,
    ) {
        for filter in groups {
            self.store(Work::Bequeath { filter, from: session });
        }
        self.store_before_answer(Work::End { key, session });
    }

    fn hand_back(&mut self, shared: &Shared, session: u32, others_online: &HashSet<ArcStr>) {
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let mut side = Vec::new();
        let mut out = self.nowhere.outbox(&mut side, &mut self.sent);
        entry.session.hand_back_shared(|filter| others_online.contains(filter), &mut out);
        self.defer_all(shared, session, side);
    }
}
