//! An inbox with its log and its key-value store, which can be killed at any moment.

use super::image::Image;
use crate::{message, recipient, record};
use dunlin_inbox::{
    Applied, ApplyError, Changes, Command, GroupMember, Inbox, Page, PageEntry, Place, Position, Recipient,
    SessionNumber, space,
};
use dunlin_model::Qos;
use std::ops::Range;

/// Commands per segment of the log.
const SEGMENT_COMMANDS: u32 = 40;

/// One command of the log.
struct Logged {
    bytes: Vec<u8>,
    place: Option<Place>,
}

/// A checkpoint that is being written.
struct Frozen {
    changes: Changes,
    /// How much of the log it holds.
    log_len: usize,
}

/// An inbox with all that makes it durable.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) inbox: Inbox,
    pub(crate) image: Image,
    /// What the image does not hold yet.
    log: Vec<Logged>,
    frozen: Option<Frozen>,
    commands: u32,
}

impl Store {
    /// With sessions 0 to `count` - 1.
    pub(crate) fn with_sessions(count: u64) -> Self {
        let mut store = Self::default();
        for number in 0..count {
            store.apply(&Command::SetSession { session: SessionNumber(number), record: record("client") });
        }
        store
    }

    /// Logs and applies a command.
    pub(crate) fn apply(&mut self, command: &Command) -> Applied {
        let mut bytes = Vec::new();
        let stored = command.encode(&mut bytes);
        assert!(bytes.len() <= command.encoded_len_max());
        let place = stored.map(|range| self.place(&range));
        self.commands += 1;
        self.log.push(Logged { bytes, place });
        self.apply_at(command, place)
    }

    /// See [`Inbox::group_move`].
    pub(crate) fn group_move(&mut self, filter: &str, from: SessionNumber, members: &[GroupMember]) -> Option<Command> {
        loop {
            match self.inbox.group_move(&filter.into(), from, members) {
                Ok(command) => return command,
                Err(chunk) => self.image.load_chunk(&mut self.inbox, chunk),
            }
        }
    }

    /// Counts anew what is needed of the log.
    pub(crate) fn recount(&mut self) {
        let mut recount = self.inbox.begin_recount().expect("a chunk was given up");
        for (key, value) in self.image.space(space::CHUNKS) {
            self.inbox.recount_chunk(&mut recount, key, value);
        }
        self.inbox.end_recount(recount);
        assert!(self.inbox.begin_recount().is_none());
    }

    /// A command takes its place in the log and is not there.
    pub(crate) fn lose(&mut self) {
        self.commands += 1;
    }

    /// Where the message of the next command lies.
    pub(crate) fn place(&self, stored: &Range<usize>) -> Place {
        Place {
            segment: self.commands / SEGMENT_COMMANDS,
            offset: self.commands % SEGMENT_COMMANDS,
            len: u32::try_from(stored.len()).unwrap(),
        }
    }

    /// Queues a message for recipients.
    pub(crate) fn queue(&mut self, payload_len: usize, recipients: Vec<Recipient>) -> Applied {
        self.apply(&Command::Queue { message: message(payload_len), recipients, awaiting_release: None })
    }

    /// Queues so many messages of one byte for one session.
    pub(crate) fn fill(&mut self, session: SessionNumber, count: u64, qos: Qos) {
        for _ in 0..count {
            let tail = self.inbox.tail(session).unwrap();
            self.queue(1, vec![recipient(session, tail, qos)]);
        }
    }

    /// The delivery at a position is complete.
    pub(crate) fn done(&mut self, session: SessionNumber, positions: impl IntoIterator<Item = Position>) {
        for position in positions {
            self.apply(&Command::Done { session, position });
        }
    }

    /// Begins a checkpoint, after the one before has been written.
    pub(crate) fn begin_checkpoint(&mut self) {
        self.finish_checkpoint();
        self.frozen = Some(Frozen { changes: self.inbox.begin_checkpoint(), log_len: self.log.len() });
    }

    /// The checkpoint that was begun is written.
    pub(crate) fn finish_checkpoint(&mut self) {
        if let Some(Frozen { changes, log_len }) = self.frozen.take() {
            self.image.write(changes);
            self.log.drain(..log_len);
            self.inbox.finish_checkpoint();
        }
    }

    /// A whole checkpoint.
    pub(crate) fn checkpoint(&mut self) {
        self.begin_checkpoint();
        self.finish_checkpoint();
    }

    /// Checkpoints until nothing of a queue that is not in use is in memory.
    pub(crate) fn evict(&mut self) {
        self.checkpoint();
        self.checkpoint();
    }

    /// Killed and started again; the checkpoint that was being written is on disk or not.
    pub(crate) fn crash(&mut self, frozen_is_written: bool) {
        if let Some(Frozen { changes, log_len }) = self.frozen.take()
            && frozen_is_written
        {
            self.image.write(changes);
            self.log.drain(..log_len);
        }
        self.inbox = self.image.load();
        let log = std::mem::take(&mut self.log);
        for Logged { bytes, place } in &log {
            let (decoded, len) = Command::decode(bytes).unwrap();
            assert_eq!(len, bytes.len());
            assert_eq!(decoded.stored.map(|range| range.len()), place.map(|place| place.len as usize));
            self.apply_at(&decoded.command, *place);
        }
        self.log = log;
    }

    /// Part of a queue.
    pub(crate) fn page(&mut self, session: SessionNumber, from: Position, max_entries: usize, max_bytes: u64) -> Page {
        loop {
            match self.inbox.page(session, from, max_entries, max_bytes) {
                Ok(page) => return page,
                Err(chunk) => self.image.load_chunk(&mut self.inbox, chunk),
            }
        }
    }

    /// A whole queue, read in pages.
    pub(crate) fn entries(&mut self, session: SessionNumber) -> Vec<PageEntry> {
        let mut entries = Vec::new();
        let mut from = 0;
        loop {
            let page = self.page(session, from, 100, u64::MAX);
            entries.extend(page.entries);
            from = page.next;
            if page.at_tail {
                return entries;
            }
        }
    }

    /// The open positions of a queue.
    pub(crate) fn positions(&mut self, session: SessionNumber) -> Vec<Position> {
        self.entries(session).iter().map(|entry| entry.position).collect()
    }

    /// See [`Inbox::oldest_to_drop`].
    pub(crate) fn oldest_to_drop(&mut self, session: SessionNumber, adding: u64, max: u64) -> Option<Range<Position>> {
        loop {
            match self.inbox.oldest_to_drop(session, adding, max) {
                Ok(range) => return range,
                Err(chunk) => self.image.load_chunk(&mut self.inbox, chunk),
            }
        }
    }

    fn apply_at(&mut self, command: &Command, place: Option<Place>) -> Applied {
        loop {
            match self.inbox.apply(command, place) {
                Ok(applied) => return applied,
                Err(ApplyError::Missing(chunks)) => {
                    assert_eq!(chunks, self.inbox.missing_chunks(command));
                    for chunk in chunks {
                        self.image.load_chunk(&mut self.inbox, chunk);
                    }
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
