//! A way in for connections that somebody else accepts.

use crate::{acceptor, active_listener::ActiveListener, shared::Shared};
use dunlin_model::ArcStr;
use dunlin_transport::{PeerFacts, Stream};
use std::net::SocketAddr;
use std::sync::Arc;

/// A way in for connections that somebody else accepts, such as those of QUIC. It falls under the same limits and counters as the
/// broker's own listeners.
#[derive(Clone)]
pub struct Entrance {
    pub(crate) shared: Arc<Shared>,
    pub(crate) id: ArcStr,
    /// As it was when it was opened; its counts are those of its successors too.
    pub(crate) opened: Arc<ActiveListener>,
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

    /// A handshake failed, for the reason this word stands for.
    pub fn count_failed_handshake(&self, word: &'static str) {
        self.opened.stats.count_failed_handshake(word);
    }

    /// With the settings it has now.
    fn listener(&self) -> Arc<ActiveListener> {
        let listeners = self.shared.listeners.lock();
        let present = listeners.iter().find(|listener| listener.id() == self.id);
        Arc::clone(present.unwrap_or(&self.opened))
    }
}
