//! What a session gives back: bytes for its client and work for the broker.

use crate::{Delivery, DropReason, Sent, SessionSettings, SlowWatch, SubscribeRequest, Traffic};
use dunlin_model::{ArcStr, DisconnectReason, Message, Millis, ReasonCode};
use dunlin_telemetry::LatencyBlock;

/// What every input needs besides itself.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// The clock, read once per turn of the event loop.
    pub now: Millis,
    /// Settings in force.
    pub settings: &'a SessionSettings,
    /// Which deliveries are told of because they are slow.
    pub slow: SlowWatch,
    /// Where it is counted how long deliveries take; `None` for those that are not timed.
    pub latencies: Option<&'a LatencyBlock>,
}

/// Where a session leaves its results.
#[derive(Debug)]
pub struct Outbox<'a> {
    /// Bytes for the client, in order; ignored while no connection is attached.
    pub wire: &'a mut Vec<u8>,
    /// Work for the broker, in order.
    pub outputs: &'a mut Vec<Output>,
    /// Counts what is written.
    pub sent: &'a mut Sent,
    /// Counts what goes over the connection; of no use while none is attached.
    pub traffic: &'a mut Traffic,
}

impl Outbox<'_> {
    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push(output);
    }
}

/// Work for the broker. Topics and filters are as the router knows them: with the mountpoint of the connection they came by.
#[derive(Debug)]
pub enum Output {
    /// The client published. At QoS 1 and 2 answer with [`crate::Session::published`], once the message is safe.
    Route {
        /// What.
        message: Message,
        /// Its packet identifier, 0 at QoS 0.
        packet_id: u16,
    },
    /// The client subscribes. Answer with [`crate::Session::subscribed`].
    Subscribe(Box<SubscribeRequest>),
    /// The client gave up this subscription (its filter as [`Output::Subscribe`] had it).
    Unsubscribe(ArcStr),
    /// The will is due.
    PublishWill(Message),
    /// A message for this client was not delivered.
    Dropped {
        /// What.
        message: Message,
        /// Why.
        reason: DropReason,
    },
    /// A shared subscription's message that this session had not acknowledged when it left: give it to another member.
    Redispatch(Delivery),
    /// A delivery that [`crate::SlowWatch`] asks for is complete.
    Slow {
        /// What.
        message: Message,
        /// How many milliseconds it took.
        took_ms: Millis,
    },
    /// The client answered something that was never asked.
    Missed(MissedAck),
    /// So many QoS 2 exchanges that the client began were given up: it did not release them in `mqtt.await_rel_timeout`.
    ReleaseTimedOut(usize),
    /// The message at this position of the durable queue is done: acknowledged, refused by the client, or dropped. Its place is free.
    Done {
        /// Where it lay.
        position: u64,
    },
    /// The client has received the QoS 2 message at this position: it is never sent again, PUBREL is owed and PUBCOMP awaited.
    Received {
        /// Where it lay.
        position: u64,
    },
    /// A QoS 2 exchange of the client that was marked by [`crate::Session::mark_release_stored`] has ended.
    Released {
        /// Its packet identifier.
        packet_id: u16,
    },
    /// Flush the out-buffer and close the connection; a DISCONNECT is in the buffer where the version has one.
    Close(DisconnectReason),
}

/// An acknowledgement for a packet identifier that is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissedAck {
    /// `packets.puback.missed`
    PubAck,
    /// `packets.pubrec.missed`
    PubRec,
    /// `packets.pubrel.missed`
    PubRel,
    /// `packets.pubcomp.missed`
    PubComp,
}

/// Why the connection has to end: the code a 5.0 client is told and the name it is counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// For DISCONNECT.
    pub code: ReasonCode,
    /// For logs and metrics.
    pub reason: DisconnectReason,
}

impl Fault {
    /// A well-formed packet that is not allowed here.
    pub const PROTOCOL_ERROR: Self = Self::new(ReasonCode::ProtocolError, DisconnectReason::ProtocolError);

    /// Puts both together.
    #[must_use]
    pub const fn new(code: ReasonCode, reason: DisconnectReason) -> Self {
        Self { code, reason }
    }
}
