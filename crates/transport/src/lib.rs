//! Listeners and byte streams: what the operating system gives, as non-blocking values an event loop can own.
//!
//! This crate knows sockets and facts about the peer; it knows nothing of MQTT.

mod descriptor_limit;
mod layered_stream;
mod listener;
mod peer_facts;
mod stream;

pub use descriptor_limit::{DescriptorLimit, raise_descriptor_limit};
pub use layered_stream::{LayerEnding, LayeredStream, Layering, Stage};
pub use listener::{AcceptError, BindError, Listener, TcpOptions};
pub use peer_facts::{PeerFacts, SeenCertificate};
pub use stream::Stream;
