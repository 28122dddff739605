//! What a listener asks and tells its owner.

use crate::Accepted;
use dunlin_tls::HandshakeFailure;
use std::net::SocketAddr;

/// What a listener asks and tells its owner, always on its own thread: these must not block. Each `true` from
/// [`Self::admit`] is followed by exactly one call of [`Self::accepted`] or [`Self::failed`], unless the listener closes first.
pub struct QuicHooks {
    /// Whether this address may connect, before anything is computed for it. A refused client is told so at once. The address may be
    /// forged, unless there are so many handshakes that it had to be proved.
    pub admit: Box<dyn Fn(SocketAddr) -> bool + Send>,
    /// A client has arrived and opened its control stream.
    pub accepted: Box<dyn Fn(Accepted) + Send>,
    /// A client that was admitted did not get that far.
    pub failed: Box<dyn Fn(SocketAddr, HandshakeFailure) + Send>,
}
