//! Durable sessions on disk: the log, the key-value store and the state machine between them, in one commit order.
//!
//! Work is written in frames: [`Store::begin`] makes room for one, [`Store::push`] and [`Store::queue`] encode commands into
//! it and apply them, [`Store::append`] writes it, [`Store::sync`] waits for the disk. What is applied and not synced yet is
//! not acknowledged. When a frame cannot be finished or synced the store takes nothing more, for what was applied of it is
//! not in the log; the next start begins from what is there.

mod body_reader;
mod checkpoint;
mod compaction;
mod disk_space;
mod dump;
mod error;
mod figures;
mod load;
mod paged_inbox;

pub use body_reader::BodyReader;
pub use checkpoint::Checkpoint;
pub use compaction::{CompactEffort, CompactStep};
pub use disk_space::StoreSpace;
pub use error::{OpenStoreError, StoreError};
pub use figures::StoreFigures;
pub use load::StoredSession;

use crate::{
    key_value::KeyValue,
    log::{Location, Log, SpareSegments},
};
use dunlin_inbox::{
    Applied, Command, GroupMember, Moved, Page, Place, Position, Recipient, SessionNumber, encode_queue,
};
use dunlin_model::{ArcStr, Message};
use paged_inbox::PagedInbox;
use std::ops::Range;
use std::sync::Arc;

/// What a store is opened with.
#[derive(Clone, Copy, Debug)]
pub struct StoreSettings {
    /// The largest message in bytes; a segment of the log holds several.
    pub max_message_bytes: usize,
    /// Size of a log segment, 1 MiB to 1 GiB; more where the largest message needs it.
    pub segment_bytes: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { max_message_bytes: 1 << 20, segment_bytes: 64 << 20 }
    }
}

/// Durable sessions of one node. One thread owns it.
pub struct Store {
    log: Log,
    key_value: Arc<dyn KeyValue>,
    inbox: PagedInbox,
    /// Commands of the frame being built.
    frame: Vec<u8>,
    /// Where the frame's first byte will lie.
    frame_at: Location,
    /// What the last checkpoint that was written reaches.
    checkpoint: Location,
    log_bytes_since_checkpoint: u64,
    /// Commands were applied since the last checkpoint was begun.
    has_changed: bool,
    /// A checkpoint was begun and has not ended.
    is_checkpoint_open: bool,
    /// Commands were applied that the log will never have.
    is_broken: bool,
    compaction: compaction::Compaction,
}

impl Store {
    /// Begins a frame that may grow to so many bytes.
    ///
    /// # Errors
    /// [`StoreError::NoSpace`]: nothing has happened. Others: the log takes nothing more.
    pub fn begin(&mut self, max_bytes: usize) -> Result<(), StoreError> {
        self.check_whole()?;
        self.frame.clear();
        self.frame_at = self.log.reserve(max_bytes)?;
        Ok(())
    }

    /// Adds a command to the frame and applies it.
    ///
    /// # Errors
    /// The key-value store cannot be read: the store takes nothing more.
    pub fn push(&mut self, command: &Command) -> Result<Applied, StoreError> {
        let stored = command.encode(&mut self.frame);
        let place = stored.map(|range| self.place(range));
        self.apply(command, place)
    }

    /// Adds a message for queues to the frame, and queues it.
    ///
    /// # Errors
    /// The key-value store cannot be read: the store takes nothing more.
    pub fn queue(
        &mut self,
        message: &Message,
        recipients: Vec<Recipient>,
        awaiting_release: Option<(SessionNumber, u16)>,
    ) -> Result<(), StoreError> {
        let stored = encode_queue(message, &recipients, awaiting_release, &mut self.frame);
        let place = self.place(stored);
        let command = Command::Queue { message: message.clone(), recipients, awaiting_release };
        self.apply(&command, Some(place)).map(|_| ())
    }

    /// Takes what came to `from` by a shared subscription to other members; the frame says so too. Most bytes it takes there are
    /// 64, the filter, and 32 for each member.
    ///
    /// # Errors
    /// The key-value store cannot be read: the store takes nothing more.
    pub fn move_group(
        &mut self,
        filter: &ArcStr,
        from: SessionNumber,
        to: &[GroupMember],
    ) -> Result<Vec<Moved>, StoreError> {
        let command = self.inbox.ask(|inbox| inbox.group_move(filter, from, to));
        match command.inspect_err(|_| self.is_broken = true)? {
            Some(command) => Ok(self.push(&command)?.moved),
            None => Ok(Vec::new()),
        }
    }

    /// Drops the oldest messages of a queue until so many bytes more fit; the frame says so too. How many were dropped.
    ///
    /// # Errors
    /// The key-value store cannot be read: the store takes nothing more.
    pub fn make_room(&mut self, session: SessionNumber, bytes: usize, max_bytes: u64) -> Result<u64, StoreError> {
        let mut dropped = 0;
        loop {
            let range = self.inbox.ask(|inbox| inbox.oldest_to_drop(session, bytes as u64, max_bytes));
            let Some(range) = range.inspect_err(|_| self.is_broken = true)? else { return Ok(dropped) };
            let command = Command::Drop { session, from: range.start, below: range.end };
            command.encode(&mut self.frame);
            let gone = self.apply(&command, None)?.dropped.len() as u64;
            if gone == 0 {
                return Ok(dropped);
            }
            dropped += gone;
        }
    }

    /// Writes the frame; not on disk before [`Store::sync`].
    ///
    /// # Errors
    /// The disk failed, or the frame grew beyond what was asked for: the store takes nothing more.
    pub fn append(&mut self) -> Result<(), StoreError> {
        self.check_whole()?;
        if self.frame.is_empty() {
            return Ok(());
        }
        self.log.append(&self.frame).inspect_err(|_| self.is_broken = true)?;
        self.log_bytes_since_checkpoint += self.frame.len() as u64;
        self.frame.clear();
        Ok(())
    }

    /// Waits until everything appended is on disk.
    ///
    /// # Errors
    /// The disk failed: the store takes nothing more.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.check_whole()?;
        Ok(self.log.sync()?)
    }

    /// The position the next message for a session gets; `None` when there is no such session.
    #[must_use]
    pub fn tail(&self, session: SessionNumber) -> Option<Position> {
        self.inbox.tail(session)
    }

    /// Whether deliveries of a session are not complete.
    #[must_use]
    pub fn has_queued(&self, session: SessionNumber) -> bool {
        self.inbox.queue_info(session).is_some_and(|info| info.head < info.tail)
    }

    /// Positions below it have been sent to the client at least once.
    #[must_use]
    pub fn sent_to(&self, session: SessionNumber) -> Position {
        self.inbox.queue_info(session).map_or(0, |info| info.sent_to)
    }

    /// Bytes that wait for a session.
    #[must_use]
    pub fn queued_bytes(&self, session: SessionNumber) -> u64 {
        self.inbox.queue_info(session).map_or(0, |info| info.bytes)
    }

    /// Open deliveries of a session from a position on; `None` is the oldest.
    ///
    /// # Errors
    /// The key-value store cannot be read.
    pub fn page(
        &mut self,
        session: SessionNumber,
        from: Option<Position>,
        max_entries: usize,
        max_bytes: u64,
    ) -> Result<Page, StoreError> {
        let from = from.or_else(|| Some(self.inbox.queue_info(session)?.head)).unwrap_or(0);
        self.inbox.ask(|inbox| inbox.page(session, from, max_entries, max_bytes))
    }

    /// Whether the queue of a session is being read: what was loaded of it stays in memory.
    pub fn set_in_use(&mut self, session: SessionNumber, in_use: bool) {
        self.inbox.set_in_use(session, in_use);
    }

    /// Reads messages that were appended, from any thread.
    #[must_use]
    pub fn body_reader(&self) -> BodyReader {
        BodyReader::new(self.log.reader())
    }

    /// Whether so many bytes can be appended without a new file.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        self.log.has_room(bytes)
    }

    /// Whether anything was ever written.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !self.log.segments().is_empty()
    }

    /// The segments made in advance, for a thread that makes them.
    #[must_use]
    pub fn spares(&self) -> SpareSegments {
        self.log.spares()
    }

    /// Bytes of the log's files.
    #[must_use]
    pub fn bytes_on_disk(&self) -> u64 {
        self.log.bytes_on_disk()
    }

    /// Number of durable sessions.
    #[must_use]
    pub fn session_count(&self) -> usize {
        self.inbox.session_count()
    }

    /// The lowest number that no session has had.
    #[must_use]
    pub fn next_session_number(&self) -> SessionNumber {
        self.inbox.next_session_number()
    }

    /// Chunks of queues that could not be read.
    #[must_use]
    pub fn lost_chunks(&self) -> u64 {
        self.inbox.lost_chunks()
    }

    fn check_whole(&self) -> Result<(), StoreError> {
        if self.is_broken { Err(StoreError::Broken) } else { Ok(()) }
    }

    fn place(&self, range: Range<usize>) -> Place {
        place_in(self.frame_at, range)
    }

    fn apply(&mut self, command: &Command, stored: Option<Place>) -> Result<Applied, StoreError> {
        self.has_changed = true;
        let applied = self.inbox.apply(command, stored);
        self.is_broken |= applied.is_err();
        applied
    }
}

/// The place of some bytes of a payload that lies at a location.
fn place_in(at: Location, range: Range<usize>) -> Place {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Place { segment: at.segment, offset: at.offset.saturating_add(number(range.start)), len: number(range.len()) }
}
