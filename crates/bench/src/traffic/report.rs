//! What a run of publishers and subscribers measured.

use crate::load::{Faults, LatencySummary};
use crate::probe::Usage;
use serde::{Deserialize, Serialize};

/// Figures of the measured window, and the checks of the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrafficReport {
    /// Publishing clients.
    pub publishers: usize,
    /// Subscribing clients.
    pub subscribers: usize,
    /// Deliveries in the window.
    pub received: u64,
    /// Publishes in the window.
    pub sent: u64,
    /// Final acknowledgements in the window.
    pub acknowledged: u64,
    /// Deliveries a second.
    pub received_per_second: f64,
    /// Publishes a second.
    pub sent_per_second: f64,
    /// Acknowledgements a second.
    #[serde(default)]
    pub acknowledged_per_second: f64,
    /// Deliveries per second of broker CPU. When nobody subscribes: acknowledgements, at QoS 0 publishes.
    pub per_broker_cpu_second: Option<f64>,
    /// From publish to delivery.
    pub latency: Option<LatencySummary>,
    /// From publish to its final acknowledgement.
    #[serde(default)]
    pub acknowledgement_latency: Option<LatencySummary>,
    /// CPU and memory in the window.
    pub usage: Usage,
    /// Loss, repetition and disorder in the whole run.
    pub faults: Faults,
    /// Publishes that were never acknowledged.
    pub unacknowledged: usize,
    /// Deliveries that are not of this run.
    pub foreign: u64,
}

impl TrafficReport {
    /// Every message arrived once, in order, and was acknowledged.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.faults.none() && self.unacknowledged == 0
    }

    /// What the checks found, in words.
    #[must_use]
    pub fn checks(&self) -> String {
        let more = [(self.unacknowledged as u64, "UNACKNOWLEDGED"), (self.foreign, "of other clients")];
        faults_text(self.faults, &more)
    }
}

/// What was found, in words; `more` are other counts with their names.
pub(super) fn faults_text(faults: Faults, more: &[(u64, &str)]) -> String {
    let Faults { lost, duplicated, disordered, misrouted } = faults;
    let counts = [(lost, "LOST"), (duplicated, "DUPLICATED"), (disordered, "OUT OF ORDER"), (misrouted, "MISROUTED")];
    let counts = counts.iter().chain(more).filter(|(count, _)| *count > 0);
    let found = counts.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", ");
    if found.is_empty() { "nothing lost, repeated or out of order".to_owned() } else { found }
}
