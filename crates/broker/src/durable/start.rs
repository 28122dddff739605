//! Opening the store, and taking in what it holds from before the start.

use super::{
    Durable, checkpoints::Checkpoints, committer::Committer, page_reader::PageReader, spare_maker::SpareMaker,
};
use crate::{BrokerSettings, shared::Shared};
use dunlin_inbox::{SessionNumber, Space};
use dunlin_session::{Session, SessionFacts, SessionSnapshot, Subscription, WillSnapshot};
use dunlin_storage::log::Recovery;
use dunlin_storage::store::{OpenStoreError, Store, StoreSettings, StoredSession};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use tracing::{info, warn};

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DurableError {
    /// The store itself says why.
    #[error("durable sessions in {}: {source}", folder.display())]
    Store {
        /// Folder of the store.
        folder: PathBuf,
        /// Why.
        source: OpenStoreError,
    },
    /// The operating system refused a thread.
    #[error("cannot start the threads of the durable store: {0}")]
    Thread(#[from] io::Error),
}

/// A durable session from before the start.
pub(crate) struct RestoredSession {
    pub(crate) number: SessionNumber,
    pub(crate) session: Session,
    /// It had a connection when the broker ended.
    pub(crate) was_connected: bool,
}

/// To each worker with its durable sessions, in portions.
pub(crate) type SessionSenders = Vec<SyncSender<Vec<RestoredSession>>>;

/// Sessions that go to a worker at a time.
const PORTION: usize = 256;

/// A store that was opened and is not served yet.
pub(crate) struct Restored {
    store: Store,
    /// What could not be read of the log, in words.
    damage: Option<String>,
}

/// Alarm: a part of the log could not be read.
pub(crate) const LOG_DAMAGED: &str = "durable_log_damaged";

/// Opens the store, if durable sessions are on.
pub(crate) fn open(settings: &BrokerSettings) -> Result<(Option<Durable>, Option<Restored>), DurableError> {
    open_with(settings, |store_settings| Store::open_folder(&settings.durable.folder, store_settings))
}

/// The same with what `open` opens.
pub(crate) fn open_with(
    settings: &BrokerSettings,
    open: impl FnOnce(StoreSettings) -> Result<(Store, Recovery), OpenStoreError>,
) -> Result<(Option<Durable>, Option<Restored>), DurableError> {
    let durable = &settings.durable;
    if !durable.enable {
        return Ok((None, None));
    }
    let store_settings = StoreSettings {
        max_message_bytes: settings.max_packet_size as usize,
        segment_bytes: durable.disk_budget.segment_bytes(durable.segment_bytes),
    };
    let opened = open(store_settings);
    let (store, recovery) = opened.map_err(|source| DurableError::Store { folder: durable.folder.clone(), source })?;
    if let Some(cut) = &recovery.cut {
        info!(msg = "durable_log_tail_cut", at = %cut.at, bytes = cut.bytes);
    }
    for lost in &recovery.quarantined {
        warn!(msg = "durable_log_damaged", at = %lost.at, bytes = lost.bytes, file = lost.file.as_deref());
    }
    for segments in &recovery.missing {
        warn!(msg = "durable_log_missing", first = segments.start(), last = segments.end());
    }
    let damage = damage_in_words(&recovery);
    info!(msg = "durable_store_opened", sessions = store.session_count(), replayed = recovery.frames);
    let next_session = store.next_session_number();
    Ok((Some(Durable::new(durable.clone(), next_session)), Some(Restored { store, damage })))
}

/// What an alarm says of what could not be read.
fn damage_in_words(recovery: &Recovery) -> Option<String> {
    let mut damage = Vec::new();
    if !recovery.quarantined.is_empty() {
        let bytes: u64 = recovery.quarantined.iter().map(|lost| u64::from(lost.bytes)).sum();
        let places = recovery.quarantined.len();
        damage.push(format!("{bytes} bytes in {places} places of the log could not be read and were set aside"));
    }
    if !recovery.missing.is_empty() {
        let segments: u64 = recovery.missing.iter().map(|range| u64::from(range.end() - range.start()) + 1).sum();
        damage.push(format!("{segments} segments of the log are missing"));
    }
    (!damage.is_empty()).then(|| format!("{}; the rest is served", damage.join(", ")))
}

impl Restored {
    /// Hands the sessions to their workers and starts the threads of the store. Gives back the committer.
    pub(crate) fn start(
        mut self,
        shared: &Arc<Shared>,
        senders: SessionSenders,
    ) -> Result<JoinHandle<()>, DurableError> {
        let folder = || shared.settings.durable.folder.clone();
        self.hand_out(shared, &senders).map_err(|source| DurableError::Store { folder: folder(), source })?;
        drop(senders);
        let mut visit = |key: &[u8], value: &[u8]| {
            if !shared.delayed.restore(key, value) {
                warn!(msg = "delayed_message_unreadable");
            }
        };
        let visited = self.store.values(Space::Delayed, &mut visit);
        visited.map_err(|source| DurableError::Store { folder: folder(), source })?;
        self.load_retained(shared).map_err(|source| DurableError::Store { folder: folder(), source })?;
        if let Some(damage) = self.damage {
            shared.raise_alarm(LOG_DAMAGED, &damage);
        }
        let now = shared.clock.now();
        let checkpoints = Checkpoints::start(&shared.settings.durable, now)?;
        let page_reader = PageReader::start(Arc::clone(shared), self.store.body_reader())?;
        let spare_maker = SpareMaker::start(self.store.spares())?;
        let committer = Committer::new(Arc::clone(shared), self.store, checkpoints, page_reader, spare_maker);
        let thread = std::thread::Builder::new().name("committer".into()).spawn(move || committer.run())?;
        Ok(thread)
    }

    /// Every session to the worker of its client, a portion at a time: they are never all here at once.
    fn hand_out(&mut self, shared: &Shared, senders: &SessionSenders) -> Result<(), OpenStoreError> {
        let mut portions: Vec<Vec<_>> = senders.iter().map(|_| Vec::new()).collect();
        // A worker that takes no more has panicked, which the start finds out by itself.
        self.store.sessions(&mut |stored| {
            let restored = restore(stored);
            let worker = shared.worker_of(restored.session.client_id());
            portions[worker].push(restored);
            if portions[worker].len() == PORTION {
                let _ = senders[worker].send(std::mem::take(&mut portions[worker]));
            }
        })?;
        for (sender, portion) in senders.iter().zip(portions) {
            let _ = sender.send(portion);
        }
        Ok(())
    }

    fn load_retained(&mut self, shared: &Shared) -> Result<(), OpenStoreError> {
        // Also where `retainer.enable` is off: it may be switched on later, and then they are there.
        if !shared.keeps_retained_on_disk() {
            return Ok(());
        }
        let now = shared.clock.now();
        let mut retained = shared.retained.write();
        self.store.retained(&mut |message| {
            // What has expired meanwhile is not taken in; the next message of its topic takes its place on disk.
            retained.store(message, now);
        })
    }
}

fn restore(stored: StoredSession) -> RestoredSession {
    let StoredSession { number, record, subscriptions, awaiting_release } = stored;
    let subscriptions = subscriptions.into_iter().map(|subscription| Subscription {
        filter: subscription.filter,
        options: subscription.options,
        subscription_id: subscription.subscription_id,
    });
    let facts = SessionFacts {
        version: record.version,
        expiry_secs: record.expiry_secs,
        connected: record.connected,
        expires_at: record.expires_at,
        will: record.will.map(|will| WillSnapshot {
            message: will.message,
            delay_secs: will.delay_secs,
            due_at: will.due_at,
        }),
    };
    let snapshot = SessionSnapshot { facts, subscriptions: subscriptions.collect(), awaiting_release };
    RestoredSession { number, session: Session::restore(record.client_id, snapshot), was_connected: record.connected }
}
