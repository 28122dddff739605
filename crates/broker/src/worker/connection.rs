//! One connection and one session as a worker keeps them.

use super::{
    admitting::Admitting,
    asking::Asking,
    authenticating::{Authenticating, Reauthentication},
    authorizing::Standing,
    authorizing_subscribe::Deciding,
    buffers::BufferPool,
    client_counting::Counted,
    congestion::Congestion,
    feeding::Feed,
    identity::Identity,
    retained_delivery::RetainedBacklog,
    spanning_clients::OpenSpan,
};
use crate::timers::Armed;
use crate::{ZoneSettings, active_listener::ActiveListener, durable::Ticket, limits::ClientLimits, limits::Seat};
use dunlin_access::{Action, ClientInfo, Permit, Ruling};
use dunlin_inbox::SessionNumber;
use dunlin_model::{Millis, ProtocolVersion};
use dunlin_session::{Outbox, Output, Sent, Session, Traffic};
use dunlin_transport::{PeerFacts, Stage, Stream};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

/// No session.
pub(crate) const NONE: u32 = u32::MAX;

/// Where a connection is in its life.
pub(crate) enum Phase {
    /// Nothing but CONNECT is allowed.
    AwaitConnect,
    /// CONNECT came with an authentication method; AUTH packets go to and fro.
    Authenticating(Box<Authenticating>),
    /// CONNECT came; somebody was asked whether its client may come in.
    Admitting(Box<Admitting>),
    /// A session is attached.
    Established,
    /// All has been said: what the peer still sends is thrown away so that it can read the last packet.
    Lingering,
}

/// From this place in the out-buffer on nothing is written before the ticket is committed.
#[derive(Clone, Copy)]
struct Held {
    from: usize,
    ticket: Ticket,
}

/// What most connections have nothing of.
#[derive(Default)]
pub(crate) struct Rare {
    /// What the layers below MQTT know of the client, until its CONNECT is handled.
    pub(crate) facts: Option<Box<PeerFacts>>,
    /// Who the client is, where its CONNECT does not say that alone, until that is handled.
    pub(crate) identity: Option<Arc<Identity>>,
    /// The client, where more is known of it than its connection and its session say.
    pub(crate) client: Option<Arc<ClientInfo>>,
    pub(crate) reauthentication: Option<Box<Reauthentication>>,
    pub(crate) asking: Asking,
    /// Of those whose SUBSCRIBE back ends are asked about.
    pub(crate) deciding: Option<Box<Deciding>>,
    /// Of clients of which more is known than their connection says, and of those whose messages it is asked about.
    pub(crate) permit: Option<Box<Permit>>,
    /// When the client has to go.
    pub(crate) expires_at: Option<Millis>,
    /// Of clients that may not send or get as much as they like.
    pub(crate) limits: Option<Box<ClientLimits>>,
    /// Of connections that there may be no more than so many of.
    pub(crate) seat: Option<Box<Seat>>,
    /// Of clients that a trace is about.
    pub(crate) traced: Option<Box<Traced>>,
    /// Of clients that read slowly, where that is an alarm.
    pub(crate) congestion: Option<Congestion>,
    /// Of clients that do much, or do not get everything.
    pub(crate) counted: Option<Box<Counted>>,
    /// Of the packet in front, where somebody wants to know how long it takes.
    pub(crate) span: Option<Box<OpenSpan>>,
}

/// What traces know of a connection.
pub(crate) struct Traced {
    /// As its CONNECT has it, or as it is called since.
    pub(crate) client_id: String,
    /// How far into the out-buffer they were told of what is sent.
    pub(crate) until: usize,
}

/// What a connection has begun and goes on with in another turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfinished {
    /// Nothing.
    Nothing,
    /// Its handshake: it is among those that wait for their turn.
    Handshake,
    /// A read: there was more than could be handled in a turn, and the rest is in `leftover`.
    Read,
}

impl Rare {
    fn is_empty(&self) -> bool {
        let Self {
            facts,
            identity,
            client,
            reauthentication,
            asking,
            deciding,
            permit,
            expires_at,
            limits,
            seat,
            traced,
            congestion,
            counted,
            span,
        } = self;
        facts.is_none()
            && identity.is_none()
            && client.is_none()
            && reauthentication.is_none()
            && asking.is_nothing()
            && deciding.is_none()
            && permit.is_none()
            && expires_at.is_none()
            && limits.is_none()
            && seat.is_none()
            && traced.is_none()
            && congestion.is_none()
            && counted.is_none()
            && span.is_none()
    }
}

/// One connection.
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) listener: Arc<ActiveListener>,
    /// Bytes to write, from `written` on. Lent from the pool.
    pub(crate) out: Vec<u8>,
    pub(crate) written: usize,
    /// Bytes of `out` that wait until something is on disk.
    #[allow(clippy::box_collection, reason = "8 bytes in an idle connection instead of 32")]
    held: Option<Box<VecDeque<Held>>>,
    /// The beginning of a packet whose rest has not come.
    pub(crate) leftover: Vec<u8>,
    pub(crate) phase: Phase,
    /// Since when it is in its stage; once its session is attached, since when that is so.
    pub(crate) stage_since: Millis,
    pub(crate) last_packet_at: Millis,
    /// Since when the socket takes nothing.
    pub(crate) blocked_since: Option<Millis>,
    pub(crate) armed: Armed,
    pub(crate) session: u32,
    /// Milliseconds without a packet after which the client is gone; 0 is for ever.
    pub(crate) silence_ms: u32,
    pub(crate) peer: SocketAddr,
    pub(crate) version: ProtocolVersion,
    /// What it awaits before MQTT begins.
    pub(crate) stage: Stage,
    pub(crate) standing: Standing,
    /// A trace is about its client.
    pub(crate) is_traced: bool,
    /// Somebody was asked for it: nothing is read before the answer.
    pub(crate) is_asking: bool,
    /// There is a limit to what the client may send in a time.
    pub(crate) is_limited: bool,
    /// There is a limit to what it may get in a time.
    pub(crate) is_paced: bool,
    /// It has sent too much: nothing is read before it has tokens for it.
    pub(crate) awaits_tokens: bool,
    /// What most connections have nothing of.
    rare: Option<Box<Rare>>,
    pub(crate) dirty: bool,
    /// The peer reads nothing: not read from until it does.
    pub(crate) reading_paused: bool,
    /// The peer has closed its side; everything up to that point is still to be read.
    pub(crate) read_closed: bool,
    pub(crate) unfinished: Unfinished,
    /// The session has been told that the socket takes no more.
    pub(crate) congested: bool,
    /// Bytes that were waiting then; all that came since are answers to the client.
    pub(crate) congested_pending: u32,
    /// What has gone over it since it was last added to [`Counted::traffic`].
    pub(crate) traffic: Traffic,
}

impl Connection {
    /// What a session writes to while it is at work for this connection.
    #[inline]
    pub(super) fn outbox<'a>(&'a mut self, outputs: &'a mut Vec<Output>, sent: &'a mut Sent) -> Outbox<'a> {
        Outbox { wire: &mut self.out, outputs, sent, traffic: &mut self.traffic }
    }

    /// Borrows an out-buffer if there is none. An idle connection has none.
    #[inline]
    pub(super) fn need_out(&mut self, buffers: &mut BufferPool) {
        if self.out.capacity() == 0 {
            self.out = buffers.lend();
        }
    }

    pub(crate) fn new(stream: Stream, peer: SocketAddr, listener: Arc<ActiveListener>, now: Millis) -> Self {
        let stage = stream.stage();
        Self {
            stream,
            listener,
            out: Vec::new(),
            written: 0,
            held: None,
            leftover: Vec::new(),
            phase: Phase::AwaitConnect,
            stage_since: now,
            last_packet_at: now,
            blocked_since: None,
            armed: Armed::default(),
            session: NONE,
            silence_ms: 0,
            peer,
            version: ProtocolVersion::V4,
            stage,
            standing: Standing::default(),
            is_traced: false,
            is_asking: false,
            is_limited: false,
            is_paced: false,
            awaits_tokens: false,
            rare: None,
            dirty: false,
            reading_paused: false,
            read_closed: false,
            unfinished: Unfinished::Nothing,
            congested: false,
            congested_pending: 0,
            traffic: Traffic::default(),
        }
    }

    /// It is not read from for now, and so cannot be silent.
    pub(crate) fn is_held(&self) -> bool {
        self.reading_paused || self.is_asking || self.awaits_tokens
    }

    /// What it has beside what all have.
    pub(crate) fn rare(&self) -> Option<&Rare> {
        self.rare.as_deref()
    }

    /// The same, to add to it.
    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// What the layers below MQTT know of the client.
    pub(crate) fn facts(&self) -> Option<&PeerFacts> {
        self.rare().and_then(|rare| rare.facts.as_deref())
    }

    /// Takes them, for there will be no other use of them.
    pub(crate) fn take_facts(&mut self) -> Option<Box<PeerFacts>> {
        self.rare.as_mut().and_then(|rare| rare.facts.take())
    }

    /// Who the client is, where its CONNECT does not say that alone.
    pub(crate) fn identity(&self) -> Option<&Arc<Identity>> {
        self.rare().and_then(|rare| rare.identity.as_ref())
    }

    /// Takes it, for there will be no other use of it.
    pub(crate) fn take_identity(&mut self) -> Option<Arc<Identity>> {
        self.rare.as_mut().and_then(|rare| rare.identity.take())
    }

    /// The client, where more is known of it than its connection and its session say.
    pub(crate) fn client(&self) -> Option<&Arc<ClientInfo>> {
        self.rare().and_then(|rare| rare.client.as_ref())
    }

    /// The user name of the client that is in.
    pub(crate) fn user_name(&self) -> Option<&str> {
        self.client().and_then(|client| client.username.as_deref())
    }

    /// The user name of the client that is in, as anybody may see it.
    pub(crate) fn shown_user_name(&self) -> Option<&str> {
        self.client().and_then(|client| client.shown_username())
    }

    /// The client that is let in, as far as there is something to keep of it.
    pub(crate) fn take_client(
        &mut self,
        client: Option<Arc<ClientInfo>>,
        expires_at: Option<Millis>,
        seat: Option<Box<Seat>>,
    ) {
        if client.is_some() || expires_at.is_some() || seat.is_some() {
            let rare = self.rare_mut();
            rare.client = client.or(rare.client.take());
            rare.expires_at = expires_at.or(rare.expires_at);
            rare.seat = seat.or(rare.seat.take());
        }
    }

    /// When the client has to go.
    pub(crate) fn expires_at(&self) -> Option<Millis> {
        self.rare().and_then(|rare| rare.expires_at)
    }

    /// Asks something, or has its answers, or is done with them.
    pub(crate) fn set_asking(&mut self, asking: Asking) {
        self.is_asking = asking.is_waiting();
        if let Some(rare) = &mut self.rare {
            rare.asking = asking;
        } else if !asking.is_nothing() {
            self.rare_mut().asking = asking;
        }
    }

    /// What was said of this.
    pub(crate) fn ruling_on(&self, action: Action, topic: &str, epoch: u32) -> Option<Ruling> {
        self.rare().and_then(|rare| rare.asking.ruling_on(action, topic, epoch))
    }

    /// Gives back the memory of what it has no longer.
    pub(crate) fn forget_nothing(&mut self) {
        if self.rare().is_some_and(Rare::is_empty) {
            self.rare = None;
        }
    }

    /// Bytes waiting to be written.
    pub(crate) fn pending(&self) -> usize {
        self.out.len() - self.written
    }

    /// What may be written now.
    pub(crate) fn writable(&self) -> &[u8] {
        let end = self.held.as_ref().and_then(|held| held.front()).map_or(self.out.len(), |first| first.from);
        &self.out[self.written..end.max(self.written)]
    }

    /// Bytes of `out` from `from` on wait for the ticket. False when they wait for it already.
    pub(crate) fn hold_back(&mut self, from: usize, ticket: Ticket) -> bool {
        let held = self.held.get_or_insert_default();
        if held.back().is_some_and(|last| last.ticket == ticket) {
            return false;
        }
        // The buffer may have been written in part since the place was noted.
        held.push_back(Held { from: from.min(self.out.len()).max(self.written), ticket });
        true
    }

    /// When the last bytes in the buffer may go out; `None` is at once.
    pub(crate) fn held_until(&self) -> Option<Ticket> {
        self.held.as_ref()?.back().map(|last| last.ticket)
    }

    /// Everything up to the ticket is on disk.
    pub(crate) fn release_held(&mut self, committed: Ticket) {
        let Some(held) = self.held.as_mut() else { return };
        while held.front().is_some_and(|first| first.ticket <= committed) {
            held.pop_front();
        }
        if held.is_empty() {
            self.held = None;
        }
    }

    /// What waits for this ticket, and all that follows it, is never written. False when nothing waits for it.
    pub(crate) fn forget_held(&mut self, failed: Ticket) -> bool {
        let Some(first) = self.held.as_ref().and_then(|held| held.iter().find(|held| held.ticket == failed)).copied()
        else {
            return false;
        };
        self.out.truncate(first.from.max(self.written));
        self.held = None;
        true
    }

    /// Bytes at the front of the buffer are gone.
    pub(crate) fn cut_written(&mut self) {
        let count = std::mem::take(&mut self.written);
        self.out.drain(..count);
        self.move_traced(count);
        for held in self.held.iter_mut().flat_map(|held| held.iter_mut()) {
            held.from = held.from.saturating_sub(count);
        }
    }
}

/// One session and the connection attached to it.
pub(crate) struct SessionEntry {
    pub(crate) session: Session,
    /// Settings it was last attached with.
    pub(crate) zone: Arc<ZoneSettings>,
    /// Connection slot, or [`NONE`].
    pub(crate) connection: u32,
    pub(crate) armed: Armed,
    /// Retained messages still to be sent for new subscriptions.
    pub(crate) retained: Option<Box<RetainedBacklog>>,
    /// How far the durable queue has been fed, while there is a connection.
    pub(crate) feed: Option<Box<Feed>>,
    /// Of a session with a will: what authorization has to know when it is published. Not on disk.
    pub(crate) will_permit: Option<Box<Permit>>,
    /// Number of the durable session or of the queue that is lent to it, or [`NO_QUEUE`].
    number: u64,
    is_lent: bool,
    /// Clean Start of its last CONNECT.
    pub(crate) clean_start: bool,
    /// Seconds its client may be silent, as it was told.
    pub(crate) keep_alive_secs: u16,
}

/// The number of a session that lives in memory only.
const NO_QUEUE: u64 = u64::MAX;

impl SessionEntry {
    /// A session without a connection.
    pub(crate) fn new(session: Session, zone: Arc<ZoneSettings>) -> Self {
        Self {
            session,
            zone,
            connection: NONE,
            armed: Armed::default(),
            retained: None,
            feed: None,
            will_permit: None,
            number: NO_QUEUE,
            is_lent: false,
            clean_start: false,
            keep_alive_secs: 0,
        }
    }

    /// The number of a durable session.
    pub(crate) fn durable_number(&self) -> Option<SessionNumber> {
        self.queue_number().filter(|_| !self.is_lent)
    }

    /// The number of the queue on disk: the durable session's own, or one that is lent to a session that lives in memory
    /// (see `durable/committer/grouping.rs`).
    pub(crate) fn queue_number(&self) -> Option<SessionNumber> {
        (self.number != NO_QUEUE).then_some(SessionNumber(self.number))
    }

    /// Whether the queue it is fed from is lent to it.
    pub(crate) fn is_borrowing(&self) -> bool {
        self.is_lent
    }

    /// The session is kept on disk from now on, under this number.
    pub(crate) fn make_durable(&mut self, number: SessionNumber) {
        (self.number, self.is_lent) = (number.0, false);
        self.session.set_durable(true);
    }

    /// A session that lives in memory is fed from this queue too.
    pub(crate) fn borrow_queue(&mut self, number: SessionNumber) {
        (self.number, self.is_lent) = (number.0, true);
        self.session.set_durable(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every idle client costs before its client id, timer and subscriptions; raise it only with a reason.
    #[test]
    fn an_idle_client_stays_small() {
        assert!(size_of::<Connection>() <= 280, "{}", size_of::<Connection>());
        assert!(size_of::<SessionEntry>() <= 160, "{}", size_of::<SessionEntry>());
    }
}
