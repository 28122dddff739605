//! A small blocking MQTT client for people who try things out: it connects once, publishes what it is given or prints what it gets,
//! and says what went wrong. MQTT 3.1, 3.1.1 and 5.0 over TCP, TLS, WebSocket and both.
//!
//! It never reconnects, keeps no session on disk, and holds no more than one packet of the broker and a window of its own
//! messages in memory.

mod clock;
mod connection;
mod endpoint;
mod error;
mod line;
mod message_format;
mod payload_source;
mod properties;
mod publisher;
mod received_message;
mod settings;
mod socket;
mod stop_signal;
mod subscriber;

pub use connection::Connection;
pub use endpoint::{Carrier, Endpoint};
pub use error::ClientError;
pub use message_format::MessageFormat;
pub use payload_source::PayloadSource;
pub use properties::{PropertyPacket, PropertySheet};
pub use publisher::{Published, PublisherSettings, publish};
pub use received_message::ReceivedMessage;
pub use settings::{ConnectSettings, WillSettings};
pub use stop_signal::StopSignal;
pub use subscriber::{Subscribed, SubscriberSettings, Taken, subscribe};
