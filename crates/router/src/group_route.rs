//! A shared group as part of a route, and the choice of its member for a message.

use crate::group::{Member, Members};
use crate::stable_hash::{mix, stable_hash};
use crate::{GroupConfig, InitialStickyPick, PickMemory, SessionKey, SharedStrategy};
use dunlin_model::ArcStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A shared group whose filter selects the topic of a route.
#[derive(Clone, Debug)]
pub struct GroupRoute {
    subscription: ArcStr,
    id: u64,
    config: GroupConfig,
    members: Arc<Members>,
    turn: Option<Arc<AtomicU32>>,
}

/// What a choice may depend on.
#[derive(Clone, Copy, Debug)]
pub struct PickContext<'a> {
    /// Who published the message.
    pub publisher: &'a str,
    /// Topic name of the message.
    pub topic: &'a [u8],
    /// A fresh random number.
    pub random: u64,
    /// A member that must not be chosen, because it has just refused or lost the message.
    pub exclude: Option<SessionKey>,
}

impl GroupRoute {
    pub(crate) fn new(
        subscription: ArcStr,
        id: u64,
        config: GroupConfig,
        members: Arc<Members>,
        turn: Option<Arc<AtomicU32>>,
    ) -> Self {
        Self { subscription, id, config, members, turn }
    }

    /// `$share/{group}/{filter}`: what to remember with a message, so that it can be given to another member later
    /// ([`Router::group_route`](crate::Router::group_route)). `$queue/{filter}` reads `$share/$queue/{filter}` here.
    #[must_use]
    pub fn subscription(&self) -> &ArcStr {
        &self.subscription
    }

    /// All members, those online first. There is always one.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        self.members.all()
    }

    /// How this group chooses.
    #[must_use]
    pub fn strategy(&self) -> SharedStrategy {
        self.config.strategy
    }

    /// Chooses the member that gets a message: one that is online if there is one, else one that is offline. `None`
    /// only when nobody but the excluded member is there.
    // [MQTT-4.8.2-4]: one member gets the message, whatever the number of members.
    pub fn pick(&self, context: &PickContext<'_>, memory: &mut PickMemory) -> Option<&Member> {
        let (online, offline) = self.members.by_presence();
        self.pick_among(online, context, memory).or_else(|| self.pick_among(offline, context, memory))
    }

    fn pick_among<'a>(
        &self,
        candidates: &'a [Member],
        context: &PickContext<'_>,
        memory: &mut PickMemory,
    ) -> Option<&'a Member> {
        // Nobody, or only the excluded one: a session is in the list once, so two candidates are enough to tell.
        if candidates.iter().take(2).all(|member| Some(member.session) == context.exclude) {
            return None;
        }
        let position = match self.config.strategy {
            SharedStrategy::Random | SharedStrategy::Local => at_random(candidates, context),
            SharedStrategy::RoundRobin => self.in_turn_on_worker(candidates, context, memory),
            SharedStrategy::RoundRobinPerGroup => {
                let turn = self.turn.as_ref().map_or(0, |turn| turn.fetch_add(1, Ordering::Relaxed));
                allowed_from(candidates, turn as usize, context)
            }
            SharedStrategy::Sticky => self.sticky(candidates, context, memory),
            SharedStrategy::HashClientId => by_hash(candidates, stable_hash(context.publisher), context),
            SharedStrategy::HashTopic => by_hash(candidates, stable_hash(context.topic), context),
        };
        candidates.get(position)
    }

    fn in_turn_on_worker(&self, candidates: &[Member], context: &PickContext<'_>, memory: &mut PickMemory) -> usize {
        let position = match memory.positions.get(self.id) {
            Some(turn) => allowed_from(candidates, turn as usize, context),
            None => at_random(candidates, context),
        };
        memory.positions.insert(self.id, place_number(position).wrapping_add(1));
        position
    }

    fn sticky(&self, candidates: &[Member], context: &PickContext<'_>, memory: &mut PickMemory) -> usize {
        let key = (stable_hash(context.publisher), self.id);
        if let Some((session, place)) = memory.sticky.get(key)
            && context.exclude != Some(session)
        {
            let is_it = |member: &Member| member.session == session;
            if candidates.get(place as usize).is_some_and(is_it) {
                return place as usize;
            }
            if let Some(position) = candidates.iter().position(is_it) {
                memory.sticky.insert(key, (session, place_number(position)));
                return position;
            }
        }
        let position = match self.config.initial_sticky_pick {
            InitialStickyPick::Random | InitialStickyPick::Local => at_random(candidates, context),
            InitialStickyPick::HashClientId => by_hash(candidates, stable_hash(context.publisher), context),
            InitialStickyPick::HashTopic => by_hash(candidates, stable_hash(context.topic), context),
        };
        if let Some(member) = candidates.get(position) {
            memory.sticky.insert(key, (member.session, place_number(position)));
        }
        position
    }
}

/// Positions are counted in sessions, which have 32-bit slots.
fn place_number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// The first candidate from `turn` on, counted round, that is not excluded.
fn allowed_from(candidates: &[Member], turn: usize, context: &PickContext<'_>) -> usize {
    let position = turn % candidates.len();
    let is_excluded = context.exclude.is_some_and(|session| candidates[position].session == session);
    if is_excluded { (position + 1) % candidates.len() } else { position }
}

fn at_random(candidates: &[Member], context: &PickContext<'_>) -> usize {
    // Half of the number is enough, and fits a usize everywhere.
    allowed_from(candidates, (context.random >> 32) as usize, context)
}

/// Rendezvous hashing: every member draws a number from the key and its client id, the highest gets it.
fn by_hash(candidates: &[Member], key: u64, context: &PickContext<'_>) -> usize {
    candidates
        .iter()
        .enumerate()
        .filter(|(_, member)| context.exclude != Some(member.session))
        .max_by_key(|(_, member)| mix(key ^ member.client_hash))
        .map_or(0, |(position, _)| position)
}

#[cfg(test)]
mod tests;
