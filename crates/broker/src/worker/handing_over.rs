//! Connections that belong to another worker, because that owns the client id.

use super::{
    Worker,
    admitting::Admitting,
    connection::{Connection, Phase},
};
use crate::{
    mailbox::{HandedOver, Mail},
    shared::Shared,
    timers::TimerOwner,
};
use tracing::debug;

impl Worker {
    /// The worker that owns a client id, if that is another one. Without a client id the client gets one that belongs here.
    pub(super) fn other_owner(&self, shared: &Shared, client_id: &str) -> Option<usize> {
        Some(shared.worker_of(client_id)).filter(|owner| !client_id.is_empty() && *owner != self.index)
    }

    /// Gives a connection to another worker. `bytes` are those that it has to handle; `admitting` is the CONNECT before them, if
    /// that has been handled as far as who the client is.
    pub(super) fn hand_over(
        &mut self,
        shared: &Shared,
        slot: u32,
        owner: usize,
        bytes: Vec<u8>,
        admitting: Option<Box<Admitting>>,
    ) {
        let Some(mut connection) = self.connections.remove(slot) else { return };
        self.timers.set(TimerOwner::Connection(slot), &mut connection.armed, None);
        if let Err(error) = connection.stream.deregister(self.poll.registry()) {
            debug!(msg = "hand_over_failed", %error);
        }
        let facts = connection.take_facts();
        let identity = connection.take_identity();
        shared.mailboxes[owner].post(Mail::HandedOver(Box::new(HandedOver {
            stream: connection.stream,
            peer: connection.peer,
            listener: connection.listener,
            facts,
            identity,
            bytes,
            stage_since: connection.stage_since,
            admitting,
        })));
    }

    /// A connection that another worker has handed over.
    pub(super) fn take_over(&mut self, shared: &Shared, handed_over: HandedOver) {
        let HandedOver { stream, peer, listener, facts, identity, bytes, stage_since, admitting } = handed_over;
        let mut connection = Connection::new(stream, peer, listener, stage_since);
        connection.count_read(bytes.len());
        connection.leftover = bytes;
        if facts.is_some() {
            connection.rare_mut().facts = facts;
        }
        if identity.is_some() {
            connection.rare_mut().identity = identity;
        }
        let is_admitting = admitting.is_some();
        if let Some(admitting) = admitting {
            connection.phase = Phase::Admitting(admitting);
        }
        let Some(slot) = self.adopt(shared, connection) else { return };
        if is_admitting {
            self.go_on_admitting(shared, slot);
            self.read_on(shared, slot);
        } else {
            self.socket_readable(shared, slot);
        }
    }
}
