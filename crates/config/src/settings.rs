//! The settings, one file per root of the configuration: plain structs, their defaults and how they are read.

mod crl_cache;
mod delayed;
mod durable_sessions;
mod force_shutdown;
mod listener;
mod log;
mod mqtt;
mod node;
mod psk_authentication;
mod retainer;
mod shared_group;
mod unsupported;
mod zone;

pub use crl_cache::CrlCache;
pub use delayed::Delayed;
pub use durable_sessions::{AckOverride, DiskBudget, DurableAck, DurableSessions, QueueOverflow};
pub use force_shutdown::ForceShutdown;
pub use listener::{
    AccessRule, DeflateLevel, DeflateOptions, DeflateStrategy, EnableAuthn, IpNetwork, Listener, ListenerKind,
    OcspOptions, PartialChain, Piggyback, QuicOptions, SessionTickets, SniCertificate, SslOptions, TcpKeepalive,
    TcpOptions, TlsVersion, WebSocketOptions,
};
pub use log::{FileLog, Log, LogDestination, LogFormatter, LogHandler, LogLevel, TimeOffset, TimestampFormat};
pub use mqtt::{CertificatePart, Mqtt, QueuePriority};
pub use node::Node;
pub use psk_authentication::PskAuthentication;
pub use retainer::{RetainedStorage, Retainer};
pub use shared_group::{SharedGroup, SharedStrategy, StickyPick};
pub use zone::Zone;

pub(crate) use listener::{DEFAULT_ZONE, check_listeners, default_listeners, read_listeners};
pub(crate) use log::LogDefaults;
pub(crate) use shared_group::read_shared_groups;
pub(crate) use unsupported::{ROOTS, ROOTS_WITHOUT_COUNTERPART, UNSUPPORTED_ROOTS, UNSUPPORTED_WITH_CONSEQUENCE};
pub(crate) use zone::{read_zones, show_what_zones_inherit};
