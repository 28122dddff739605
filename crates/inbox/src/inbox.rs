//! The state machine of all durable sessions.

mod apply;
mod checkpoint;
mod grouping;
mod missing;
mod recount;
mod room;

pub use apply::{Applied, ApplyError, Dropped, Moved};
pub use recount::Recount;
pub(crate) use recount::Sums;

use crate::{
    ChunkId, DecodeError, Place, Position, SessionNumber,
    chunk::Body,
    effects::Effects,
    pending::Pending,
    queue::{MissingIndex, Queue, QueueView, Slot},
    references::References,
    session_table::SessionTable,
    space,
    wire::Reader,
};

const NEXT_SESSION_NUMBER_FORMAT: u8 = 1;

/// All durable sessions: which exist, their queues, and what the next checkpoint has to write.
///
/// Chunks of queues may or may not be in memory. What needs one that is not says which; load it with [`Inbox::load_chunk`] and
/// try again. No answer depends on what happens to be in memory otherwise.
///
/// Replay: commands are applied exactly from the log position of the checkpoint that was loaded, so a command is never applied
/// to a state that knows it already. Should that happen, or commands be missing because a part of the log is damaged, nothing
/// panics and no accounting goes below zero: positions given already are not given again, and gaps are left open.
#[derive(Default)]
pub struct Inbox {
    sessions: SessionTable<Slot>,
    totals: QueueTotals,
    references: References,
    pending: Pending,
    /// Chunks that the checkpoint being written removes: what the key-value store has of them is void. In order.
    removing_chunks: Vec<ChunkId>,
    /// Sessions with chunks in memory.
    resident: Vec<SessionNumber>,
    /// Sessions that lost a chunk since what is needed of the log was counted; one for each chunk.
    given_up: Vec<SessionNumber>,
    next_session_number: u64,
    next_session_number_changed: bool,
}

/// The facts of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueInfo {
    /// The oldest position that is not done; `tail` when all are.
    pub head: Position,
    /// The next position to be given.
    pub tail: Position,
    /// Positions below it have been sent at least once, or are done; never below `head`.
    pub sent_to: Position,
    /// Stored bytes of the messages that are still needed.
    pub bytes: u64,
    /// Deliveries that are not complete, those received included.
    pub len: u32,
}

/// The sums over all queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueTotals {
    /// Deliveries that are not complete, those received included.
    pub len: u64,
    /// Stored bytes of the messages that are still needed; a message counts once for each queue it is in.
    pub bytes: u64,
}

impl QueueTotals {
    /// A queue that was `before` is `after` now.
    fn replace(&mut self, before: Self, after: Self) {
        self.len = self.len.saturating_sub(before.len).saturating_add(after.len);
        self.bytes = self.bytes.saturating_sub(before.bytes).saturating_add(after.bytes);
    }

    fn of(queue: &Queue) -> Self {
        Self { len: queue.len().into(), bytes: queue.bytes() }
    }
}

impl Inbox {
    /// One without sessions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Loads an entry of [`space::META`]; `false` when it is not one of the inbox.
    ///
    /// # Errors
    /// When it is damaged or in a newer format.
    pub fn load_meta(&mut self, key: &[u8], value: &[u8]) -> Result<bool, DecodeError> {
        match key {
            space::NEXT_SESSION_NUMBER => {
                let mut reader = Reader::versioned(value, NEXT_SESSION_NUMBER_FORMAT)?;
                self.next_session_number = self.next_session_number.max(reader.varint()?);
                reader.finish()?;
            }
            space::LIVE_REFERENCES => self.references = References::from_value(value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Loads an entry of [`space::QUEUES`]: from then on its session exists.
    ///
    /// # Errors
    /// When it is damaged or in a newer format.
    pub fn load_queue(&mut self, key: &[u8], value: &[u8]) -> Result<SessionNumber, DecodeError> {
        let session = SessionNumber::from_key(key)?;
        let queue = Queue::from_value(value)?;
        let before = self.queue(session).map(|queue| QueueTotals::of(&queue)).unwrap_or_default();
        self.totals.replace(before, QueueTotals::of(&queue));
        self.sessions.insert(session, Slot::new(queue));
        self.next_session_number = self.next_session_number.max(session.0.saturating_add(1));
        Ok(session)
    }

    /// Loads a chunk that was missing, `None` when [`space::CHUNKS`] has none. One that is in memory stays as it is.
    ///
    /// # Errors
    /// When it is damaged or in a newer format: [`Inbox::give_up_chunk`].
    pub fn load_chunk(&mut self, chunk: ChunkId, value: Option<&[u8]>) -> Result<(), DecodeError> {
        let body = value.filter(|_| !self.is_void(chunk)).map(Body::from_value).transpose()?;
        self.change_queue(chunk.session, |queue, effects| queue.load(chunk.index, body, effects));
        Ok(())
    }

    /// Whether what the key-value store has of a chunk is removed by this checkpoint or the next.
    fn is_void(&self, chunk: ChunkId) -> bool {
        self.pending.removed_chunks.contains(&chunk) || self.removing_chunks.binary_search(&chunk).is_ok()
    }

    /// Whether a session exists.
    #[must_use]
    pub fn session_exists(&self, session: SessionNumber) -> bool {
        self.sessions.get(session).is_some()
    }

    /// How many sessions there are.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// The sums over all queues. Takes the same time however many there are.
    #[must_use]
    pub const fn totals(&self) -> QueueTotals {
        self.totals
    }

    /// All sessions, in no order.
    pub fn sessions(&self) -> impl Iterator<Item = SessionNumber> {
        self.sessions.numbers()
    }

    /// The lowest number that was never given to a session. It is given by the next `SetSession` that names it, or a higher one.
    #[must_use]
    pub const fn next_session_number(&self) -> SessionNumber {
        SessionNumber(self.next_session_number)
    }

    /// The position the next message for a session gets; `None` when it does not exist.
    #[must_use]
    pub fn tail(&self, session: SessionNumber) -> Option<Position> {
        self.queue(session).map(|queue| queue.tail())
    }

    /// The facts of a session's queue; `None` when it does not exist.
    #[must_use]
    pub fn queue_info(&self, session: SessionNumber) -> Option<QueueInfo> {
        self.queue(session).map(|queue| QueueInfo {
            head: queue.head(),
            tail: queue.tail(),
            sent_to: queue.sent_to(),
            bytes: queue.bytes(),
            len: queue.len(),
        })
    }

    /// Where the message of an entry lies that still needs it; `None` when it is done, received, or not there.
    ///
    /// # Errors
    /// The chunk of the entry is not in memory.
    pub fn live_place(&self, session: SessionNumber, position: Position) -> Result<Option<Place>, ChunkId> {
        let Some(queue) = self.queue(session) else { return Ok(None) };
        if position < queue.head() || position >= queue.tail() {
            return Ok(None);
        }
        match queue.open_entry(position) {
            Ok(open) => Ok(open.filter(|open| open.entry.is_waiting()).map(|open| open.entry.place)),
            Err(MissingIndex(index)) => Err(ChunkId { session, index }),
        }
    }

    /// Whether an entry still needs its message.
    ///
    /// # Errors
    /// The chunk of the entry is not in memory.
    pub fn is_live(&self, session: SessionNumber, position: Position) -> Result<bool, ChunkId> {
        self.live_place(session, position).map(|place| place.is_some())
    }

    /// How many entries need a message in this segment of the log.
    #[must_use]
    pub fn live_references(&self, segment: u32) -> u64 {
        self.references.of(segment)
    }

    /// Bytes of the messages that entries need in this segment of the log; a message counts once for each of its entries, so
    /// no more than this is needed.
    #[must_use]
    pub fn live_bytes_max(&self, segment: u32) -> u64 {
        self.references.bytes_of(segment)
    }

    /// The segments that entries need messages in, with the number of entries, in order.
    pub fn referenced_segments(&self) -> impl Iterator<Item = (u32, u64)> {
        self.references.iter()
    }

    /// Those of `segments` no entry needs a message in. Such a segment can go once a checkpoint that was begun after this answer
    /// is written and reaches beyond it, and everything applied so far is on disk: before, a start could bring back an entry
    /// that needs it.
    pub fn segments_without_references(&self, segments: impl IntoIterator<Item = u32>) -> Vec<u32> {
        segments.into_iter().filter(|&segment| self.live_references(segment) == 0).collect()
    }

    /// Whether chunks of a session's queue are to stay in memory: while it has a connection.
    pub fn set_in_use(&mut self, session: SessionNumber, in_use: bool) {
        self.change_queue(session, |queue, effects| queue.set_in_use(in_use, effects));
    }

    pub(crate) fn queue(&self, session: SessionNumber) -> Option<QueueView<'_>> {
        self.sessions.get(session).map(Slot::view)
    }

    /// Gives a queue to `change` together with what it affects; `None` when the session does not exist.
    fn change_queue<T>(
        &mut self,
        session: SessionNumber,
        change: impl FnOnce(&mut Queue, &mut Effects<'_>) -> T,
    ) -> Option<T> {
        let slot = self.sessions.get_mut(session)?;
        let mut effects = Effects { session, references: &mut self.references, pending: &mut self.pending };
        let answer = slot.change(|queue| {
            let before = QueueTotals::of(queue);
            let answer = change(queue, &mut effects);
            self.totals.replace(before, QueueTotals::of(queue));
            if !queue.listed && queue.has_chunks() {
                queue.listed = true;
                self.resident.push(session);
            }
            answer
        });
        Some(answer)
    }
}
