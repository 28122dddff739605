//! What lies between MQTT and the socket: TLS, WebSocket, TLS below WebSocket, or nothing. No sockets here: bytes in, bytes out.

mod frame_reader;
mod session_store;
mod stack;
mod tls_client;
mod tls_session;
mod websocket_client;
mod websocket_error;
mod websocket_session;

pub use stack::Layers;
pub use tls_client::{TlsClient, TlsOptions, TlsVersion};
pub use websocket_client::WebSocketClient;
pub use websocket_error::WebSocketError;

pub(crate) use tls_session::TlsSession;
pub(crate) use websocket_session::WebSocketSession;
