//! All shared groups of one filter.

use crate::{SessionKey, group::Group};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Lists of up to this many groups are searched from end to end.
const MAX_SEARCHED: usize = 8;

/// Shared groups of one filter, in no particular order. Nearly always one. Clients name groups as they like, so finding,
/// adding and removing take constant time however many there are.
#[derive(Debug, Default)]
pub(crate) struct GroupList {
    list: Vec<Group>,
    /// Once the list is long.
    index: Option<Box<NameIndex>>,
}

/// Where each group stands in the list, by the hash of its name. The names stay in the groups.
#[derive(Debug, Default)]
struct NameIndex {
    positions: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl GroupList {
    pub(crate) fn as_slice(&self) -> &[Group] {
        &self.list
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [Group] {
        &mut self.list
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Group> {
        self.list.get(self.find(name)?)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Group> {
        let position = self.find(name)?;
        self.list.get_mut(position)
    }

    /// The group of this name, made if there is none.
    pub(crate) fn get_or_insert_with(&mut self, name: &str, make: impl FnOnce() -> Group) -> &mut Group {
        let position = self.find(name).unwrap_or_else(|| self.push(make()));
        &mut self.list[position]
    }

    /// Takes a session out of a group, and the group away with its last member. False if the session is not in it.
    pub(crate) fn remove_member(&mut self, name: &str, session: SessionKey) -> bool {
        let Some(position) = self.find(name) else { return false };
        let group = &mut self.list[position];
        let removed = group.remove(session);
        if group.members().is_empty() {
            self.swap_remove(position);
        }
        removed
    }

    /// Takes a group out; the last one takes its place.
    fn swap_remove(&mut self, position: usize) {
        if let Some(index) = &mut self.index {
            index.swap_remove(&self.list, position);
        }
        self.list.swap_remove(position);
        // Half the limit, so that a list at the border does not build and drop the index in turns.
        if self.list.len() <= MAX_SEARCHED / 2 {
            self.index = None;
        }
        if self.list.len() < self.list.capacity() / 4 {
            self.list.shrink_to(self.list.len() * 2);
            if let Some(index) = &mut self.index {
                index.shrink(&self.list);
            }
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.find(&self.list, name),
            None => self.list.iter().position(|group| group.name() == name),
        }
    }

    fn push(&mut self, group: Group) -> usize {
        let position = self.list.len();
        if position == 0 {
            // A vector starts with room for four, and most lists never have more than one.
            self.list.reserve_exact(1);
        }
        self.list.push(group);
        match &mut self.index {
            Some(index) => index.insert(&self.list, position),
            None if self.list.len() > MAX_SEARCHED => {
                let index = self.index.insert(Box::default());
                (0..self.list.len()).for_each(|position| index.insert(&self.list, position));
            }
            None => {}
        }
        position
    }
}

impl NameIndex {
    fn find(&self, list: &[Group], name: &str) -> Option<usize> {
        let is_it = |&position: &u32| list[position as usize].name() == name;
        self.positions.find(self.hasher.hash_one(name), is_it).map(|&position| position as usize)
    }

    /// A group was added at `position`; its name is new.
    fn insert(&mut self, list: &[Group], position: usize) {
        let Self { positions, hasher } = self;
        let hash = hash_of_position(hasher, list);
        let position = place_number(position);
        positions.insert_unique(hash(&position), position, hash);
    }

    /// The group at `position` is about to leave, and the last one of the list to take its place.
    fn swap_remove(&mut self, list: &[Group], position: usize) {
        let Self { positions, hasher } = self;
        let hash = hash_of_position(hasher, list);
        let (left, last) = (place_number(position), place_number(list.len() - 1));
        if let Ok(entry) = positions.find_entry(hash(&left), |&position| position == left) {
            entry.remove();
        }
        if let Some(moved) = positions.find_mut(hash(&last), |&position| position == last) {
            *moved = left;
        }
    }

    fn shrink(&mut self, list: &[Group]) {
        let Self { positions, hasher } = self;
        positions.shrink_to(list.len() * 2, hash_of_position(hasher, list));
    }
}

fn hash_of_position(hasher: &DefaultHashBuilder, list: &[Group]) -> impl Fn(&u32) -> u64 {
    |&position| hasher.hash_one(list[position as usize].name())
}

/// A group has a member, members are counted in sessions, and those have 32-bit slots.
fn place_number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GroupConfig, group::Member};
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn member(slot: u32) -> Member {
        let session = SessionKey { worker: 0, slot, generation: 0 };
        Member { session, grant: crate::Grant::default(), subscription_id: 0, is_online: true, client_hash: 0 }
    }

    fn slots(group: &Group) -> BTreeSet<u32> {
        group.members().iter().map(|member| member.session.slot).collect()
    }

    proptest! {
        #[test]
        fn agrees_with_a_map(changes in prop::collection::vec((0..30, 0_u32..2, 0..5), 1..600)) {
            let mut groups = GroupList::default();
            let mut model: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
            // More joins for a while, then more leaves, and again: the list crosses its limit both ways.
            for (step, (number, slot, chance)) in (0..).zip(changes) {
                let name = format!("g{number}");
                let joins = (chance > 0) == (step / 150 % 2 == 0);
                if joins {
                    let group = groups.get_or_insert_with(&name, || Group::new(&name, "t", 1, GroupConfig::default()));
                    prop_assert_eq!(group.put(member(slot)), !model.entry(name.clone()).or_default().insert(slot));
                } else {
                    let removed = model.get_mut(&name).is_some_and(|slots| slots.remove(&slot));
                    model.retain(|_, slots| !slots.is_empty());
                    prop_assert_eq!(groups.remove_member(&name, member(slot).session), removed);
                }
                prop_assert_eq!(groups.get(&name).map(slots), model.get(&name).cloned());
                prop_assert_eq!(groups.get_mut(&name).is_some(), model.contains_key(&name));
                prop_assert_eq!(groups.as_slice().len(), model.len(), "a name appears once");
            }
            for (name, members) in &model {
                prop_assert_eq!(groups.get(name).map(slots), Some(members.clone()));
            }
        }
    }
}
