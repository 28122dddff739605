//! Answering what is asked about clients. Lists are made by walks over all sessions, of which each has a portion of the work done
//! in every turn: a client waits for that portion and no longer.

use super::Worker;
use crate::{
    ClientFacts, ClientFilter, SubscriptionFacts, SubscriptionQuery,
    clients::question::{Question, Walk, Walking},
    shared::Shared,
};
use dunlin_model::ClientId;
use dunlin_session::Subscription;

/// What one portion may cost. A unit is some ten nanoseconds: half a millisecond in all.
const PORTION: u32 = 64 * 1024;

/// Seeing whether there is a session.
const COST_OF_SLOT: u32 = 1;

/// Holding a session against a filter: it lies somewhere else in memory, and its connection too.
const COST_OF_LOOK: u32 = 16;

/// Holding a subscription against a query.
const COST_OF_SUBSCRIPTION: u32 = 8;

/// Copying what is known.
const COST_OF_FACTS: u32 = 64;

impl Worker {
    /// Somebody asks something, or has something done.
    pub(super) fn take_question(&mut self, shared: &Shared, question: Question) {
        match question {
            Question::Walk(walking) => self.walks.push_back(walking),
            Question::Named { client_ids, filter, answer } => {
                let found = client_ids.iter().filter_map(|client_id| self.named(shared, client_id, &filter));
                // Whoever asked may have gone.
                let _ = answer.try_send(found.collect());
            }
            Question::Forget { messages, answer } => self.forget_kept(shared, messages, answer),
            Question::OfClient { client_id, order } => self.carry_out_order(shared, &client_id, order),
            Question::Publish { messages, answer } => self.publish_for(shared, messages, answer),
        }
    }

    fn named(&self, shared: &Shared, client_id: &ClientId, filter: &ClientFilter) -> Option<ClientFacts> {
        let client = self.view(self.find_session(shared, client_id)?)?;
        client.is_wanted_by(filter).then(|| client.facts())
    }

    /// Goes on with one of the walks.
    pub(super) fn walk_on(&mut self) {
        match self.walks.pop_front() {
            None => {}
            Some(Walking::Clients(walk)) => self.walk_clients(walk),
            Some(Walking::Subscriptions(walk)) => self.walk_subscriptions(walk),
        }
    }

    fn walk_clients(&mut self, mut walk: Walk<ClientFilter, ClientFacts>) {
        let wants_all = walk.filter.wants_all();
        let mut left = PORTION;
        while walk.slot < self.sessions.extent() {
            if left == 0 {
                self.walks.push_back(Walking::Clients(walk));
                return;
            }
            left = left.saturating_sub(COST_OF_SLOT);
            let slot = walk.slot;
            walk.slot += 1;
            if !self.sessions.is_taken(slot) {
                continue;
            }
            if wants_all && walk.skip > 0 {
                walk.skip -= 1;
                continue;
            }
            if wants_all && walk.is_full() {
                return walk.end(Some(slot));
            }
            left = left.saturating_sub(COST_OF_LOOK);
            let Some(client) = self.view(slot).filter(|client| client.is_wanted_by(&walk.filter)) else { continue };
            if walk.skip > 0 {
                walk.skip -= 1;
                continue;
            }
            if walk.is_full() {
                return walk.end(Some(slot));
            }
            left = left.saturating_sub(COST_OF_FACTS);
            walk.found.push(client.facts());
        }
        walk.end(None);
    }

    fn walk_subscriptions(&mut self, mut walk: Walk<SubscriptionQuery, SubscriptionFacts>) {
        let mut left = PORTION;
        while walk.slot < self.sessions.extent() {
            if left == 0 {
                self.walks.push_back(Walking::Subscriptions(walk));
                return;
            }
            left = left.saturating_sub(COST_OF_SLOT);
            let is_over = match self.view(walk.slot) {
                None => true,
                Some(client) => {
                    left = left.saturating_sub(COST_OF_LOOK);
                    let mut is_over = true;
                    let mut place = walk.place;
                    client.visit_subscriptions(walk.place, |next, subscription| {
                        if left == 0 || walk.is_full() {
                            is_over = false;
                            return false;
                        }
                        (place, left) = (next, left.saturating_sub(COST_OF_SUBSCRIPTION));
                        if take(&mut walk, subscription, client.is_durable(), || client.facts_of(subscription)) {
                            left = left.saturating_sub(COST_OF_FACTS);
                        }
                        true
                    });
                    walk.place = place;
                    is_over
                }
            };
            if is_over {
                (walk.slot, walk.place) = (walk.slot + 1, 0);
            } else if walk.is_full() {
                let slot = walk.slot;
                return walk.end(Some(slot));
            }
        }
        walk.end(None);
    }
}

/// Takes a subscription into what was found, if it is wanted and none of those that are left out. True where it was.
fn take(
    walk: &mut Walk<SubscriptionQuery, SubscriptionFacts>,
    subscription: &Subscription,
    is_durable: bool,
    facts: impl FnOnce() -> SubscriptionFacts,
) -> bool {
    if !walk.filter.wants(&subscription.filter, subscription.options.qos, is_durable) {
        return false;
    }
    if walk.skip > 0 {
        walk.skip -= 1;
        return false;
    }
    walk.found.push(facts());
    true
}
