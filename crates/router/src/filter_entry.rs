//! Everything that is subscribed to one filter.

use crate::group::Group;
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
    groups: Vec<Group>,
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
            groups.extend(special.groups.iter().map(Group::route));
        }
    }

    pub(crate) fn groups(&self) -> &[Group] {
        self.special.as_ref().map_or(&[], |special| &special.groups)
    }

    pub(crate) fn group(&self, name: &str) -> Option<&Group> {
        self.groups().iter().find(|group| group.name() == name)
    }

    pub(crate) fn group_mut(&mut self, name: &str) -> Option<&mut Group> {
        self.special.as_mut()?.groups.iter_mut().find(|group| group.name() == name)
    }

    /// The group of this name, made if there is none.
    pub(crate) fn group_or_insert_with(&mut self, name: &str, make: impl FnOnce() -> Group) -> &mut Group {
        let groups = &mut self.special.get_or_insert_default().groups;
        let position = groups.iter().position(|group| group.name() == name).unwrap_or_else(|| {
            groups.push(make());
            groups.len() - 1
        });
        &mut groups[position]
    }

    /// Takes a session out of a group, and the group away with its last member.
    pub(crate) fn remove_member(&mut self, group: &str, session: SessionKey) -> bool {
        let removed = self.group_mut(group).is_some_and(|group| group.remove(session));
        if let Some(special) = &mut self.special
            && removed
        {
            special.groups.retain(|group| !group.members().is_empty());
        }
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
        self.special.take_if(|special| special.groups.is_empty() && special.exclusive.is_none());
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
