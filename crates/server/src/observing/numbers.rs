//! All numbers of a node, for whoever asks or is told.

use super::families;
use super::machine::Machine;
use dunlin_broker::Readings;
use dunlin_telemetry::MetricFamily;
use parking_lot::Mutex;
use std::sync::Arc;

/// All numbers of a node. Clones look at the same node.
#[derive(Clone)]
pub(super) struct Numbers {
    pub(super) readings: Readings,
    pub(super) machine: Arc<Mutex<Machine>>,
    /// When the node was started, in milliseconds since 1970.
    pub(super) started_at: u64,
}

impl Numbers {
    /// As its exporter has them.
    pub(super) fn families(&self) -> Vec<MetricFamily> {
        let uptime_ms = self.readings.now().saturating_sub(self.started_at);
        families::of_node(&self.readings, &self.machine.lock(), uptime_ms)
    }
}
