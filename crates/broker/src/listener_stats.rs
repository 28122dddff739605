//! What happened on one listener.

use dunlin_model::DisconnectReason;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one listener, shared by the threads.
#[derive(Debug)]
pub(crate) struct ListenerStats {
    /// Connections open now.
    pub(crate) connections: AtomicU64,
    ended: [AtomicU64; DisconnectReason::ALL.len()],
    /// By the word of the layer that refused, such as `certificate_expired`. The words are those of the code: a bounded number.
    handshakes_failed: Mutex<BTreeMap<&'static str, u64>>,
}

impl Default for ListenerStats {
    fn default() -> Self {
        Self {
            connections: AtomicU64::new(0),
            ended: std::array::from_fn(|_| AtomicU64::new(0)),
            handshakes_failed: Mutex::default(),
        }
    }
}

impl ListenerStats {
    pub(crate) fn count_end(&self, reason: DisconnectReason) {
        self.ended[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_failed_handshake(&self, word: &'static str) {
        *self.handshakes_failed.lock().entry(word).or_default() += 1;
    }

    pub(crate) fn handshakes_failed(&self) -> Vec<(&'static str, u64)> {
        self.handshakes_failed.lock().iter().map(|(word, count)| (*word, *count)).collect()
    }

    pub(crate) fn ended(&self, reason: DisconnectReason) -> u64 {
        self.ended[reason as usize].load(Ordering::Relaxed)
    }
}
