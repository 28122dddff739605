//! The server side of WebSocket as a byte stream, for non-blocking sockets: RFC 6455, RFC 7692 and MQTT 5.0 §6.
//!
//! [`WebSocketStream`] wraps any `Read + Write`. An idle connection keeps no buffer: what is read goes into the caller's buffer
//! and is reduced to payload there; what is written goes out from where it lies, with a header in front. Only compression, where
//! it is switched on, has memory of its own.
//!
//! No socket, clock or runtime is used here; numbers like §5.2 without a name are those of RFC 6455.

mod close_code;
mod compression;
mod deflate;
mod deflate_agreement;
mod ending;
mod frame_reader;
mod frame_writer;
mod options;
mod plain;
mod refusal;
mod request;
mod stream;
mod upgrade;
mod violation;

pub use close_code::CloseCode;
pub use ending::Ending;
pub use options::{DeflateLevel, DeflateOptions, DeflateStrategy, Piggyback, WebSocketOptions};
pub use refusal::Refusal;
pub use stream::WebSocketStream;
pub use upgrade::Upgrade;
pub use violation::Violation;
