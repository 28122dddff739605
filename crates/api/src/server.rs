//! HTTP: sockets, TLS, and the limits of connections.

mod connection;
mod listener;
mod write_timeout;
mod wrong_protocol;

pub(crate) use connection::Peer;
pub use connection::ServerConfigSource;
pub(crate) use listener::Serving;
pub use listener::{ApiListener, ListenError};
