//! Listeners and byte streams: what the operating system gives, as non-blocking values an event loop can own.
//!
//! This crate knows sockets and facts about the peer; it knows nothing of MQTT.

mod descriptor_limit;
mod listener;
mod stream;

pub use descriptor_limit::{DescriptorLimit, raise_descriptor_limit};
pub use listener::{AcceptError, BindError, Listener, TcpOptions};
pub use stream::Stream;
