//! Drives a store as the committer of the broker does, and knows what it has acknowledged.

use crate::model::{Model, ModelSession};
use crate::observation::{observe, observe_queue};
use crate::random_commands::RandomCommands;
use crate::unreliable_key_value::UnreliableKeyValue;
use crate::{LARGE_SEGMENTS, SMALL_SEGMENTS, id_of};
use dunlin_inbox::{Command, SessionNumber};
use dunlin_storage::disk::{Disk, SimulatedDisk};
use dunlin_storage::log::{AppendError, Recovery};
use dunlin_storage::store::{
    BodyReader, Checkpoint, CompactEffort, CompactStep, OpenStoreError, Store, StoreError, StoreSettings,
};
use fastrand::Rng;
use std::sync::Arc;

/// The most a queue may hold, now and then: messages are dropped to make room.
const QUEUE_BYTES: u64 = 100_000;

/// What a set of histories has seen: a history that never meets a case proves nothing about it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) crashes: u64,
    pub(crate) kills: u64,
    pub(crate) lost_frames: u64,
    pub(crate) failed_appends: u64,
    pub(crate) failed_syncs: u64,
    pub(crate) broken_frames: u64,
    pub(crate) no_space: u64,
    pub(crate) failed_opens: u64,
    pub(crate) checkpoints: u64,
    pub(crate) checkpoints_tried_again: u64,
    pub(crate) crashes_in_checkpoint: u64,
    pub(crate) recycled: u64,
    pub(crate) dropped: u64,
    pub(crate) emptied: u64,
    pub(crate) longest_queue: u64,
}

/// The store, and what it promised.
pub(crate) struct History {
    settings: StoreSettings,
    pub(crate) disk: SimulatedDisk,
    pub(crate) key_value: Arc<UnreliableKeyValue>,
    pub(crate) store: Store,
    /// One reader for the whole life of a store: it reads ahead, and must never show what is not there any more.
    pub(crate) bodies: BodyReader,
    pub(crate) commands: RandomCommands,
    /// After all that was applied.
    pub(crate) now: Model,
    /// After all that was acknowledged.
    acked: Model,
    /// Frames since: any number of them from the front may be there after a crash.
    open: Vec<Vec<Command>>,
    /// Frames appended since somebody emptied it.
    pub(crate) journal: Vec<Vec<Command>>,
    /// Under way, and whether it is written.
    checkpoint: Option<(Checkpoint, bool)>,
    /// A write failed since the store was opened.
    write_failed: bool,
    pub(crate) counts: Counts,
}

impl History {
    pub(crate) fn new(seed: u64) -> Self {
        Self::with(seed, if seed.is_multiple_of(4) { LARGE_SEGMENTS } else { SMALL_SEGMENTS })
    }

    pub(crate) fn with(seed: u64, settings: StoreSettings) -> Self {
        let disk = SimulatedDisk::new(seed);
        let key_value = Arc::new(UnreliableKeyValue::new(seed, &disk));
        let (store, recovery) = open(&disk, &key_value, settings).expect("an empty disk");
        assert_eq!(recovery, Recovery::default());
        Self {
            settings,
            bodies: store.body_reader(),
            disk,
            key_value,
            store,
            commands: RandomCommands::new(Rng::with_seed(seed ^ 0x0_5709)),
            now: Model::default(),
            acked: Model::default(),
            open: Vec::new(),
            journal: Vec::new(),
            checkpoint: None,
            write_failed: false,
            counts: Counts::default(),
        }
    }

    /// One step without faults.
    pub(crate) fn calm_step(&mut self) {
        match self.commands.nth(0..23) {
            0..=10 => self.frame(),
            11..=14 => self.sync(),
            15..=17 => self.go_on_with_checkpoint(),
            18 => _ = self.store.spares().prepare(),
            19 => self.compact(),
            20 => self.finish_compaction(),
            21 => {
                if let Some(session) = self.commands.session(&self.now) {
                    self.look_at_end(session);
                }
            }
            _ => self.look(),
        }
    }

    /// One step of any kind.
    pub(crate) fn step(&mut self) {
        match self.commands.nth(0..200) {
            0 | 1 => self.kill(),
            2 | 3 => self.crash(),
            4 | 5 => self.disk.cut_power_at(self.commands.nth(1..25)),
            6 => self.disk.fail_write(self.commands.nth(1..10)),
            7 => self.disk.fail_sync(self.commands.nth(1..5)),
            8 => self.disk.fail_rename(self.commands.nth(1..3)),
            9 | 10 => self.key_value.fail_commit(self.commands.nth(1..3)),
            11..=13 => self.key_value.fail_read(1),
            14..=16 => self.disk.set_capacity(self.store.bytes_on_disk() + self.commands.nth(0..60_000)),
            17..=22 => self.disk.set_capacity(u64::MAX / 4),
            23 | 24 => self.toggle_use(),
            _ => self.calm_step(),
        }
        if self.disk.is_without_power() {
            self.crash();
        }
    }

    /// Writes one frame of random commands.
    pub(crate) fn frame(&mut self) {
        let room = if self.commands.nth(0..3) == 0 { 24_000 } else { 5_000 };
        match self.store.begin(room) {
            Ok(()) => {}
            Err(StoreError::NoSpace) => {
                self.counts.no_space += 1;
                assert!(!self.store.has_room(room), "a spare would have had room");
                // Nothing has changed, and a full disk is no reason to give up what is there.
                self.look();
                return self.sync();
            }
            // The next segment could not be made. Nothing has changed.
            Err(StoreError::Append(AppendError::NoSegment(_))) => return self.look(),
            Err(error) => return self.fault(&error),
        }
        let mut frame = Vec::new();
        let written = self.fill(&mut frame, room).and_then(|()| self.store.append());
        self.counts.longest_queue = self.counts.longest_queue.max(self.longest_queue());
        match written {
            Ok(()) if frame.is_empty() => {}
            Ok(()) => {
                self.journal.push(frame.clone());
                self.open.push(frame);
            }
            Err(error @ StoreError::Append(_)) => {
                self.counts.failed_appends += 1;
                self.write_failed = true;
                // It may be whole nevertheless.
                self.open.push(frame);
                self.fault(&error);
            }
            Err(error) => {
                self.counts.broken_frames += 1;
                self.fault(&error);
            }
        }
    }

    /// Writes one frame of these commands, on a sound disk.
    pub(crate) fn write(&mut self, commands: Vec<Command>) {
        self.store.begin(commands.iter().map(Command::encoded_len_max).sum()).expect("there is room");
        for command in &commands {
            self.store.push(command).expect("the key-value store is sound");
            self.now.apply(command);
        }
        self.store.append().expect("the disk is sound");
        self.journal.push(commands.clone());
        self.open.push(commands);
    }

    fn fill(&mut self, frame: &mut Vec<Command>, room: usize) -> Result<(), StoreError> {
        let mut left = room;
        let wanted = if self.commands.nth(0..3) == 0 { 90 } else { self.commands.nth(1..5) };
        for _ in 0..wanted {
            let mut command = self.commands.next(&self.now);
            if let Command::Relocate { from, entries, .. } = &mut command
                && let Some(&(session, position)) = entries.first()
            {
                // Others of its entries may point elsewhere by now: they stay. A look changes nothing, also if it fails.
                let Ok(page) = self.store.page(session, Some(position), 1, 1) else { continue };
                *from = page.entries[0].place;
            }
            let Some(rest) = left.checked_sub(command.encoded_len_max() + 100) else { return Ok(()) };
            left = rest;
            if let Command::Queue { message, recipients, awaiting_release } = &command {
                if let Some(recipient) = recipients.first().filter(|_| self.commands.nth(0..6) == 0) {
                    self.make_room(frame, recipient.session)?;
                }
                self.store.queue(message, recipients.clone(), *awaiting_release)?;
            } else {
                self.store.push(&command)?;
            }
            self.carry_out(frame, command);
        }
        Ok(())
    }

    fn carry_out(&mut self, frame: &mut Vec<Command>, command: Command) {
        self.now.apply(&command);
        frame.push(command);
    }

    fn make_room(&mut self, frame: &mut Vec<Command>, session: SessionNumber) -> Result<(), StoreError> {
        let dropped = self.store.make_room(session, 500, QUEUE_BYTES)?;
        let queue_len = |model: &Model| model.sessions[&session].queue.entries.len();
        let before = queue_len(&self.now);
        while let Some(range) = self.now.sessions[&session].queue.oldest_to_drop(500, QUEUE_BYTES) {
            self.carry_out(frame, Command::Drop { session, from: range.start, below: range.end });
        }
        assert_eq!(dropped as usize, before - queue_len(&self.now));
        self.counts.dropped += dropped;
        Ok(())
    }

    fn longest_queue(&self) -> u64 {
        self.now.sessions.values().map(|session| session.queue.entries.len() as u64).max().unwrap_or(0)
    }

    pub(crate) fn sync(&mut self) {
        match self.store.sync() {
            Ok(()) => self.acknowledge(),
            Err(error) => {
                self.counts.failed_syncs += 1;
                self.fault(&error);
            }
        }
    }

    /// The disk has it all.
    fn acknowledge(&mut self) {
        self.acked.clone_from(&self.now);
        self.open.clear();
    }

    /// Begins a checkpoint, writes it, or ends it: other things happen in between.
    pub(crate) fn go_on_with_checkpoint(&mut self) {
        match self.checkpoint.take() {
            None if !self.store.has_changed() => {}
            None => match self.store.begin_checkpoint() {
                Ok(checkpoint) => {
                    self.acknowledge();
                    self.checkpoint = Some((checkpoint, false));
                }
                Err(error) => self.fault(&error),
            },
            Some((mut checkpoint, false)) => {
                let is_written = checkpoint.write().is_ok();
                self.counts.checkpoints_tried_again += u64::from(!is_written && !self.disk.is_without_power());
                self.checkpoint = Some((checkpoint, is_written));
            }
            Some((checkpoint, true)) => {
                self.counts.checkpoints += 1;
                let segments = self.segment_count();
                // A segment that cannot be given back is found again.
                _ = self.store.end_checkpoint(checkpoint);
                self.counts.recycled += segments - self.segment_count();
            }
        }
    }

    /// Empties segments, for a while. Where messages lie is nobody's business: the model stays as it is.
    fn finish_compaction(&mut self) {
        (0..20).for_each(|_| self.compact());
    }

    fn compact(&mut self) {
        let effort = if self.commands.nth(0..2) == 0 { CompactEffort::Background } else { CompactEffort::Thorough };
        let max_bytes = self.commands.random.usize(200..20_000);
        match self.store.compact_step(effort, max_bytes) {
            Ok(step) => self.counts.emptied += u64::from(matches!(step, CompactStep::Emptied(_))),
            // It could not be written: nothing has changed. Or not be read: it is left alone.
            Err(StoreError::NoSpace | StoreError::Append(AppendError::NoSegment(_)) | StoreError::Read(_)) => {}
            Err(error @ StoreError::KeyValue(_)) => {
                if matches!(self.store.begin(1), Err(StoreError::Broken)) {
                    self.fault(&error);
                }
            }
            Err(error) => {
                self.write_failed |= matches!(error, StoreError::Append(_));
                self.fault(&error);
            }
        }
    }

    /// Ends the checkpoint under way and makes one of all there is.
    pub(crate) fn finish_checkpoint(&mut self) {
        while self.checkpoint.is_some() || self.store.has_changed() {
            self.go_on_with_checkpoint();
        }
    }

    /// Number of the log's files.
    pub(crate) fn segment_count(&self) -> u64 {
        self.disk.list().map_or(0, |names| names.iter().filter(|name| name.ends_with(".log")).count() as u64)
    }

    /// Compares a queue with what it must be.
    pub(crate) fn look(&mut self) {
        let Some(session) = self.commands.session(&self.now).filter(|_| !self.disk.is_without_power()) else { return };
        let expected = &self.now.sessions[&session].queue;
        match observe_queue(&mut self.store, &mut self.bodies, session, &mut self.commands.random) {
            Ok(found) => {
                assert_eq!(found, *expected, "session {session}");
                assert_eq!(self.store.queued_bytes(session), expected.bytes());
                assert_eq!(self.store.has_queued(session), !expected.entries.is_empty());
            }
            // A look changes nothing: there is no harm in one that fails.
            Err(error) => assert!(matches!(error, StoreError::KeyValue(_)), "{error}"),
        }
    }

    /// Reads the message that was queued last.
    pub(crate) fn look_at_end(&mut self, session: SessionNumber) {
        let last = self.now.sessions.get(&session).and_then(|it| it.queue.entries.last_key_value());
        let Some((position, entry)) = last.filter(|_| !self.disk.is_without_power()) else { return };
        let Ok(page) = self.store.page(session, Some(*position), 1, 1) else { return };
        assert_eq!(page.entries.iter().map(|entry| entry.position).collect::<Vec<_>>(), [*position]);
        let expected = entry.id;
        let place = page.entries[0].place;
        let id = expected.map(|_| id_of(&self.bodies.read(place).expect("it was appended")));
        assert_eq!(id, expected, "session {session} position {position} {place:?}");
    }

    fn toggle_use(&mut self) {
        if let Some(session) = self.commands.session(&self.now) {
            self.store.set_in_use(session, self.commands.random.bool());
        }
    }

    /// After a fault the store takes nothing more until it is opened again.
    fn fault(&mut self, error: &StoreError) {
        for _ in 0..2 {
            let refused = [self.store.begin(1), self.store.sync(), self.store.begin_checkpoint().map(|_| ())];
            assert!(refused.iter().all(Result::is_err), "after {error}: {refused:?}");
        }
        if self.disk.is_without_power() || self.commands.random.bool() { self.crash() } else { self.kill() }
    }

    /// The process ends; the system and its page cache go on.
    pub(crate) fn kill(&mut self) {
        self.counts.kills += 1;
        self.open_again(true);
    }

    pub(crate) fn crash(&mut self) {
        self.counts.crashes += 1;
        self.disk.crash();
        self.open_again(false);
    }

    fn open_again(&mut self, mut is_kill: bool) {
        self.counts.crashes_in_checkpoint += u64::from(self.checkpoint.take().is_some());
        self.key_value.calm();
        let (store, recovery) = loop {
            self.arm_for_open();
            match open(&self.disk, &self.key_value, self.settings) {
                Ok(opened) => break opened,
                Err(error) => {
                    assert!(!matches!(error, OpenStoreError::Decode { .. }), "{error}");
                    self.counts.failed_opens += 1;
                    if self.disk.is_without_power() || self.commands.random.bool() {
                        self.disk.crash();
                        is_kill = false;
                    }
                }
            }
        };
        self.disk.fail_read(0);
        self.key_value.calm();
        self.store = store;
        self.bodies = self.store.body_reader();
        assert_eq!((&recovery.quarantined, &recovery.missing), (&Vec::new(), &Vec::new()), "{recovery:?}");
        let was_cut = self.disk.is_without_power();
        if was_cut {
            // The power went in the last operation of the start, whose failure does no harm.
            return self.crash();
        }
        self.compare(is_kill);
    }

    /// Faults that may strike while the store is opened.
    fn arm_for_open(&mut self) {
        match self.commands.nth(0..12) {
            0 => self.disk.cut_power_at(self.commands.nth(1..8)),
            1 => self.disk.fail_read(self.commands.nth(1..12)),
            2 => self.disk.fail_sync(self.commands.nth(1..3)),
            3 => self.disk.fail_write(self.commands.nth(1..4)),
            4 => self.key_value.fail_commit(1),
            5 => self.key_value.fail_read(1),
            _ => {}
        }
    }

    /// All that was acknowledged is there, and of what came after it whole frames from the front.
    fn compare(&mut self, is_kill: bool) {
        let found = observe(&mut self.store, &mut self.bodies, &mut self.commands.random);
        assert_eq!(found.unreadable, [], "no message is damaged");
        assert_eq!(self.store.lost_chunks(), 0);
        let mut expected = self.acked.clone();
        let mut kept = 0;
        while !found.is(&expected) {
            let Some(frame) = self.open.get(kept) else {
                panic!("{} frames open; differs from all:\n{}", self.open.len(), found.difference(&self.acked));
            };
            frame.iter().for_each(|command| expected.apply(command));
            kept += 1;
        }
        self.counts.lost_frames += (self.open.len() - kept) as u64;
        // The last frames may have changed nothing, so that the state is one without them.
        if is_kill && !self.write_failed {
            self.open[kept..].iter().flatten().for_each(|command| expected.apply(command));
            assert!(found.is(&expected), "the system had it all:\n{}", found.difference(&expected));
        }
        self.now.clone_from(&expected);
        self.acked = expected;
        self.open.clear();
        self.write_failed = false;
    }

    /// Once more without faults: everything goes, and the log shrinks to nothing.
    pub(crate) fn finish(mut self) -> Counts {
        self.disk.set_capacity(u64::MAX / 4);
        self.crash();
        self.disk.crash();
        self.open_calmly();
        let of_session = |(session, it): (&SessionNumber, &ModelSession)| {
            let done = |position: &u64| vec![Command::Done { session: *session, position: *position }];
            it.queue.entries.keys().map(done).collect::<Vec<_>>()
        };
        let all: Vec<_> = self.now.sessions.iter().flat_map(of_session).collect();
        all.into_iter().for_each(|done| self.write(done));
        self.finish_checkpoint();
        assert!(self.segment_count() <= 1, "nothing waits, and {} segments stay", self.segment_count());
        self.disk.crash();
        self.open_calmly();
        self.counts
    }

    fn open_calmly(&mut self) {
        self.key_value.calm();
        self.checkpoint = None;
        let (store, _) = open(&self.disk, &self.key_value, self.settings).expect("the disk is sound");
        self.store = store;
        self.bodies = self.store.body_reader();
        self.compare(false);
    }
}

pub(crate) fn open(
    disk: &SimulatedDisk,
    key_value: &Arc<UnreliableKeyValue>,
    settings: StoreSettings,
) -> Result<(Store, Recovery), OpenStoreError> {
    Store::open(Arc::new(disk.clone()), Arc::clone(key_value) as _, settings)
}
