//! Everything that is subscribed to one filter.

use crate::group::Group;
use crate::group_list::GroupList;
use crate::subscriber::Subscriber;
use crate::subscriber_list::SubscriberList;
use crate::{GroupRoute, SessionKey, Target};
use dunlin_model::ClientId;

/// Everything that is subscribed to one filter: 24 bytes where that is one ordinary subscriber.
#[derive(Debug, Default)]
pub(crate) struct FilterEntry {
    pub(crate) subscribers: SubscriberList,
    special: Option<Box<Special>>,
}

/// What few filters have.
#[derive(Debug, Default)]
struct Special {
    groups: GroupList,
    exclusive: Option<Exclusive>,
}

#[derive(Debug)]
struct Exclusive {
    owner: ClientId,
    subscriber: Subscriber,
}

impl FilterEntry {
    pub(crate) fn is_empty(&self) -> bool {
        self.special.is_none() && self.subscribers.as_slice().is_empty()
    }

    /// Adds what this filter contributes to a route.
    pub(crate) fn collect(&self, targets: &mut Vec<Target>, groups: &mut Vec<GroupRoute>) {
        targets.extend(self.subscribers.as_slice().iter().map(Target::new));
        if let Some(special) = &self.special {
            targets.extend(special.exclusive.iter().map(|exclusive| Target::new(&exclusive.subscriber)));
            groups.extend(special.groups.as_slice().iter().map(Group::route));
        }
    }

    pub(crate) fn groups(&self) -> &[Group] {
        self.special.as_ref().map_or(&[], |special| special.groups.as_slice())
    }

    pub(crate) fn groups_mut(&mut self) -> &mut [Group] {
        self.special.as_mut().map_or(&mut [], |special| special.groups.as_mut_slice())
    }

    pub(crate) fn group(&self, name: &str) -> Option<&Group> {
        self.special.as_ref()?.groups.get(name)
    }

    pub(crate) fn group_mut(&mut self, name: &str) -> Option<&mut Group> {
        self.special.as_mut()?.groups.get_mut(name)
    }

    /// The group of this name, made if there is none.
    pub(crate) fn group_or_insert_with(&mut self, name: &str, make: impl FnOnce() -> Group) -> &mut Group {
        self.special.get_or_insert_default().groups.get_or_insert_with(name, make)
    }

    /// Takes a session out of a group, and the group away with its last member.
    pub(crate) fn remove_member(&mut self, group: &str, session: SessionKey) -> bool {
        let removed = self.special.as_mut().is_some_and(|special| special.groups.remove_member(group, session));
        self.drop_unused();
        removed
    }

    pub(crate) fn exclusive_owner(&self) -> Option<&ClientId> {
        Some(&self.special.as_ref()?.exclusive.as_ref()?.owner)
    }

    /// Makes a client the exclusive subscriber, in place of whoever was.
    pub(crate) fn set_exclusive(&mut self, owner: ClientId, subscriber: Subscriber) {
        self.special.get_or_insert_default().exclusive = Some(Exclusive { owner, subscriber });
    }

    /// Ends the exclusive subscription if this session holds it.
    pub(crate) fn remove_exclusive(&mut self, session: SessionKey) -> bool {
        let Some(special) = &mut self.special else { return false };
        let removed = special.exclusive.take_if(|exclusive| exclusive.subscriber.session == session).is_some();
        self.drop_unused();
        removed
    }

    fn drop_unused(&mut self) {
        self.special.take_if(|special| special.groups.as_slice().is_empty() && special.exclusive.is_none());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_entry_is_small() {
        assert_eq!(size_of::<FilterEntry>(), 24);
    }
}
