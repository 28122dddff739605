//! A connection leaves its session, or the session itself comes to an end.

use crate::{
    Delivery, DropReason, Outbox, Output, Session, Turn,
    inflight::{Entry, Phase},
    session::{Link, NEVER, Outgoing},
};
use dunlin_model::{ArcStr, Millis, Qos};

/// How a connection ends, as far as the session cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The socket closed, by either side and for any reason; after DISCONNECT 0x00 there is no will left.
    Closed,
    /// Another connection of the client id resumes the session at once (clean start 0).
    TakenOver,
    /// Another connection of the client id starts anew (clean start 1) [MQTT-3.1.2-4].
    Discarded,
    /// An operator ended the session.
    Kicked,
}

/// What became of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on, with or without a connection.
    Kept,
    /// It is over: forget it. Its subscriptions have been given back by [`Output::Unsubscribe`].
    Ended,
}

impl Session {
    /// The connection is gone. Deals with the will and says whether the session lives on.
    pub fn detach(&mut self, turn: Turn<'_>, ending: Ending, out: &mut Outbox<'_>) -> Fate {
        let version = self.link.version;
        self.link = Link { version, ..Link::detached() };
        self.naming = None;
        self.forget_durable();
        match ending {
            Ending::TakenOver => {
                // Without a delay the will is due when the old connection closes; with one the session goes on in time
                // and the will never comes [MQTT-3.1.3-9].
                if self.will.as_ref().is_some_and(|will| will.delay_secs == 0) {
                    self.publish_will(turn.now, out);
                }
                self.will = None;
                Fate::Kept
            }
            Ending::Discarded | Ending::Kicked => {
                self.end(turn.now, ending == Ending::Discarded, out);
                Fate::Ended
            }
            Ending::Closed if self.expiry_secs == 0 => {
                self.end(turn.now, true, out);
                Fate::Ended
            }
            Ending::Closed => {
                self.go_offline(turn.now, out);
                Fate::Kept
            }
        }
    }

    /// Ends a session that has no connection (clean start of its client, or an operator's order).
    pub fn end_offline(&mut self, turn: Turn<'_>, ending: Ending, out: &mut Outbox<'_>) {
        self.end(turn.now, ending != Ending::Kicked, out);
    }

    /// A moment given by [`Session::next_deadline`] has come.
    pub fn timeout(&mut self, turn: Turn<'_>, out: &mut Outbox<'_>) -> Fate {
        if let Some(awaiting) = self.awaiting_release.as_mut() {
            let given_up = awaiting.expire(turn.now, turn.settings.await_release_timeout_ms);
            if given_up > 0 {
                out.push(Output::ReleaseTimedOut(given_up));
            }
        }
        if self.will.as_ref().and_then(|will| will.due_at).is_some_and(|at| at <= turn.now) {
            self.publish_will(turn.now, out);
        }
        if self.expires_at().is_some_and(|at| at <= turn.now) {
            self.end(turn.now, true, out);
            return Fate::Ended;
        }
        Fate::Kept
    }

    /// Nothing is published when the client goes: it has no will any more.
    pub fn forget_will(&mut self) {
        self.will = None;
    }

    /// Gives back what came by the shared subscriptions that `wanted` names and was not acknowledged, for another member. QoS 2
    /// messages that have been sent stay [MQTT-4.8.2-4]: another member must not get them [MQTT-4.8.2-5], and QoS 0 is never sent twice.
    /// Messages of the durable queue stay too: whoever keeps that queue moves them.
    pub fn hand_back_shared(&mut self, wanted: impl Fn(&ArcStr) -> bool, out: &mut Outbox<'_>) {
        let Some(outgoing) = self.outgoing.as_mut() else { return };
        hand_back(outgoing, wanted, out);
    }

    /// The session is kept for as long as it was granted [MQTT-3.1.2-23] and no longer [MQTT-4.1.0-2].
    pub(crate) fn go_offline(&mut self, now: Millis, out: &mut Outbox<'_>) {
        self.since = now;
        self.expires_at = if self.expiry_secs == NEVER { Millis::MAX } else { after_secs(now, self.expiry_secs) };
        let expiry_secs = self.expiry_secs;
        let Some(will) = self.will.as_mut() else { return };
        // [MQTT-3.1.2-8] the delay, or the end of the session when that comes first.
        let delay = will.delay_secs.min(expiry_secs);
        if delay == 0 {
            self.publish_will(now, out);
        } else {
            will.due_at = Some(after_secs(now, delay));
        }
    }

    fn publish_will(&mut self, now: Millis, out: &mut Outbox<'_>) {
        if let Some(will) = self.will.take() {
            out.push(Output::PublishWill(will.message(now)));
        }
    }

    fn end(&mut self, now: Millis, redispatch: bool, out: &mut Outbox<'_>) {
        self.publish_will(now, out);
        // Out of the routes first, so that nothing handed back comes here again.
        for subscription in self.subscriptions.take_all() {
            out.push(Output::Unsubscribe(subscription.filter));
        }
        self.forget_durable();
        if let Some(mut outgoing) = self.outgoing.take() {
            if redispatch {
                hand_back(&mut outgoing, |_| true, out);
            }
            // The durable queue counts its own. What was sent may have arrived; nobody knows any more, so it counts as lost like what still waited.
            let open = outgoing.inflight.extract(|_| true).into_iter().filter_map(Entry::into_message);
            let waiting = outgoing.queue.drain().into_iter().map(|delivery| delivery.message);
            for message in open.chain(waiting) {
                out.push(Output::Dropped { message, reason: DropReason::SessionEnded });
            }
        }
        self.awaiting_release = None;
        self.expires_at = Millis::MAX;
    }
}

fn hand_back(outgoing: &mut Outgoing, wanted: impl Fn(&ArcStr) -> bool, out: &mut Outbox<'_>) {
    let is_wanted = |shared: &Option<ArcStr>| shared.as_ref().is_some_and(&wanted);
    let open = outgoing
        .inflight
        .extract(|entry| entry.position().is_none() && is_wanted(&entry.shared) && entry.phase == Phase::AwaitPubAck);
    for entry in open {
        let (retain, subscription_ids, shared) = (entry.retain, entry.subscription_ids.clone(), entry.shared.clone());
        let Some(message) = entry.into_message() else { continue };
        let delivery = Delivery { message, qos: Qos::AtLeastOnce, retain, subscription_ids, shared, durable: None };
        out.push(Output::Redispatch(delivery));
    }
    for delivery in outgoing.queue.extract(|waiting| is_wanted(&waiting.shared) && waiting.qos > Qos::AtMostOnce) {
        out.push(Output::Redispatch(delivery));
    }
}

fn after_secs(now: Millis, secs: u32) -> Millis {
    now.saturating_add(u64::from(secs) * 1000)
}
