//! Messages that go from one member of a shared subscription to others.

use super::{Applied, Inbox, Moved};
use crate::{
    ChunkId, Command, GroupMember, Place, Position, SessionNumber,
    effects::Effects,
    entry::Delivery,
    queue::{MissingIndex, OpenEntry, POSITION_MAX, Queue},
};
use dunlin_model::{ArcStr, Qos, SubscriptionIds};
use std::ops::Range;

/// A member that messages go to.
struct Heir {
    member: GroupMember,
    /// The positions that belong to its part of the range.
    positions: Range<Position>,
    /// Whether it takes what would go to it.
    takes: bool,
    /// The positions it got.
    got: Option<Range<Position>>,
}

/// A delivery on its way.
struct Moving {
    /// Which of the heirs gets it.
    heir: usize,
    position: Position,
    place: Place,
    qos: Qos,
    retain: bool,
}

impl Inbox {
    /// The [`Command::MoveGroup`] that takes what came to `from` by a shared subscription to other members, as things are now;
    /// `None` when none of them can have it, or there is nothing. A member named twice counts once.
    ///
    /// # Errors
    /// A chunk of the queue is not in memory: load it and ask again.
    pub fn group_move(
        &self,
        filter: &ArcStr,
        from: SessionNumber,
        members: &[GroupMember],
    ) -> Result<Option<Command>, ChunkId> {
        let mut to: Vec<(GroupMember, Position)> = Vec::with_capacity(members.len());
        for member in members.iter().filter(|member| member.session != from && member.qos != Qos::AtMostOnce) {
            if to.iter().all(|(known, _)| known.session != member.session) {
                to.extend(self.tail(member.session).map(|tail| (*member, tail)));
            }
        }
        let Some(queue) = self.queue(from).filter(|_| !to.is_empty()) else { return Ok(None) };
        let missing = |MissingIndex(index)| ChunkId { session: from, index };
        let mut range: Option<Range<Position>> = None;
        let mut at = queue.head();
        while let Some(open) = queue.next_open(at).map_err(missing)? {
            at = open.position + 1;
            if is_movable(&queue, &open, filter) {
                range.get_or_insert(open.position..at).end = at;
            }
        }
        Ok(range.map(|range| Command::MoveGroup { filter: filter.clone(), from, range, to }))
    }

    pub(super) fn move_group(
        &mut self,
        filter: &ArcStr,
        from: SessionNumber,
        range: &Range<Position>,
        to: &[(GroupMember, Position)],
        applied: &mut Applied,
    ) {
        let mut heirs = self.heirs(from, range, to, applied);
        if heirs.iter().all(|heir| !heir.takes) {
            return;
        }
        let taken = self.change_entries(from, applied, |queue, effects| take(queue, filter, range, &heirs, effects));
        for moving in taken.unwrap_or_default() {
            let heir = &mut heirs[moving.heir];
            let delivery = Delivery {
                place: moving.place,
                qos: moving.qos.min(heir.member.qos),
                retain: moving.retain,
                subscription_ids: SubscriptionIds::from_id(heir.member.subscription_id),
                shared: Some(filter),
            };
            self.change_entries(heir.member.session, applied, |queue, effects| {
                queue.append(moving.position, &delivery, effects);
            });
            heir.got.get_or_insert(moving.position..moving.position).end = moving.position + 1;
        }
        for heir in heirs.iter().filter(|heir| heir.takes) {
            // What did not come now never comes: none of its positions may be given again.
            self.change_entries(heir.member.session, applied, |queue, effects| {
                queue.skip_to(heir.positions.end, effects);
            });
        }
        let moved = |heir: Heir| heir.got.map(|positions| Moved { to: heir.member.session, positions });
        applied.moved = heirs.into_iter().filter_map(moved).collect();
    }

    fn heirs(
        &self,
        from: SessionNumber,
        range: &Range<Position>,
        to: &[(GroupMember, Position)],
        applied: &mut Applied,
    ) -> Vec<Heir> {
        let mut heirs: Vec<Heir> = Vec::with_capacity(to.len());
        for (index, &(member, position)) in (0..).zip(to) {
            let tail = self.tail(member.session);
            if tail.is_none() {
                applied.unknown_sessions.push(member.session);
            }
            let range_len = range.end.saturating_sub(range.start).saturating_sub(index);
            let positions = position..position.saturating_add(range_len.div_ceil(to.len() as u64));
            let is_other = member.session != from && heirs.iter().all(|heir| heir.member.session != member.session);
            // Positions that were given already are not given again.
            let has_room = tail.is_some_and(|tail| tail <= position) && positions.end < POSITION_MAX;
            let takes = is_other && has_room && member.qos != Qos::AtMostOnce;
            heirs.push(Heir { member, positions, takes, got: None });
        }
        heirs
    }
}

/// Takes what came by a shared subscription and may go to another member out of a queue.
fn take(
    queue: &mut Queue,
    filter: &ArcStr,
    range: &Range<Position>,
    heirs: &[Heir],
    effects: &mut Effects<'_>,
) -> Vec<Moving> {
    let count = heirs.len() as u64;
    let mut taken = Vec::new();
    let mut at = range.start;
    while let Ok(Some(open)) = queue.next_open(at) {
        let position = open.position;
        if position >= range.end {
            break;
        }
        at = position + 1;
        let (heir, turn) = (((position - range.start) % count) as usize, (position - range.start) / count);
        if heirs[heir].takes && is_movable(queue, &open, filter) {
            let (place, qos, retain) = (open.entry.place, open.entry.qos(), open.entry.retain());
            taken.push(Moving { heir, position: heirs[heir].positions.start + turn, place, qos, retain });
            queue.close(position, effects);
        }
    }
    queue.advance(effects);
    taken
}

/// Whether an entry came by a shared subscription and may go to another member of it.
fn is_movable(queue: &Queue, open: &OpenEntry<'_>, filter: &ArcStr) -> bool {
    let came_by_it = open.chunk.shared_filter(open.entry).is_some_and(|shared| shared == filter);
    came_by_it && open.entry.is_movable(open.position, queue.sent_to())
}
