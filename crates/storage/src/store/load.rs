//! Opening a store: the state of the last checkpoint, and the log behind it.

use super::{OpenStoreError, Store, StoreSettings, paged_inbox::PagedInbox, place_in};
use crate::{
    disk::{Disk, RealDisk},
    key_value::{FjallKeyValue, KeyValue},
    log::{Location, Log, LogSettings, Recovery},
};
use dunlin_inbox::{
    Command, DecodeError, Inbox, SessionNumber, SessionRecord, Space, SubscriptionRecord, decode_awaiting,
    decode_message, decode_session, decode_subscription, space,
};
use dunlin_model::Message;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// Key in [`space::META`] of the log position that the state reaches.
pub(super) const LOG_POSITION: &[u8] = b"log_position";

/// Sessions that are read together: a start holds no more of them at a time than whoever it hands them to.
const PAGE_SESSIONS: usize = 4096;

/// Format of its value.
const POSITION_FORMAT: u8 = 1;

/// A durable session as it is stored, without its queue.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// Its number.
    pub number: SessionNumber,
    /// Its facts.
    pub record: SessionRecord,
    /// Its subscriptions.
    pub subscriptions: Vec<SubscriptionRecord>,
    /// Packet identifiers of the QoS 2 exchanges its client has begun.
    pub awaiting_release: Vec<u16>,
}

pub(super) fn position_value(position: Location) -> Vec<u8> {
    let mut value = vec![POSITION_FORMAT];
    value.extend_from_slice(&position.segment.to_le_bytes());
    value.extend_from_slice(&position.offset.to_le_bytes());
    value
}

fn read_position(value: &[u8]) -> Result<Location, DecodeError> {
    match value {
        [POSITION_FORMAT, s0, s1, s2, s3, o0, o1, o2, o3] => Ok(Location {
            segment: u32::from_le_bytes([*s0, *s1, *s2, *s3]),
            offset: u32::from_le_bytes([*o0, *o1, *o2, *o3]),
        }),
        _ => Err(DecodeError::Invalid("log position")),
    }
}

impl Store {
    /// Opens the store in a folder, which is created if it does not exist.
    ///
    /// # Errors
    /// [`OpenStoreError`]: the folder is in use, belongs to a newer version, or cannot be read.
    pub fn open_folder(folder: &Path, settings: StoreSettings) -> Result<(Self, Recovery), OpenStoreError> {
        let disk = Arc::new(RealDisk::open(folder.join("log"))?);
        let key_value = Arc::new(FjallKeyValue::open(&folder.join("index"), &space::ALL)?);
        Self::open(disk, key_value, settings)
    }

    /// Opens a store: loads the last checkpoint, replays the log behind it, and writes a checkpoint of both.
    ///
    /// # Errors
    /// [`OpenStoreError`].
    pub fn open(
        disk: Arc<dyn Disk>,
        key_value: Arc<dyn KeyValue>,
        settings: StoreSettings,
    ) -> Result<(Self, Recovery), OpenStoreError> {
        let mut inbox = PagedInbox::new(Arc::clone(&key_value));
        let from = load_state(&*key_value, &mut inbox)?;
        let mut replay = Replay { inbox, failed: None };
        let (log, recovery) = Log::open(disk, log_settings(settings), from, &mut |at, frame| replay.frame(at, frame))?;
        let Replay { inbox, failed } = replay;
        if let Some(error) = failed {
            return Err(error);
        }
        let mut store = Self {
            log,
            key_value,
            inbox,
            frame: Vec::new(),
            frame_at: Location::START,
            checkpoint: from,
            log_bytes_since_checkpoint: 0,
            has_changed: recovery.frames > 0,
            is_checkpoint_open: false,
            is_broken: false,
            compaction: super::compaction::Compaction::default(),
        };
        if store.has_changed {
            let mut checkpoint = store.begin_checkpoint()?;
            checkpoint.write()?;
            store.end_checkpoint(checkpoint)?;
        }
        Ok((store, recovery))
    }

    /// Visits all sessions, as of the last checkpoint: call it after opening, before anything is written.
    ///
    /// # Errors
    /// The key-value store cannot be read.
    pub fn sessions(&self, visit: &mut dyn FnMut(StoredSession)) -> Result<(), OpenStoreError> {
        let mut from = SessionNumber(0);
        loop {
            let mut page = self.page_of_sessions(from)?;
            let Some(last) = page.last() else { return Ok(()) };
            let next = last.number.0.checked_add(1);
            self.add_to(
                &mut page,
                space::SUBSCRIPTIONS,
                "subscription",
                decode_subscription,
                |session, subscription| {
                    session.subscriptions.push(subscription);
                },
            )?;
            let exchange = |key: &[u8], _: &[u8]| decode_awaiting(key);
            self.add_to(&mut page, space::AWAITING, "QoS 2 exchange", exchange, |session, packet_id| {
                session.awaiting_release.push(packet_id);
            })?;
            page.into_iter().filter(|stored| self.inbox.session_exists(stored.number)).for_each(&mut *visit);
            let Some(next) = next else { return Ok(()) };
            from = SessionNumber(next);
        }
    }

    /// The next sessions from a number on, with nothing of what belongs to them.
    fn page_of_sessions(&self, from: SessionNumber) -> Result<Vec<StoredSession>, OpenStoreError> {
        let mut page = Vec::with_capacity(PAGE_SESSIONS);
        self.read(space::SESSIONS, &from.key(), "session", decode_session, |(number, record)| {
            page.push(StoredSession { number, record, subscriptions: Vec::new(), awaiting_release: Vec::new() });
            page.len() < PAGE_SESSIONS
        })?;
        Ok(page)
    }

    /// Adds what belongs to sessions, which are in order. What belongs to one that is not there belongs to nobody.
    fn add_to<T>(
        &self,
        sessions: &mut [StoredSession],
        space: &'static str,
        what: &'static str,
        decode: impl Fn(&[u8], &[u8]) -> Result<(SessionNumber, T), DecodeError>,
        add: impl Fn(&mut StoredSession, T),
    ) -> Result<(), OpenStoreError> {
        let Some(first) = sessions.first().map(|session| session.number.key()) else { return Ok(()) };
        let mut sessions = sessions.iter_mut().peekable();
        self.read(space, &first, what, decode, |(number, one)| {
            while sessions.next_if(|session| session.number < number).is_some() {}
            if let Some(session) = sessions.peek_mut().filter(|session| session.number == number) {
                add(session, one);
            }
            sessions.peek().is_some()
        })
    }

    /// Visits all retained messages, as of the last checkpoint: call it after opening, before anything is written.
    ///
    /// # Errors
    /// The key-value store cannot be read.
    pub fn retained(&self, visit: &mut dyn FnMut(Message)) -> Result<(), OpenStoreError> {
        self.read(
            space::RETAINED,
            &[],
            "retained message",
            |_, value| decode_message(value),
            |message| {
                visit(message);
                true
            },
        )
    }

    /// Visits keys and values of a space, as of the last checkpoint: call it after opening, before anything is written.
    ///
    /// # Errors
    /// The key-value store cannot be read.
    pub fn values(&self, space: Space, visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), OpenStoreError> {
        self.key_value.scan(space.name(), &[], &mut |key, value| {
            visit(key, value);
            ControlFlow::Continue(())
        })?;
        Ok(())
    }

    /// Reads a space from a key on, as long as `take` says that it wants more.
    fn read<T>(
        &self,
        space: &'static str,
        from: &[u8],
        what: &'static str,
        decode: impl Fn(&[u8], &[u8]) -> Result<T, DecodeError>,
        mut take: impl FnMut(T) -> bool,
    ) -> Result<(), OpenStoreError> {
        let mut failed = None;
        self.key_value.scan(space, from, &mut |key, value| match decode(key, value) {
            Ok(one) => {
                if take(one) {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            }
            Err(source) => {
                failed = Some(OpenStoreError::Decode { what, source });
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok(()), Err)
    }
}

fn log_settings(settings: StoreSettings) -> LogSettings {
    // The largest message, and the command around it, several times over.
    let needed = u32::try_from(settings.max_message_bytes.saturating_mul(4)).unwrap_or(u32::MAX);
    // A number nobody outside can guess: no payload can hold bytes that look like a frame.
    let salt = RandomState::new().hash_one(0_u8);
    LogSettings { segment_bytes: settings.segment_bytes.max(needed), ..LogSettings::new(salt) }
}

fn load_state(key_value: &dyn KeyValue, inbox: &mut Inbox) -> Result<Location, OpenStoreError> {
    let mut from = Location::START;
    let mut failed = None;
    key_value.scan(space::META, &[], &mut |key, value| {
        let read = if key == LOG_POSITION {
            read_position(value).map(|position| from = position)
        } else {
            inbox.load_meta(key, value).map(|_| ())
        };
        stop_at("state", read, &mut failed)
    })?;
    key_value.scan(space::QUEUES, &[], &mut |key, value| {
        stop_at("queue", inbox.load_queue(key, value).map(|_| ()), &mut failed)
    })?;
    failed.map_or(Ok(from), Err)
}

fn stop_at(what: &'static str, read: Result<(), DecodeError>, failed: &mut Option<OpenStoreError>) -> ControlFlow<()> {
    match read {
        Ok(()) => ControlFlow::Continue(()),
        Err(source) => {
            *failed = Some(OpenStoreError::Decode { what, source });
            ControlFlow::Break(())
        }
    }
}

/// Applies the frames of the log.
struct Replay {
    inbox: PagedInbox,
    failed: Option<OpenStoreError>,
}

impl Replay {
    fn frame(&mut self, at: Location, frame: &[u8]) {
        let mut used = 0;
        while used < frame.len() && self.failed.is_none() {
            let (decoded, length) = match Command::decode(&frame[used..]) {
                Ok(found) => found,
                Err(source) => {
                    // Its checksum is right, so it was written like that: by a version that knows more.
                    self.failed = Some(OpenStoreError::Decode { what: "log", source });
                    return;
                }
            };
            let place = decoded.stored.map(|range| place_in(at, used + range.start..used + range.end));
            if let Err(error) = self.inbox.apply(&decoded.command, place) {
                self.failed = Some(error.into());
            }
            used += length;
        }
    }
}

#[cfg(test)]
mod tests;
