//! Who gets a message, and handing it over: to sessions of this worker at once, to others in this turn's batch.

use super::{Worker, connection::NONE};
use crate::{
    drops::count_drops,
    durable::{Ack, Addressee, Health, Publication, Work},
    mailbox::{Batch, BatchMessage, BatchTargets, Mail},
    route_cache::WorkerRoute,
    shared::Shared,
    topic_metrics::TopicCounters,
};
use dunlin_inbox::SessionNumber;
use dunlin_model::{ArcStr, Message, Qos, ReasonCode};
use dunlin_router::{GroupRoute, Member, SessionKey, Target};
use dunlin_session::{Delivery, DropReason, Outbox, Output};
use dunlin_telemetry::Metric;
use std::rc::Rc;
use std::sync::Arc;

/// Messages of a batch between the one that is delivered and the one that is fetched from memory meanwhile.
const BATCH_PREFETCH: usize = 1;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Routed {
    /// Nobody subscribes to its topic.
    Nobody,
    /// It was handed to at least one session.
    Somebody,
    /// Nobody got it, for this reason: it has to be stored and the disk does not take it, or its delay makes no sense.
    Refused(ReasonCode),
}

impl Worker {
    /// Routes a message. `exchange` is the QoS 2 exchange that brought it, if its publisher is durable.
    pub(super) fn route(
        &mut self,
        shared: &Shared,
        message: Message,
        exchange: Option<(SessionNumber, u16)>,
    ) -> Routed {
        let message = if self.services.rewrites.is_some() { self.rewritten(shared, message) } else { message };
        if message.topic_bytes().first() == Some(&b'$')
            && let Some(routed) = self.delay(shared, &message)
        {
            return routed;
        }
        let route = self.look_up(shared, message.topic_bytes(), &message);
        if message.qos() > Qos::AtMostOnce && self.must_refuse(shared, &route, &message) {
            return Routed::Refused(ReasonCode::QuotaExceeded);
        }
        if message.retain() && self.store_retained(shared, &message) {
            return Routed::Somebody;
        }
        self.deliver_along(shared, &route, message, exchange)
    }

    /// Hands a message of the broker's own to all who get it.
    pub(super) fn hand_out(&mut self, shared: &Shared, message: Message) {
        let route = self.look_up(shared, message.topic_bytes(), &message);
        self.deliver_along(shared, &route, message, None);
    }

    /// Hands a message to all who are on its route.
    #[inline]
    fn deliver_along(
        &mut self,
        shared: &Shared,
        route: &WorkerRoute,
        message: Message,
        exchange: Option<(SessionNumber, u16)>,
    ) -> Routed {
        if self.watches_topics {
            self.watch_routed(&message);
        }
        // The usual case, and the last receiver of any other: the message itself goes there and is not counted up and down.
        let (last_local, last_remote) = if route.durable.is_empty() && route.groups.is_empty() {
            (route.remote.is_empty().then(|| route.local.split_last()).flatten(), route.remote.split_last())
        } else {
            (None, None)
        };
        let local = last_local.map_or(&*route.local, |(_, others)| others);
        let remote = last_remote.map_or(&*route.remote, |(_, others)| others);
        for target in local {
            self.deliver_local(shared, target, message.clone(), None);
        }
        for remote in remote {
            self.deliver_remote(remote, message.clone());
        }
        if let Some((target, _)) = last_local {
            self.deliver_local(shared, target, message, None);
            return Routed::Somebody;
        }
        if let Some((last, _)) = last_remote {
            self.deliver_remote(last, message);
            return Routed::Somebody;
        }
        if let ([], [], [], [group]) = (&*route.local, &*route.remote, &*route.durable, &*route.groups) {
            return self.deliver_to_group(shared, group, message, route.ack, exchange);
        }
        self.route_stored(shared, route, &message, exchange)
    }

    /// The rest of a route: durable sessions and shared groups.
    fn route_stored(
        &mut self,
        shared: &Shared,
        route: &WorkerRoute,
        message: &Message,
        exchange: Option<(SessionNumber, u16)>,
    ) -> Routed {
        for target in &route.durable {
            self.deliver_durable(shared, target, message, None);
        }
        let mut matched = !route.local.is_empty() || !route.remote.is_empty() || !route.durable.is_empty();
        for group in &route.groups {
            matched |= self.dispatch_shared(shared, group, message, None);
        }
        if !self.addressees.is_empty() {
            self.publish_durably(shared, message, route.ack, exchange);
        }
        if matched {
            return Routed::Somebody;
        }
        self.count_nobody(shared, message);
        Routed::Nobody
    }

    pub(super) fn count_nobody(&mut self, shared: &Shared, message: &Message) {
        self.counters(shared).add(Metric::MessagesDroppedNoSubscribers, 1);
        if self.watches_topics {
            self.count_topic(message, TopicCounters::count_dropped);
        }
    }

    /// Puts a message into the batch of the worker that has these sessions.
    fn deliver_remote(&mut self, (worker, targets): &(usize, Arc<[Target]>), message: Message) {
        let targets = match &**targets {
            [only] => BatchTargets::One(only.clone()),
            _ => BatchTargets::Many(Arc::clone(targets)),
        };
        self.deliveries += targets.as_slice().len() as u64;
        self.batches[*worker].add(message, targets, None);
    }

    /// Routes a message whose publisher is not there to be told: what is refused is dropped, and counted.
    pub(super) fn route_unattended(&mut self, shared: &Shared, message: Message) {
        self.counters(shared).add(Metric::MessagesPublishUnattended, 1);
        if let Routed::Refused(_) = self.route(shared, message, None) {
            count_drops(self.counters(shared), Metric::DeliveryDroppedStoreUnavailable, 1);
        }
    }

    /// Whether a message would have to be stored and cannot be.
    fn must_refuse(&self, shared: &Shared, route: &WorkerRoute, message: &Message) -> bool {
        if Self::store_health(shared) == Health::Good {
            return Self::is_for_a_full_queue(shared, route);
        }
        let is_durable = |group: &GroupRoute| group.members().iter().any(|member| member.grant.is_durable);
        let retains = message.retain() && shared.keeps_retained_on_disk();
        retains || !route.durable.is_empty() || route.groups.iter().any(is_durable)
    }

    /// Whether a queue a message has to go to takes no more. Of a shared group one member with room is enough.
    fn is_for_a_full_queue(shared: &Shared, route: &WorkerRoute) -> bool {
        let Some(full) = shared.durable.as_ref().map(|durable| &durable.full).filter(|full| !full.is_empty()) else {
            return false;
        };
        let is_full = |member: &Member| member.grant.is_durable && full.contains(member.session);
        route.durable.iter().any(|target| target.qos() > Qos::AtMostOnce && full.contains(target.session))
            || route.groups.iter().any(|group| !group.members().is_empty() && group.members().iter().all(is_full))
    }

    /// A message for a durable session goes to its queue; at QoS 0 too, so that it keeps its place among the others.
    pub(super) fn deliver_durable(
        &mut self,
        shared: &Shared,
        target: &Target,
        message: &Message,
        shared_by: Option<ArcStr>,
    ) {
        let key = target.session;
        let is_volatile = self.effective_qos(shared, target.qos(), message) == Qos::AtMostOnce;
        if is_volatile && self.drops_qos0 {
            self.count_dropped_for_load(shared, key, message);
            return;
        }
        if is_volatile && Self::store_health(shared) != Health::Good {
            // Nothing can be queued: who is there gets it.
            if usize::from(key.worker) == self.index {
                self.deliver_local(shared, target, message.clone(), shared_by);
            } else {
                self.batches[usize::from(key.worker)].add(
                    message.clone(),
                    BatchTargets::One(target.clone()),
                    shared_by,
                );
            }
            return;
        }
        // A publisher is served by the worker that owns its client id, so its own session is here or nowhere.
        let is_publisher = usize::from(key.worker) == self.index && self.sessions.belongs_to(key, message.publisher());
        let Some(how) = target.delivery(is_publisher) else {
            self.count_drop_of(shared, key, message, DropReason::NoLocal);
            return;
        };
        self.addressees.push(Addressee {
            session: key,
            qos: self.effective_qos(shared, how.qos, message),
            retain: how.retain_as_published && message.retain(),
            subscription_ids: how.subscription_ids,
            shared: shared_by,
        });
    }

    fn effective_qos(&self, shared: &Shared, granted: Qos, message: &Message) -> Qos {
        if shared.live.upgrades_qos() {
            granted.max(message.qos())
        } else {
            // [MQTT-3.8.4-8]
            granted.min(message.qos())
        }
    }

    /// Hands a message to the queues of its addressees. Unless memory is enough for its topic, or the publisher asked for
    /// no acknowledgement, the packet in hand is answered once it is on disk.
    pub(super) fn publish_durably(
        &mut self,
        shared: &Shared,
        message: &Message,
        ack: Ack,
        exchange: Option<(SessionNumber, u16)>,
    ) {
        let recipients = std::mem::take(&mut self.addressees);
        self.counters(shared).add(Metric::MessagesPersisted, 1);
        if Self::store_health(shared) != Health::Good {
            let count = recipients.len() as u64;
            count_drops(self.counters(shared), Metric::DeliveryDroppedStoreUnavailable, count);
            return;
        }
        self.deliveries += recipients.len() as u64;
        let publication = Publication { message: message.clone(), recipients, awaiting_release: exchange };
        if ack == Ack::Memory || message.qos() == Qos::AtMostOnce {
            self.store(Work::Publish(publication));
        } else {
            self.store_before_answer(Work::Publish(publication));
        }
        if let Some((_, packet_id)) = exchange {
            self.stored_exchange = Some(packet_id);
        }
    }

    fn look_up(&mut self, shared: &Shared, topic: &[u8], message: &Message) -> Rc<WorkerRoute> {
        if let Some(known) = self.route_cache.get(topic, |stamp| shared.epochs.is_current(stamp)) {
            return known;
        }
        let name = message.topic();
        // The stamp first: a change between both makes the entry look old, never new.
        let stamp = shared.epochs.stamp(name);
        let route = shared.router.read().lookup(name);
        let ack = shared.durable.as_ref().map_or(Ack::Memory, |durable| durable.settings.ack_for(name));
        self.route_cache.insert(topic, stamp, &route, ack)
    }

    /// Hands a message to a session of this worker; gives it back when that is gone.
    #[inline]
    pub(super) fn deliver_local(
        &mut self,
        shared: &Shared,
        target: &Target,
        message: Message,
        shared_by: Option<ArcStr>,
    ) -> Option<Message> {
        let key = target.session;
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return Some(message) };
        // Compared only where it matters: with no-local, or where overlapping subscriptions may differ in it.
        let may_matter = target.no_local() || target.only_subscription_id().is_none();
        let is_publisher = may_matter && message.publisher_bytes() == entry.session.client_id().as_bytes();
        let Some(how) = target.delivery(is_publisher) else {
            self.count_drop_of(shared, key, &message, DropReason::NoLocal);
            return None;
        };
        let delivery = Delivery {
            qos: how.qos,
            // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
            retain: how.retain_as_published && message.retain(),
            message,
            subscription_ids: how.subscription_ids,
            shared: shared_by,
            durable: None,
        };
        self.hand_in(shared, key, delivery);
        None
    }

    /// Hands a delivery to its session, which sends or queues it; false when the session is gone.
    #[inline]
    pub(super) fn hand_in(&mut self, shared: &Shared, key: SessionKey, delivery: Delivery) -> bool {
        if self.drops_qos0 && self.drop_for_load(shared, key.slot, &delivery) {
            return true;
        }
        if self.watches_topics {
            self.watch_delivered(shared, key, &delivery.message, delivery.qos.min(delivery.message.qos()));
        }
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return false };
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let slot = entry.connection;
        let connection = if slot == NONE { None } else { self.connections.get_mut(slot) };
        let (wire, traffic) = match connection {
            Some(connection) => {
                if connection.is_paced {
                    self.hand_in_paced(shared, key, delivery);
                    return true;
                }
                connection.need_out(&mut self.buffers);
                (&mut connection.out, &mut connection.traffic)
            }
            None => (&mut self.nowhere.wire, &mut self.nowhere.traffic),
        };
        let mut out = Outbox { wire, outputs: &mut self.outputs_of_others, sent: &mut self.sent, traffic };
        entry.session.deliver(turn, delivery, &mut out);
        self.deliveries += 1;
        if !self.outputs_of_others.is_empty() {
            self.sort_outputs(shared, key);
        }
        if slot != NONE {
            self.touch(shared, slot);
        }
        true
    }

    /// Counts the drops of a delivery at once, for there may be one for every message, and defers the rest.
    pub(super) fn sort_outputs(&mut self, shared: &Shared, key: SessionKey) {
        let mut outputs = std::mem::take(&mut self.outputs_of_others);
        for output in outputs.drain(..) {
            match output {
                Output::Dropped { message, reason } => self.count_drop_of(shared, key, &message, reason),
                Output::Slow { message, took_ms } => self.note_slow(shared, key, &message, took_ms),
                other => self.deferred.push_back((key, other)),
            }
        }
        self.outputs_of_others = outputs;
    }

    /// Messages from another worker.
    pub(super) fn deliver_batch(&mut self, shared: &Shared, batch: Batch) {
        let mut messages = batch.messages.into_iter();
        while let Some(BatchMessage { message, targets, shared: shared_by }) = messages.next() {
            if let Some(ahead) = messages.as_slice().get(BATCH_PREFETCH) {
                // Another core wrote it: it is not in the cache of this one.
                ahead.message.prefetch();
            }
            if let Some((last, others)) = targets.as_slice().split_last() {
                for target in others {
                    self.deliver_sent(shared, target, message.clone(), shared_by.clone());
                }
                self.deliver_sent(shared, last, message, shared_by);
            }
            self.run_deferred(shared);
        }
    }

    #[inline]
    fn deliver_sent(&mut self, shared: &Shared, target: &Target, message: Message, shared_by: Option<ArcStr>) {
        if let Some(filter) = &shared_by
            && self.pass_on(shared, target, &message, filter)
        {
            return;
        }
        let Some(message) = self.deliver_local(shared, target, message, shared_by.clone()) else { return };
        // The session ended while the batch was on its way. A group has other members.
        if shared_by.is_some() && message.qos() > Qos::AtMostOnce {
            let delivery = Delivery {
                message,
                qos: target.qos(),
                retain: false,
                subscription_ids: dunlin_model::SubscriptionIds::None,
                shared: shared_by,
                durable: None,
            };
            self.redispatch(shared, target.session, delivery);
        } else {
            self.count_drop(shared, &message, DropReason::SessionEnded);
        }
    }

    /// A message that was handed over without a publisher who waits goes to the durable sessions chosen for it.
    pub(super) fn store_addressees(&mut self, shared: &Shared, message: &Message) {
        if !self.addressees.is_empty() {
            self.publish_durably(shared, message, Ack::Memory, None);
        }
    }

    /// Sends what this turn has for other workers.
    pub(super) fn send_batches(&mut self, shared: &Shared) {
        for (worker, batch) in self.batches.iter_mut().enumerate() {
            if !batch.messages.is_empty() {
                let next = Batch::with_capacity(batch.messages.len());
                let full = std::mem::replace(batch, next);
                shared.mailboxes[worker].post(Mail::Deliveries(full));
            }
        }
    }
}

impl Batch {
    fn with_capacity(messages: usize) -> Self {
        // As much as last time, within reason: the next turn is probably like this one.
        Self { messages: Vec::with_capacity(messages.min(4096)), deliveries: 0, bytes: 0 }
    }

    pub(super) fn add(&mut self, message: Message, targets: BatchTargets, shared: Option<ArcStr>) {
        self.bytes += message.memory_bytes();
        self.deliveries += targets.as_slice().len();
        self.messages.push(BatchMessage { message, targets, shared });
    }
}
