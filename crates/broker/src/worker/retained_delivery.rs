//! Retained messages: storing them, and sending those that match a new subscription a page at a time.
//!
//! A subscriber to `#` may be owed a hundred thousand messages. Each turn looks up one page for each subscriber that has room
//! for it, so that nobody else waits and nothing piles up in memory.

use super::Worker;
use crate::shared::Shared;
use dunlin_model::{ArcStr, Message, Millis, SubscriptionIds, SubscriptionOptions};
use dunlin_retained::{PageLimits, StoreOutcome};
use dunlin_session::{Delivery, Outbox};
use dunlin_telemetry::Metric;
use dunlin_topic::Cursor;
use std::collections::VecDeque;

/// Messages of one page, whatever the settings allow: a turn of the event loop must stay short.
const PAGE_MESSAGES_MAX: usize = 256;

/// Names looked at for one page, whether they match or not.
const PAGE_VISITS: usize = 4096;

/// A page is sent only while the out-buffer holds less than this.
const OUT_BYTES_MAX: usize = 256 * 1024;

/// Names looked at in one step of the sweep for expired messages.
const SWEEP_VISITS: usize = 1024;

/// What one session is still owed.
#[derive(Debug, Default)]
pub(crate) struct RetainedBacklog {
    jobs: VecDeque<Job>,
}

#[derive(Debug)]
struct Job {
    filter: ArcStr,
    options: SubscriptionOptions,
    subscription_id: u32,
    after: Option<Cursor>,
}

impl Worker {
    /// Keeps or clears a retained message; true when it must not be delivered to live subscribers.
    pub(super) fn store_retained(&mut self, shared: &Shared, message: &Message) -> bool {
        let settings = &shared.settings.retainer;
        if !settings.enable {
            return false;
        }
        let outcome = shared.retained.write().store(message.clone(), self.now);
        match outcome {
            StoreOutcome::Stored | StoreOutcome::Replaced => self.counters(shared).add(Metric::MessagesRetained, 1),
            StoreOutcome::RejectedTableFull | StoreOutcome::RejectedPayloadTooLarge => {
                self.counters(shared).add(Metric::MessagesRetainedRefused, 1);
            }
            StoreOutcome::Removed | StoreOutcome::Nothing => {}
        }
        settings.stop_publish_clear && message.payload().is_empty()
    }

    /// A new subscription is owed the retained messages it matches.
    pub(super) fn queue_retained(
        &mut self,
        session: u32,
        filter: &str,
        options: SubscriptionOptions,
        subscription_id: u32,
    ) {
        let Some(entry) = self.sessions.get_mut(session) else { return };
        let backlog = entry.retained.get_or_insert_default();
        // Asking again while the answer is under way starts that answer over instead of adding another.
        backlog.jobs.retain(|job| job.filter != filter);
        backlog.jobs.push_back(Job { filter: filter.into(), options, subscription_id, after: None });
        self.retained_ready.push(session);
    }

    /// Sends one page to each session that has room.
    pub(super) fn feed_retained(&mut self, shared: &Shared) {
        if self.retained_ready.is_empty() {
            return;
        }
        let mut ready = std::mem::take(&mut self.retained_ready);
        ready.sort_unstable();
        ready.dedup();
        for session in ready {
            if self.feed_one(shared, session) {
                self.retained_ready.push(session);
            }
        }
        self.run_deferred(shared);
    }

    /// Sends a page; true when the next one can follow at once. Otherwise an acknowledgement or a write will bring it on.
    fn feed_one(&mut self, shared: &Shared, session: u32) -> bool {
        let turn = self.turn(shared);
        let Some(entry) = self.sessions.get_mut(session) else { return false };
        let Some(backlog) = entry.retained.as_mut() else { return false };
        let Some(connection) = self.connections.get_mut(entry.connection) else {
            entry.retained = None;
            return false;
        };
        let room = connection.pending() < OUT_BYTES_MAX && connection.blocked_since.is_none();
        if !room || entry.session.queue_len() > 0 {
            return false;
        }
        let Some(job) = backlog.jobs.front_mut() else {
            entry.retained = None;
            return false;
        };
        let max_messages = shared.settings.retainer.page_messages.clamp(1, PAGE_MESSAGES_MAX);
        let mut page = Vec::with_capacity(max_messages);
        let next = shared.retained.read().page(
            &job.filter,
            job.after.as_ref(),
            PageLimits { max_messages, max_visited: PAGE_VISITS },
            self.now,
            &mut page,
        );
        let mut side = Vec::new();
        if connection.out.capacity() == 0 {
            connection.out = self.buffers.lend();
        }
        for message in page {
            let delivery = Delivery {
                message,
                qos: job.options.qos,
                // [MQTT-3.3.1-8] what comes from the store says so.
                retain: true,
                subscription_ids: SubscriptionIds::from_id(job.subscription_id),
                shared: None,
            };
            let mut out = Outbox { wire: &mut connection.out, outputs: &mut side, publishes: &mut self.published };
            entry.session.deliver(turn, delivery, &mut out);
        }
        job.after = next;
        if job.after.is_none() {
            backlog.jobs.pop_front();
        }
        let more = !backlog.jobs.is_empty();
        if !more {
            entry.retained = None;
        }
        let slot = entry.connection;
        self.defer_all(session, side);
        self.touch(shared, slot);
        more
    }

    /// Removes expired retained messages, a bounded step at a time: a step each millisecond until the end or the limit of the
    /// sweep is reached, then a pause.
    pub(super) fn sweep_retained(&mut self, shared: &Shared) {
        let Some(interval) = shared.settings.retainer.clear_interval_ms else { return };
        let after = self.sweep.after.take();
        let (removed, next) = shared.retained.write().remove_expired(self.now, SWEEP_VISITS, after.as_ref());
        self.sweep.removed += removed;
        if next.is_some() && self.sweep.removed < shared.settings.retainer.clear_limit {
            self.sweep = Sweep { due_at: Some(self.now + 1), after: next, removed: self.sweep.removed };
        } else {
            self.sweep = Sweep::due_at(Some(self.now + interval));
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
    /// A sweep that begins then; `None` is never.
    pub(crate) fn due_at(due_at: Option<Millis>) -> Self {
        Self { due_at, ..Self::default() }
    }
}
