//! All numbers of a node, for whoever asks or is told.

use super::machine::Machine;
use super::{collector_families, families};
use dunlin_broker::Readings;
use dunlin_opentelemetry::ExportCounts;
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
    /// What went to a collector of OpenTelemetry.
    pub(super) exported: Arc<ExportCounts>,
}

impl Numbers {
    /// As its exporter has them.
    pub(super) fn families(&self) -> Vec<MetricFamily> {
        let uptime_ms = self.readings.now().saturating_sub(self.started_at);
        let mut families = families::of_node(&self.readings, &self.machine.lock(), uptime_ms);
        families.extend(self.exported.families());
        families
    }

    /// As a collector of OpenTelemetry has them.
    pub(super) fn for_collector(&self) -> Vec<MetricFamily> {
        let mut families = collector_families::of_node(&self.readings, &self.machine.lock());
        families.extend(self.exported.families().map(collector_families::renamed));
        families
    }
}
