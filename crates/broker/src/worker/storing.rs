//! What has to be on disk: the commands of a turn, and the bytes of connections that wait until they are there.
//!
//! A client must not be told of success before a crash can no longer undo it. So everything a connection is sent in answer
//! to a packet that changed durable state stays in its out-buffer, and what follows it, until the ticket is committed. That
//! keeps the order of acknowledgements [MQTT-4.6.0-2], and a connection that closes meanwhile has simply not been answered.

use super::{Worker, publishing::WaitingPublisher};
use crate::{
    durable::{Durable, Health, RestoredPlace, Submission, Ticket, Work},
    kept_messages::Forgotten,
    shared::Shared,
};
use dunlin_inbox::{Command, SessionNumber, SessionRecord, SubscriptionRecord, WillRecord};
use dunlin_model::{DisconnectReason, Message, Millis, Qos, ReasonCode};
use dunlin_router::SessionKey;
use dunlin_session::{Fault, Session, refuse};
use dunlin_telemetry::Latency;
use std::collections::VecDeque;

/// So much work is handed over before the turn ends: the committer writes it while the worker reads on. With all of a turn in one
/// piece the two would wait for each other, and all publishers for both.
const PORTION: usize = 256;

/// Work for the committer that one worker collects.
#[derive(Default)]
pub(crate) struct Storing {
    work: Vec<Work>,
    retained: Vec<Message>,
    bytes: usize,
    must_sync: bool,
    /// Submissions handed over so far; what is collected belongs to the next one.
    submitted: Ticket,
    /// The connection whose packet is being handled, and where in its out-buffer the answers begin.
    in_hand: Option<(u32, usize)>,
    /// Mails opened in this turn, whose consequences are in the next submission at the latest.
    opened: usize,
    /// Connections that hold back bytes, by ticket.
    holding: VecDeque<(Ticket, u32)>,
    /// Publishes whose acknowledgements are held back, by ticket.
    unanswered: VecDeque<Unanswered>,
    /// Publishers without a connection that wait for their answer, by ticket.
    pub(super) publishers: VecDeque<WaitingPublisher>,
    /// Those outside the workers who wait too, by ticket: how many messages were forgotten.
    awaiting: VecDeque<(Ticket, Forgotten, usize)>,
}

/// Publishes of one turn that are acknowledged with the same ticket.
struct Unanswered {
    ticket: Ticket,
    received_at: Millis,
    latency: Latency,
    count: u64,
}

impl Storing {
    /// A publish that was received now is acknowledged with this ticket.
    pub(super) fn note_unanswered(&mut self, ticket: Ticket, received_at: Millis, latency: Latency) {
        let is_same = |other: &&mut Unanswered| {
            (other.ticket, other.received_at, other.latency) == (ticket, received_at, latency)
        };
        match self.unanswered.iter_mut().rev().take_while(|other| other.ticket >= ticket).find(is_same) {
            Some(other) => other.count += 1,
            None => {
                let place = self.unanswered.partition_point(|other| other.ticket <= ticket);
                self.unanswered.insert(place, Unanswered { ticket, received_at, latency, count: 1 });
            }
        }
    }

    /// The number under which what is collected now will be handed over.
    pub(super) fn ticket(&self) -> Ticket {
        self.submitted + 1
    }

    /// Has `work` done; says whether any of it wants the disk to be waited for.
    pub(super) fn waits(worker: &mut Worker, work: impl FnOnce(&mut Worker)) -> bool {
        let before = std::mem::take(&mut worker.storing.must_sync);
        work(worker);
        let waits = worker.storing.must_sync;
        worker.storing.must_sync |= before;
        waits
    }

    /// A packet of a connection is handled now: `mark` bytes lie in its out-buffer.
    pub(super) fn begin_packet(&mut self, slot: u32, mark: usize) {
        self.in_hand = Some((slot, mark));
    }

    /// The packet is done.
    pub(super) fn end_packet(&mut self) {
        self.in_hand = None;
    }

    /// A durable session from before the start is here. What is stored of it comes after this.
    pub(super) fn note_restored(&mut self, place: RestoredPlace) {
        match self.work.first_mut() {
            Some(Work::Restored(places)) => places.push(place),
            _ => self.work.insert(0, Work::Restored(vec![place])),
        }
    }

    /// A mail of the committer was opened.
    pub(super) fn note_opened(&mut self) {
        self.opened += 1;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.work.is_empty() && self.retained.is_empty()
    }
}

impl Worker {
    /// Adds work that nobody waits for.
    pub(super) fn store(&mut self, work: Work) {
        self.storing.bytes += match &work {
            Work::Publish(publication) => publication.message.memory_bytes(),
            _ => 0,
        };
        self.storing.work.push(work);
    }

    /// Adds work that has to be on disk before the packet in hand is answered.
    pub(super) fn store_before_answer(&mut self, work: Work) {
        self.store(work);
        self.hold_answer();
    }

    /// The retained message of this one's topic has changed. At QoS 0 nobody waits until it is on disk.
    pub(super) fn store_retained_change(&mut self, message: &Message) {
        self.storing.retained.push(message.clone());
        if message.qos() > Qos::AtMostOnce {
            self.hold_answer();
        }
    }

    /// The packet in hand is answered when what was collected so far is on disk.
    fn hold_answer(&mut self) {
        self.storing.must_sync = true;
        let ticket = self.storing.ticket();
        if let Some((slot, mark)) = self.storing.in_hand
            && let Some(connection) = self.connections.get_mut(slot)
            && connection.hold_back(mark, ticket)
        {
            self.storing.holding.push_back((ticket, slot));
        }
    }

    /// Answers somebody who is no client when what was collected so far is on disk.
    pub(super) fn answer_when_stored(&mut self, answer: Forgotten, count: usize) {
        if self.storing.is_empty() {
            // Whoever asked may have gone.
            let _ = answer.try_send(Some(count));
            return;
        }
        self.storing.must_sync = true;
        let ticket = self.storing.ticket();
        self.storing.awaiting.push_back((ticket, answer, count));
    }

    /// Hands over what was collected.
    pub(super) fn submit(&mut self, shared: &Shared) {
        let Some(durable) = shared.durable.as_ref() else { return };
        let opened = std::mem::take(&mut self.storing.opened);
        if !self.storing.is_empty() {
            self.submit_work(durable);
        }
        if opened > 0 {
            durable.end(opened);
        }
    }

    /// Hands over what was collected if it is much; between two packets only.
    pub(super) fn submit_portion(&mut self, shared: &Shared) {
        if self.storing.work.len() >= PORTION
            && let Some(durable) = shared.durable.as_ref()
        {
            self.submit_work(durable);
        }
    }

    fn submit_work(&mut self, durable: &Durable) {
        self.storing.submitted += 1;
        let next = Vec::with_capacity(self.storing.work.len().min(4096));
        durable.submit(Submission {
            worker: self.index,
            ticket: self.storing.submitted,
            must_sync: std::mem::take(&mut self.storing.must_sync),
            work: std::mem::replace(&mut self.storing.work, next),
            retained: std::mem::take(&mut self.storing.retained),
            bytes: std::mem::take(&mut self.storing.bytes),
        });
    }

    /// Everything up to this ticket is on disk: what waited for it may go out.
    pub(super) fn release_held(&mut self, committed: Ticket) {
        while let Some((_, answer, count)) = self.storing.awaiting.pop_front_if(|(ticket, ..)| *ticket <= committed) {
            let _ = answer.try_send(Some(count));
        }
        while let Some(publishes) = self.storing.unanswered.pop_front_if(|publishes| publishes.ticket <= committed) {
            let Unanswered { received_at, latency, count, .. } = publishes;
            self.watch.latencies.observe_many(latency, self.now.saturating_sub(received_at), count);
        }
        while let Some(&(ticket, slot)) = self.storing.holding.front()
            && ticket <= committed
        {
            self.storing.holding.pop_front();
            let Some(connection) = self.connections.get_mut(slot) else { continue };
            connection.release_held(committed);
            if !connection.dirty && connection.blocked_since.is_none() {
                connection.dirty = true;
                self.dirty.push(slot);
            }
        }
    }

    /// A submission did not reach the disk: whoever waits for it gets no answer and is disconnected; who waits for CONNACK is
    /// refused.
    pub(super) fn fail_held(&mut self, shared: &Shared, failed: Ticket) {
        let waiting = self.storing.holding.iter().filter(|(ticket, _)| *ticket == failed).map(|(_, slot)| *slot);
        for slot in waiting.collect::<Vec<_>>() {
            let Some(connection) = self.connections.get_mut(slot) else { continue };
            if !connection.forget_held(failed) {
                continue;
            }
            if connection.traffic.writes == 0 && connection.out.is_empty() {
                // No DISCONNECT before CONNACK [MQTT-3.14.0-1].
                refuse(connection.version, ReasonCode::ServerUnavailable, None, None, &mut connection.out);
                self.close_connection(shared, slot, DisconnectReason::ServerUnavailable);
            } else {
                let fault = Fault::new(ReasonCode::ImplementationSpecificError, DisconnectReason::ServerUnavailable);
                self.close_with_fault(shared, slot, fault);
            }
        }
        self.storing.holding.retain(|(ticket, _)| *ticket != failed);
        self.storing.unanswered.retain(|publishes| publishes.ticket != failed);
        for (ticket, answer, _) in &self.storing.awaiting {
            if *ticket == failed {
                let _ = answer.try_send(None);
            }
        }
        self.storing.awaiting.retain(|(ticket, ..)| *ticket != failed);
    }

    /// How the store does; good also when durable sessions are off.
    pub(super) fn store_health(shared: &Shared) -> Health {
        shared.durable.as_ref().map_or(Health::Good, Durable::health)
    }

    /// The durable session in a slot.
    pub(super) fn durable_number(&self, slot: u32) -> Option<SessionNumber> {
        self.sessions.durable_number(slot)
    }

    /// The durable session a key stands for, unless it has ended.
    pub(super) fn durable_number_of(&mut self, key: SessionKey) -> Option<SessionNumber> {
        self.sessions.get_current(key.slot, key.generation)?.durable_number()
    }

    /// The queue on disk of the session a key stands for, unless it has ended.
    pub(super) fn queue_number_of(&mut self, key: SessionKey) -> Option<SessionNumber> {
        self.sessions.get_current(key.slot, key.generation)?.queue_number()
    }

    /// Writes down the facts of a durable session.
    pub(super) fn store_facts(&mut self, slot: u32) {
        let Some(entry) = self.sessions.get_mut(slot) else { return };
        let Some(session) = entry.durable_number() else { return };
        let record = record_of(&entry.session);
        self.store_before_answer(Work::Command(Command::SetSession { session, record }));
    }

    /// Writes down the subscriptions that a durable session made.
    pub(super) fn store_subscription(&mut self, slot: u32, subscription: SubscriptionRecord) {
        if let Some(session) = self.durable_number(slot) {
            self.store_before_answer(Work::Command(Command::SetSubscription { session, subscription }));
        }
    }
}

/// What is stored of a session beside queue and subscriptions.
pub(super) fn record_of(session: &Session) -> SessionRecord {
    let facts = session.facts();
    SessionRecord {
        client_id: session.client_id().clone(),
        version: facts.version,
        expiry_secs: facts.expiry_secs,
        connected: facts.connected,
        expires_at: facts.expires_at,
        will: facts.will.map(|will| WillRecord {
            message: will.message,
            delay_secs: will.delay_secs,
            due_at: will.due_at,
        }),
    }
}
