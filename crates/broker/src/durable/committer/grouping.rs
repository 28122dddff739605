//! Shared groups: messages leave the queue of one member for those of others.
//!
//! Who gets them is decided here, at the moment they move: whatever became of the members since somebody asked for it, a
//! message is in exactly one queue, and what could not be known in time is put right afterwards.
//!
//! A member that keeps its messages in memory is **lent** a queue when it gets some: a durable session without a client, that
//! ends with the member's own. So a backlog stays on disk until it is acknowledged, and is read at the pace of its client.
//! After a start such a session is over at once, and what is left in it goes to other members like that of any other.

use super::{Committer, SMALL};
use crate::durable::{Lent, submission::Addressee};
use dunlin_inbox::{Command, GroupMember, SessionNumber, SessionRecord, SubscriptionRecord};
use dunlin_model::{ArcStr, ClientId, Message, ProtocolVersion, Qos, SubscriptionIds, SubscriptionOptions};
use dunlin_router::{GroupRoute, Member, SessionKey};
use dunlin_session::Delivery;
use dunlin_storage::store::StoreError;
use dunlin_telemetry::Metric;
use dunlin_topic::SubscriptionFilter;

/// As many members share what one leaves. Each may be lent a queue for it.
const HEIRS_MAX: usize = 16;

/// Upper bound of what moving the messages of a group adds to the log.
pub(super) fn move_bytes_max(filter: &ArcStr) -> usize {
    (1 + HEIRS_MAX) * (4 * SMALL + filter.len())
}

impl Committer {
    /// What waits for a member that is away goes to members that are online; it stays where there are none.
    pub(super) fn pass_on(&mut self, filter: &ArcStr, from: SessionKey) -> Result<(), StoreError> {
        let Some(session) = self.directory.number(from) else { return Ok(()) };
        let is_away = self.directory.residence(session).is_some_and(|there| there.feed.is_none());
        if !is_away || !self.store.has_queued(session) {
            return Ok(());
        }
        let Some(group) = self.group(filter) else { return Ok(()) };
        // One that has come back keeps what is its own, though it has not asked for it yet.
        if group.members().iter().any(|member| member.session == from && member.is_online) {
            return Ok(());
        }
        let to = self.queues_of(online_heirs(&group), filter, session)?;
        self.move_group(filter, session, &to)
    }

    /// A member's session is over: what it leaves goes to members that are online, else to those that may come back.
    pub(super) fn bequeath(&mut self, filter: &ArcStr, session: SessionNumber) -> Result<(), StoreError> {
        let Some(group) = self.group(filter).filter(|_| self.store.has_queued(session)) else { return Ok(()) };
        let online = self.queues_of(online_heirs(&group), filter, session)?;
        let to = if online.is_empty() {
            self.queues_of(heirs(&group, |member| member.grant.is_durable), filter, session)?
        } else {
            online
        };
        self.move_group(filter, session, &to)
    }

    /// The addressee of a message has ended meanwhile. If it was chosen as a member of a group, a durable member that is online
    /// gets the message, or one that is away when all are. `None` if that is left to a worker, or there is nobody.
    pub(super) fn other_addressee(&mut self, message: &Message, addressee: Addressee) -> Option<Addressee> {
        let filter = addressee.shared.as_ref().filter(|_| addressee.qos > Qos::AtMostOnce);
        let Some(group) = filter.and_then(|filter| self.group(filter)) else {
            self.count_drops(Metric::DeliveryDroppedSessionEnded, 1);
            return None;
        };
        let takes = |member: &&Member| {
            let is_known = || self.directory.number(member.session).is_some();
            member.grant.qos > Qos::AtMostOnce && (!member.grant.is_durable || is_known())
        };
        // Members online come first; those that keep their messages in memory are all online.
        let durable = group.members().iter().filter(takes).find(|member| member.grant.is_durable);
        let first = durable.filter(|member| member.is_online).or_else(|| group.members().iter().find(takes));
        match first.copied() {
            Some(Member { session, grant, subscription_id, .. }) if grant.is_durable => Some(Addressee {
                session,
                qos: addressee.qos.min(grant.qos),
                retain: grant.retain_as_published && message.retain(),
                subscription_ids: SubscriptionIds::from_id(subscription_id),
                shared: addressee.shared,
            }),
            _ => {
                let Addressee { session, qos, retain, subscription_ids, shared } = addressee;
                let message = message.clone();
                let delivery = Delivery { message, qos, retain, subscription_ids, shared, durable: None };
                self.mails[usize::from(session.worker)].homeless.push((session, delivery));
                None
            }
        }
    }

    fn group(&self, filter: &ArcStr) -> Option<GroupRoute> {
        let filter = SubscriptionFilter::parse(filter).ok()?;
        self.shared.router.read().group_route(&filter)
    }

    fn move_group(&mut self, filter: &ArcStr, from: SessionNumber, to: &[GroupMember]) -> Result<(), StoreError> {
        if to.is_empty() {
            return Ok(());
        }
        for member in to {
            self.ask_again(member.session);
        }
        self.store.move_group(filter, from, to)?;
        for session in to.iter().map(|member| member.session).chain([from]) {
            self.look_at_fullness(session);
        }
        Ok(())
    }

    /// The members that have a queue other than `from`, or can be lent one.
    fn queues_of(
        &mut self,
        heirs: Vec<Member>,
        filter: &ArcStr,
        from: SessionNumber,
    ) -> Result<Vec<GroupMember>, StoreError> {
        let mut to = Vec::with_capacity(heirs.len());
        for heir in heirs {
            if let Some(session) = self.queue_of(&heir, filter)?.filter(|session| *session != from) {
                to.push(GroupMember { session, qos: heir.grant.qos, subscription_id: heir.subscription_id });
            }
        }
        Ok(to)
    }

    /// The queue of a member; `None` when it has gone. One that keeps its messages in memory is lent one.
    fn queue_of(&mut self, member: &Member, filter: &ArcStr) -> Result<Option<SessionNumber>, StoreError> {
        let known = self.directory.number(member.session);
        let is_lent = |session| self.directory.residence(session).is_some_and(|there| there.is_lent);
        if member.grant.is_durable || known.is_some_and(|session| !is_lent(session)) {
            return Ok(known);
        }
        let Some(session) = known.map_or_else(|| self.lend(member.session, filter), |known| Ok(Some(known)))? else {
            return Ok(None);
        };
        // By it a start knows where the messages go.
        let options = SubscriptionOptions { qos: member.grant.qos, ..SubscriptionOptions::default() };
        let filter = filter.clone();
        let subscription = SubscriptionRecord { filter, options, subscription_id: member.subscription_id };
        self.store.push(&Command::SetSubscription { session, subscription })?;
        Ok(Some(session))
    }

    fn lend(&mut self, member: SessionKey, filter: &ArcStr) -> Result<Option<SessionNumber>, StoreError> {
        let Some(session) = self.shared.durable.as_ref().map(|durable| durable.new_session()) else { return Ok(None) };
        if !self.directory.lend(member, session) {
            return Ok(None);
        }
        let record = SessionRecord {
            client_id: ClientId::from(""),
            version: ProtocolVersion::V5,
            expiry_secs: 0,
            // A start finds it expired, and what was sent of it as it was noted (see `Worker::note_sent`).
            connected: false,
            expires_at: Some(0),
            will: None,
        };
        self.store.push(&Command::SetSession { session, record })?;
        self.mails[usize::from(member.worker)].lent.push(Lent { member, session, filter: filter.clone() });
        Ok(Some(session))
    }
}

/// Durable members that are online, else others that are. Those with QoS 0 get nothing that was to be acknowledged.
fn online_heirs(group: &GroupRoute) -> Vec<Member> {
    let durable = heirs(group, |member| member.is_online && member.grant.is_durable);
    if durable.is_empty() { heirs(group, |member| member.is_online) } else { durable }
}

fn heirs(group: &GroupRoute, wanted: impl Fn(&Member) -> bool) -> Vec<Member> {
    let takes = |member: &&Member| member.grant.qos > Qos::AtMostOnce && wanted(member);
    group.members().iter().filter(takes).take(HEIRS_MAX).copied().collect()
}
