//! One shared group on one filter.

use crate::position_index::{OfSession, PositionIndex};
use crate::{Grant, GroupConfig, GroupRoute, SessionKey, SharedStrategy};
use dunlin_model::ArcStr;
use std::sync::{Arc, atomic::AtomicU32};

/// One member of a shared group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The session.
    pub session: SessionKey,
    /// What its subscription asks for.
    pub grant: Grant,
    /// Identifier of its subscription; 0 is none.
    pub subscription_id: u32,
    /// Whether the session has a connection.
    pub is_online: bool,
    /// Hash of the client id, the same on every node.
    pub(crate) client_hash: u64,
}

impl OfSession for Member {
    fn session(&self) -> SessionKey {
        self.session
    }
}

/// The members of a group: those online first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    list: Vec<Member>,
    online: usize,
}

impl Members {
    pub(crate) fn all(&self) -> &[Member] {
        &self.list
    }

    /// Members online, members offline.
    pub(crate) fn by_presence(&self) -> (&[Member], &[Member]) {
        self.list.split_at(self.online)
    }
}

/// One shared group on one filter. Routes hold the member list as it was when they were looked up; it is copied when
/// it changes while one does.
#[derive(Debug)]
pub(crate) struct Group {
    /// `$share/{group}/{filter}`.
    subscription: ArcStr,
    /// Never used again, so that a worker's memory of a group that was removed does no harm.
    id: u64,
    config: GroupConfig,
    members: Arc<Members>,
    positions: PositionIndex,
    /// The turn, shared by all workers; only for [`SharedStrategy::RoundRobinPerGroup`].
    turn: Option<Arc<AtomicU32>>,
}

impl Group {
    pub(crate) fn new(group: &str, filter: &str, id: u64, config: GroupConfig) -> Self {
        let turn = (config.strategy == SharedStrategy::RoundRobinPerGroup).then(Arc::default);
        let subscription = format!("$share/{group}/{filter}").into();
        Self { subscription, id, config, members: Arc::default(), positions: PositionIndex::default(), turn }
    }

    /// Chooses otherwise from now on. True if that is news.
    pub(crate) fn set_config(&mut self, config: GroupConfig) -> bool {
        let is_news = self.config != config;
        if is_news {
            self.config = config;
            self.turn = (config.strategy == SharedStrategy::RoundRobinPerGroup).then(Arc::default);
        }
        is_news
    }

    /// Name of the group.
    pub(crate) fn name(&self) -> &str {
        self.subscription.split('/').nth(1).unwrap_or_default()
    }

    pub(crate) fn members(&self) -> &[Member] {
        self.members.all()
    }

    pub(crate) fn route(&self) -> GroupRoute {
        GroupRoute::new(self.subscription.clone(), self.id, self.config, self.members.clone(), self.turn.clone())
    }

    /// Adds a member, or replaces the one of the same session: true.
    pub(crate) fn put(&mut self, member: Member) -> bool {
        let existed = self.remove(member.session);
        let members = Arc::make_mut(&mut self.members);
        members.list.push(member);
        self.positions.pushed(&members.list);
        if member.is_online {
            let last = members.list.len() - 1;
            self.swap(last, self.members.online);
            Arc::make_mut(&mut self.members).online += 1;
        }
        existed
    }

    /// Takes out the member of a session; false if there is none.
    pub(crate) fn remove(&mut self, session: SessionKey) -> bool {
        if self.positions.find(&self.members.list, session).is_none() {
            return false;
        }
        // Offline members stand last, so that taking one out moves only another one of them.
        self.set_online(session, false);
        let Some(position) = self.positions.find(&self.members.list, session) else { return false };
        let members = Arc::make_mut(&mut self.members);
        members.list.swap_remove(position);
        self.positions.removed(&members.list, session);
        self.positions.placed(&members.list, position);
        if members.list.len() < members.list.capacity() / 4 {
            members.list.shrink_to(members.list.len() * 2);
        }
        true
    }

    /// Notes that a member's session gained or lost its connection. True if that is news.
    pub(crate) fn set_online(&mut self, session: SessionKey, is_online: bool) -> bool {
        let Some(position) = self.positions.find(&self.members.list, session) else { return false };
        if self.members.list.get(position).is_none_or(|member| member.is_online == is_online) {
            return false;
        }
        let members = Arc::make_mut(&mut self.members);
        members.list[position].is_online = is_online;
        if is_online {
            members.online += 1;
        }
        // The last place of those online: new there, or about to be given up.
        let border = members.online - 1;
        if !is_online {
            members.online -= 1;
        }
        self.swap(position, border);
        true
    }

    fn swap(&mut self, left: usize, right: usize) {
        let members = Arc::make_mut(&mut self.members);
        members.list.swap(left, right);
        self.positions.placed(&members.list, left);
        self.positions.placed(&members.list, right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn members_online_stand_first(changes in prop::collection::vec((0_u32..50, 0..4), 1..300)) {
            let mut group = Group::new("g", "t", 1, GroupConfig::default());
            let mut model = BTreeMap::new();
            for (slot, change) in changes {
                let session = SessionKey { worker: 0, slot, generation: 0 };
                match change {
                    0 => prop_assert_eq!(group.remove(session), model.remove(&session).is_some()),
                    1 => {
                        let news = model.get_mut(&session).is_some_and(|online| std::mem::replace(online, false));
                        prop_assert_eq!(group.set_online(session, false), news);
                    }
                    2 => {
                        let news = model.get_mut(&session).is_some_and(|online| !std::mem::replace(online, true));
                        prop_assert_eq!(group.set_online(session, true), news);
                    }
                    _ => {
                        let member = Member {
                            session, grant: Grant::default(), subscription_id: 0, is_online: true, client_hash: 0,
                        };
                        prop_assert_eq!(group.put(member), model.insert(session, true).is_some());
                    }
                }
                let (online, offline) = group.members.by_presence();
                prop_assert!(online.iter().all(|member| member.is_online));
                prop_assert!(offline.iter().all(|member| !member.is_online));
                let actual: BTreeMap<_, _> =
                    group.members().iter().map(|member| (member.session, member.is_online)).collect();
                prop_assert_eq!(&actual, &model);
                prop_assert_eq!(group.members().len(), model.len());
            }
        }
    }
}
