//! The one thread that writes to the log.
//!
//! It takes all submissions that wait, writes them, waits once for the disk, and tells the workers. What arrives while it
//! waits is the next batch: batches grow with the load, and an idle system commits at once.

mod grouping;
mod queueing;

use super::{
    DurableMail, FeedMark, Health, PageEnd, RestoredPlace, Submission, Work,
    checkpoints::Checkpoints,
    directory::Directory,
    inspection::{self, Question},
    page_reader::{PageJob, PageReader},
    spare_maker::SpareMaker,
    upkeep::Upkeep,
};
use crate::{drops::count_drops, mailbox::Mail, shared::Shared};
use dunlin_inbox::{Command, Position, SessionNumber, SessionRecord, Space, encoded_message_len};
use dunlin_model::{ArcStr, Message};
use dunlin_router::SessionKey;
use dunlin_storage::store::{Store, StoreError};
use dunlin_telemetry::Metric;
use hashbrown::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tracing::error;

/// How long the committer sleeps without work: it looks after checkpoints then.
const PATIENCE: Duration = Duration::from_millis(250);

/// A frame of the log holds about this much; more work makes several frames.
const FRAME_BYTES: usize = 1 << 20;

/// Entries of one page.
const PAGE_ENTRIES: usize = 512;

/// Bytes of the messages of one page.
const PAGE_BYTES: u64 = 1 << 20;

/// Upper bound of a small command.
const SMALL: usize = 64;

/// With less room than this in what the log has reserved on disk, no new messages are taken: the rest is for finishing what
/// has begun and for what is on its way.
const ROOM_BYTES: usize = 8 * FRAME_BYTES;

/// Alarm: there is no room for new messages.
const STORE_FULL: &str = "durable_store_full";

/// Alarm: a part of a queue could not be read.
const INDEX_DAMAGED: &str = "durable_index_damaged";

/// Alarm: the disk failed.
const STORE_FAILED: &str = "durable_store_failed";

/// The committer's thread.
pub(crate) struct Committer {
    shared: Arc<Shared>,
    store: Store,
    directory: Directory,
    checkpoints: Checkpoints,
    page_reader: PageReader,
    spare_maker: SpareMaker,
    upkeep: Upkeep,
    /// For each worker.
    mails: Vec<DurableMail>,
    /// Sessions that asked for a page in this batch.
    pages: Vec<(SessionNumber, FeedMark, Option<Position>)>,
    /// Members of groups that messages of this batch were queued for while they were away. Others may be online.
    left_behind: HashSet<(ArcStr, SessionKey)>,
    /// Parts of queues that could not be read, as far as the alarm says.
    known_lost: u64,
}

impl Committer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        store: Store,
        checkpoints: Checkpoints,
        page_reader: PageReader,
        spare_maker: SpareMaker,
    ) -> Self {
        let upkeep = Upkeep::new(&shared.settings.durable);
        let mails = shared.mailboxes.iter().map(|_| DurableMail::default()).collect();
        Self {
            shared,
            store,
            directory: Directory::default(),
            checkpoints,
            page_reader,
            spare_maker,
            upkeep,
            mails,
            pages: Vec::new(),
            left_behind: HashSet::new(),
            known_lost: 0,
        }
    }

    /// Runs until the broker stops and everything is on disk.
    pub(crate) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let Some(durable) = shared.durable.as_ref() else { return };
        let mut submissions = Vec::new();
        while durable.take(&mut submissions, self.upkeep.patience(PATIENCE)) {
            let count = submissions.len();
            if count > 0 {
                self.commit(&mut submissions);
                durable.end(count);
            }
            for question in durable.take_questions() {
                self.answer(question);
            }
            self.checkpoints.look_after(&mut self.store, shared.clock.now());
            self.keep_small();
            self.look_at_room();
        }
        self.checkpoints.finish(&mut self.store);
        // Who still asks learns that nobody answers.
        drop(durable.take_questions());
    }

    fn commit(&mut self, submissions: &mut Vec<Submission>) {
        let shared = Arc::clone(&self.shared);
        let must_sync = submissions.iter().any(|submission| submission.must_sync);
        let mut written = Vec::with_capacity(submissions.len());
        for submission in submissions.drain(..) {
            let mut work = submission.work;
            work.extend(submission.retained.iter().map(|message| Work::Command(self.retained_now(message))));
            let is_written = self.write(work).map_err(|error| self.fail(&error)).is_ok();
            written.push((submission.worker, submission.ticket, is_written));
        }
        self.fetch_left_behind();
        let mut is_safe = true;
        if must_sync {
            is_safe = self.store.sync().map_err(|error| self.fail(&error)).is_ok();
            if let Some(durable) = shared.durable.as_ref() {
                durable.figures.syncs.fetch_add(1, Ordering::Relaxed);
            }
        }
        for (worker, ticket, is_written) in written {
            let mail = &mut self.mails[worker];
            if is_written && is_safe {
                mail.committed = Some(ticket);
            } else {
                mail.failed.push(ticket);
            }
        }
        if !is_safe || self.has_failed() {
            // Nobody sees what may not be there after the next start: a queue in memory is ahead of what is on disk.
            self.mails.iter_mut().for_each(|mail| mail.queued.clear());
            self.pages.clear();
        }
        self.answer_pages();
        self.post_mails();
    }

    fn has_failed(&self) -> bool {
        self.shared.durable.as_ref().is_none_or(|durable| durable.health() == Health::Failed)
    }

    fn post_mails(&mut self) {
        for (worker, mail) in self.mails.iter_mut().enumerate() {
            if !mail.is_empty() {
                if let Some(durable) = self.shared.durable.as_ref() {
                    durable.begin(1);
                }
                self.shared.mailboxes[worker].post(Mail::Durable(std::mem::take(mail)));
            }
        }
    }

    fn count_drops(&self, reason: Metric, count: u64) {
        count_drops(self.shared.common_counters(), reason, count);
    }

    /// Counts messages that a session does not get, and has its worker told.
    fn count_drops_of(&mut self, session: SessionKey, reason: Metric, count: u64) {
        self.count_drops(reason, count);
        if let Some(mail) = self.mails.get_mut(usize::from(session.worker)) {
            mail.note_dropped(session, reason, count);
        }
    }

    fn fail(&mut self, error: &StoreError) {
        let Some(durable) = self.shared.durable.as_ref() else { return };
        if matches!(error, StoreError::NoSpace) {
            durable.set_health(Health::Full);
            self.shared.raise_alarm(STORE_FULL, "the disk is full: publishers of new messages are told");
        } else {
            durable.set_health(Health::Failed);
            let message = format!("nothing is stored until the broker is started again: {error}");
            self.shared.raise_alarm(STORE_FAILED, &message);
        }
    }

    /// Does a part of what keeps the log small.
    fn keep_small(&mut self) {
        if self.has_failed() {
            return;
        }
        match self.upkeep.look_after(&mut self.store, &mut self.checkpoints, self.shared.clock.now()) {
            Ok(None) => {}
            Ok(Some((session, count))) => {
                match self.directory.residence(session) {
                    Some(there) => self.count_drops_of(there.key, Metric::DeliveryDroppedQueueFull, count),
                    None => self.count_drops(Metric::DeliveryDroppedQueueFull, count),
                }
                self.post_mails();
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Says whether there is room for more messages.
    fn look_at_room(&mut self) {
        let Some(durable) = self.shared.durable.as_ref() else { return };
        if self.upkeep.may_grow(&self.store) {
            self.spare_maker.look_after(&self.store, self.shared.clock.now());
        }
        // Without a segment made in advance the next one may still be possible: only a try that failed says that it is not.
        let has_room = (self.store.has_room(ROOM_BYTES) || !self.spare_maker.has_no_space()) && !self.upkeep.is_full();
        match (durable.health(), has_room) {
            (Health::Good, false) => {
                durable.set_health(Health::Full);
                let bytes = self.store.bytes_on_disk();
                let message =
                    format!("the store may not grow beyond its {bytes} bytes: publishers of new messages are told");
                self.shared.raise_alarm(STORE_FULL, &message);
            }
            (Health::Full, true) => {
                durable.set_health(Health::Good);
                self.shared.end_alarm(STORE_FULL);
            }
            _ => {}
        }
    }

    /// Writes one worker's work, in frames of a bounded size.
    ///
    /// # Errors
    /// The last one, when something could not be written: then the rest was still tried.
    fn write(&mut self, work: Vec<Work>) -> Result<(), StoreError> {
        let mut is_open = false;
        let mut room = 0;
        let mut written = Ok(());
        for piece in work {
            let bytes = bytes_max(&piece);
            if is_open && bytes > room {
                is_open = false;
                written = self.store.append().and(written);
            }
            if !is_open && bytes > 0 {
                // A frame of the usual size, or what is left of the disk.
                room = bytes.max(FRAME_BYTES);
                if self.store.begin(room).is_err() {
                    room = bytes;
                    if let Err(error) = self.store.begin(room) {
                        written = Err(error);
                        self.give_up(&piece);
                        continue;
                    }
                }
                is_open = true;
            }
            room -= bytes;
            if let Err(error) = self.carry_out(piece) {
                written = Err(error);
            }
        }
        if is_open { self.store.append().and(written) } else { written }
    }

    /// Work that cannot be written: what is known in memory follows the workers all the same.
    fn give_up(&mut self, work: &Work) {
        match *work {
            Work::Open { key, session, .. } => self.directory.insert(key, session),
            Work::Restored(ref places) => {
                places.iter().for_each(|place| self.directory.insert(place.key, place.session));
            }
            Work::End { key, session } => self.directory.remove(key, session),
            Work::Detach { session, .. } => {
                self.directory.set_feed(session, None);
                self.store.set_in_use(session, false);
            }
            _ => {}
        }
    }

    /// Members that are online get what was queued for one that had gone.
    fn fetch_left_behind(&mut self) {
        if self.left_behind.is_empty() {
            return;
        }
        let work = self.left_behind.drain().map(|(filter, from)| Work::PassOn { filter, from }).collect();
        if let Err(error) = self.write(work) {
            self.fail(&error);
        }
    }

    /// Messages are lost with their session.
    fn push_loss(&mut self, command: &Command) -> Result<(), StoreError> {
        let lost = self.store.push(command)?.dropped.len();
        self.count_drops(Metric::DeliveryDroppedSessionEnded, lost as u64);
        Ok(())
    }

    fn carry_out(&mut self, work: Work) -> Result<(), StoreError> {
        match work {
            Work::Command(command) => {
                self.store.push(&command)?;
                if let Command::Done { session, .. } | Command::Received { session, .. } = command {
                    self.look_at_fullness(session);
                }
            }
            Work::Open { key, session, record } => {
                self.directory.insert(key, session);
                self.store.push(&Command::SetSession { session, record })?;
            }
            Work::Restored(places) => {
                for RestoredPlace { key, session, was_connected } in places {
                    self.directory.insert(key, session);
                    self.look_at_fullness(session);
                    if was_connected && let Some(sent_to) = self.store.tail(session) {
                        // What had been sent when the broker ended is not known: any of it may have been.
                        self.store.push(&Command::Sent { session, sent_to })?;
                    }
                }
            }
            Work::End { key, session } => {
                self.note_full(key, false);
                self.directory.remove(key, session);
                self.push_loss(&Command::EndSession { session })?;
            }
            Work::Publish(publication) => self.publish(publication)?,
            Work::PassOn { filter, from } => self.pass_on(&filter, from)?,
            Work::Bequeath { filter, from } => self.bequeath(&filter, from)?,
            Work::DropSent { session } => {
                let (from, below) = (0, self.store.sent_to(session));
                self.push_loss(&Command::Drop { session, from, below })?;
            }
            Work::Attach { session, feed } => {
                self.directory.set_feed(session, Some(feed));
                self.store.set_in_use(session, true);
            }
            Work::Detach { session, sent_to } => {
                self.directory.set_feed(session, None);
                self.store.set_in_use(session, false);
                if let Some(sent_to) = sent_to {
                    self.store.push(&Command::Sent { session, sent_to })?;
                }
            }
            Work::Page { session, feed, from } => self.pages.push((session, feed, from)),
            Work::Pause { session, feed } => {
                if self.directory.residence(session).is_some_and(|there| there.feed == Some(feed)) {
                    self.directory.set_live(session, false);
                }
            }
        }
        Ok(())
    }

    /// Writes down the retained message that a topic has now: workers may have changed it in another order than their
    /// submissions arrive here.
    fn retained_now(&self, message: &Message) -> Command {
        let topic = message.topic();
        let current = self.shared.retained.read().get(topic, self.shared.clock.now()).cloned();
        match current {
            Some(message) => Command::Retain { message },
            None => Command::Unset { space: Space::Retained, key: topic.as_bytes().to_vec() },
        }
    }

    fn answer(&mut self, question: Question) {
        match question {
            Question::Page { session, from, asker } => {
                let page = self.store.page(session, Some(from), PAGE_ENTRIES, PAGE_BYTES);
                if self.directory.residence(session).is_none_or(|there| there.feed.is_none()) {
                    // Nobody else reads this queue: what was loaded of it goes again.
                    self.store.set_in_use(session, false);
                }
                let page = page.map(|page| (page, self.store.body_reader())).map_err(|error| error.to_string());
                // Whoever asked may have gone.
                let _ = asker.try_send(page);
            }
            other => inspection::answer(other, &self.store, &self.checkpoints, &mut self.upkeep),
        }
    }

    fn answer_pages(&mut self) {
        for (session, feed, from) in std::mem::take(&mut self.pages) {
            let Some(residence) = self.directory.residence(session) else { continue };
            if residence.feed != Some(feed) {
                // Asked for by a connection that has gone meanwhile.
                continue;
            }
            let key = residence.key;
            match self.store.page(session, from, PAGE_ENTRIES, PAGE_BYTES) {
                Ok(page) if page.entries.is_empty() && page.at_tail => {
                    self.directory.set_live(session, true);
                    self.end_page(key, PageEnd { session: key, feed, next: page.next, is_up_to_date: true });
                }
                Ok(page) => self.read_page(PageJob { session: key, feed, page }),
                Err(error) => {
                    error!(msg = "durable_queue_unreadable", session = session.0, %error);
                }
            }
        }
        let lost = self.store.lost_chunks();
        if lost > self.known_lost {
            self.known_lost = lost;
            let message =
                format!("{lost} parts of queues could not be read; their messages are lost, the rest is served");
            self.shared.raise_alarm(INDEX_DAMAGED, &message);
        }
    }

    fn read_page(&self, job: PageJob) {
        if let Some(durable) = self.shared.durable.as_ref() {
            durable.begin(1);
        }
        self.page_reader.read(job);
    }

    fn end_page(&mut self, key: SessionKey, end: PageEnd) {
        self.mails[usize::from(key.worker)].pages.push(end);
    }
}

/// Upper bound of what a piece of work adds to the log.
fn bytes_max(work: &Work) -> usize {
    const OF_RECIPIENT: usize = 32;
    match work {
        Work::Command(command) => command.encoded_len_max(),
        Work::Open { record, .. } => SMALL + record_bytes_max(record),
        Work::Publish(publication) => {
            let recipients = &publication.recipients;
            let extra = recipients.iter().map(|recipient| {
                // A dropped message for each recipient may come before.
                2 * OF_RECIPIENT
                    + SMALL
                    + 5 * recipient.subscription_ids.as_slice().len()
                    + recipient.shared.as_ref().map_or(0, |filter| filter.len() + SMALL)
            });
            SMALL + message_bytes_max(&publication.message) + extra.sum::<usize>()
        }
        Work::PassOn { filter, .. } | Work::Bequeath { filter, .. } => grouping::move_bytes_max(filter),
        Work::Restored(places) => SMALL * places.iter().filter(|place| place.was_connected).count(),
        Work::End { .. } | Work::DropSent { .. } | Work::Detach { .. } => SMALL,
        Work::Attach { .. } | Work::Page { .. } | Work::Pause { .. } => 0,
    }
}

/// Upper bound of [`encoded_message_len`], at the price of two additions.
fn message_bytes_max(message: &Message) -> usize {
    SMALL + message.memory_bytes()
}

fn record_bytes_max(record: &SessionRecord) -> usize {
    let will = record.will.as_ref().map_or(0, |will| encoded_message_len(&will.message));
    64 + record.client_id.len() + will
}
