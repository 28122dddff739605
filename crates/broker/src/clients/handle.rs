//! Asking workers about clients, and having them do something.

use super::{
    AskError, ClientFacts, SubscriptionFacts,
    question::{Order, Question},
};
use crate::durable::{StoredDelivery, deliveries};
use crate::{Broker, mailbox::Mail, shared::Shared, timelines::ClientTimeline};
use dunlin_inbox::{Position, SessionNumber};
use dunlin_model::ClientId;
use dunlin_session::{InflightMessage, QueuePlace, QueuedMessage};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Questions that may wait for answers at the same time.
const QUESTIONS_MAX: usize = 64;

/// A worker answers between two turns, and goes on with a walk in each: this is for one that is very busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// Messages or subscriptions that a worker hands over at once.
pub(super) const PART: usize = 1_000;

/// Bytes of messages after which no more of a queue on disk are read at once. The store reads as much in one go, so up to twice as
/// much, and one message, are in memory.
const STORED_BYTES: usize = 1 << 20;

/// The clients of a running broker. Clones ask the same one. Every call waits for workers, so it must not come from one of them.
#[derive(Clone)]
pub struct Clients {
    pub(crate) shared: Arc<Shared>,
}

/// One of the questions that may wait.
struct Turn<'a>(&'a Shared);

impl<'a> Turn<'a> {
    fn take(shared: &'a Shared) -> Result<Self, AskError> {
        let turn = Self(shared);
        if shared.questions.fetch_add(1, Ordering::Relaxed) < QUESTIONS_MAX { Ok(turn) } else { Err(AskError::Busy) }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.questions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Broker {
    /// Asks about clients, and does something to them.
    #[must_use]
    pub fn clients(&self) -> Clients {
        Clients { shared: Arc::clone(&self.shared) }
    }
}

impl Clients {
    /// What is known of a client; `None` where there is none.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn find(&self, client_id: &str) -> Result<Option<ClientFacts>, AskError> {
        let client_ids = vec![ClientId::from(client_id)];
        let mut found = self.ask(self.shared.worker_of(client_id), |answer| Question::Named {
            client_ids,
            filter: Default::default(),
            answer,
        })?;
        self.count_stored(&mut found);
        Ok(found.pop())
    }

    /// Ends a client's connection and session; false where there is none. Its will is published.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn kick(&self, client_id: &str) -> Result<bool, AskError> {
        self.order(client_id, Order::Kick).map(|done| done.is_some())
    }

    /// All subscriptions of a client; `None` where there is no such client.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn subscriptions_of(&self, client_id: &str) -> Result<Option<Vec<SubscriptionFacts>>, AskError> {
        let (mut all, mut place) = (Vec::new(), Some(0));
        while let Some(from) = place {
            let part = self.order(client_id, |answer| Order::Subscriptions { place: from, limit: PART, answer })?;
            let Some(part) = part else { return Ok(None) };
            all.extend(part.found);
            place = part.next;
        }
        Ok(Some(all))
    }

    /// Messages that wait for a client behind a place in its queue, at most `limit` and at most 1,000, fewer where they are long; an
    /// empty list is the end. `None` where there is no such client. Of a durable queue those are here that were fed to a client that is connected; of one that is away, all that it was not
    /// sent yet.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn queued(
        &self,
        client_id: &str,
        after: Option<QueuePlace>,
        limit: usize,
    ) -> Result<Option<Vec<QueuedMessage>>, AskError> {
        if let Some(session) = self.away(client_id)? {
            let from = after.map_or(0, |place| place.sequence.saturating_add(1));
            let stored = self.stored(session, from, limit.min(PART), false)?;
            let queued = stored.into_iter().filter_map(|StoredDelivery { position, message, qos, .. }| {
                Some(QueuedMessage { place: QueuePlace { priority: 0, sequence: position }, message: message?, qos })
            });
            return Ok(Some(queued.collect()));
        }
        self.order(client_id, |answer| Order::Queued { after, limit: limit.min(PART), answer })
    }

    /// Messages that a client was sent and has not acknowledged, behind a place in their order, at most `limit` and at most 1,000,
    /// fewer where they are long; an empty list is the end. `None` where there is no such client.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn inflight(
        &self,
        client_id: &str,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Option<Vec<InflightMessage>>, AskError> {
        if let Some(session) = self.away(client_id)? {
            let from = after.map_or(0, |sequence| sequence.saturating_add(1));
            let stored = self.stored(session, from, limit.min(PART), true)?;
            let open = stored.into_iter().map(|StoredDelivery { position, message, qos, .. }| InflightMessage {
                sequence: position,
                packet_id: 0,
                message,
                qos,
            });
            return Ok(Some(open.collect()));
        }
        self.order(client_id, |answer| Order::Inflight { after, limit: limit.min(PART), answer })
    }

    /// The durable session of a client that has no connection: its queue is on disk.
    fn away(&self, client_id: &str) -> Result<Option<SessionNumber>, AskError> {
        let client_ids = vec![ClientId::from(client_id)];
        let found = self.ask(self.shared.worker_of(client_id), |answer| Question::Named {
            client_ids,
            filter: Default::default(),
            answer,
        })?;
        Ok(found.into_iter().find(|client| !client.is_connected).and_then(|client| client.number))
    }

    /// Deliveries on disk from a position on that were sent, or those that were not: some if there are any, no more than `limit`, and
    /// only as many as fit into memory well. The sent ones come first.
    fn stored(
        &self,
        session: SessionNumber,
        mut from: Position,
        limit: usize,
        wants_sent: bool,
    ) -> Result<Vec<StoredDelivery>, AskError> {
        let Some(durable) = &self.shared.durable else { return Ok(Vec::new()) };
        let (mut found, mut bytes) = (Vec::<StoredDelivery>::new(), 0);
        while found.len() < limit && bytes < STORED_BYTES {
            let (part, next) = deliveries(durable, session, from)?;
            let is_over = wants_sent && part.iter().any(|delivery| !delivery.is_sent);
            // What waits and cannot be read is never shown.
            let is_wanted = |delivery: &StoredDelivery| {
                delivery.is_sent == wants_sent && (wants_sent || delivery.message.is_some())
            };
            for delivery in part.into_iter().filter(is_wanted) {
                bytes += delivery.message.as_ref().map_or(0, |message| message.payload().len() + message.topic().len());
                found.push(delivery);
            }
            match next.filter(|_| !is_over) {
                Some(next) => from = next,
                None => break,
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// What has happened to a client lately, oldest first, whether it is here or not; `None` where nothing is known.
    ///
    /// # Errors
    /// [`AskError`].
    pub fn timeline(&self, client_id: &str) -> Result<Option<ClientTimeline>, AskError> {
        self.order(client_id, Order::Timeline)
    }

    /// Asks the worker that a client belongs to.
    pub(super) fn order<T>(
        &self,
        client_id: &str,
        order: impl FnOnce(SyncSender<Option<T>>) -> Order,
    ) -> Result<Option<T>, AskError> {
        self.ask(self.shared.worker_of(client_id), |answer| Question::OfClient {
            client_id: client_id.into(),
            order: order(answer),
        })
    }

    /// Asks a worker.
    pub(crate) fn ask<T>(
        &self,
        worker: usize,
        question: impl FnOnce(SyncSender<T>) -> Question,
    ) -> Result<T, AskError> {
        let _turn = Turn::take(&self.shared)?;
        let (asker, answer) = sync_channel(1);
        self.shared.mailboxes[worker].post(Mail::Asked(Box::new(question(asker))));
        answer.recv_timeout(PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Timeout => AskError::TimedOut(PATIENCE),
            RecvTimeoutError::Disconnected => AskError::Stopping,
        })
    }

    /// Adds what lies in queues on disk. While the disk does not answer, what is in memory counts alone.
    pub(super) fn count_stored(&self, clients: &mut [ClientFacts]) {
        let numbers: Vec<_> = clients.iter().filter_map(|client| client.number).collect();
        let Some(durable) = self.shared.durable.as_ref().filter(|_| !numbers.is_empty()) else { return };
        let Ok(lengths) = crate::durable::queue_lengths(durable, numbers) else { return };
        let durable_ones = clients.iter_mut().filter(|client| client.number.is_some());
        for (client, length) in durable_ones.zip(lengths) {
            // What was sent and is not acknowledged lies there too.
            client.queued = client.queued_in_memory + length.saturating_sub(client.inflight);
        }
    }
}
