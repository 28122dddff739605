//! Retained messages that match a new subscription, sent a page at a time.
//!
//! A subscriber to `#` may be owed a hundred thousand messages. Each turn looks up one page for each subscriber that has room
//! for it, so that nobody else waits and nothing piles up in memory.

use super::{Worker, connection::Connection};
use crate::{
    drops::count_drops, durable::Addressee, log_throttle::LogThrottle, log_throttle::Provoked, shared::Shared,
};
use dunlin_model::{ArcStr, Message, Millis, Qos, SubscriptionIds, SubscriptionOptions};
use dunlin_retained::PageLimits;
use dunlin_session::{Delivery, DropReason, Output, SlowWatch, Turn};
use dunlin_telemetry::{CounterBlock, Metric};
use dunlin_topic::Cursor;
use indexmap::IndexMap;
use std::collections::VecDeque;
use tracing::info;

/// Messages of one page, whatever the settings allow: a turn of the event loop must stay short.
const PAGE_MESSAGES_MAX: usize = 256;

/// Names looked at for one page, whether they match or not.
const PAGE_VISITS: usize = 4096;

/// A page is sent only while the out-buffer holds less than this.
const OUT_BYTES_MAX: usize = 256 * 1024;

/// Names looked at in one step of the sweep for expired messages.
const SWEEP_VISITS: usize = 1024;

/// Sessions fed in one turn, so that a thousand of them do not make it long.
const SESSIONS_PER_TURN: usize = 8;

/// Filters looked up for one session in one turn when nothing matches them.
const FILTERS_PER_TURN: usize = 64;

/// What one session is still owed, by subscription in the order they were made.
#[derive(Debug, Default)]
pub(crate) struct RetainedBacklog {
    jobs: IndexMap<ArcStr, Job>,
    /// In the list of sessions that can go on.
    is_ready: bool,
}

#[derive(Debug)]
struct Job {
    /// Looked up in the store: the subscription without its prefix.
    filter: ArcStr,
    options: SubscriptionOptions,
    subscription_id: u32,
    /// Messages of the present page that found no room yet.
    page: VecDeque<Message>,
    after: Option<Cursor>,
    /// The store has no more.
    is_last_page: bool,
}

impl Connection {
    /// Whether a page may be added to what waits to be written.
    fn has_room_for_page(&self) -> bool {
        self.pending() < OUT_BYTES_MAX && self.blocked_since.is_none()
    }
}

impl Worker {
    /// A new subscription is owed the retained messages it matches.
    pub(super) fn queue_retained(
        &mut self,
        session: u32,
        subscription: &ArcStr,
        filter: &str,
        options: SubscriptionOptions,
        subscription_id: u32,
    ) {
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let job = Job {
            filter: if filter == subscription { subscription.clone() } else { filter.into() },
            options,
            subscription_id,
            page: VecDeque::new(),
            after: None,
            is_last_page: false,
        };
        // Asking again while the answer is under way starts that answer over instead of adding another.
        entry.retained.get_or_insert_default().jobs.insert(subscription.clone(), job);
        self.retained_may_go_on(session);
    }

    /// A subscription is gone, and what it is owed [MQTT-3.10.4-2].
    pub(super) fn forget_retained(&mut self, session: u32, subscription: &str) {
        if let Some(backlog) = self.sessions.get_mut(session).and_then(|entry| entry.retained.as_mut()) {
            backlog.jobs.shift_remove(subscription);
        }
    }

    /// Something happened that may have made room for what the session is owed.
    pub(super) fn retained_may_go_on(&mut self, session: u32) {
        if let Some(backlog) = self.sessions.get_mut(session).and_then(|entry| entry.retained.as_mut())
            && !backlog.is_ready
        {
            backlog.is_ready = true;
            self.retained_ready.push_back(session);
        }
    }

    /// Sends a page to each of the next sessions that have room.
    pub(super) fn feed_retained(&mut self, shared: &Shared) {
        if self.retained_paused_until > self.now {
            return;
        }
        self.retained_paused_until = 0;
        for _ in 0..SESSIONS_PER_TURN.min(self.retained_ready.len()) {
            if self.retained_paused_until > 0 {
                break;
            }
            let Some(session) = self.retained_ready.pop_front() else { break };
            if let Some(backlog) = self.sessions.get_mut(session).and_then(|entry| entry.retained.as_mut()) {
                backlog.is_ready = false;
            }
            if self.feed_one(shared, session) {
                self.retained_may_go_on(session);
            }
        }
        self.run_deferred(shared);
    }

    /// Sends a page; true when the next one can follow at once. Otherwise an acknowledgement or a write will bring it on, or,
    /// where there is no connection, the client's return.
    fn feed_one(&mut self, shared: &Shared, session: u32) -> bool {
        let Some(entry) = self.sessions.get_mut(session) else { return false };
        // Retained messages have not waited for this client.
        let turn = Turn { now: self.now, settings: &entry.zone.session, slow: SlowWatch::OFF, latencies: None };
        let is_durable = entry.durable_number().is_some();
        let Some(backlog) = entry.retained.as_mut() else { return false };
        let slot = entry.connection;
        let Some(connection) = self.connections.get_mut(slot) else { return false };
        connection.need_out(&mut self.buffers);
        let (mut side, mut durable, mut sent, mut filters, mut has_room) = (Vec::new(), Vec::new(), 0, 0, true);
        let bucket = self.retainer_buckets.delivery.as_ref();
        let batch = shared.live.batch_messages().clamp(1, PAGE_MESSAGES_MAX);
        while let Some((_, job)) = backlog.jobs.first_mut()
            && sent < batch
            && self.retained_paused_until == 0
            && filters < FILTERS_PER_TURN
        {
            filters += 1;
            let silenced = job.read_page(shared, turn.now);
            count_silenced(&shared.counters[self.index], &mut self.log_throttle, silenced, turn.now);
            while let Some(message) = job.page.front()
                && sent < batch
            {
                // One page must not fill the memory, nor push anything out of the queue.
                has_room = connection.has_room_for_page() && entry.session.queue_len() == 0;
                if !has_room {
                    break;
                }
                if let Some(bucket) = bucket.filter(|bucket| !bucket.try_take(1, turn.now)) {
                    // Nothing is lost: all who wait for messages go on when there are tokens.
                    self.retained_paused_until = bucket.ready_at(1, turn.now).max(turn.now + 1);
                    break;
                }
                sent += 1;
                if job.options.no_local && message.publisher() == &**entry.session.client_id() {
                    // [MQTT-3.8.3-3]
                    side.push(Output::Dropped { message: message.clone(), reason: DropReason::NoLocal });
                } else if is_durable && job.options.qos.min(message.qos()) > Qos::AtMostOnce {
                    // From here it takes the way of every message for a durable session.
                    durable.push((message.clone(), job.options.qos, job.subscription_id));
                } else {
                    let delivery = job.delivery(message);
                    has_room = connection.deliver(&mut entry.session, turn, delivery, &mut side, &mut self.sent);
                    if !has_room {
                        let _ = bucket.inspect(|bucket| bucket.put_back(1));
                        break;
                    }
                }
                job.page.pop_front();
            }
            if !has_room || !job.page.is_empty() {
                break;
            }
            if job.is_last_page {
                backlog.jobs.shift_remove_index(0);
            }
        }
        let more = has_room && !backlog.jobs.is_empty();
        if backlog.jobs.is_empty() {
            entry.retained = None;
        }
        self.defer_all(shared, session, side);
        self.queue_retained_durably(shared, session, durable);
        self.touch(shared, slot);
        // It may be tokens that it waits for.
        self.arm_connection(shared, slot);
        more
    }

    fn queue_retained_durably(&mut self, shared: &Shared, session: u32, messages: Vec<(Message, Qos, u32)>) {
        let key = self.key(session);
        for (message, granted, subscription_id) in messages {
            self.addressees.push(Addressee {
                session: key,
                qos: granted.min(message.qos()),
                // [MQTT-3.3.1-8]
                retain: true,
                subscription_ids: SubscriptionIds::from_id(subscription_id),
                shared: None,
            });
            self.store_addressees(shared, &message);
        }
    }

    /// Removes expired retained messages, a bounded step at a time: a step each millisecond until the end or the limit of the
    /// sweep is reached, then a pause.
    pub(super) fn sweep_retained(&mut self, shared: &Shared) {
        let Some(interval) = shared.live.clear_interval_ms() else { return };
        let after = self.sweep.after.take();
        let (removed, next) = shared.retained.write().remove_expired(self.now, SWEEP_VISITS, after.as_ref());
        self.sweep.removed += removed;
        if next.is_some() && self.sweep.removed < shared.live.clear_limit() {
            self.sweep = Sweep { due_at: Some(self.now + 1), after: next, removed: self.sweep.removed };
        } else {
            self.sweep = Sweep::due_at(Some(self.now + interval));
        }
    }
}

/// Messages of clients that are banned are not sent.
fn count_silenced(counters: &CounterBlock, throttle: &mut LogThrottle, count: u64, now: Millis) {
    if count == 0 {
        return;
    }
    count_drops(counters, Metric::DeliveryDroppedBanned, count);
    if let Some(held_back) = throttle.pass(Provoked::RetainedOfBanned, now) {
        info!(msg = "ignore_retained_message_deliver", reason = "client is banned", count, held_back);
    }
}

impl Job {
    /// Reads the next page, if this one is at its end. Messages of clients that are banned are left out: how many there were is the
    /// answer.
    fn read_page(&mut self, shared: &Shared, now: Millis) -> u64 {
        if !self.page.is_empty() || self.is_last_page {
            return 0;
        }
        let max_messages = shared.live.page_messages().clamp(1, PAGE_MESSAGES_MAX);
        let limits = PageLimits { max_messages, max_visited: PAGE_VISITS };
        let mut page = Vec::with_capacity(max_messages);
        self.after = shared.retained.read().page(&self.filter, self.after.as_ref(), limits, now, &mut page);
        self.is_last_page = self.after.is_none();
        let found = page.len();
        if !shared.settings.bans.is_empty() {
            page.retain(|message| !shared.settings.bans.silence(message.publisher(), now));
        }
        let silenced = found - page.len();
        self.page = page.into();
        silenced as u64
    }

    fn delivery(&self, message: &Message) -> Delivery {
        Delivery {
            message: message.clone(),
            qos: self.options.qos,
            // [MQTT-3.3.1-8] what comes from the store says so.
            retain: true,
            subscription_ids: SubscriptionIds::from_id(self.subscription_id),
            shared: None,
            durable: None,
        }
    }
}

/// The sweep for expired messages of one worker: the first one, for all.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    pub(crate) due_at: Option<Millis>,
    after: Option<Cursor>,
    removed: usize,
}

impl Sweep {
    /// The next one from its beginning: one worker sweeps the retained store for all.
    pub(crate) fn first(shared: &Shared, worker: usize, now: Millis) -> Self {
        let interval = shared.live.clear_interval_ms().filter(|_| worker == 0);
        Self::due_at(interval.map(|interval| now.saturating_add(interval)))
    }

    /// A sweep that begins then; `None` is never.
    fn due_at(due_at: Option<Millis>) -> Self {
        Self { due_at, ..Self::default() }
    }
}
