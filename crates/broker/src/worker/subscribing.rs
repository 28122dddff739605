//! SUBSCRIBE: the router learns the filters, the client its answer, and retained messages follow.

use super::{Worker, connection::NONE};
use crate::shared::Shared;
use dunlin_inbox::SubscriptionRecord;
use dunlin_model::{ReasonCode, RetainHandling};
use dunlin_router::SessionKey;
use dunlin_session::{Outbox, SubscribeRequest};
use dunlin_telemetry::Metric;
use dunlin_topic::SubscriptionFilter;

impl Worker {
    /// Carries out a request of a client, or on its behalf: then it may have no connection. What is refused is noted in the request.
    pub(super) fn subscribe(&mut self, shared: &Shared, key: SessionKey, request: &mut SubscribeRequest) {
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return };
        let client_id = entry.session.client_id().clone();
        let (is_durable, is_away) = (entry.durable_number().is_some(), entry.connection == NONE);
        if is_durable {
            // The committer knows the session before any worker can route a message to it.
            self.submit(shared);
        }
        let mut router = shared.router.write();
        for item in request.items.iter_mut().filter(|item| !item.code.is_error()) {
            let Ok(filter) = SubscriptionFilter::parse(&item.filter) else { continue };
            if router.subscribe(key, &client_id, &filter, item.options, request.subscription_id, is_durable).is_err() {
                // `$exclusive/`: another client holds it.
                item.code = ReasonCode::QuotaExceeded;
            } else if is_away {
                router.set_online(key, &filter, false);
            }
        }
        drop(router);
        if is_durable {
            for item in request.items.iter().filter(|item| !item.code.is_error()) {
                let (filter, options) = (item.filter.clone(), item.options);
                let subscription = SubscriptionRecord { filter, options, subscription_id: request.subscription_id };
                self.store_subscription(key.slot, subscription);
            }
        }
        if request.packet_id > 0 {
            let refused = request.items.iter().filter(|item| item.code.is_error()).count();
            self.counters(shared).add(Metric::PacketsSubscribeError, refused as u64);
        }
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return };
        let slot = entry.connection;
        let (wire, traffic) = match self.connections.get_mut(slot) {
            Some(connection) => (&mut connection.out, &mut connection.traffic),
            None => (&mut self.nowhere.wire, &mut self.nowhere.traffic),
        };
        let mut side = Vec::new();
        let mut out = Outbox { wire, outputs: &mut side, sent: &mut self.sent, traffic };
        entry.session.subscribed(request, &mut out);
        self.touch(shared, slot);
        for item in request.items.iter().filter(|item| !item.code.is_error()) {
            if let Ok(filter @ SubscriptionFilter::Shared { .. }) = SubscriptionFilter::parse(&item.filter) {
                self.join_group(shared, &filter);
            }
        }
        self.record_subscriptions(key.slot, request);
        self.announce_subscriptions(shared, key.slot, request);
        // The lock orders this with a message that is being stored: it is either found there or routed to the new subscription.
        if !shared.live.retains() || shared.retained.read().is_empty() {
            return;
        }
        for item in request.items.iter().filter(|item| !item.code.is_error()) {
            // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
            let wanted = match item.options.retain_handling {
                RetainHandling::Always => true,
                RetainHandling::IfNew => item.is_new,
                RetainHandling::Never => false,
            };
            // [MQTT-4.8.2-4] never for shared subscriptions.
            let filter = SubscriptionFilter::parse(&item.filter).ok().filter(|filter| filter.group().is_none());
            if let Some(filter) = filter.filter(|_| wanted) {
                self.queue_retained(key.slot, &item.filter, filter.filter(), item.options, request.subscription_id);
            }
        }
    }
}
