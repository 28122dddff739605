//! A thread that looks at the running node once a second: it publishes what `$SYS` topics tell, takes the samples of the monitor,
//! and raises alarms about the machine.

mod collector_families;
mod exporting;
mod families;
mod machine;
mod machine_alarms;
mod monitor;
mod numbers;
mod push_gateway;
mod span_whitelist;
mod system_topics;

pub(crate) use exporting::check_export;
pub(crate) use families::{of_access, of_certificates};
pub(crate) use machine::Memory;
pub use monitor::{Monitor, Rates};
pub(crate) use system_topics::SYSDESCR;

use crate::NodeAccess;
use crate::logging::Logs;
use dunlin_api::opentelemetry::WhitelistType;
use dunlin_broker::{AlarmBell, Announcer, Broker, Readings, SlowSubscriptions, TopicMetrics};
use dunlin_config::{Config, SysTopics, Sysmon};
use dunlin_opentelemetry::ExportCounts;
use dunlin_storage::metadata::{MetadataError, MetadataStore};
use dunlin_telemetry::MetricFamily;
use exporting::Exporting;
use machine::Machine;
use machine_alarms::MachineAlarms;
use numbers::Numbers;
use parking_lot::Mutex;
use push_gateway::Pusher;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use system_topics::SystemTopics;
use tracing::warn;

/// How often it looks.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often it looks at the machine for whoever asks, in milliseconds.
const MACHINE_MS: u64 = 10_000;

/// Changes of the configuration that wait; there is one at a time.
const ORDERS_MAX: usize = 4;

/// The thread does little.
const STACK_BYTES: usize = 256 * 1024;

/// What the configuration says of it.
#[derive(Clone, Copy)]
struct Settings {
    sys_topics: SysTopics,
    sysmon: Sysmon,
}

impl Settings {
    const fn of(config: &Config) -> Self {
        Self { sys_topics: config.sys_topics, sysmon: config.sysmon }
    }
}

enum Order {
    Change(Settings),
    Stop,
}

/// The thread. It ends when this is dropped, and the monitor is written then.
pub(crate) struct Observing {
    orders: SyncSender<Order>,
    thread: Option<JoinHandle<()>>,
    monitor: Arc<Monitor>,
    numbers: Numbers,
    /// `None` while nothing is pushed.
    pusher: Mutex<Option<Pusher>>,
    /// What goes to a collector of OpenTelemetry.
    exporting: Exporting,
}

impl Observing {
    /// Starts the thread.
    ///
    /// # Errors
    /// The operating system gives none.
    pub(crate) fn start(
        broker: &Broker,
        access: &Arc<NodeAccess>,
        store: &Arc<MetadataStore>,
        config: &Config,
    ) -> io::Result<Self> {
        let (orders, given) = sync_channel(ORDERS_MAX);
        let monitor = Arc::new(Monitor::open(&config.node.data_dir, broker.readings()));
        let (readings, machine) = (broker.readings(), Arc::new(Mutex::new(Machine::default())));
        machine.lock().refresh();
        let started_at = readings.now();
        let observer = Observer {
            readings: readings.clone(),
            machine: Arc::clone(&machine),
            machine_at: started_at,
            announcer: broker.announcer(),
            bell: broker.alarm_bell(),
            topic_metrics: broker.topic_metrics(),
            slow_subscriptions: broker.slow_subscriptions(),
            access: Arc::clone(access),
            monitor: Arc::clone(&monitor),
            system_topics: SystemTopics::new(config.node.name.as_str(), started_at),
            machine_alarms: MachineAlarms::default(),
            settings: Settings::of(config),
        };
        let thread = std::thread::Builder::new().name("observing".into()).stack_size(STACK_BYTES);
        let thread = thread.spawn(move || observer.run(&given))?;
        let numbers = Numbers { readings, machine, started_at, exported: Arc::new(ExportCounts::default()) };
        let pusher = Mutex::new(Pusher::start(config, &numbers)?);
        let exporting = Exporting::new(numbers.clone(), broker.span_switch(), Arc::clone(store));
        exporting.change(config);
        Ok(Self { orders, thread: Some(thread), monitor, numbers, pusher, exporting })
    }

    /// Follows a changed configuration.
    pub(crate) fn change(&self, config: &Config) {
        // It fails only where the thread is gone.
        let _ = self.orders.send(Order::Change(Settings::of(config)));
        self.exporting.change(config);
        let mut pusher = self.pusher.lock();
        if pusher.as_ref().is_some_and(|pusher| pusher.is_as(config)) {
            return;
        }
        *pusher = Pusher::start(config, &self.numbers).unwrap_or_else(|error| {
            warn!(msg = "push_gateway_not_started", %error);
            None
        });
    }

    /// From now on lines of this log go to the collector, where that is configured.
    pub(crate) fn export_log(&self, logs: &Logs) {
        self.exporting.attach(logs);
    }

    /// Clients or topics of which there are spans whatever the share is.
    pub(crate) fn span_whitelist(&self, kind: WhitelistType) -> Vec<String> {
        self.exporting.whitelist(kind)
    }

    /// Replaces [`Self::span_whitelist`]; it is on disk then.
    ///
    /// # Errors
    /// The disk does not take it.
    pub(crate) fn set_span_whitelist(&self, kind: WhitelistType, names: &[String]) -> Result<(), MetadataError> {
        self.exporting.set_whitelist(kind, names)
    }

    /// All numbers of the node as its exporter has them.
    pub(crate) fn families(&self) -> Vec<MetricFamily> {
        self.numbers.families()
    }

    /// How the numbers of the node went.
    pub(crate) const fn monitor(&self) -> &Arc<Monitor> {
        &self.monitor
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the thread has.
struct Observer {
    readings: Readings,
    announcer: Announcer,
    bell: AlarmBell,
    topic_metrics: TopicMetrics,
    slow_subscriptions: SlowSubscriptions,
    access: Arc<NodeAccess>,
    monitor: Arc<Monitor>,
    machine: Arc<Mutex<Machine>>,
    machine_at: u64,
    system_topics: SystemTopics,
    machine_alarms: MachineAlarms,
    settings: Settings,
}

impl Observer {
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            match orders.recv_timeout(INTERVAL) {
                Ok(Order::Change(settings)) => self.settings = settings,
                Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = self.readings.now();
            self.system_topics.tick(&self.settings.sys_topics, now, &self.announcer, &self.readings);
            self.machine_alarms.tick(&self.settings.sysmon, now, &self.bell, &self.readings);
            self.monitor.tick();
            self.topic_metrics.refresh_rates();
            self.slow_subscriptions.forget_old();
            self.access.note_rates(&self.readings.authorization_tally());
            if now.saturating_sub(self.machine_at) >= MACHINE_MS {
                self.machine_at = now;
                self.machine.lock().refresh();
            }
        }
        self.monitor.write();
    }
}
