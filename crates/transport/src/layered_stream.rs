//! What lies between a socket and MQTT on listeners that are not plain TCP.

use crate::{PeerFacts, Stream};
use mio::event::Source;
use mio::net::TcpStream;
use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::SocketAddr;

/// A byte stream over layers such as the PROXY protocol, TLS and WebSocket, for an event loop with edge-triggered readiness.
///
/// * [`Read::read`] drives the handshakes as well as reading. After every read, also one that gave
///   [`io::ErrorKind::WouldBlock`], ask [`Self::has_pending_read`]: no readiness will tell.
/// * [`Write::write`] gives `WouldBlock` during handshakes and while something waits for the socket. After a short count the bytes
///   that were left have to be the next to be written.
/// * After every read and write ask [`Self::wants_write`]: then the socket has to become writable, and [`Write::flush`] is called.
/// * `Ok(0)` and every error but `WouldBlock` end the connection; [`Self::ending`] says why if there is more to say than that.
pub trait LayeredStream: Read + Write + Send {
    /// The socket, to register it with an event loop.
    fn source(&mut self) -> &mut dyn Source;

    /// Another read may give something although the socket has not become readable since.
    fn has_pending_read(&self) -> bool;

    /// Something of the layers waits for the socket to become writable.
    fn wants_write(&self) -> bool;

    /// What is awaited before MQTT begins.
    fn stage(&self) -> Stage;

    /// Who is at the other end, once, when [`Self::stage`] has become [`Stage::Open`].
    fn take_facts(&mut self) -> Option<Box<PeerFacts>>;

    /// Why the connection has ended.
    fn ending(&self) -> Option<LayerEnding>;

    /// Tells the peer that nothing more will come, in the words of each layer.
    fn shut_down(&mut self);
}

/// What a connection waits for before MQTT begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The header of the PROXY protocol.
    Proxy,
    /// The end of the TLS handshake.
    Tls,
    /// The request for the upgrade to WebSocket.
    Upgrade,
    /// Nothing: bytes are MQTT's.
    Open,
}

/// Why a connection ended below MQTT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerEnding {
    /// What the layer that ended it was for; [`Stage::Open`] for a frame of WebSocket after the upgrade.
    pub layer: Stage,
    /// The word it is counted and searched for under, such as `certificate_expired`.
    pub word: &'static str,
    /// A sentence about it.
    pub detail: String,
    /// Whether the peer ended it, and not the broker.
    pub by_peer: bool,
}

/// Puts the layers of a listener around the sockets it accepts.
pub trait Layering: Debug + Send + Sync {
    /// Around one socket. What fails shows at the first read.
    ///
    /// # Errors
    /// When the layers cannot be made, for example for lack of memory.
    fn wrap(&self, socket: TcpStream, peer: SocketAddr) -> io::Result<Stream>;

    /// Milliseconds a connection may be in this stage; `None` for [`Stage::Open`], which has limits of its own.
    fn timeout_ms(&self, stage: Stage) -> Option<u64>;

    /// Milliseconds without a packet from the client after which an open connection is closed, whatever its keep alive; 0 is
    /// never: `websocket.idle_timeout`.
    fn idle_timeout_ms(&self) -> Option<u64> {
        None
    }
}
