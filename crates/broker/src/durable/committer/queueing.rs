//! Messages come into queues.

use super::Committer;
use crate::durable::{
    Body, FeedMark, Overflow, Queued,
    directory::Residence,
    submission::{Addressee, Publication},
};
use dunlin_inbox::{Position, Recipient, SessionNumber};
use dunlin_model::{Message, Qos};
use dunlin_router::SessionKey;
use dunlin_storage::store::StoreError;
use dunlin_telemetry::Metric;
use smallvec::SmallVec;

/// What a session that is up to date is sent: a message at its place in the queue, or one at QoS 0 that passes by.
fn queued(
    key: SessionKey,
    feed: FeedMark,
    message: &Message,
    addressee: Addressee,
    position: Option<Position>,
) -> Queued {
    let Addressee { qos, retain, subscription_ids, shared, .. } = addressee;
    let body = Body::Message(message.clone());
    Queued { session: key, feed, position, body, qos, retain, dup: false, subscription_ids, shared }
}

impl Committer {
    pub(super) fn publish(&mut self, publication: Publication) -> Result<(), StoreError> {
        let Publication { message, recipients, awaiting_release } = publication;
        let mut stored: Vec<Recipient> = Vec::with_capacity(recipients.len());
        let mut sessions: SmallVec<[SessionNumber; 1]> = SmallVec::new();
        let mut pushed: SmallVec<[Queued; 1]> = SmallVec::new();
        for addressee in recipients {
            let Some((session, residence, addressee)) = self.admit(&message, addressee)? else { continue };
            // Only by a group a session gets a message that it gets already.
            let earlier = addressee.shared.as_ref().map_or(0, |_| sessions.iter().filter(|it| **it == session).count());
            let position = self.store.tail(session).unwrap_or(0) + earlier as u64;
            if let Some(feed) = residence.feed.filter(|_| residence.is_live) {
                pushed.push(queued(residence.key, feed, &message, addressee.clone(), Some(position)));
            } else if residence.feed.is_none()
                && let Some(filter) = &addressee.shared
            {
                self.left_behind.insert((filter.clone(), residence.key));
            }
            let Addressee { qos, retain, subscription_ids, shared, .. } = addressee;
            sessions.push(session);
            stored.push(Recipient { session, position, qos, retain, subscription_ids, shared });
        }
        if stored.is_empty() && awaiting_release.is_none() {
            return Ok(());
        }
        self.store.queue(&message, stored, awaiting_release)?;
        sessions.into_iter().for_each(|session| self.look_at_fullness(session));
        for queued in pushed {
            self.mails[usize::from(queued.session.worker)].push(queued);
        }
        Ok(())
    }

    /// Whether a message is queued for an addressee, or for another one in its place; then its session, which has room for it.
    fn admit(
        &mut self,
        message: &Message,
        addressee: Addressee,
    ) -> Result<Option<(SessionNumber, Residence, Addressee)>, StoreError> {
        let Some((session, residence)) = self.directory.find(addressee.session) else {
            let other = self.other_addressee(message, addressee);
            // It has a queue.
            return other.map_or(Ok(None), |other| self.admit(message, other));
        };
        if addressee.qos == Qos::AtMostOnce {
            if let Some(feed) = residence.feed.filter(|_| residence.is_live) {
                // It takes its place among what is queued without being stored.
                let key = residence.key;
                self.mails[usize::from(key.worker)].push(queued(key, feed, message, addressee, None));
                return Ok(None);
            }
            if !self.shared.live.queues_qos0() {
                self.count_drops_of(residence.key, Metric::DeliveryDroppedQos0Msg, 1);
                return Ok(None);
            }
        }
        let settings = &self.shared.settings.durable;
        match settings.overflow {
            Overflow::DropOldest => {
                let dropped = self.store.make_room(session, message.memory_bytes(), settings.max_queue_bytes)?;
                self.count_drops_of(residence.key, Metric::DeliveryDroppedQueueFull, dropped);
            }
            // Nobody can be told of a message at QoS 0. Others were taken before the queue was known to be full.
            Overflow::Reject if addressee.qos == Qos::AtMostOnce && self.is_full(residence.key) => {
                self.count_drops_of(residence.key, Metric::DeliveryDroppedQueueFull, 1);
                return Ok(None);
            }
            Overflow::Reject => {}
        }
        Ok(Some((session, residence, addressee)))
    }

    /// Messages come into a queue in another way than by a publish: a session that is up to date is sent a page of them.
    pub(super) fn ask_again(&mut self, session: SessionNumber) {
        let Some(Residence { is_live: true, feed: Some(feed), .. }) = self.directory.residence(session) else { return };
        self.directory.set_live(session, false);
        self.pages.push((session, feed, self.store.tail(session)));
    }

    /// Says whether a session takes more messages.
    pub(super) fn look_at_fullness(&self, session: SessionNumber) {
        let settings = &self.shared.settings.durable;
        if settings.overflow == Overflow::DropOldest {
            return;
        }
        if let Some(residence) = self.directory.residence(session) {
            self.note_full(residence.key, self.store.queued_bytes(session) >= settings.max_queue_bytes);
        }
    }

    fn is_full(&self, key: SessionKey) -> bool {
        self.shared.durable.as_ref().is_some_and(|durable| durable.full.contains(key))
    }

    pub(super) fn note_full(&self, key: SessionKey, is_full: bool) {
        if let Some(durable) = &self.shared.durable {
            durable.full.set(key, is_full);
        }
    }
}
