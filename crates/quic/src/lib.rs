//! MQTT over QUIC, one byte stream for each connection: what listens on UDP here looks to the broker like local sockets.
//!
//! * [`QuicListener`] owns a UDP socket and a thread; [`QuicHooks`] are how it tells of clients: whom to admit, who has arrived,
//!   whose handshake failed and why, as a [`dunlin_tls::HandshakeFailure`].
//! * [`Accepted`] is a client: a non-blocking [`std::os::unix::net::UnixStream`] that speaks MQTT, and facts about the peer.
//!
//! The first stream a client opens is its control stream: CONNECT goes there, and its end is the end of the connection. A client may open
//! more, for data: their packets are merged into the one byte stream at packet boundaries, and what the broker answers goes back on the
//! stream it belongs to. `exchange` decides that and is a pure state machine; `relay` moves bytes between it and the sockets.
//!
//! Memory is bounded for each connection by QUIC's flow control windows and the exchange's limits, whatever either side does.

mod accepted;
mod endpoint;
mod error;
mod exchange;
mod handshake;
mod handshake_failure;
mod hooks;
mod listener;
mod options;
mod relay;

pub use accepted::{Accepted, PeerAddress, QuicFacts};
pub use error::QuicError;
pub use hooks::QuicHooks;
pub use listener::QuicListener;
pub use options::QuicOptions;
