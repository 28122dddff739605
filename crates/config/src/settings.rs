//! The settings, one file per root of the configuration: plain structs, their defaults and how they are read.

mod delayed;
mod durable_sessions;
mod force_shutdown;
mod listener;
mod log;
mod mqtt;
mod node;
mod retainer;
mod shared_group;
mod unsupported;

pub use delayed::Delayed;
pub use durable_sessions::{AckOverride, DiskBudget, DurableAck, DurableSessions, QueueOverflow};
pub use force_shutdown::ForceShutdown;
pub use listener::{TcpKeepalive, TcpListener, TcpOptions};
pub use log::{ConsoleLog, LogFormatter, LogLevel};
pub use mqtt::{Mqtt, QueuePriority};
pub use node::Node;
pub use retainer::{RetainedStorage, Retainer};
pub use shared_group::{SharedGroup, SharedStrategy, StickyPick};

pub(crate) use listener::read_listeners;
pub(crate) use shared_group::read_shared_groups;
pub(crate) use unsupported::{ROOTS, ROOTS_WITHOUT_COUNTERPART, UNSUPPORTED_ROOTS, UNSUPPORTED_WITH_CONSEQUENCE};
