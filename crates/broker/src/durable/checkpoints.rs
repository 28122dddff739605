//! When the state of the durable sessions is written to the key-value store, so that the log can be cut.

use super::DurableSettings;
use dunlin_storage::store::{Checkpoint, Store, StoreError};
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tracing::error;

/// Bytes of log after which a checkpoint is due, however little time has passed.
const LOG_BYTES: u64 = 64 << 20;

/// Bytes of changes in memory after which a checkpoint is due.
const CHANGED_BYTES: usize = 4 << 20;

/// After a checkpoint the key-value store writes its tables, on a thread of its own, for about this long at most.
const TABLES_WRITTEN_AFTER: Duration = Duration::from_secs(2);

/// Who wants to know when a checkpoint is written.
pub(super) type Asker = SyncSender<Result<(), String>>;

/// Begins checkpoints, has them written by a thread of their own, and ends them.
pub(crate) struct Checkpoints {
    interval_ms: u64,
    give_back_memory: Option<fn()>,
    last_at: u64,
    /// When one was last written.
    written_at: u64,
    is_writing: bool,
    /// One is wanted before its time.
    is_hurried: bool,
    /// One that could not be written. It is tried again: nobody else has the changes it holds.
    unwritten: Option<Checkpoint>,
    /// Those who want one that begins from now on.
    asking: Vec<Asker>,
    /// Those who wait for the one being written.
    waiting: Vec<Asker>,
    jobs: Option<SyncSender<Checkpoint>>,
    written: Receiver<(Checkpoint, Result<(), StoreError>)>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(crate) fn start(settings: &DurableSettings, now: u64) -> io::Result<Self> {
        // One at a time.
        let (jobs, inbound) = sync_channel::<Checkpoint>(1);
        let (outbound, written) = sync_channel(1);
        let give_back_memory = settings.give_back_memory;
        let thread = std::thread::Builder::new()
            .name("checkpoint".into())
            .spawn(move || write_checkpoints(&inbound, &outbound, give_back_memory))?;
        Ok(Self {
            interval_ms: settings.checkpoint_interval_ms,
            give_back_memory,
            last_at: now,
            written_at: now,
            is_writing: false,
            is_hurried: false,
            unwritten: None,
            asking: Vec::new(),
            waiting: Vec::new(),
            jobs: Some(jobs),
            written,
            thread: Some(thread),
        })
    }

    /// Begins a checkpoint as soon as none is being written, and answers when it is.
    pub(crate) fn ask(&mut self, asker: Asker) {
        self.asking.push(asker);
    }

    /// Begins a checkpoint as soon as none is being written: space is short.
    pub(crate) fn hurry(&mut self) {
        self.is_hurried = true;
    }

    /// When one was last written; the start if none was.
    pub(crate) fn written_at(&self) -> u64 {
        self.written_at
    }

    /// Ends a checkpoint that has been written, and begins one that is due.
    pub(crate) fn look_after(&mut self, store: &mut Store, now: u64) {
        while let Ok((checkpoint, result)) = self.written.try_recv() {
            if self.end(store, checkpoint, result) {
                self.written_at = now;
            }
            if let Some(give_back) = self.give_back_memory {
                give_back();
            }
        }
        if !self.is_writing && !self.has_work(store) {
            // What is written already need not be written again.
            answer(&mut self.asking, &Ok(()));
        }
        let is_big = store.log_bytes_since_checkpoint() > LOG_BYTES || store.changed_bytes() > CHANGED_BYTES;
        // One that failed waits for its next turn, however much there is.
        let is_urgent = (is_big || self.is_hurried) && self.unwritten.is_none();
        let is_due = is_urgent || !self.asking.is_empty() || now.saturating_sub(self.last_at) >= self.interval_ms;
        if is_due && !self.is_writing && self.has_work(store) {
            self.last_at = now;
            self.begin(store);
        }
    }

    /// The broker stops: the next start has nothing to replay.
    pub(crate) fn finish(&mut self, store: &mut Store) {
        self.wait(store);
        // The one that failed, and what has changed since.
        for _ in 0..2 {
            if self.has_work(store) {
                self.begin(store);
                self.wait(store);
            }
        }
    }

    fn has_work(&self, store: &Store) -> bool {
        self.unwritten.is_some() || store.has_changed()
    }

    fn wait(&mut self, store: &mut Store) {
        if self.is_writing
            && let Ok((checkpoint, result)) = self.written.recv()
        {
            self.end(store, checkpoint, result);
        }
    }

    fn begin(&mut self, store: &mut Store) {
        self.is_hurried = false;
        let begun = match self.unwritten.take() {
            // It does not reach to now: those who ask wait for the one after it.
            Some(checkpoint) => Ok(checkpoint),
            None => {
                self.waiting.append(&mut self.asking);
                store.begin_checkpoint()
            }
        };
        match begun {
            Ok(checkpoint) => {
                self.is_writing = self.jobs.as_ref().is_some_and(|jobs| jobs.send(checkpoint).is_ok());
            }
            Err(error) => {
                error!(msg = "checkpoint_failed", %error);
                answer(&mut self.waiting, &Err(error.to_string()));
            }
        }
    }

    /// Says whether it succeeded.
    fn end(&mut self, store: &mut Store, checkpoint: Checkpoint, written: Result<(), StoreError>) -> bool {
        self.is_writing = false;
        let ended = match written {
            Ok(()) => store.end_checkpoint(checkpoint),
            Err(error) => {
                self.unwritten = Some(checkpoint);
                self.waiting.append(&mut self.asking);
                Err(error)
            }
        };
        answer(&mut self.waiting, &ended.as_ref().copied().map_err(ToString::to_string));
        // Nothing acknowledged is at stake: the log still has everything. It grows until a checkpoint succeeds.
        ended.inspect_err(|error| error!(msg = "checkpoint_failed", %error)).is_ok()
    }
}

/// What the thread does, until nobody has a checkpoint for it any more.
fn write_checkpoints(
    inbound: &Receiver<Checkpoint>,
    outbound: &SyncSender<(Checkpoint, Result<(), StoreError>)>,
    give_back_memory: Option<fn()>,
) {
    let mut patience = Duration::MAX;
    loop {
        let written = match inbound.recv_timeout(patience) {
            Ok(mut checkpoint) => {
                let result = checkpoint.write();
                Some((checkpoint, result))
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        // Only the thread that took memory can give it back: once for the batches, and once for the tables that were collected in
        // memory, which are free when they are written.
        if let Some(give_back) = give_back_memory {
            give_back();
        }
        patience = if written.is_some() { TABLES_WRITTEN_AFTER } else { Duration::MAX };
        if written.is_some_and(|written| outbound.send(written).is_err()) {
            return;
        }
    }
}

pub(super) fn answer(askers: &mut Vec<Asker>, result: &Result<(), String>) {
    for asker in askers.drain(..) {
        // Whoever asked may have gone.
        let _ = asker.try_send(result.clone());
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
