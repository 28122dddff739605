//! From a client's first packet to its open control stream.

use crate::handshake_failure::handshake_failure;
use crate::hooks::QuicHooks;
use crate::relay::{ControlStream, Relay};
use crate::{Accepted, QuicFacts, QuicOptions};
use dunlin_tls::HandshakeFailure;
use quinn::{Connection, ConnectionError, Incoming, VarInt};
use std::cell::Cell;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::Arc;
use tokio::time::timeout;

/// The code connections are closed with when there is nothing to complain about.
pub(crate) const CLOSE_NORMAL: VarInt = VarInt::from_u32(0);

/// What all clients of a listener share.
pub(crate) struct Reception {
    pub(crate) options: QuicOptions,
    pub(crate) hooks: QuicHooks,
    pub(crate) handshakes: Cell<usize>,
}

/// Counts a handshake under way.
struct UnderWay(Rc<Reception>);

impl UnderWay {
    fn new(reception: &Rc<Reception>) -> Self {
        reception.handshakes.set(reception.handshakes.get() + 1);
        Self(Rc::clone(reception))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.handshakes.set(self.0.handshakes.get() - 1);
    }
}

impl Reception {
    /// Decides on a first packet: refuses, asks for a proof of the address, or starts a handshake, which goes on by itself.
    pub(crate) fn receive(self: &Rc<Self>, incoming: Incoming) {
        let under_way = self.handshakes.get();
        if under_way >= self.options.handshakes_max {
            return incoming.refuse();
        }
        if under_way >= self.options.handshakes_max / 2 && !incoming.remote_address_validated() {
            // Possible for every address that is not validated; a retry that fails refuses by being dropped.
            let _ = incoming.retry();
            return;
        }
        if !(self.hooks.admit)(incoming.remote_address()) {
            return incoming.refuse();
        }
        let under_way = UnderWay::new(self);
        let reception = Rc::clone(self);
        tokio::task::spawn_local(async move { reception.serve(incoming, under_way).await });
    }

    async fn serve(&self, incoming: Incoming, under_way: UnderWay) {
        let peer = incoming.remote_address();
        let limit = self.options.handshake_idle_timeout;
        let result = match timeout(limit, shake_hands(incoming)).await {
            Ok(result) => result.map_err(handshake_failure),
            Err(_) => Err(HandshakeFailure::server("timeout", format!("no control stream within {limit:?}"))),
        };
        drop(under_way);
        let relay = result.and_then(|(connection, control)| self.hand_over(connection, control));
        match relay {
            Ok(relay) => relay.run().await,
            Err(failure) => (self.hooks.failed)(peer, failure),
        }
    }

    /// Gives the owner its end of a new pair of sockets.
    fn hand_over(&self, connection: Connection, control: ControlStream) -> Result<Relay, HandshakeFailure> {
        let open = || {
            let (ours, theirs) = UnixStream::pair()?;
            ours.set_nonblocking(true)?;
            theirs.set_nonblocking(true)?;
            Ok((tokio::net::UnixStream::from_std(ours)?, theirs))
        };
        let (ours, theirs) = open().map_err(|error: std::io::Error| {
            connection.close(CLOSE_NORMAL, b"the server is out of resources");
            HandshakeFailure::server("internal_error", format!("no pair of sockets: {error}"))
        })?;
        let connection = Arc::new(connection);
        (self.hooks.accepted)(Accepted { stream: theirs, facts: QuicFacts::of(&connection) });
        Ok(Relay::new(connection, control, ours, &self.options))
    }
}

async fn shake_hands(incoming: Incoming) -> Result<(Connection, ControlStream), ConnectionError> {
    let connection = incoming.accept()?.await?;
    let control = connection.accept_bi().await?;
    Ok((connection, control))
}
