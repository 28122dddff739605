//! Questions about the store while it runs. The committer owns it: it answers between two batches, with what costs it no time;
//! what takes long is done by the thread that asks.

use super::{
    Durable, Health,
    checkpoints::{Asker, Checkpoints},
    upkeep::Upkeep,
};
use crate::shared::Shared;
use dunlin_inbox::{Page, Position, SessionNumber};
use dunlin_model::{Message, Millis, Qos};
use dunlin_storage::{
    key_value::KeyValue,
    log::{LogReader, VerifiedSegment},
    store::{BodyReader, Store, StoreFigures},
};
use dunlin_telemetry::Alarm;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Questions that may wait for the committer.
pub(super) const QUESTIONS_MAX: usize = 16;

/// How long lists of clients wait for what is on disk.
const LENGTHS_PATIENCE: Duration = Duration::from_secs(1);

/// How long whoever looks into a queue waits for what is on disk.
const PAGE_PATIENCE: Duration = Duration::from_secs(10);

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// `durable_sessions.enable` is false.
    #[error("durable sessions are switched off: there is no store")]
    NoStore,
    /// Too many questions wait.
    #[error("the store has too many questions to answer: try again later")]
    Busy,
    /// The answer did not come in time: the disk is slow, or does not answer at all.
    #[error("the store did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The broker stops.
    #[error("the broker is stopping")]
    Stopping,
    /// The store failed.
    #[error("{0}")]
    Failed(String),
}

/// Whether the store takes new messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreHealth {
    /// It does.
    Good,
    /// The disk, or the share of it that is granted, is full: publishers of new messages are told.
    Full,
    /// The disk failed: nothing is stored until the broker is started again.
    Failed,
}

/// What a running store tells about itself.
#[derive(Clone, Debug)]
pub struct StoreInfo {
    /// Counts and sizes.
    pub figures: StoreFigures,
    /// Milliseconds since a checkpoint was last written, or since the start if none was.
    pub checkpoint_age_ms: u64,
    /// How often the log was synced since the start.
    pub syncs: u64,
    /// Whether it takes new messages.
    pub health: StoreHealth,
    /// Bytes of the key-value store on disk, roughly.
    pub key_value_bytes: u64,
    /// Alarms of the store that last, oldest first.
    pub alarms: Vec<Alarm>,
}

/// What a compaction changed.
#[derive(Clone, Debug)]
pub struct StoreCompacted {
    /// Before it.
    pub before: StoreInfo,
    /// After it.
    pub after: StoreInfo,
}

/// Asks a running broker about its store. Clones ask the same one; once the broker has stopped there are no answers.
#[derive(Clone)]
pub struct StoreInspector {
    shared: Arc<Shared>,
}

/// Something the committer is asked.
pub(super) enum Question {
    /// How things are.
    State(SyncSender<State>),
    /// How many messages the queues of these sessions have, 0 where there is no queue.
    QueueLengths(Vec<SessionNumber>, SyncSender<Vec<usize>>),
    /// Open entries of a queue from a position on, and what reads their messages.
    Page { session: SessionNumber, from: Position, asker: SyncSender<Result<(Page, BodyReader), String>> },
    /// Empty log segments of which little is needed, write a checkpoint, and say when it is written.
    Compact(Asker),
}

/// How things are.
pub(super) struct State {
    figures: StoreFigures,
    checkpoint_at: Millis,
    log: LogReader,
    key_value: Arc<dyn KeyValue>,
}

/// Answers a question, or sees to it that it will be answered. Whoever asked may have gone.
pub(super) fn answer(question: Question, store: &Store, checkpoints: &Checkpoints, upkeep: &mut Upkeep) {
    match question {
        Question::State(asker) => {
            let _ = asker.try_send(State {
                figures: store.figures(),
                checkpoint_at: checkpoints.written_at(),
                log: store.log_reader(),
                key_value: store.key_value(),
            });
        }
        Question::QueueLengths(sessions, asker) => {
            let length = |session: &SessionNumber| store.queue_info(*session).map_or(0, |info| info.len as usize);
            let _ = asker.try_send(sessions.iter().map(length).collect());
        }
        Question::Compact(asker) => upkeep.ask(asker),
        // The committer answers it, who knows whose queues are read.
        Question::Page { .. } => {}
    }
}

/// How many messages the queues of these sessions have on disk, those that were sent and are not acknowledged included.
///
/// # Errors
/// [`InspectError`].
pub(crate) fn queue_lengths(durable: &Durable, sessions: Vec<SessionNumber>) -> Result<Vec<usize>, InspectError> {
    let (asker, answer) = sync_channel(1);
    durable.ask(Question::QueueLengths(sessions, asker))?;
    wait(&answer, LENGTHS_PATIENCE)
}

/// A message in a queue on disk.
pub(crate) struct StoredDelivery {
    pub(crate) position: Position,
    /// `None` once the client has it and only the end of the exchange is awaited, and where it cannot be read.
    pub(crate) message: Option<Message>,
    pub(crate) qos: Qos,
    /// The client was sent it.
    pub(crate) is_sent: bool,
}

/// The deliveries of a queue from a position on, as many as the store reads at once, and where the next ones begin; `None` is the end.
/// Messages are read by the calling thread.
///
/// # Errors
/// [`InspectError`].
pub(crate) fn deliveries(
    durable: &Durable,
    session: SessionNumber,
    from: Position,
) -> Result<(Vec<StoredDelivery>, Option<Position>), InspectError> {
    let (page, mut bodies) = page(durable, session, from)?;
    let mut found = Vec::with_capacity(page.entries.len());
    for entry in page.entries {
        let message = match entry.received {
            true => None,
            false => bodies.read(entry.place).ok().or_else(|| read_where_it_is_now(durable, session, entry.position)),
        };
        found.push(StoredDelivery { position: entry.position, message, qos: entry.qos, is_sent: entry.dup });
    }
    Ok((found, (!page.at_tail).then_some(page.next)))
}

/// A message may have been moved since its place was told.
fn read_where_it_is_now(durable: &Durable, session: SessionNumber, position: Position) -> Option<Message> {
    let (page, mut bodies) = page(durable, session, position).ok()?;
    let entry = page.entries.first().filter(|entry| entry.position == position && !entry.received)?;
    bodies.read(entry.place).ok()
}

fn page(durable: &Durable, session: SessionNumber, from: Position) -> Result<(Page, BodyReader), InspectError> {
    let (asker, answer) = sync_channel(1);
    durable.ask(Question::Page { session, from, asker })?;
    wait(&answer, PAGE_PATIENCE)?.map_err(InspectError::Failed)
}

impl StoreInspector {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Counts and sizes of the store.
    ///
    /// # Errors
    /// [`InspectError`].
    pub fn info(&self, timeout: Duration) -> Result<StoreInfo, InspectError> {
        self.state(timeout).and_then(|state| self.info_of(&state))
    }

    /// Reads all frames of the first log segment behind the one numbered `after`, on the calling thread, and says which are
    /// not whole; nothing where there is no segment left. Begin with 0.
    ///
    /// # Errors
    /// [`InspectError`].
    pub fn verify_next(&self, after: u32, timeout: Duration) -> Result<Option<VerifiedSegment>, InspectError> {
        let state = self.state(timeout)?;
        state.log.verify_next(after, state.figures.log_end).map_err(|error| InspectError::Failed(error.to_string()))
    }

    /// Empties log segments of which less than half is needed, writes a checkpoint, which gives them back, and compacts the
    /// key-value store on the calling thread. All of it may take long; `timeout` is for the log. The store serves meanwhile.
    ///
    /// # Errors
    /// [`InspectError`].
    pub fn compact(&self, timeout: Duration) -> Result<StoreCompacted, InspectError> {
        let state = self.state(timeout)?;
        let before = self.info_of(&state)?;
        let (asker, answer) = sync_channel(1);
        self.durable()?.ask(Question::Compact(asker))?;
        wait(&answer, timeout)?.map_err(InspectError::Failed)?;
        state.key_value.compact().map_err(|error| InspectError::Failed(error.to_string()))?;
        Ok(StoreCompacted { before, after: self.info(timeout)? })
    }

    fn state(&self, timeout: Duration) -> Result<State, InspectError> {
        let (asker, answer) = sync_channel(1);
        self.durable()?.ask(Question::State(asker))?;
        wait(&answer, timeout)
    }

    fn info_of(&self, state: &State) -> Result<StoreInfo, InspectError> {
        let durable = self.durable()?;
        let key_value_bytes = state.key_value.size_bytes();
        let alarms = self.shared.alarms.lock();
        Ok(StoreInfo {
            figures: state.figures,
            checkpoint_age_ms: self.shared.clock.now().saturating_sub(state.checkpoint_at),
            syncs: durable.figures.syncs.load(Ordering::Relaxed),
            health: match durable.health() {
                Health::Good => StoreHealth::Good,
                Health::Full => StoreHealth::Full,
                Health::Failed => StoreHealth::Failed,
            },
            key_value_bytes: key_value_bytes.map_err(|error| InspectError::Failed(error.to_string()))?,
            alarms: alarms.active().filter(|alarm| alarm.name.starts_with("durable_")).cloned().collect(),
        })
    }

    fn durable(&self) -> Result<&Durable, InspectError> {
        self.shared.durable.as_ref().ok_or(InspectError::NoStore)
    }
}

fn wait<T>(answer: &Receiver<T>, timeout: Duration) -> Result<T, InspectError> {
    answer.recv_timeout(timeout).map_err(|error| match error {
        RecvTimeoutError::Timeout => InspectError::TimedOut(timeout),
        // The committer has ended and forgotten what it was asked.
        RecvTimeoutError::Disconnected => InspectError::Stopping,
    })
}
