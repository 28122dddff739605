//! One connection and one session as a worker keeps them.

use super::retained_delivery::RetainedBacklog;
use crate::{EnhancedExchange, listener_stats::ListenerStats};
use dunlin_model::{Millis, ProtocolVersion};
use dunlin_session::Session;
use dunlin_transport::Stream;
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
    /// A session is attached.
    Established,
    /// All has been said: what the peer still sends is thrown away so that it can read the last packet.
    Lingering,
}

/// CONNECT waiting for the end of its authentication.
pub(crate) struct Authenticating {
    pub(crate) exchange: Box<dyn EnhancedExchange>,
    pub(crate) method: String,
    /// The CONNECT packet.
    pub(crate) connect: Vec<u8>,
}

/// An authentication repeated by an established client, or the method it came in with.
pub(crate) struct Reauthentication {
    pub(crate) method: String,
    pub(crate) exchange: Option<Box<dyn EnhancedExchange>>,
}

/// One connection.
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    pub(crate) listener: Arc<ListenerStats>,
    /// Bytes to write, from `written` on. Lent from the pool.
    pub(crate) out: Vec<u8>,
    pub(crate) written: usize,
    /// The beginning of a packet whose rest has not come.
    pub(crate) leftover: Vec<u8>,
    pub(crate) phase: Phase,
    pub(crate) reauthentication: Option<Box<Reauthentication>>,
    pub(crate) accepted_at: Millis,
    pub(crate) last_packet_at: Millis,
    /// Since when the socket takes nothing.
    pub(crate) blocked_since: Option<Millis>,
    pub(crate) armed: Option<Millis>,
    pub(crate) session: u32,
    /// Milliseconds without a packet after which the client is gone; 0 is for ever.
    pub(crate) silence_ms: u32,
    pub(crate) peer: SocketAddr,
    pub(crate) version: ProtocolVersion,
    pub(crate) dirty: bool,
    /// The peer reads nothing: not read from until it does.
    pub(crate) reading_paused: bool,
    /// The peer has closed its side; everything up to that point is still to be read.
    pub(crate) read_closed: bool,
    /// More was read than could be handled in a turn: the rest is in `leftover`.
    pub(crate) has_yielded: bool,
    /// The session has been told that the socket takes no more.
    pub(crate) congested: bool,
    /// Bytes that were waiting then; all that came since are answers to the client.
    pub(crate) congested_pending: usize,
}

impl Connection {
    pub(crate) fn new(stream: Stream, peer: SocketAddr, listener: Arc<ListenerStats>, now: Millis) -> Self {
        Self {
            stream,
            listener,
            out: Vec::new(),
            written: 0,
            leftover: Vec::new(),
            phase: Phase::AwaitConnect,
            reauthentication: None,
            accepted_at: now,
            last_packet_at: now,
            blocked_since: None,
            armed: None,
            session: NONE,
            silence_ms: 0,
            peer,
            version: ProtocolVersion::V4,
            dirty: false,
            reading_paused: false,
            read_closed: false,
            has_yielded: false,
            congested: false,
            congested_pending: 0,
        }
    }

    /// Bytes waiting to be written.
    pub(crate) fn pending(&self) -> usize {
        self.out.len() - self.written
    }
}

/// One session and the connection attached to it.
pub(crate) struct SessionEntry {
    pub(crate) session: Session,
    /// Connection slot, or [`NONE`].
    pub(crate) connection: u32,
    pub(crate) armed: Option<Millis>,
    /// Retained messages still to be sent for new subscriptions.
    pub(crate) retained: Option<Box<RetainedBacklog>>,
}
#[cfg(test)]
mod tests {
    use super::*;

    /// What every idle client costs before its client id, timer and subscriptions; raise it only with a reason.
    #[test]
    fn an_idle_client_stays_small() {
        assert!(size_of::<Connection>() <= 208, "{}", size_of::<Connection>());
        assert!(size_of::<SessionEntry>() <= 152, "{}", size_of::<SessionEntry>());
    }
}
