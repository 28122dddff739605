//! The limits of one connection: its own buckets, and those it shares with all clients of its zone.

use super::{Limits, OverLimit, ZoneBuckets};
use dunlin_limits::{Bucket, Rate, SharedBucket};
use dunlin_model::Millis;
use std::sync::Arc;

/// What became of a request for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It has them.
    Now,
    /// It has them from then on: they were taken in advance.
    At(Millis),
    /// It gets none.
    Refused,
}

/// Tokens that were taken before they were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Advance {
    None,
    /// They will be there then.
    Until(Millis),
    /// They are there, and not used yet.
    Paid,
}

impl Advance {
    /// Uses them, if they are there.
    fn use_up(&mut self, now: Millis) -> bool {
        self.note_paid(now);
        let is_paid = *self == Self::Paid;
        if is_paid {
            *self = Self::None;
        }
        is_paid
    }

    /// Time has passed; true when they are there now and were not before.
    fn note_paid(&mut self, now: Millis) -> bool {
        let is_due = self.until().is_some_and(|at| at <= now);
        if is_due {
            *self = Self::Paid;
        }
        is_due
    }

    const fn until(self) -> Option<Millis> {
        match self {
            Self::Until(at) => Some(at),
            Self::None | Self::Paid => None,
        }
    }

    /// They are not waited for any more; true where there were any.
    fn release(&mut self) -> bool {
        std::mem::replace(self, Self::None) != Self::None
    }

    /// They are not waited for any more: they count as there.
    fn hurry(&mut self) {
        if *self != Self::None {
            *self = Self::Paid;
        }
    }
}

/// A bucket of a connection; most connections with limits have one or two.
type OwnBucket = Option<Box<Bucket>>;

/// The limits of one connection.
///
/// Whoever waits has taken his tokens already, and left a debt: all that wait have their turn in the order in which they came, and
/// none of them has to look twice.
#[derive(Debug)]
pub(crate) struct ClientLimits {
    messages: OwnBucket,
    bytes: OwnBucket,
    subscribes: OwnBucket,
    delivery_messages: OwnBucket,
    delivery_bytes: OwnBucket,
    zone: Arc<ZoneBuckets>,
    /// Of the PUBLISH that waits.
    paused: Advance,
    /// Its bytes.
    paused_bytes: u64,
    /// What is in front has its tokens: it was looked at before.
    is_front_paid: bool,
    /// Of the next delivery.
    delivery: Advance,
}

/// Tokens of one kind.
struct Want<'a> {
    own: Option<&'a mut Bucket>,
    shared: Option<&'a SharedBucket>,
    tokens: u64,
}

impl ClientLimits {
    /// The limits of a client; `None` where it has none.
    pub(crate) fn new(limits: &Limits, zone: Arc<ZoneBuckets>, now: Millis) -> Option<Box<Self>> {
        let mut client = Self {
            messages: None,
            bytes: None,
            subscribes: None,
            delivery_messages: None,
            delivery_bytes: None,
            zone,
            paused: Advance::None,
            paused_bytes: 0,
            is_front_paid: false,
            delivery: Advance::None,
        };
        client.set(limits, now);
        (client.limits_input() || client.limits_deliveries()).then(|| Box::new(client))
    }

    /// Other limits from now on. What waits for tokens goes on at once; it has paid for them.
    pub(crate) fn change(&mut self, limits: &Limits, zone: Arc<ZoneBuckets>, now: Millis) {
        self.set(limits, now);
        self.zone = zone;
        self.paused.hurry();
        self.delivery.hurry();
    }

    fn set(&mut self, limits: &Limits, now: Millis) {
        let Limits { messages, bytes, subscribes, delivery_messages, delivery_bytes } = limits;
        for (bucket, rate) in [
            (&mut self.messages, messages),
            (&mut self.bytes, bytes),
            (&mut self.subscribes, subscribes),
            (&mut self.delivery_messages, delivery_messages),
            (&mut self.delivery_bytes, delivery_bytes),
        ] {
            set_bucket(bucket, *rate, now);
        }
    }

    /// Whether there is a limit to what the client sends.
    pub(crate) fn limits_input(&self) -> bool {
        let Self { messages, bytes, subscribes, zone, .. } = self;
        [messages, bytes, subscribes].into_iter().any(Option::is_some)
            || [&zone.messages, &zone.bytes, &zone.subscribes].into_iter().any(Option::is_some)
    }

    /// Whether there is a limit to what it gets.
    pub(crate) fn limits_deliveries(&self) -> bool {
        let Self { delivery_messages, delivery_bytes, zone, .. } = self;
        delivery_messages.is_some()
            || delivery_bytes.is_some()
            || zone.delivery_messages.is_some()
            || zone.delivery_bytes.is_some()
    }

    /// The client has sent a PUBLISH of so many bytes.
    pub(crate) fn take_publish(&mut self, bytes: u64, now: Millis) -> Taken {
        if std::mem::take(&mut self.is_front_paid) {
            return Taken::Now;
        }
        if self.paused.use_up(now) {
            return Taken::Now;
        }
        let zone = &self.zone;
        let mut wants = [
            Want { own: self.messages.as_deref_mut(), shared: zone.messages.as_ref(), tokens: 1 },
            Want { own: self.bytes.as_deref_mut(), shared: zone.bytes.as_ref(), tokens: bytes },
        ];
        if try_take(&mut wants, now) {
            return Taken::Now;
        }
        match zone.over_limit {
            OverLimit::Reject => Taken::Refused,
            OverLimit::Pause => {
                let resume_at = wants.iter_mut().map(|want| want.take_in_advance(now)).fold(now, Millis::max);
                (self.paused, self.paused_bytes) = (Advance::Until(resume_at), bytes);
                Taken::At(resume_at)
            }
        }
    }

    /// The client has sent a SUBSCRIBE.
    pub(crate) fn take_subscribe(&mut self, now: Millis) -> bool {
        let want = Want { own: self.subscribes.as_deref_mut(), shared: self.zone.subscribes.as_ref(), tokens: 1 };
        std::mem::take(&mut self.is_front_paid) || try_take(&mut [want], now)
    }

    /// The packet in front has its tokens and will be looked at again.
    pub(crate) const fn keep_front_paid(&mut self) {
        self.is_front_paid = true;
    }

    /// One message is to go out to the client, now or never. What it weighs is charged afterwards.
    pub(crate) fn try_delivery(&mut self, now: Millis) -> bool {
        self.delivery == Advance::None && self.has_delivery_bytes(now) && {
            let want = Want {
                own: self.delivery_messages.as_deref_mut(),
                shared: self.zone.delivery_messages.as_ref(),
                tokens: 1,
            };
            try_take(&mut [want], now)
        }
    }

    /// One message is to go out, now or as soon as there are tokens for it. Ask again then.
    pub(crate) fn next_delivery(&mut self, now: Millis) -> Taken {
        if self.delivery.use_up(now) || self.try_delivery(now) {
            return Taken::Now;
        }
        if let Some(at) = self.delivery.until() {
            return Taken::At(at);
        }
        let mut want = Want {
            own: self.delivery_messages.as_deref_mut(),
            shared: self.zone.delivery_messages.as_ref(),
            tokens: 1,
        };
        let messages_at = want.take_in_advance(now);
        let bytes_at = self.delivery_bytes_wanted(1).ready_at(now);
        let at = messages_at.max(bytes_at);
        self.delivery = Advance::Until(at);
        Taken::At(at)
    }

    /// It has gone out, and had so many bytes.
    pub(crate) fn charge_delivery(&mut self, bytes: usize) {
        self.delivery_bytes_wanted(bytes as u64).charge();
    }

    /// It has not gone out.
    pub(crate) fn put_back_delivery(&mut self) {
        Want { own: self.delivery_messages.as_deref_mut(), shared: self.zone.delivery_messages.as_ref(), tokens: 1 }
            .put_back();
    }

    /// Nothing waits to go out any more.
    pub(crate) fn forget_delivery(&mut self) {
        if self.delivery.release() {
            self.put_back_delivery();
        }
    }

    /// The connection ends: others of its zone get what it has taken in advance.
    pub(crate) fn leave(&mut self) {
        self.forget_delivery();
        if self.paused.release() {
            for (bucket, tokens) in [(&self.zone.messages, 1), (&self.zone.bytes, self.paused_bytes)] {
                if let Some(bucket) = bucket {
                    bucket.put_back(tokens);
                }
            }
        }
    }

    /// When it has to be looked at again.
    pub(crate) fn due_at(&self) -> Option<Millis> {
        self.paused.until().into_iter().chain(self.delivery.until()).min()
    }

    /// Time has passed. Whether there are tokens now for the PUBLISH that waited, and for a delivery that did.
    pub(crate) fn note_due(&mut self, now: Millis) -> (bool, bool) {
        (self.paused.note_paid(now), self.delivery.note_paid(now))
    }

    fn has_delivery_bytes(&mut self, now: Millis) -> bool {
        self.delivery_bytes_wanted(1).has(now)
    }

    fn delivery_bytes_wanted(&mut self, tokens: u64) -> Want<'_> {
        Want { own: self.delivery_bytes.as_deref_mut(), shared: self.zone.delivery_bytes.as_ref(), tokens }
    }
}

impl Want<'_> {
    fn has(&mut self, now: Millis) -> bool {
        self.own.as_mut().is_none_or(|own| own.has(self.tokens, now))
            && self.shared.is_none_or(|shared| shared.has(self.tokens, now))
    }

    /// When it has them, if nobody else takes any.
    fn ready_at(&mut self, now: Millis) -> Millis {
        if self.has(now) {
            return now;
        }
        let own = self.own.as_ref().map_or(now, |own| own.ready_at(self.tokens, now));
        let shared = self.shared.map_or(now, |shared| shared.ready_at(self.tokens, now));
        own.max(shared)
    }

    fn charge(&mut self) {
        if let Some(own) = &mut self.own {
            own.charge(self.tokens);
        }
        if let Some(shared) = self.shared {
            shared.charge(self.tokens);
        }
    }

    fn put_back(&mut self) {
        if let Some(own) = &mut self.own {
            own.put_back(self.tokens);
        }
        if let Some(shared) = self.shared {
            shared.put_back(self.tokens);
        }
    }

    /// Takes them although they are not there; says when they will be.
    fn take_in_advance(&mut self, now: Millis) -> Millis {
        self.charge();
        let none = Want { own: self.own.as_deref_mut(), shared: self.shared, tokens: 0 };
        let Want { own, shared, .. } = none;
        let own = own.map_or(now, |own| own.ready_at(0, now));
        own.max(shared.map_or(now, |shared| shared.ready_at(0, now)))
    }
}

/// Takes all that is wanted, or nothing.
fn try_take(wants: &mut [Want<'_>], now: Millis) -> bool {
    if !wants.iter_mut().all(|want| want.own.as_mut().is_none_or(|own| own.has(want.tokens, now))) {
        return false;
    }
    for index in 0..wants.len() {
        if wants[index].shared.is_some_and(|shared| !shared.try_take(wants[index].tokens, now)) {
            for want in &wants[..index] {
                if let Some(shared) = want.shared {
                    shared.put_back(want.tokens);
                }
            }
            return false;
        }
    }
    for want in wants {
        if let Some(own) = &mut want.own {
            own.charge(want.tokens);
        }
    }
    true
}

fn set_bucket(bucket: &mut OwnBucket, rate: Option<Rate>, now: Millis) {
    match (bucket.as_mut(), rate) {
        (Some(bucket), Some(rate)) if *bucket.rate() != rate => bucket.change(rate, now),
        (Some(_), Some(_)) => {}
        (_, rate) => *bucket = rate.map(|rate| Box::new(Bucket::full(rate, now))),
    }
}

#[cfg(test)]
mod tests;
