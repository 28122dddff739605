//! What of a session is kept on disk beside its queue, and a session made from it.

use crate::{Outbox, Session, Subscription, Turn, awaiting_release::AwaitingRelease, will::Will};
use dunlin_model::{ClientId, Message, Millis, ProtocolVersion};

/// A session without its queue, as plain data.
#[derive(Clone, Debug)]
pub struct SessionSnapshot {
    /// What there is one of.
    pub facts: SessionFacts,
    /// Subscriptions, in no order.
    pub subscriptions: Vec<Subscription>,
    /// Packet identifiers of the QoS 2 exchanges open from the client that [`Session::mark_release_stored`] named, oldest first.
    /// An exchange whose message is not on disk is not among them: the client must be able to send it again.
    pub awaiting_release: Vec<u16>,
}

/// What there is one of in each session.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    /// Version spoken on the present or last connection.
    pub version: ProtocolVersion,
    /// Session expiry interval in seconds; `u32::MAX` is never.
    pub expiry_secs: u32,
    /// Whether a connection is attached.
    pub connected: bool,
    /// When the session ends, while no connection is attached; `None` is never or not known yet.
    pub expires_at: Option<Millis>,
    /// The will, unless there is none or it was published.
    pub will: Option<WillSnapshot>,
}

/// A will and how far it has come.
#[derive(Clone, Debug)]
pub struct WillSnapshot {
    /// The message, received at 0: it gets its time when it is published.
    pub message: Message,
    /// Seconds between the end of the connection and the publication.
    pub delay_secs: u32,
    /// When it is published; `None` while a connection is attached.
    pub due_at: Option<Millis>,
}

impl Session {
    /// The session as it is now.
    #[must_use]
    pub fn snapshot(&self) -> SessionSnapshot {
        SessionSnapshot {
            facts: self.facts(),
            subscriptions: self.subscriptions().cloned().collect(),
            awaiting_release: self.awaiting_release.iter().flat_map(|awaiting| awaiting.stored()).collect(),
        }
    }

    /// What changes with every connection, without the rest.
    #[must_use]
    pub fn facts(&self) -> SessionFacts {
        let will_snapshot =
            |will: &Will| WillSnapshot { message: will.left.clone(), delay_secs: will.delay_secs, due_at: will.due_at };
        SessionFacts {
            version: self.link.version,
            expiry_secs: self.expiry_secs,
            connected: self.link.attached || self.was_cut_off,
            expires_at: self.expires_at(),
            will: self.will.as_deref().map(will_snapshot),
        }
    }

    /// A durable session without connection. Call [`Session::resume_after_restart`] once before anything else happens to it.
    #[must_use]
    pub fn restore(client_id: ClientId, snapshot: SessionSnapshot) -> Self {
        let SessionSnapshot { facts, subscriptions, awaiting_release } = snapshot;
        let SessionFacts { version, expiry_secs, connected, expires_at, will } = facts;
        let mut session = Self::new(client_id);
        session.is_durable = true;
        session.link.version = version;
        session.expiry_secs = expiry_secs;
        session.was_cut_off = connected;
        session.expires_at = expires_at.unwrap_or(Millis::MAX);
        // Its connection ended as long before as it was granted; where it never ends that is not known.
        session.since = expires_at.map_or(0, |at| at.saturating_sub(u64::from(expiry_secs).saturating_mul(1000)));
        session.will =
            will.map(|will| Box::new(Will { left: will.message, delay_secs: will.delay_secs, due_at: will.due_at }));
        for subscription in subscriptions {
            session.subscriptions.insert(subscription);
        }
        if !awaiting_release.is_empty() {
            session.awaiting_release = Some(Box::new(AwaitingRelease::restore(&awaiting_release)));
        }
        session
    }

    /// The broker runs again. A connection the session had counts as lost now: its expiry and the delay of its will begin, and a
    /// will without delay is published. What was open from the client gets the whole of `mqtt.await_rel_timeout` again.
    pub fn resume_after_restart(&mut self, turn: Turn<'_>, out: &mut Outbox<'_>) {
        if let Some(awaiting) = self.awaiting_release.as_mut() {
            awaiting.restart(turn.now);
        }
        if std::mem::take(&mut self.was_cut_off) {
            self.go_offline(turn.now, out);
        }
    }
}
