//! What the workers share.

use crate::{
    AccessControl, BrokerSettings, active_listener::ActiveListener, clock::Clock, durable::Durable,
    latencies::Latencies, limits::ConnectionCounts, limits::RetainerBuckets, limits::ZonesInUse,
    live_settings::LiveValues, mailbox::Mailbox, overload::OverloadedLoops, readings::Observed, services::Services,
    slow_subscriptions::SlowTables, worker::Delayed,
};
use dunlin_access::Tally;
use dunlin_retained::RetainedStore;
use dunlin_router::{Epochs, Router};
use dunlin_telemetry::{Alarms, CounterBlock};
use hashbrown::DefaultHashBuilder;
use parking_lot::{Mutex, RwLock};
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What the workers share. Locks are held for a look-up or an update, never across a system call; where two are needed the
/// router's comes first.
pub(crate) struct Shared {
    pub(crate) settings: BrokerSettings,
    pub(crate) clock: Clock,
    pub(crate) router: RwLock<Router>,
    pub(crate) epochs: Arc<Epochs>,
    pub(crate) retained: RwLock<RetainedStore>,
    /// Workers keep what they have seen last; those are told of a change.
    pub(crate) retainer_buckets: Mutex<RetainerBuckets>,
    /// Workers keep what they have seen last; those are told of a change.
    pub(crate) services: RwLock<Services>,
    pub(crate) delayed: Delayed,
    /// Instead of what `settings` has of the same names, which is what they were at the start.
    pub(crate) live: LiveValues,
    /// The buckets that clients of a zone have in common.
    pub(crate) zone_limits: ZonesInUse,
    /// Connections by what they have in common, as far as there is a quota.
    pub(crate) connection_counts: Arc<ConnectionCounts>,
    pub(crate) overloaded: OverloadedLoops,
    /// `None` where `durable_sessions.enable` is off.
    pub(crate) durable: Option<Durable>,
    pub(crate) mailboxes: Vec<Arc<Mailbox>>,
    /// One block for each worker, the last one for everybody else.
    pub(crate) counters: Vec<CounterBlock>,
    pub(crate) connections: AtomicU64,
    /// What connections take of [`BrokerSettings::max_descriptors`].
    pub(crate) descriptors: AtomicU64,
    pub(crate) sessions: AtomicU64,
    /// What is remembered for those who watch.
    pub(crate) observed: Observed,
    /// Whose deliveries take longest.
    pub(crate) slow: SlowTables,
    /// How long things take.
    pub(crate) latencies: Latencies,
    /// Questions about clients that wait for answers.
    pub(crate) questions: AtomicUsize,
    pub(crate) listeners: Mutex<Vec<Arc<ActiveListener>>>,
    /// The worker that gets the next connection.
    pub(crate) next_worker: AtomicUsize,
    pub(crate) alarms: Mutex<Alarms>,
    /// Workers keep what they have seen last; those are told of a change.
    pub(crate) access: RwLock<AccessControl>,
    /// What authorization has decided, all workers together.
    pub(crate) tally: Arc<Mutex<Tally>>,
    /// Seed for client ids made up by the broker, unique to this start.
    pub(crate) hasher: DefaultHashBuilder,
}

impl Shared {
    /// What there is before the first client comes.
    pub(crate) fn new(settings: BrokerSettings, mailboxes: Vec<Arc<Mailbox>>, durable: Option<Durable>) -> Self {
        let loops = mailboxes.len();
        let (router, clock) = (Router::new(settings.router.clone()), Clock::start());
        Self {
            zone_limits: ZonesInUse::new(&settings.zone_limits, clock.now()),
            retainer_buckets: Mutex::new(RetainerBuckets::new(&settings.retainer, clock.now())),
            clock,
            epochs: router.epochs(),
            router: RwLock::new(router),
            retained: RwLock::new(RetainedStore::new(settings.retainer.limits)),
            delayed: Delayed::new(settings.max_delayed_messages),
            services: RwLock::new(Services::new(&settings.live())),
            live: LiveValues::new(&settings.live()),
            connection_counts: Arc::default(),
            overloaded: OverloadedLoops::new(loops),
            durable,
            mailboxes,
            counters: (0..=loops).map(|_| CounterBlock::default()).collect(),
            connections: AtomicU64::new(0),
            descriptors: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            questions: AtomicUsize::new(0),
            observed: Observed::default(),
            slow: SlowTables::new(loops, settings.slow_subscriptions),
            latencies: Latencies::new(loops, &settings.latency_bounds_ms),
            alarms: Mutex::new(Alarms::new(settings.alarms.memory)),
            access: RwLock::new(settings.access.clone()),
            tally: Arc::default(),
            listeners: Mutex::default(),
            next_worker: AtomicUsize::new(0),
            hasher: hashbrown::DefaultHashBuilder::default(),
            settings,
        }
    }

    /// The worker that owns a client id.
    pub(crate) fn worker_of(&self, client_id: &str) -> usize {
        let workers = self.mailboxes.len();
        if workers == 1 { 0 } else { (self.hasher.hash_one(client_id) >> 32) as usize % workers }
    }

    /// Whether retained messages are kept on disk.
    pub(crate) fn keeps_retained_on_disk(&self) -> bool {
        self.durable.as_ref().is_some_and(|durable| durable.settings.retained_on_disk)
    }

    /// A connection is here. Returns whether there is a descriptor for it; else count it out again.
    pub(crate) fn count_in(&self, listener: &ActiveListener) -> bool {
        let each = listener.settings.descriptors_each;
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.descriptors.fetch_add(each, Ordering::Relaxed).saturating_add(each) <= self.settings.max_descriptors
    }

    /// A connection is gone.
    pub(crate) fn count_out(&self, listener: &ActiveListener) {
        listener.stats.connections.fetch_sub(1, Ordering::Relaxed);
        self.connections.fetch_sub(1, Ordering::Relaxed);
        self.descriptors.fetch_sub(listener.settings.descriptors_each, Ordering::Relaxed);
    }

    /// The counters of threads that are no worker.
    pub(crate) fn common_counters(&self) -> &CounterBlock {
        &self.counters[self.counters.len() - 1]
    }
}
