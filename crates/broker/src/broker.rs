//! A running broker.

use crate::{
    AlarmBell, Announcer, BrokerSettings, DurableError, ListenerSettings, StoreInspector, acceptor::Acceptor,
    acceptor::AcceptorHandle, durable::Durable, durable::Restored, mailbox::Mail, mailbox::Mailbox, readings::Readings,
    shared::Shared, worker::Worker,
};
use dunlin_model::DisconnectReason;
use dunlin_storage::{disk::Disk, key_value::KeyValue, store::Store};
use dunlin_telemetry::{Alarm, Metric, total};
use dunlin_transport::{BindError, Listener};
use mio::{Poll, Waker};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Barrier};
use std::thread::JoinHandle;
use std::time::Duration;

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener could not be opened.
    #[error("listener {id}: {source}")]
    Listener {
        /// `tcp:default`.
        id: String,
        /// Why.
        source: BindError,
    },
    /// The files of the durable sessions could not be opened.
    #[error(transparent)]
    Durable(#[from] DurableError),
    /// There is no such listener.
    #[error("there is no listener {id}; there are {}", .known.join(", "))]
    NoListener {
        /// What was asked for.
        id: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The listener accepts connections already.
    #[error("listener {id} is running already")]
    Running {
        /// `tcp:default`.
        id: String,
    },
    /// The operating system refused an event loop or a thread.
    #[error("cannot start an event loop: {0}")]
    EventLoop(#[from] io::Error),
}

/// Portions of durable sessions that are on their way from the store to a worker at the start, at most.
const RESTORED_CHUNKS: usize = 4;

/// A running broker; dropping it stops it without goodbye.
pub struct Broker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) acceptor: AcceptorHandle,
    threads: Vec<JoinHandle<()>>,
    committer: Option<JoinHandle<()>>,
}

impl Broker {
    /// Opens all listeners, then starts the event loops. When one listener fails nothing is left running.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(settings: BrokerSettings, listeners: &[ListenerSettings]) -> Result<Self, StartError> {
        Self::start_with(settings, listeners, crate::durable::open)
    }

    /// The same with durable sessions on another disk than that of their folder, such as a simulated one that fails.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start_on(
        settings: BrokerSettings,
        listeners: &[ListenerSettings],
        disk: Arc<dyn Disk>,
        key_value: Arc<dyn KeyValue>,
    ) -> Result<Self, StartError> {
        Self::start_with(settings, listeners, |settings| {
            crate::durable::open_with(settings, |store_settings| Store::open(disk, key_value, store_settings))
        })
    }

    fn start_with(
        settings: BrokerSettings,
        listeners: &[ListenerSettings],
        open: impl FnOnce(&BrokerSettings) -> Result<(Option<Durable>, Option<Restored>), DurableError>,
    ) -> Result<Self, StartError> {
        let mut sockets = Vec::new();
        for listener in listeners {
            sockets.push((bind(listener)?, listener.clone()));
        }
        let workers = settings.workers.clamp(1, 256);
        let polls = (0..workers).map(|_| Poll::new()).collect::<io::Result<Vec<_>>>()?;
        let mailboxes = polls.iter().map(mailbox_of).collect::<io::Result<Vec<_>>>()?;
        let (durable, opened) = open(&settings)?;
        let shared = Arc::new(Shared::new(settings, mailboxes, durable));
        let (mut threads, mut senders) = (Vec::new(), Vec::new());
        let (known, ready) = (Arc::new(Barrier::new(workers)), Arc::new(Barrier::new(workers + 1)));
        let is_void = Arc::new(AtomicBool::new(false));
        for (index, poll) in polls.into_iter().enumerate() {
            let (shared, is_void) = (Arc::clone(&shared), Arc::clone(&is_void));
            let (known, ready) = (Arc::clone(&known), Arc::clone(&ready));
            let (sender, restored) = sync_channel(RESTORED_CHUNKS);
            senders.push(sender);
            let thread = std::thread::Builder::new().name(format!("worker-{index}"));
            threads.push(thread.spawn(move || {
                let mut worker = Worker::new(index, poll, &shared);
                worker.restore(&shared, restored);
                // A will that is due now misses no session either, whichever worker has it.
                known.wait();
                worker.settle_restored(&shared);
                ready.wait();
                if !is_void.load(Ordering::Acquire) {
                    worker.run(&shared);
                }
            })?);
        }
        let committer = opened.map(|opened| opened.start(&shared, senders)).transpose();
        is_void.store(committer.is_err(), Ordering::Release);
        // All subscriptions are known before the first client comes: nothing it publishes misses a session.
        ready.wait();
        let committer = committer?;
        let (acceptor, acceptor_handle) = Acceptor::new(Arc::clone(&shared))?;
        threads.push(std::thread::Builder::new().name("acceptor".into()).spawn(move || acceptor.run())?);
        let broker = Self { shared, acceptor: acceptor_handle, threads, committer };
        for (socket, listener) in sockets {
            broker.open(socket, listener)?;
        }
        Ok(broker)
    }

    /// For those who have alarms of their own.
    #[must_use]
    pub fn alarm_bell(&self) -> AlarmBell {
        AlarmBell { shared: Arc::clone(&self.shared) }
    }

    /// For those who publish what is told of the broker.
    #[must_use]
    pub fn announcer(&self) -> Announcer {
        Announcer { shared: Arc::clone(&self.shared) }
    }

    /// For those who show what is counted.
    #[must_use]
    pub fn readings(&self) -> Readings {
        Readings::new(Arc::clone(&self.shared))
    }

    /// Alarms that last, oldest first.
    #[must_use]
    pub fn alarms(&self) -> Vec<Alarm> {
        self.shared.alarms.lock().active().cloned().collect()
    }

    /// A counter's value.
    #[must_use]
    pub fn metric(&self, metric: Metric) -> u64 {
        total(&self.shared.counters, metric)
    }

    /// How many connections of all listeners ended for this reason.
    #[must_use]
    pub fn disconnects(&self, reason: DisconnectReason) -> u64 {
        self.shared.listeners.lock().iter().map(|listener| listener.stats.ended(reason)).sum()
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Sessions kept now, with or without a connection.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.shared.sessions.load(Ordering::Relaxed)
    }

    /// Subscriptions of all sessions.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.shared.router.read().subscriptions()
    }

    /// Retained messages stored.
    #[must_use]
    pub fn retained(&self) -> usize {
        self.shared.retained.read().len()
    }

    /// Delayed messages that wait for their time.
    #[must_use]
    pub fn delayed(&self) -> usize {
        self.shared.delayed.len()
    }

    /// Tells whether nothing is under way to or from the disk: all that was acknowledged has reached the sessions it is for.
    /// For tests that wait for that.
    pub fn settled_probe(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let shared = Arc::clone(&self.shared);
        move || shared.durable.as_ref().is_none_or(crate::durable::Durable::is_settled)
    }

    /// How often the log of the durable sessions was synced to disk.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.shared.durable.as_ref().map_or(0, |durable| durable.figures.syncs.load(Ordering::Relaxed))
    }

    /// Asks about the store of the durable sessions.
    #[must_use]
    pub fn store_inspector(&self) -> StoreInspector {
        StoreInspector::new(Arc::clone(&self.shared))
    }

    /// Says goodbye to all clients, writes what is buffered for them, and stops; waits at most `grace` for slow readers.
    pub fn stop(mut self, grace: Duration) {
        self.shut_down(grace);
    }

    fn shut_down(&mut self, grace: Duration) {
        self.acceptor.stop();
        let deadline = self.shared.clock.now() + u64::try_from(grace.as_millis()).unwrap_or(u64::MAX / 2);
        for mailbox in &self.shared.mailboxes {
            mailbox.post(Mail::Stop { deadline });
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        if let (Some(durable), Some(committer)) = (&self.shared.durable, self.committer.take()) {
            durable.stop();
            let _ = committer.join();
        }
    }
}

/// The mailbox of the worker that waits there.
fn mailbox_of(poll: &Poll) -> io::Result<Arc<Mailbox>> {
    Ok(Arc::new(Mailbox::new(Waker::new(poll.registry(), crate::worker::WAKE)?)))
}

/// Opens the socket of a listener.
pub(crate) fn bind(listener: &ListenerSettings) -> Result<Listener, StartError> {
    Listener::bind(listener.address, listener.tcp.clone())
        .map_err(|source| StartError::Listener { id: listener.id.to_string(), source })
}

impl Drop for Broker {
    fn drop(&mut self) {
        if !self.threads.is_empty() {
            self.shut_down(Duration::ZERO);
        }
    }
}
