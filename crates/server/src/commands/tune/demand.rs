//! What the configuration needs of a machine.

use crate::settings::started;
use dunlin_config::{Config, Listener, ListenerKind};
use std::num::NonZeroU64;

/// Connections where a listener has no limit and nobody says how many are wanted.
const ASSUMED_CONNECTIONS: u64 = 100_000;

/// Memory of a node with nobody connected: 50 MB, and as much to start with.
pub(super) const BASE_BYTES: u64 = 100 << 20;

/// A TCP connection of a client with one subscription, nothing on its way: 1.0 KB in the broker, 4 KB in the kernel (socket,
/// file, its place in the event loop), and some air.
pub(super) const TCP_BYTES: u64 = 6 << 10;

/// What TLS adds: keys and buffers of a session, 4 KB of an idle one, and some air.
const TLS_BYTES: u64 = 6 << 10;

/// A connection over QUIC: 37 KB in the broker, 8 KB in the kernel for the pair of sockets inside the node, and some air.
const QUIC_BYTES: u64 = 48 << 10;

/// Where the number of connections comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `--connections`.
    ByArgument,
    /// `max_connections` of every enabled listener.
    ByListeners,
    /// Nobody says.
    Assumed,
}

impl Wanted {
    /// The word for it in JSON.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::ByArgument => "argument",
            Self::ByListeners => "listeners",
            Self::Assumed => "assumption",
        }
    }
}

/// What is needed.
#[derive(Debug)]
pub(super) struct Demand {
    /// Connections at a time.
    pub(super) connections: u64,
    pub(super) wanted: Wanted,
    /// Open files for them: one for each, and a second one for those of QUIC, which come over a pair of sockets inside the node.
    pub(super) open_files: u64,
    /// The longest queue of connections that are not accepted yet.
    pub(super) backlog: u64,
    /// The largest `tcp_options.recbuf` and `sndbuf` in bytes, if there are any.
    pub(super) receive_buffer_bytes: Option<u64>,
    pub(super) send_buffer_bytes: Option<u64>,
    /// Memory for the connections and the node itself; not for messages that wait.
    pub(super) memory_bytes: u64,
}

impl Demand {
    pub(super) fn new(config: &Config, argument: Option<NonZeroU64>) -> Self {
        let (connections, wanted) = match (argument, allowed(config)) {
            (Some(argument), _) => (argument.get(), Wanted::ByArgument),
            (None, Some(allowed)) => (allowed, Wanted::ByListeners),
            (None, None) => (ASSUMED_CONNECTIONS.max(limited(config)), Wanted::Assumed),
        };
        // What comes through which listener is known only where each of them has a limit.
        let (bytes, quic) = match wanted {
            Wanted::ByListeners => (
                started(config).map(listener_bytes).fold(0, u64::saturating_add),
                started(config).filter(|listener| !is_tcp(listener)).map(limit).sum(),
            ),
            Wanted::ByArgument | Wanted::Assumed => (connections.saturating_mul(TCP_BYTES), 0),
        };
        let largest = |bytes: fn(&Listener) -> Option<u32>| started(config).filter_map(bytes).max().map(u64::from);
        Self {
            connections,
            wanted,
            open_files: connections.saturating_add(quic),
            backlog: started(config).filter(|listener| is_tcp(listener)).map(backlog).max().unwrap_or(0),
            receive_buffer_bytes: largest(|listener| listener.tcp_options.receive_buffer_bytes),
            send_buffer_bytes: largest(|listener| listener.tcp_options.send_buffer_bytes),
            memory_bytes: bytes.saturating_add(BASE_BYTES),
        }
    }
}

/// What the enabled listeners allow together; `None` if one of them has no limit, or there is none.
fn allowed(config: &Config) -> Option<u64> {
    let limits: Option<Vec<u64>> = started(config).map(|listener| listener.max_connections.map(u64::from)).collect();
    limits.map(|limits| limits.iter().sum()).filter(|sum| *sum > 0)
}

/// What those with a limit allow.
fn limited(config: &Config) -> u64 {
    started(config).map(limit).sum()
}

fn limit(listener: &Listener) -> u64 {
    listener.max_connections.map_or(0, u64::from)
}

fn listener_bytes(listener: &Listener) -> u64 {
    let each = match listener.kind {
        ListenerKind::Tcp | ListenerKind::Ws { .. } => TCP_BYTES,
        ListenerKind::Ssl { .. } | ListenerKind::Wss { .. } => TCP_BYTES + TLS_BYTES,
        ListenerKind::Quic { .. } => QUIC_BYTES,
    };
    limit(listener).saturating_mul(each)
}

fn is_tcp(listener: &Listener) -> bool {
    !matches!(listener.kind, ListenerKind::Quic { .. })
}

fn backlog(listener: &Listener) -> u64 {
    u64::from(listener.tcp_options.backlog)
}
