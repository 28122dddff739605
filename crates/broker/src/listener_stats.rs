//! What happened on one listener.

use dunlin_model::DisconnectReason;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one listener, shared by the threads.
#[derive(Debug)]
pub(crate) struct ListenerStats {
    /// `tcp:default`.
    pub(crate) id: String,
    pub(crate) max_connections: u64,
    /// Connections open now.
    pub(crate) connections: AtomicU64,
    ended: [AtomicU64; DisconnectReason::ALL.len()],
}

impl ListenerStats {
    pub(crate) fn new(id: String, max_connections: Option<u64>) -> Self {
        Self {
            id,
            max_connections: max_connections.unwrap_or(u64::MAX),
            connections: AtomicU64::new(0),
            ended: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    pub(crate) fn count_end(&self, reason: DisconnectReason) {
        self.ended[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self, reason: DisconnectReason) -> u64 {
        self.ended[reason as usize].load(Ordering::Relaxed)
    }
}
