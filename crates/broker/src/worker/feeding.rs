//! Durable queues are fed to their connected sessions: a page at a time while there is a backlog, then message by message as
//! they are queued.

use super::{Worker, connection::NONE};
use crate::{
    drops::count_drops,
    durable::{Body, DurableMail, FeedMark, LOG_DAMAGED, PageEnd, Queued, Work},
    shared::Shared,
};
use dunlin_inbox::{Command, Position};
use dunlin_model::{Message, Millis, Qos};
use dunlin_router::SessionKey;
use dunlin_session::{Delivery, DropReason, Durable};
use dunlin_telemetry::Metric;

/// With fewer messages in memory a session is fed the next page.
const LOW: usize = 256;

/// With more messages in memory a session is no longer pushed new ones.
const HIGH: usize = 1024;

/// How far a connected session has been fed.
pub(crate) struct Feed {
    mark: FeedMark,
    /// The next position that is new to it; `None` until the first page.
    next: Option<Position>,
    state: FeedState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FeedState {
    /// A page is on its way.
    Asked,
    /// There is more, and nobody has asked for it yet.
    Behind,
    /// Up to date: new messages are pushed.
    Live,
}

impl Worker {
    /// A durable session has a connection: its queue is fed from the oldest message on.
    pub(super) fn begin_feed(&mut self, slot: u32) {
        self.next_feed = self.next_feed.wrapping_add(1);
        let feed = self.next_feed;
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let Some(session) = entry.queue_number() else { return };
        entry.feed = Some(Box::new(Feed { mark: feed, next: None, state: FeedState::Asked }));
        self.store(Work::Attach { session, feed });
        self.store(Work::Page { session, feed, from: None });
    }

    /// Its connection is gone.
    pub(super) fn end_feed(&mut self, slot: u32) {
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let Some(session) = entry.queue_number() else { return };
        if entry.feed.take().is_some() {
            let sent_to = entry.session.take_sent_to();
            self.store(Work::Detach { session, sent_to });
        }
    }

    /// News from the committer.
    pub(super) fn open_durable_mail(&mut self, shared: &Shared, mail: DurableMail) {
        self.storing.note_opened();
        for failed in mail.failed {
            self.fail_held(shared, failed);
            self.fail_publishers(failed);
        }
        if let Some(committed) = mail.committed {
            self.release_held(committed);
            self.answer_publishers(committed);
        }
        for queued in mail.queued {
            self.feed(shared, queued);
        }
        for lent in mail.lent {
            self.borrow_queue(lent);
        }
        for (from, delivery) in mail.homeless {
            self.redispatch(shared, from, delivery);
        }
        for page in mail.pages {
            self.end_page(&page);
        }
        for ((key, reason), count) in mail.dropped {
            self.record_drops(key, reason, None, count);
        }
        self.run_deferred(shared);
    }

    fn feed(&mut self, shared: &Shared, queued: Queued) {
        let key = queued.session;
        if self.watches_topics
            && let Body::Message(message) = &queued.body
        {
            self.watch_delivered(shared, key, message, queued.qos);
        }
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return };
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let Some(feed) = entry.feed.as_mut().filter(|feed| feed.mark == queued.feed) else { return };
        if let Some(position) = queued.position {
            if feed.next.is_some_and(|next| position < next) {
                return;
            }
            feed.next = Some(position + 1);
        }
        let slot = entry.connection;
        let Some(connection) = self.connections.get_mut(slot) else { return };
        connection.need_out(&mut self.buffers);
        let is_paced = connection.is_paced;
        let mut out = connection.outbox(&mut self.outputs_of_others, &mut self.sent);
        let mut is_done = false;
        match queued.body {
            Body::Message(message) if !queued.dup && is_too_old(shared, &message, self.now) => {
                self.count_drop_of(shared, key, &message, DropReason::Expired);
                is_done = true;
            }
            Body::Message(message) => {
                // At most once: it has left the queue whatever becomes of it.
                is_done = queued.qos == Qos::AtMostOnce;
                let delivery = Delivery {
                    message,
                    qos: queued.qos,
                    retain: queued.retain,
                    subscription_ids: queued.subscription_ids,
                    shared: queued.shared,
                    durable: queued.position.filter(|_| !is_done).map(|at| Durable::new(at, queued.dup)),
                };
                if is_paced {
                    self.hand_in_paced(shared, key, delivery);
                } else {
                    entry.session.deliver(turn, delivery, &mut out);
                    self.deliveries += 1;
                }
            }
            Body::Received => {
                if let Some(position) = queued.position {
                    entry.session.resume_release(position, &mut out);
                }
            }
            Body::Lost => {
                count_drops(self.counters(shared), Metric::DeliveryDroppedUnreadable, 1);
                self.record_drops(key, Metric::DeliveryDroppedUnreadable, None, 1);
                shared.raise_alarm(LOG_DAMAGED, "a stored message could not be read and is lost; the rest is served");
                is_done = true;
            }
        }
        if let Some(position) = queued.position.filter(|_| is_done) {
            self.store_done(key, position);
        }
        self.pause_if_full(key.slot);
        if !self.outputs_of_others.is_empty() {
            self.sort_outputs(shared, key);
        }
        self.touch(shared, slot);
    }

    /// A message of a queue is done: its place is free.
    pub(super) fn store_done(&mut self, key: SessionKey, position: Position) {
        if let Some(session) = self.queue_number_of(key) {
            self.store(Work::Command(Command::Done { session, position }));
        }
    }

    /// What was sent of a queue that is lent is noted at once: should the broker die, its client does not come back for the rest,
    /// and others must not get at QoS 2 what it may have got [MQTT-4.8.2-5].
    fn note_sent(&mut self, slot: u32) {
        let Some(entry) = self.sessions.get_mut(slot).filter(|entry| entry.is_borrowing()) else { return };
        let (Some(session), Some(sent_to)) = (entry.queue_number(), entry.session.take_sent_to()) else { return };
        self.store(Work::Command(Command::Sent { session, sent_to }));
    }

    /// A session that does not keep up is not pushed any more: it asks when it has room.
    fn pause_if_full(&mut self, slot: u32) {
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let Some(session) = entry.queue_number() else { return };
        let Some(feed) = entry.feed.as_mut() else { return };
        if feed.state == FeedState::Live && entry.session.queue_len() > HIGH {
            feed.state = FeedState::Behind;
            let feed = feed.mark;
            self.store(Work::Pause { session, feed });
        }
    }

    fn end_page(&mut self, page: &PageEnd) {
        let key = page.session;
        let Some(entry) = self.sessions.get_current(key.slot, key.generation) else { return };
        let Some(feed) = entry.feed.as_mut().filter(|feed| feed.mark == page.feed) else { return };
        feed.next = Some(feed.next.map_or(page.next, |next| next.max(page.next)));
        feed.state = if page.is_up_to_date { FeedState::Live } else { FeedState::Behind };
        self.feed_may_go_on(key.slot);
    }

    /// Something happened that may have made room for the next page.
    pub(super) fn feed_may_go_on(&mut self, slot: u32) {
        self.note_sent(slot);
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let Some(feed) = entry.feed.as_mut().filter(|feed| feed.state == FeedState::Behind) else { return };
        if entry.connection == NONE || entry.session.queue_len() >= LOW {
            return;
        }
        feed.state = FeedState::Asked;
        let (from, feed) = (feed.next, feed.mark);
        if let Some(session) = entry.queue_number() {
            self.store(Work::Page { session, feed, from });
        }
    }
}

/// Whether a message has waited for longer than `durable_sessions.message_retention_period`. One that may have been sent before
/// is finished nevertheless.
fn is_too_old(shared: &Shared, message: &Message, now: Millis) -> bool {
    let retention_ms = shared.durable.as_ref().and_then(|durable| durable.settings.retention_ms);
    retention_ms.is_some_and(|retention_ms| now.saturating_sub(message.received_at()) >= retention_ms)
}
