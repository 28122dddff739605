//! PROXY protocol, TLS and WebSocket between a socket and MQTT: [`Layers`] puts what a listener asks for around its sockets.
//!
//! ```text
//! Stack            the whole, as the event loop sees it
//!   WebSocketStream    ws, wss
//!     TlsLayer         ssl, wss
//!       Socket         the PROXY header, where one is expected, and the TCP connection
//! ```
//! Each of them is a [`layer::Layer`] and knows only the one below, so that every combination is a type of its own without a
//! virtual call between layers. An idle connection owns no buffer in any of them.
//!
//! With the feature `psk` clients may have pre-shared keys in place of certificates; where a listener takes both, `EitherLayer`
//! stands in the place of `TlsLayer` and finds out.

mod arrival;
mod certificate_part;
#[cfg(feature = "psk")]
mod either_layer;
mod facts_check;
mod layer;
mod layers;
#[cfg(feature = "psk")]
mod peeked;
mod socket;
mod stack;
mod tls;
mod tls_engine;
mod tls_layer;
mod websocket_layer;
mod wire;

#[cfg(test)]
mod tests;

pub use certificate_part::{CertificatePart, Naming};
pub use layers::Layers;
pub use tls::Tls;
