//! The nouns of Dunlin, one file each.
//!
//! Plain data that every layer may carry: a message, its quality of service, who sent it, who wants it and why something
//! ended. Nothing here reads a socket, a file or a clock, and nothing depends on another crate of this workspace.

mod disconnect_reason;
mod message;
mod node_id;
mod protocol;
mod qos;
mod reason_code;
mod subscription;
mod trace_context;

pub use arcstr::ArcStr;
pub use disconnect_reason::DisconnectReason;
pub use message::{Message, MessageParts};
pub use node_id::{InvalidNodeId, NodeId};
pub use protocol::ProtocolVersion;
pub use qos::Qos;
pub use reason_code::ReasonCode;
pub use subscription::{RetainHandling, SubscriptionIds, SubscriptionOptions};
pub use trace_context::{TRACEPARENT, TraceContext};

/// The identifier of a client, unique on the broker: at most 65,535 bytes of UTF-8 (MQTT 5.0 §3.1.3.1).
///
/// One pointer wide and cheap to clone: sessions, messages and logs share one allocation.
pub type ClientId = ArcStr;

/// Milliseconds since the Unix epoch. The broker reads the clock once per turn and hands the value down.
pub type Millis = u64;
