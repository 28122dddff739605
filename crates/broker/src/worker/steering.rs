//! What operators do to one client, and look up of it.

use super::{Worker, connecting::silence_ms, connection::NONE};
use crate::{
    clients::question::{Granted, Order},
    shared::Shared,
};
use dunlin_model::{ClientId, ReasonCode, SubscriptionOptions};

impl Worker {
    /// Carries out an order about a client of this worker.
    pub(super) fn carry_out_order(&mut self, shared: &Shared, client_id: &ClientId, order: Order) {
        let found = self.find_session(shared, client_id);
        // Whoever asked may have gone.
        let _ = match order {
            Order::Kick(answer) => answer.try_send(found.map(|_| self.kick(shared, client_id))).is_ok(),
            Order::Subscriptions { place, limit, answer } => {
                let client = found.and_then(|slot| self.view(slot));
                answer.try_send(client.map(|client| client.subscriptions(place, limit))).is_ok()
            }
            Order::Subscribe { wishes, answer } => {
                answer.try_send(found.map(|slot| self.subscribe_for(shared, slot, wishes))).is_ok()
            }
            Order::Unsubscribe { filters, answer } => {
                answer.try_send(found.map(|slot| self.unsubscribe_for(shared, slot, filters))).is_ok()
            }
            Order::SetKeepAlive { secs, answer } => {
                answer.try_send(found.map(|slot| self.set_keep_alive(shared, slot, secs))).is_ok()
            }
            Order::Queued { after, limit, answer } => {
                let entry = found.and_then(|slot| self.sessions.get_mut(slot));
                answer.try_send(entry.map(|entry| entry.session.queued_after(after, limit))).is_ok()
            }
            Order::Verdicts(answer) => answer.try_send(found.map(|slot| self.kept_verdicts(slot))).is_ok(),
            Order::Inflight { after, limit, answer } => {
                let entry = found.and_then(|slot| self.sessions.get_mut(slot));
                answer.try_send(entry.map(|entry| entry.session.inflight_after(after, limit))).is_ok()
            }
            Order::Timeline(answer) => answer.try_send(self.timelines.of(client_id)).is_ok(),
        };
    }

    fn subscribe_for(
        &mut self,
        shared: &Shared,
        slot: u32,
        wishes: Vec<(String, SubscriptionOptions)>,
    ) -> Vec<Granted> {
        wishes.into_iter().map(|(filter, options)| self.grant(shared, slot, &filter, options)).collect()
    }

    /// Subscribes on behalf of the client whose session lies in a slot.
    pub(super) fn grant(&mut self, shared: &Shared, slot: u32, filter: &str, options: SubscriptionOptions) -> Granted {
        let key = self.key(slot);
        let entry = self.sessions.get_mut(slot).ok_or(ReasonCode::UnspecifiedError)?;
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let mut request = entry.session.request_subscription(turn, filter, options)?;
        self.subscribe(shared, key, &mut request);
        self.run_deferred(shared);
        let item = request.items.first().ok_or(ReasonCode::UnspecifiedError)?;
        if item.code.is_error() {
            return Err(item.code);
        }
        let client = self.view(slot).ok_or(ReasonCode::UnspecifiedError)?;
        let subscription = dunlin_session::Subscription {
            filter: item.filter.clone(),
            options: item.options,
            subscription_id: request.subscription_id,
        };
        Ok(client.facts_of(&subscription))
    }

    fn unsubscribe_for(&mut self, shared: &Shared, slot: u32, filters: Vec<String>) -> Vec<ReasonCode> {
        let mut codes = Vec::with_capacity(filters.len());
        for filter in filters {
            let Some(entry) = self.sessions.get_mut(slot) else { break };
            let mut side = Vec::new();
            let mut out = self.nowhere.outbox(&mut side, &mut self.sent);
            codes.push(entry.session.give_up_subscription(&filter, &mut out));
            self.defer_all(shared, slot, side);
        }
        self.run_deferred(shared);
        codes
    }

    fn set_keep_alive(&mut self, shared: &Shared, slot: u32, secs: u16) -> bool {
        let Some(entry) = self.sessions.get_mut(slot) else { return false };
        let Some(connection) = self.connections.get_mut(entry.connection) else { return false };
        entry.keep_alive_secs = secs;
        connection.silence_ms = silence_ms(&entry.zone.session, secs, connection.listener.idle_timeout_ms());
        // From now on: it could not know before.
        connection.last_packet_at = self.now;
        let slot = entry.connection;
        debug_assert_ne!(slot, NONE);
        self.arm_connection(shared, slot);
        true
    }
}
