//! Settings that are changed while the broker runs, and how workers see them.

use crate::{
    AccessControl, AutoSubscription, Broker, BrokerSettings, OverloadSettings, RetainerSettings,
    SlowSubscriptionsSettings, ZoneLimits, ZoneSettings, mailbox::Mail, mailbox::Mailbox, services::Services,
};
use dunlin_access::{SourceTally, Tally};
use dunlin_model::Millis;
use dunlin_rewrite::RewriteRules;
use dunlin_router::RouterConfig;
use dunlin_telemetry::AlarmMemory;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// How long it may take until the next worker has opened its mail. Its turns are far shorter, unless the machine stands still.
const LONGEST_ECHO: Duration = Duration::from_secs(5);

/// Stands for no interval: no clock gets there.
const NEVER_MS: u64 = u64::MAX;

/// Bits of [`LiveValues::overload`].
const PROTECTS: u8 = 1;
const REFUSES_CLIENTS: u8 = 2;
const DROPS_QOS0: u8 = 4;

/// Settings that can be changed while the broker runs. What listeners and zones say is changed with
/// [`Broker::change_listener`].
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// [`BrokerSettings::router`].
    pub router: RouterConfig,
    /// [`BrokerSettings::retainer`].
    pub retainer: RetainerSettings,
    /// [`BrokerSettings::max_delayed_messages`].
    pub max_delayed_messages: Option<usize>,
    /// [`BrokerSettings::rewrite`].
    pub rewrite: Arc<RewriteRules>,
    /// [`BrokerSettings::auto_subscriptions`].
    pub auto_subscriptions: Vec<AutoSubscription>,
    /// [`BrokerSettings::slow_subscriptions`].
    pub slow_subscriptions: SlowSubscriptionsSettings,
    /// What holds for durable sessions whose client is away, of the zone [`BrokerSettings::zone`].
    pub absent: AbsentSettings,
    /// [`BrokerSettings::latency_bounds_ms`].
    pub latency_bounds_ms: Vec<Millis>,
    /// [`BrokerSettings::log_window_ms`].
    pub log_window_ms: Millis,
    /// [`BrokerSettings::zone_limits`].
    pub zone_limits: Vec<ZoneLimits>,
    /// [`BrokerSettings::overload`].
    pub overload: Option<OverloadSettings>,
    /// [`BrokerSettings::client_events`].
    pub client_events: Vec<ClientEvent>,
    /// [`BrokerSettings::alarms`].
    pub alarms: AlarmSettings,
}

/// What happens to messages for durable sessions whose client is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbsentSettings {
    /// `mqtt.mqueue_store_qos0`: those of QoS 0 wait for it.
    pub queue_qos0: bool,
    /// `mqtt.upgrade_qos`: they have the higher QoS of publisher and subscriber.
    pub upgrade_qos: bool,
}

impl AbsentSettings {
    /// Those of a zone.
    #[must_use]
    pub fn of(zone: &ZoneSettings) -> Self {
        Self { queue_qos0: zone.session.queue_qos0, upgrade_qos: zone.session.upgrade_qos }
    }
}

/// Something that a client does and that is published below `$SYS/brokers/{node}/clients/{id}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ClientEvent {
    /// `connected`
    Connected = 1,
    /// `disconnected`
    Disconnected = 2,
    /// `subscribed`
    Subscribed = 4,
    /// `unsubscribed`
    Unsubscribed = 8,
}

impl ClientEvent {
    /// The last level of its topic.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
        }
    }
}

/// What is done about alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmSettings {
    /// They go into the log.
    pub logs: bool,
    /// They are published below `$SYS/brokers/{node}/alarms`.
    pub publishes: bool,
    /// How long they are remembered.
    pub memory: AlarmMemory,
}

impl Default for AlarmSettings {
    fn default() -> Self {
        Self { logs: true, publishes: true, memory: AlarmMemory::default() }
    }
}

impl BrokerSettings {
    /// The part that can be changed later.
    #[must_use]
    pub fn live(&self) -> LiveSettings {
        LiveSettings {
            router: self.router.clone(),
            retainer: self.retainer.clone(),
            max_delayed_messages: self.max_delayed_messages,
            rewrite: Arc::clone(&self.rewrite),
            auto_subscriptions: self.auto_subscriptions.clone(),
            slow_subscriptions: self.slow_subscriptions,
            absent: AbsentSettings::of(&self.zone),
            latency_bounds_ms: self.latency_bounds_ms.clone(),
            log_window_ms: self.log_window_ms,
            zone_limits: self.zone_limits.clone(),
            overload: self.overload,
            client_events: self.client_events.clone(),
            alarms: self.alarms,
        }
    }
}

impl Broker {
    /// Lets others come in and clients do something else from now on, those too that are connected. When it returns, whatever a
    /// client sends is decided by what is in effect now; it is no call for an event loop.
    pub fn change_access(&self, access: AccessControl) {
        // A source that has another place now takes along what was counted for it, and a new one begins with nothing.
        let kinds = |access: &AccessControl| {
            let sources = access.authorization.as_ref().map_or(&[][..], |authorization| authorization.sources());
            sources.iter().map(|entry| entry.source.kind().to_owned()).collect::<Vec<_>>()
        };
        let now = kinds(&access);
        let before = kinds(&std::mem::replace(&mut *self.shared.access.write(), access));
        let places: Vec<_> = now.iter().map(|kind| before.iter().position(|other| other == kind)).collect();
        self.shared.tally.lock().reorder_sources(&places);
        self.tell_workers();
        await_echo(&self.shared.mailboxes);
    }

    /// Has whatever a connected client does decided anew: rules have changed outside. Unknown clients are no error. It waits as
    /// [`Self::change_access`] does.
    pub fn forget_verdicts(&self, client_id: &str) {
        let mailbox = &self.shared.mailboxes[self.shared.worker_of(client_id)];
        mailbox.post(Mail::ForgetVerdicts(client_id.into()));
        await_echo(std::slice::from_ref(mailbox));
    }

    /// What authorization has decided since the start.
    #[must_use]
    pub fn authorization_tally(&self) -> Tally {
        self.shared.tally.lock().clone()
    }

    /// What the source of rules at this place has said is counted from nothing again.
    pub fn reset_source_tally(&self, place: usize) {
        if let Some(said) = self.shared.tally.lock().sources.get_mut(place) {
            *said = SourceTally::default();
        }
    }

    /// Changes settings for what happens from now on, for all clients. Retained and delayed messages beyond a lower limit stay;
    /// delayed messages are forgotten where they are switched off.
    pub fn change(&self, settings: &LiveSettings) {
        let shared = &self.shared;
        shared.live.set(settings);
        shared.retained.write().set_config(settings.retainer.limits);
        shared.retainer_buckets.lock().change(&settings.retainer, shared.clock.now());
        *shared.services.write() = Services::new(settings);
        shared.delayed.change(settings.max_delayed_messages);
        shared.slow.change(settings.slow_subscriptions);
        shared.latencies.change(&settings.latency_bounds_ms);
        shared.alarms.lock().set_memory(settings.alarms.memory);
        shared.router.write().set_config(settings.router.clone());
        shared.zone_limits.change(&settings.zone_limits, shared.clock.now());
        self.tell_workers();
    }

    /// Settings of which workers keep something have changed.
    pub(crate) fn tell_workers(&self) {
        for mailbox in &self.shared.mailboxes {
            mailbox.post(Mail::SettingsChanged);
        }
    }
}

/// Waits until workers have opened their mail, which takes a turn of theirs; no longer than they are given where they are busy or
/// gone.
fn await_echo(mailboxes: &[Arc<Mailbox>]) {
    let (echo, heard) = sync_channel(mailboxes.len());
    for mailbox in mailboxes {
        mailbox.post(Mail::Echo(echo.clone()));
    }
    drop(echo);
    // It ends when all have answered, and nobody is left who could.
    while heard.recv_timeout(LONGEST_ECHO).is_ok() {}
}

/// What workers look at for a message or a subscription, without a lock. Each value stands for itself: none needs another one of
/// the same moment.
#[derive(Debug)]
pub(crate) struct LiveValues {
    retains: AtomicBool,
    stop_publish_clear: AtomicBool,
    clear_interval_ms: AtomicU64,
    clear_limit: AtomicUsize,
    page_messages: AtomicUsize,
    batch_messages: AtomicUsize,
    log_window_ms: AtomicU64,
    /// One bit for whether there is any, and one for each of its flags.
    overload: AtomicU8,
    /// The sum of those that are published.
    client_events: AtomicU8,
    logs_alarms: AtomicBool,
    publishes_alarms: AtomicBool,
    queues_qos0: AtomicBool,
    upgrades_qos: AtomicBool,
}

impl LiveValues {
    pub(crate) fn new(settings: &LiveSettings) -> Self {
        let values = Self {
            retains: AtomicBool::default(),
            stop_publish_clear: AtomicBool::default(),
            clear_interval_ms: AtomicU64::default(),
            clear_limit: AtomicUsize::default(),
            page_messages: AtomicUsize::default(),
            batch_messages: AtomicUsize::default(),
            log_window_ms: AtomicU64::default(),
            overload: AtomicU8::default(),
            client_events: AtomicU8::default(),
            logs_alarms: AtomicBool::default(),
            publishes_alarms: AtomicBool::default(),
            queues_qos0: AtomicBool::default(),
            upgrades_qos: AtomicBool::default(),
        };
        values.set(settings);
        values
    }

    fn set(&self, settings: &LiveSettings) {
        let RetainerSettings { enable, stop_publish_clear, clear_interval_ms, clear_limit, .. } = &settings.retainer;
        self.retains.store(*enable, Ordering::Relaxed);
        self.stop_publish_clear.store(*stop_publish_clear, Ordering::Relaxed);
        self.clear_interval_ms.store(clear_interval_ms.unwrap_or(NEVER_MS), Ordering::Relaxed);
        self.clear_limit.store(*clear_limit, Ordering::Relaxed);
        self.page_messages.store(settings.retainer.page_messages, Ordering::Relaxed);
        self.batch_messages.store(settings.retainer.batch_messages, Ordering::Relaxed);
        self.log_window_ms.store(settings.log_window_ms, Ordering::Relaxed);
        let bits = settings.overload.map_or(0, |overload| {
            let OverloadSettings { refuse_clients, drop_qos0 } = overload;
            PROTECTS | (u8::from(refuse_clients) * REFUSES_CLIENTS) | (u8::from(drop_qos0) * DROPS_QOS0)
        });
        self.overload.store(bits, Ordering::Relaxed);
        let events = settings.client_events.iter().fold(0, |events, event| events | *event as u8);
        self.client_events.store(events, Ordering::Relaxed);
        self.logs_alarms.store(settings.alarms.logs, Ordering::Relaxed);
        self.publishes_alarms.store(settings.alarms.publishes, Ordering::Relaxed);
        self.queues_qos0.store(settings.absent.queue_qos0, Ordering::Relaxed);
        self.upgrades_qos.store(settings.absent.upgrade_qos, Ordering::Relaxed);
    }

    /// [`AbsentSettings::queue_qos0`].
    pub(crate) fn queues_qos0(&self) -> bool {
        self.queues_qos0.load(Ordering::Relaxed)
    }

    /// [`AbsentSettings::upgrade_qos`].
    pub(crate) fn upgrades_qos(&self) -> bool {
        self.upgrades_qos.load(Ordering::Relaxed)
    }

    /// Whether it is among [`BrokerSettings::client_events`].
    pub(crate) fn tells(&self, event: ClientEvent) -> bool {
        self.client_events.load(Ordering::Relaxed) & event as u8 != 0
    }

    /// [`AlarmSettings::logs`].
    pub(crate) fn logs_alarms(&self) -> bool {
        self.logs_alarms.load(Ordering::Relaxed)
    }

    /// [`AlarmSettings::publishes`].
    pub(crate) fn publishes_alarms(&self) -> bool {
        self.publishes_alarms.load(Ordering::Relaxed)
    }

    /// [`RetainerSettings::enable`].
    pub(crate) fn retains(&self) -> bool {
        self.retains.load(Ordering::Relaxed)
    }

    /// [`RetainerSettings::stop_publish_clear`].
    pub(crate) fn stop_publish_clear(&self) -> bool {
        self.stop_publish_clear.load(Ordering::Relaxed)
    }

    /// [`RetainerSettings::clear_interval_ms`].
    pub(crate) fn clear_interval_ms(&self) -> Option<Millis> {
        Some(self.clear_interval_ms.load(Ordering::Relaxed)).filter(|interval| *interval != NEVER_MS)
    }

    /// [`RetainerSettings::clear_limit`].
    pub(crate) fn clear_limit(&self) -> usize {
        self.clear_limit.load(Ordering::Relaxed)
    }

    /// [`RetainerSettings::page_messages`].
    pub(crate) fn page_messages(&self) -> usize {
        self.page_messages.load(Ordering::Relaxed)
    }

    /// [`RetainerSettings::batch_messages`].
    pub(crate) fn batch_messages(&self) -> usize {
        self.batch_messages.load(Ordering::Relaxed)
    }

    /// [`BrokerSettings::overload`].
    pub(crate) fn overload(&self) -> Option<OverloadSettings> {
        let bits = self.overload.load(Ordering::Relaxed);
        let has = |bit| bits & bit != 0;
        has(PROTECTS).then(|| OverloadSettings { refuse_clients: has(REFUSES_CLIENTS), drop_qos0: has(DROPS_QOS0) })
    }

    /// [`BrokerSettings::log_window_ms`].
    pub(crate) fn log_window_ms(&self) -> Millis {
        self.log_window_ms.load(Ordering::Relaxed)
    }
}
