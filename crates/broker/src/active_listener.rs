//! A listener that accepts connections, as its connections see it.

use crate::{
    ListenerSettings, ZoneSettings,
    limits::{ListenerLimits, ZoneBuckets},
    listener_stats::ListenerStats,
};
use dunlin_transport::Stage;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A listener and what happened on it. Connections keep the settings they came with; the counts go on when those change, and
/// limits are the same for all.
#[derive(Debug)]
pub(crate) struct ActiveListener {
    pub(crate) settings: ListenerSettings,
    /// Where it listens, with the real port.
    pub(crate) address: SocketAddr,
    pub(crate) is_open: AtomicBool,
    pub(crate) stats: Arc<ListenerStats>,
    pub(crate) limits: Arc<ListenerLimits>,
}

/// Why a connection is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// `access_rules` deny its address.
    Address,
    /// More connections in a time than `max_conn_rate` of the listener or of its zone.
    Rate,
    /// As many connections as `max_connections`.
    Full,
}

impl ActiveListener {
    /// An open listener; in the place of `earlier`, where there was one with its id.
    pub(crate) fn new(settings: ListenerSettings, address: SocketAddr, earlier: Option<&Self>) -> Self {
        let stats = earlier.map_or_else(Arc::default, |earlier| Arc::clone(&earlier.stats));
        let limits = earlier.map_or_else(Arc::default, |earlier| Arc::clone(&earlier.limits));
        Self { settings, address, is_open: AtomicBool::new(true), stats, limits }
    }

    /// `tcp:default`.
    pub(crate) fn id(&self) -> &str {
        &self.settings.id
    }

    pub(crate) fn zone(&self) -> &Arc<ZoneSettings> {
        &self.settings.zone
    }

    /// Counts a connection in, if the listener and its zone take it.
    pub(crate) fn admit(&self, address: IpAddr, zone: Option<&ZoneBuckets>, now_ms: u64) -> Result<(), NotAdmitted> {
        if !self.settings.access.as_ref().is_none_or(|access| access.admits(address)) {
            return Err(NotAdmitted::Address);
        }
        if !zone.is_none_or(|zone| zone.admit(now_ms)) {
            return Err(NotAdmitted::Rate);
        }
        if !self.limits.admit(now_ms) {
            if let Some(zone) = zone {
                zone.put_back_connection();
            }
            return Err(NotAdmitted::Rate);
        }
        let others = self.stats.connections.fetch_add(1, Ordering::Relaxed);
        if self.settings.max_connections.is_some_and(|max| others >= max) {
            self.stats.connections.fetch_sub(1, Ordering::Relaxed);
            return Err(NotAdmitted::Full);
        }
        Ok(())
    }

    /// Milliseconds a client may be silent on this listener; `None` where its keep alive alone counts.
    pub(crate) fn idle_timeout_ms(&self) -> Option<u64> {
        self.settings.layering.as_ref().and_then(|layering| layering.idle_timeout_ms())
    }

    /// Milliseconds a connection may be in a stage below MQTT; `None` when nothing is awaited there.
    pub(crate) fn timeout_ms(&self, stage: Stage) -> Option<u64> {
        self.settings.layering.as_ref().and_then(|layering| layering.timeout_ms(stage))
    }
}
