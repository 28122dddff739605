//! What is known about the session of one client.

use super::Moment;
use super::receipts::Receipts;
use super::subscription::Subscription;
use crate::message::StreamNumber;
use dunlin_model::Qos;

/// Whether the broker has a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Belief {
    Absent,
    Present,
    /// A CONNECT that would have made or ended it was not answered.
    Unsure,
}

/// A CONNECT without its CONNACK.
#[derive(Clone, Copy, Debug)]
struct PendingConnect {
    is_durable: bool,
    /// What session present has to be; `None` where it may be either.
    expected: Option<bool>,
}

/// What a CONNACK said, against what it had to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PresentVerdict {
    Right {
        is_present: bool,
    },
    Lost,
    NotEnded,
    /// Either would have been right.
    Open,
}

#[derive(Debug)]
pub(super) struct Session {
    belief: Belief,
    is_durable: bool,
    pending: Option<PendingConnect>,
    pub(super) subscriptions: Vec<Subscription>,
    /// How many of the last subscriptions wait for a SUBACK.
    subscriptions_asked: usize,
    unsubscribe_asked: Option<String>,
    receipts: Vec<Receipts>,
}

impl Session {
    pub(super) fn new(streams: usize) -> Self {
        Self {
            belief: Belief::Absent,
            is_durable: false,
            pending: None,
            subscriptions: Vec::new(),
            subscriptions_asked: 0,
            unsubscribe_asked: None,
            receipts: std::iter::repeat_with(Receipts::default).take(streams).collect(),
        }
    }

    pub(super) fn connect_sent(&mut self, clean_start: bool, is_durable: bool, now: Moment) {
        self.doubt_short_lived(now);
        let expected = match (clean_start, self.belief) {
            (true, _) | (false, Belief::Absent) => Some(false),
            (false, Belief::Present) => Some(true),
            (false, Belief::Unsure) => None,
        };
        self.pending = Some(PendingConnect { is_durable, expected });
        if clean_start {
            // The client forgets its half. If the broker dies before it has forgotten the other, messages come again.
            self.doubt_subscriptions(now);
            self.forget_receipts();
        }
        if clean_start || self.belief == Belief::Absent {
            self.belief = Belief::Unsure;
        }
    }

    /// A session that was not there is a new one: what the older one had subscribed or received means nothing for it.
    pub(super) fn connect_acknowledged(&mut self, is_present: bool) -> PresentVerdict {
        let Some(pending) = self.pending.take() else { return PresentVerdict::Open };
        self.belief = Belief::Present;
        self.is_durable = pending.is_durable;
        self.forget_requests();
        if !is_present {
            self.subscriptions.clear();
            self.forget_receipts();
        }
        match pending.expected {
            Some(expected) if expected == is_present => PresentVerdict::Right { is_present },
            Some(true) => PresentVerdict::Lost,
            Some(false) => PresentVerdict::NotEnded,
            None => PresentVerdict::Open,
        }
    }

    pub(super) fn connection_ended(&mut self, now: Moment) {
        // Until a CONNECT is answered the older connection goes on. Where what was asked for ends with its connection, the client
        // has forgotten what it got on the older one meanwhile, and a broker that never saw the CONNECT sends it again.
        if self.pending.take().is_some_and(|pending| !pending.is_durable) {
            self.forget_receipts();
        }
        self.forget_requests();
        self.doubt_short_lived(now);
    }

    /// A session that ends with its connection ends when the broker sees that, and another one may be there afterwards.
    fn doubt_short_lived(&mut self, now: Moment) {
        if !self.is_durable && self.belief == Belief::Present {
            self.belief = Belief::Unsure;
            self.doubt_subscriptions(now);
            self.forget_receipts();
        }
    }

    fn doubt_subscriptions(&mut self, now: Moment) {
        for subscription in &mut self.subscriptions {
            subscription.end_asked_at.get_or_insert(now);
        }
    }

    fn forget_receipts(&mut self) {
        self.receipts.iter_mut().for_each(|receipts| *receipts = Receipts::default());
    }

    /// Requests of a connection that has ended are never answered.
    fn forget_requests(&mut self) {
        self.subscriptions_asked = 0;
        self.unsubscribe_asked = None;
    }

    pub(super) fn subscribe_sent(&mut self, filters: &[(String, Qos)], now: Moment) {
        self.subscriptions.extend(filters.iter().map(|(filter, qos)| Subscription::asked(filter, *qos, now)));
        self.subscriptions_asked = filters.len();
    }

    /// Returns the filters that were refused, or granted with another QoS.
    pub(super) fn subscribe_acknowledged(&mut self, granted: &[Option<Qos>], now: Moment) -> Vec<String> {
        let asked = std::mem::take(&mut self.subscriptions_asked);
        let first = self.subscriptions.len().saturating_sub(asked);
        let mut refused = Vec::new();
        for (index, subscription) in self.subscriptions.iter_mut().skip(first).enumerate() {
            if granted.get(index) == Some(&Some(subscription.qos)) {
                subscription.granted_at = Some(now);
            } else {
                refused.push(subscription.filter.clone());
            }
        }
        refused
    }

    pub(super) fn unsubscribe_sent(&mut self, filter: &str, now: Moment) {
        self.unsubscribe_asked = Some(filter.to_owned());
        for subscription in self.subscriptions.iter_mut().filter(|subscription| subscription.filter == filter) {
            subscription.end_asked_at.get_or_insert(now);
        }
    }

    pub(super) fn unsubscribe_acknowledged(&mut self, now: Moment) {
        let Some(filter) = self.unsubscribe_asked.take() else { return };
        for subscription in self.subscriptions.iter_mut().filter(|subscription| subscription.filter == filter) {
            subscription.ended_at.get_or_insert(now);
        }
    }

    /// Since when single deliveries of this topic are owed, if they are.
    pub(super) fn owed_since(&self, topic: &str) -> Option<Moment> {
        let held = self.held().filter(|subscription| !subscription.is_shared() && subscription.matches(topic));
        held.filter_map(Subscription::holds_since).min()
    }

    /// Subscriptions that surely hold, of a session that surely is there and durable.
    pub(super) fn held(&self) -> impl Iterator<Item = &Subscription> {
        let is_sure = self.belief == Belief::Present && self.is_durable;
        self.subscriptions.iter().filter(move |subscription| is_sure && subscription.holds_since().is_some())
    }

    pub(super) fn receipts(&self, stream: StreamNumber) -> Option<&Receipts> {
        self.receipts.get(usize::from(stream))
    }

    pub(super) fn receipts_mut(&mut self, stream: StreamNumber) -> Option<&mut Receipts> {
        self.receipts.get_mut(usize::from(stream))
    }
}
