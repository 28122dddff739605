//! What the broker counts, for whoever shows it: counters and gauges under their public names.

mod counted;
mod gauges;

use crate::{shared::Shared, topic_metrics::CountedTopic};
use dunlin_access::Tally;
use dunlin_model::{DisconnectReason, Millis};
use dunlin_telemetry::{Alarm, Histogram, Latency, Metric, total};
pub use gauges::Gauge;
use gauges::HighWater;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Reads what a broker counts, from any thread. Clones read the same; once the broker has stopped nothing changes any more.
#[derive(Clone)]
pub struct Readings {
    shared: Arc<Shared>,
}

/// What is remembered for those who watch. Its locks are held for a look-up or an update, and none of them while another is.
#[derive(Default)]
pub(crate) struct Observed {
    /// The highest values that gauges had.
    high_water: Mutex<HighWater>,
    /// Topics that are counted.
    pub(crate) topics: Mutex<Vec<CountedTopic>>,
}

impl Readings {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// A counter's value.
    #[must_use]
    pub fn metric(&self, metric: Metric) -> u64 {
        total(&self.shared.counters, metric)
    }

    /// What authorization has decided since the start.
    #[must_use]
    pub fn authorization_tally(&self) -> Tally {
        self.shared.tally.lock().clone()
    }

    /// All counters by their public names, in the order of the alphabet. Those of EMQX that have no meaning here are 0.
    #[must_use]
    pub fn metrics(&self) -> Vec<(&'static str, u64)> {
        counted::all(|metric| self.metric(metric), &self.shared.tally.lock())
    }

    /// All gauges, in the order of the alphabet. To be called now and then, so that [`Gauge::max`] is near the truth.
    #[must_use]
    pub fn gauges(&self) -> Vec<Gauge> {
        let connected = self.metric(Metric::ClientConnected).saturating_sub(self.metric(Metric::ClientDisconnected));
        let (subscriptions, shared_subscriptions, filters) = {
            let router = self.shared.router.read();
            (router.subscriptions() as u64, router.shared_subscriptions() as u64, router.filters() as u64)
        };
        let sessions = self.shared.sessions.load(Ordering::Relaxed);
        let mut high_water = self.shared.observed.high_water.lock();
        high_water.gauges([
            ("channels", sessions),
            ("cluster_sessions", sessions),
            ("connections", self.shared.connections.load(Ordering::Relaxed)),
            ("delayed", self.shared.delayed.len() as u64),
            ("live_connections", connected),
            ("retained", self.shared.retained.read().len() as u64),
            ("routes", filters),
            ("sessions", sessions),
            ("suboptions", subscriptions),
            ("subscribers", subscriptions),
            ("subscriptions", subscriptions),
            ("subscriptions.shared", shared_subscriptions),
            ("topics", filters),
        ])
    }

    /// How many connections of all listeners ended, by reason; those that never happened are left out.
    #[must_use]
    pub fn disconnects(&self) -> Vec<(DisconnectReason, u64)> {
        let listeners = self.shared.listeners.lock();
        let ended = |reason| listeners.iter().map(|listener| listener.stats.ended(reason)).sum();
        let counts = DisconnectReason::ALL.iter().map(|reason| (*reason, ended(*reason)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// How long something took since the start, or since other bounds were set; `None` where the broker has no worker.
    #[must_use]
    pub fn latency(&self, latency: Latency) -> Option<Histogram> {
        self.shared.latencies.total(latency)
    }

    /// Alarms that last, oldest first.
    #[must_use]
    pub fn alarms(&self) -> Vec<Alarm> {
        self.shared.alarms.lock().active().cloned().collect()
    }

    /// Alarms that are over and remembered, oldest first.
    #[must_use]
    pub fn past_alarms(&self) -> Vec<Alarm> {
        let mut alarms = self.shared.alarms.lock();
        alarms.forget_old(self.shared.clock.now());
        alarms.past().cloned().collect()
    }

    /// File descriptors that connections have, and how many they may have; `u64::MAX` is unlimited.
    #[must_use]
    pub fn descriptors(&self) -> (u64, u64) {
        (self.shared.descriptors.load(Ordering::Relaxed), self.shared.settings.max_descriptors)
    }

    /// The clock of the broker, in milliseconds since 1970: it does not jump.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.shared.clock.now()
    }
}
