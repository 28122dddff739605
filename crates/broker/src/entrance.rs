//! A way in for connections that somebody else accepts.

use crate::{
    acceptor,
    active_listener::ActiveListener,
    log_throttle::{LogThrottle, Provoked},
    shared::Shared,
};
use dunlin_model::{ArcStr, DisconnectReason};
use dunlin_transport::{PeerFacts, Stream};
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use tracing::warn;

/// A way in for connections that somebody else accepts, such as those of QUIC. It falls under the same limits and counters as the
/// broker's own listeners.
#[derive(Clone)]
pub struct Entrance {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: ArcStr,
    /// As it was when it was opened; its counts are those of its successors too.
    pub(crate) opened: Arc<ActiveListener>,
    /// Locked by the one thread that accepts, for a line of the log.
    pub(crate) log_throttle: Arc<Mutex<LogThrottle>>,
}

impl Entrance {
    /// Counts a connection in, if `access_rules` and limits admit it. After `true` exactly one of [`Self::enter`] and
    /// [`Self::give_up`] follows.
    #[must_use]
    pub fn admit(&self, peer: SocketAddr) -> bool {
        acceptor::admit(&self.shared, &self.listener(), peer)
    }

    /// An admitted connection speaks MQTT from now on.
    pub fn enter(&self, stream: Stream, facts: PeerFacts) {
        let peer = facts.address;
        acceptor::deal(&self.shared, stream, peer, &self.listener(), Some(Box::new(facts)));
    }

    /// An admitted connection will not come.
    pub fn give_up(&self) {
        self.shared.count_out(&self.opened);
    }

    /// The handshake of a client failed, for the reason that `cause` stands for: counted and logged as those over TCP are.
    pub fn note_failed_handshake(&self, peer: SocketAddr, cause: &'static str, detail: &str, by_peer: bool) {
        self.opened.stats.count_failed_handshake(cause);
        let (listener, reason) = (self.opened.id(), DisconnectReason::TlsError);
        let refused_by = if by_peer { "client" } else { "server" };
        let mut throttle = self.log_throttle.lock();
        throttle.set_window(self.shared.live.log_window_ms());
        if let Some(held_back) = throttle.pass_cause(Provoked::LayerFailed, cause, self.shared.clock.now()) {
            warn!(msg = "connection_shutdown", peername = %peer, listener, %reason, cause, detail, refused_by, held_back);
        }
    }

    /// With the settings it has now.
    fn listener(&self) -> Arc<ActiveListener> {
        let listeners = self.shared.listeners.lock();
        let present = listeners.iter().find(|listener| listener.id() == self.id);
        Arc::clone(present.unwrap_or(&self.opened))
    }
}
