//! The state of one session.

use crate::{
    Mountpoint, Outbox, SessionSettings, Subscription, awaiting_release::AwaitingRelease, inflight::Inflight,
    naming::Naming, queue::Queue, subscriptions::Subscriptions, will::Will,
};
use dunlin_codec::{Disconnect, Packet};
use dunlin_model::{ClientId, Millis, ProtocolVersion, ReasonCode};

/// Session expiry interval that means "never".
pub(crate) const NEVER: u32 = u32::MAX;

/// One MQTT session: what outlives a connection, and the protocol state of the connection attached to it.
///
/// What is rarely used is boxed and absent until needed: an idle session costs a little more than its client id.
#[derive(Debug)]
pub struct Session {
    pub(crate) client_id: ClientId,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) outgoing: Option<Box<Outgoing>>,
    pub(crate) awaiting_release: Option<Box<AwaitingRelease>>,
    pub(crate) will: Option<Box<Will>>,
    /// Deadline of the session while no connection is attached; `Millis::MAX` is none.
    pub(crate) expires_at: Millis,
    /// 0 is not known.
    pub(crate) created_at: Millis,
    /// Since when it has its connection, or none; 0 is not known, or always.
    pub(crate) since: Millis,
    pub(crate) expiry_secs: u32,
    /// Packet identifier given last, while `outgoing` is absent: they do not start over while the session lives.
    pub(crate) last_packet_id: u16,
    pub(crate) is_durable: bool,
    /// Restored as connected: its connection was lost with the broker, and when is not known yet.
    pub(crate) was_cut_off: bool,
    pub(crate) link: Link,
    pub(crate) naming: Option<Box<Naming>>,
}

/// Window and queue towards the client.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) inflight: Inflight,
    pub(crate) queue: Queue,
    /// See [`Session::take_sent_to`]; 0 is nothing.
    pub(crate) sent_to: u64,
}

/// What the present connection agreed on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) version: ProtocolVersion,
    pub(crate) attached: bool,
    /// DISCONNECT was sent or received: nothing more goes out [MQTT-3.14.4-1].
    pub(crate) closing: bool,
    /// The socket takes no more for now: deliveries wait in the queue.
    pub(crate) congested: bool,
    pub(crate) pace: Pace,
    pub(crate) problem_information: bool,
    /// Open QoS 1 and 2 publishes the client takes; at least 1.
    pub(crate) receive_maximum: u16,
    /// Largest packet the client takes; `u32::MAX` is any.
    pub(crate) maximum_packet_size: u32,
    pub(crate) topic_alias_maximum: u16,
    /// QoS 1 publishes of the client that the broker has not answered yet.
    pub(crate) unanswered: u16,
}

/// Whether a PUBLISH to the client needs a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It needs none.
    Free,
    /// It needs one: deliveries wait in the queue.
    Awaiting,
    /// There is one.
    Permitted,
}

impl Pace {
    pub(crate) const fn of(is_paced: bool) -> Self {
        if is_paced { Self::Awaiting } else { Self::Free }
    }

    /// A permit is used up or taken back.
    pub(crate) const fn without_permit(self) -> Self {
        match self {
            Self::Free => Self::Free,
            Self::Awaiting | Self::Permitted => Self::Awaiting,
        }
    }
}

/// Facts about a session for listings and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// Subscriptions held.
    pub subscriptions: usize,
    /// Exchanges open towards the client.
    pub inflight: usize,
    /// Messages waiting.
    pub queued: usize,
    /// How many of those lie in the durable queue too.
    pub queued_durable: usize,
    /// Messages that the queue lost because it was full, since the session began or was last packed.
    pub queue_dropped: u64,
    /// QoS 2 exchanges open from the client.
    pub awaiting_release: usize,
    /// Session expiry interval in seconds; `u32::MAX` is never.
    pub expiry_secs: u32,
    /// Whether a connection is attached.
    pub connected: bool,
    /// When the session began; `None` for one from before the start.
    pub created_at: Option<Millis>,
    /// When it lost its last connection; `None` while it has one, and where that is not known.
    pub left_at: Option<Millis>,
}

/// A moment, unless it is the one that stands for none.
pub(crate) fn known(at: Millis) -> Option<Millis> {
    (at > 0).then_some(at)
}

impl Outgoing {
    fn after(packet_id: u16) -> Self {
        Self { inflight: Inflight::after(packet_id), queue: Queue::default(), sent_to: 0 }
    }

    /// Whether nothing would be lost without it.
    fn is_idle(&self) -> bool {
        self.inflight.is_empty() && self.queue.is_empty() && self.queue.dropped() == 0 && self.sent_to == 0
    }
}

impl Session {
    /// The client this session belongs to.
    #[must_use]
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Version spoken on the present (or last) connection.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.link.version
    }

    /// Whether a connection is attached.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.link.attached
    }

    /// Whether it outlives its connection.
    #[must_use]
    pub fn is_persistent(&self) -> bool {
        self.expiry_secs > 0
    }

    /// What stands in front of the topics of the present connection.
    #[must_use]
    #[inline]
    pub fn mountpoint(&self) -> Option<&Mountpoint> {
        self.naming.as_ref()?.mountpoint.as_ref()
    }

    /// Subscriptions held, in no order.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.iter()
    }

    /// When it began; `None` for one from before the start.
    #[must_use]
    pub fn created_at(&self) -> Option<Millis> {
        known(self.created_at)
    }

    /// Facts for listings and tests.
    #[must_use]
    pub fn info(&self) -> SessionInfo {
        SessionInfo {
            subscriptions: self.subscriptions.len(),
            inflight: self.outgoing.as_ref().map_or(0, |outgoing| outgoing.inflight.len()),
            queued: self.queue_len(),
            queued_durable: self.outgoing.as_ref().map_or(0, |outgoing| outgoing.queue.durable_len()),
            queue_dropped: self.outgoing.as_ref().map_or(0, |outgoing| outgoing.queue.dropped()),
            awaiting_release: self.awaiting_release.as_ref().map_or(0, |awaiting| awaiting.len()),
            expiry_secs: self.expiry_secs,
            connected: self.link.attached,
            created_at: known(self.created_at),
            left_at: known(self.since).filter(|_| !self.link.attached),
        }
    }

    /// Messages waiting in the queue.
    #[must_use]
    pub fn queue_len(&self) -> usize {
        self.outgoing.as_ref().map_or(0, |outgoing| outgoing.queue.len())
    }

    /// Bytes the client makes this session hold: queued messages and topic aliases.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.outgoing.as_ref().map_or(0, |outgoing| outgoing.queue.bytes())
            + self.naming.as_ref().map_or(0, |naming| naming.inbound.memory_bytes())
    }

    /// Gives back memory that a busy phase has left behind. Call it when the client has been quiet for a while.
    pub fn trim(&mut self) {
        if let Some(idle) = self.outgoing.take_if(|outgoing| outgoing.is_idle()) {
            self.last_packet_id = idle.inflight.last_packet_id();
        }
        if self.awaiting_release.as_ref().is_some_and(|awaiting| awaiting.is_empty()) {
            self.awaiting_release = None;
        }
    }

    /// When the session ends, unless a connection is attached before.
    pub(crate) fn expires_at(&self) -> Option<Millis> {
        (self.expires_at != Millis::MAX).then_some(self.expires_at)
    }

    /// Window and queue, made when there are none.
    pub(crate) fn outgoing_mut(&mut self) -> &mut Outgoing {
        let last_packet_id = self.last_packet_id;
        self.outgoing.get_or_insert_with(|| Box::new(Outgoing::after(last_packet_id)))
    }

    /// The next moment this session wants [`Session::timeout`], if any.
    #[must_use]
    pub fn next_deadline(&self, settings: &SessionSettings) -> Option<Millis> {
        let awaiting = self.awaiting_release.as_ref();
        [
            self.expires_at(),
            self.will.as_ref().and_then(|will| will.due_at),
            awaiting.and_then(|awaiting| awaiting.next_deadline(settings.await_release_timeout_ms)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Writes a packet that is not on the hot path. Nothing is written when it would be larger than the client takes.
    pub(crate) fn send(&self, packet: &Packet<'_>, out: &mut Outbox<'_>) {
        let fits = dunlin_codec::encoded_len(self.link.version, packet) <= self.link.maximum_packet_size as usize;
        // A packet the codec refuses (a text of more than 65,535 bytes) leaves the buffer as it was.
        if self.link.is_open() && fits && dunlin_codec::encode(self.link.version, packet, out.wire).is_ok() {
            out.sent.count(packet);
            out.traffic.count_packet_sent();
        }
    }

    /// A PINGREQ came [MQTT-3.12.4-1].
    pub fn handle_ping(&self, out: &mut Outbox<'_>) {
        self.send(&Packet::PingResp, out);
    }

    /// Tells a 5.0 client why the connection ends; older versions have no such packet. The reason in words goes along where the
    /// client wants it [MQTT-3.1.2-29] and can take it [MQTT-3.14.2-3].
    pub fn write_disconnect(&self, code: ReasonCode, out: &mut Outbox<'_>) {
        if !self.link.version.is_v5() {
            return;
        }
        let plain = Disconnect { reason_code: code, ..Disconnect::default() };
        let in_words = Disconnect { reason_string: Some(code.as_str()), ..plain.clone() };
        let packet = Packet::Disconnect(in_words);
        let fits = dunlin_codec::encoded_len(self.link.version, &packet) <= self.link.maximum_packet_size as usize;
        if self.link.problem_information && fits {
            self.send(&packet, out);
        } else {
            self.send(&Packet::Disconnect(plain), out);
        }
    }
}
