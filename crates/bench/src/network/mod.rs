//! Connections of one thread on one epoll: big reads into one shared buffer, one write per connection and turn.

mod connection;
mod connector;
mod disconnecting;
mod keep_alive;
mod layered_stream;
mod scratch;
mod stream;
mod subscribing;
mod turn;

pub use connection::Outbox;
pub use connector::{ConnectPlan, ConnectReport, connect_clients};
pub use disconnecting::disconnect_clients;
pub use keep_alive::KeepAlive;
pub use subscribing::{SubscribePlan, subscribe_clients};
pub use turn::{Handler, Network};

use crate::layers::WebSocketError;
use crate::wire::WireError;

/// Why a client of the run ended early.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The socket failed.
    #[error("{0}")]
    Socket(#[from] std::io::Error),
    /// The broker closed the connection.
    #[error("connection closed by the broker")]
    Closed,
    /// TLS failed: the handshake, mostly.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The broker is no WebSocket server, or broke that protocol.
    #[error("{0}")]
    WebSocket(#[from] WebSocketError),
    /// The broker broke the protocol or refused something.
    #[error("{0}")]
    Wire(#[from] WireError),
}
