//! Messages come into queues: by a publish, or from the queue of another member of a group.

use super::Committer;
use crate::durable::{
    Body, Durable, Heir, Overflow, Queued,
    directory::Residence,
    submission::{Addressee, Publication},
};
use dunlin_inbox::{GroupMember, Recipient, SessionNumber};
use dunlin_model::{ArcStr, Message, Qos};
use dunlin_router::SessionKey;
use dunlin_storage::store::StoreError;
use dunlin_telemetry::Metric;
use std::sync::Arc;

impl Committer {
    pub(super) fn publish(&mut self, publication: Publication) -> Result<(), StoreError> {
        let Publication { message, recipients, awaiting_release } = publication;
        let shared = Arc::clone(&self.shared);
        let Some(durable) = shared.durable.as_ref() else { return Ok(()) };
        let mut stored = Vec::with_capacity(recipients.len());
        for addressee in recipients {
            let Some((session, addressee)) = self.admit(durable, &message, addressee)? else { continue };
            let earlier = stored.iter().filter(|recipient: &&Recipient| recipient.session == session).count();
            let position = self.store.tail(session).unwrap_or(0) + earlier as u64;
            stored.push(Recipient {
                session,
                position,
                qos: addressee.qos,
                retain: addressee.retain,
                subscription_ids: addressee.subscription_ids,
                shared: addressee.shared,
            });
        }
        if stored.is_empty() && awaiting_release.is_none() {
            return Ok(());
        }
        let recipients = stored.clone();
        self.store.queue(&message, stored, awaiting_release)?;
        for recipient in recipients {
            self.look_at_fullness(recipient.session);
            self.push_if_live(&message, recipient);
        }
        Ok(())
    }

    /// Whether a message is queued for an addressee; then its session, which has room for it.
    fn admit(
        &mut self,
        durable: &Durable,
        message: &Message,
        addressee: Addressee,
    ) -> Result<Option<(SessionNumber, Addressee)>, StoreError> {
        let session = self.directory.number(addressee.session);
        let Some((session, residence)) = session.and_then(|it| Some((it, self.directory.residence(it)?))) else {
            self.count_dropped(Metric::DeliveryDroppedSessionEnded);
            return Ok(None);
        };
        if addressee.qos == Qos::AtMostOnce {
            if residence.is_live {
                self.pass_by(message, addressee, &residence);
                return Ok(None);
            }
            if !self.shared.settings.session.queue_qos0 {
                self.count_dropped(Metric::DeliveryDroppedQos0Msg);
                return Ok(None);
            }
        }
        match durable.settings.overflow {
            Overflow::DropOldest => {
                let (bytes, max_bytes) = (message.memory_bytes(), durable.settings.max_queue_bytes);
                self.dropped += self.store.make_room(session, bytes, max_bytes)?;
            }
            // Nobody can be told of a message at QoS 0. Others were taken before the queue was known to be full.
            Overflow::Reject if addressee.qos == Qos::AtMostOnce && durable.full.contains(residence.key) => {
                self.dropped += 1;
                return Ok(None);
            }
            Overflow::Reject => {}
        }
        Ok(Some((session, addressee)))
    }

    fn count_dropped(&self, reason: Metric) {
        let counters = self.shared.common_counters();
        counters.add(Metric::DeliveryDropped, 1);
        counters.add(reason, 1);
    }

    /// A session that is up to date is sent what was just queued for it.
    fn push_if_live(&mut self, message: &Message, recipient: Recipient) {
        let residence = self.directory.residence(recipient.session).filter(|there| there.is_live);
        let Some(Residence { key, feed: Some(feed), .. }) = residence else { return };
        self.mails[usize::from(key.worker)].push(Queued {
            session: key,
            feed,
            position: Some(recipient.position),
            body: Body::Message(message.clone()),
            qos: recipient.qos,
            retain: recipient.retain,
            dup: false,
            subscription_ids: recipient.subscription_ids,
            shared: recipient.shared,
        });
    }

    /// A message at QoS 0 for a session that is up to date takes its place among what is queued without being stored.
    fn pass_by(&mut self, message: &Message, addressee: Addressee, residence: &Residence) {
        let Some(feed) = residence.feed else { return };
        self.mails[usize::from(residence.key.worker)].push(Queued {
            session: residence.key,
            feed,
            position: None,
            body: Body::Message(message.clone()),
            qos: addressee.qos,
            retain: addressee.retain,
            dup: false,
            subscription_ids: addressee.subscription_ids,
            shared: addressee.shared,
        });
    }

    /// What waits for a member of a group that is away goes to other members.
    pub(super) fn move_group(&mut self, filter: &ArcStr, from: SessionKey, to: Vec<Heir>) -> Result<(), StoreError> {
        let member = |heir: Heir| {
            let Heir { session, qos, subscription_id } = heir;
            Some(GroupMember { session: self.directory.number(session)?, qos, subscription_id })
        };
        let to: Vec<_> = to.into_iter().filter_map(member).collect();
        let Some(from) = self.directory.number(from) else { return Ok(()) };
        // A session that has come back keeps what is its own.
        let is_away = self.directory.residence(from).is_some_and(|there| there.feed.is_none());
        if to.is_empty() || !is_away || !self.store.has_queued(from) {
            return Ok(());
        }
        for member in &to {
            self.ask_again(member.session);
        }
        let changed: Vec<_> = to.iter().map(|member| member.session).chain([from]).collect();
        self.store.move_group(filter, from, &to)?;
        for session in changed {
            self.look_at_fullness(session);
        }
        Ok(())
    }

    /// Messages come into a queue in another way than by a publish: a session that is up to date is sent a page of them.
    fn ask_again(&mut self, session: SessionNumber) {
        let Some(Residence { is_live: true, feed: Some(feed), .. }) = self.directory.residence(session) else { return };
        self.directory.set_live(session, false);
        self.pages.push((session, feed, self.store.tail(session)));
    }

    /// Says whether a session takes more messages.
    pub(super) fn look_at_fullness(&self, session: SessionNumber) {
        let Some(settings) = self.shared.durable.as_ref().map(|durable| &durable.settings) else { return };
        if settings.overflow == Overflow::DropOldest {
            return;
        }
        if let Some(residence) = self.directory.residence(session) {
            self.note_full(residence.key, self.store.queued_bytes(session) >= settings.max_queue_bytes);
        }
    }

    pub(super) fn note_full(&self, key: SessionKey, is_full: bool) {
        if let Some(durable) = &self.shared.durable {
            durable.full.set(key, is_full);
        }
    }
}
