//! A client that has connected.

use quinn::Connection;
use quinn::crypto::rustls::HandshakeData;
use rustls::pki_types::CertificateDer;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Weak};

/// A client that has connected and opened its control stream.
#[derive(Debug)]
pub struct Accepted {
    /// Speaks MQTT with the client; non-blocking. Its end is the end of the client's connection, and the other way round.
    pub stream: UnixStream,
    /// Who the client is.
    pub facts: QuicFacts,
}

/// What the handshake tells about a client.
#[derive(Debug)]
pub struct QuicFacts {
    /// Tells connections of one listener apart while they live.
    pub id: usize,
    /// Where the client was when it connected.
    pub peer: SocketAddr,
    /// Where it is now.
    pub address: PeerAddress,
    /// The name it asked for (SNI).
    pub server_name: Option<String>,
    /// The application protocol agreed on (ALPN).
    pub protocol: Option<Vec<u8>>,
    /// The certificates it showed and proved to hold the key of, its own first; verified where the listener verifies. May be empty.
    pub certificates: Vec<CertificateDer<'static>>,
}

/// Follows a client that moves from one address to another. Keeps nothing of a connection that has ended.
#[derive(Clone, Debug)]
pub struct PeerAddress {
    connection: Weak<Connection>,
    first: SocketAddr,
}

impl PeerAddress {
    /// Where the client is now; where it came from, once it has gone.
    #[must_use]
    pub fn current(&self) -> SocketAddr {
        self.connection.upgrade().map_or(self.first, |connection| connection.remote_address())
    }
}

impl QuicFacts {
    pub(crate) fn of(connection: &Arc<Connection>) -> Self {
        let handshake = connection.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
        let (protocol, server_name) = match handshake {
            Some(data) => (data.protocol, data.server_name),
            None => (None, None),
        };
        let certificates = connection.peer_identity().and_then(|identity| identity.downcast().ok());
        Self {
            id: connection.stable_id(),
            peer: connection.remote_address(),
            address: PeerAddress { connection: Arc::downgrade(connection), first: connection.remote_address() },
            server_name,
            protocol,
            certificates: certificates.map(|certificates| *certificates).unwrap_or_default(),
        }
    }
}
