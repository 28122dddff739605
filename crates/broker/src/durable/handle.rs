//! The door between the workers and the committer.

use super::{
    DurableSettings, InspectError, Submission,
    full_sessions::FullSessions,
    inspection::{QUESTIONS_MAX, Question},
};
use dunlin_inbox::SessionNumber;
use parking_lot::{Condvar, Mutex};
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Bytes of submissions that may wait for the committer before workers stop reading.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// Pieces of work that may wait.
const WAITING_WORK_MAX: usize = 256 * 1024;

/// Whether new messages can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Health {
    /// They can.
    Good = 0,
    /// The disk, or the share of it that is granted, is full.
    Full = 1,
    /// The disk failed: nothing is stored until the broker is started again.
    Failed = 2,
}

/// What workers and committer share.
pub(crate) struct Durable {
    pub(crate) settings: DurableSettings,
    inbound: Mutex<Inbound>,
    arrived: Condvar,
    waiting_bytes: AtomicUsize,
    waiting_work: AtomicUsize,
    health: AtomicU8,
    /// Sessions whose publishers are refused; always none where the oldest messages make room.
    pub(crate) full: FullSessions,
    next_session: AtomicU64,
    /// Submissions, pages and mails that are under way.
    under_way: AtomicUsize,
    pub(crate) figures: Figures,
}

/// Counts of the store.
#[derive(Default)]
pub(crate) struct Figures {
    /// Waits for the disk.
    pub(crate) syncs: AtomicU64,
}

#[derive(Default)]
struct Inbound {
    submissions: Vec<Submission>,
    questions: Vec<Question>,
    stopping: bool,
}

impl Durable {
    pub(crate) fn new(settings: DurableSettings, next_session: SessionNumber) -> Self {
        Self {
            settings,
            inbound: Mutex::default(),
            arrived: Condvar::new(),
            waiting_bytes: AtomicUsize::new(0),
            waiting_work: AtomicUsize::new(0),
            health: AtomicU8::new(Health::Good as u8),
            full: FullSessions::default(),
            next_session: AtomicU64::new(next_session.0),
            under_way: AtomicUsize::new(0),
            figures: Figures::default(),
        }
    }

    /// A number no durable session has had.
    pub(crate) fn new_session(&self) -> SessionNumber {
        SessionNumber(self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    /// So many submissions, pages or mails begin their way.
    pub(crate) fn begin(&self, count: usize) {
        self.under_way.fetch_add(count, Ordering::SeqCst);
    }

    /// So many have arrived, and what follows from them has begun its own way.
    pub(crate) fn end(&self, count: usize) {
        self.under_way.fetch_sub(count, Ordering::SeqCst);
    }

    /// Nothing is under way between workers and committer.
    pub(crate) fn is_settled(&self) -> bool {
        self.under_way.load(Ordering::SeqCst) == 0
    }

    /// Hands over a submission.
    pub(crate) fn submit(&self, submission: Submission) {
        self.begin(1);
        self.waiting_bytes.fetch_add(submission.bytes, Ordering::Relaxed);
        self.waiting_work.fetch_add(submission.len(), Ordering::Relaxed);
        self.inbound.lock().submissions.push(submission);
        self.arrived.notify_one();
    }

    /// Whether workers should stop reading until the committer has caught up.
    pub(crate) fn is_behind(&self) -> bool {
        self.waiting_bytes.load(Ordering::Relaxed) > WAITING_BYTES_MAX
            || self.waiting_work.load(Ordering::Relaxed) > WAITING_WORK_MAX
    }

    pub(crate) fn health(&self) -> Health {
        match self.health.load(Ordering::Relaxed) {
            0 => Health::Good,
            1 => Health::Full,
            _ => Health::Failed,
        }
    }

    pub(crate) fn set_health(&self, health: Health) {
        self.health.store(health as u8, Ordering::Relaxed);
    }

    /// Takes all submissions into `into`, which must be empty; waits up to `patience` for the first. False once the
    /// broker is stopping and nothing is left.
    pub(crate) fn take(&self, into: &mut Vec<Submission>, patience: Duration) -> bool {
        let mut inbound = self.inbound.lock();
        if inbound.submissions.is_empty() && inbound.questions.is_empty() && !inbound.stopping {
            self.arrived.wait_for(&mut inbound, patience);
        }
        std::mem::swap(&mut inbound.submissions, into);
        let goes_on = !into.is_empty() || !inbound.stopping;
        drop(inbound);
        let (bytes, work) =
            into.iter().fold((0, 0), |(bytes, work), submission| (bytes + submission.bytes, work + submission.len()));
        self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.waiting_work.fetch_sub(work, Ordering::Relaxed);
        goes_on
    }

    /// Asks the committer.
    pub(super) fn ask(&self, question: Question) -> Result<(), InspectError> {
        let mut inbound = self.inbound.lock();
        if inbound.stopping {
            return Err(InspectError::Stopping);
        }
        if inbound.questions.len() >= QUESTIONS_MAX {
            return Err(InspectError::Busy);
        }
        inbound.questions.push(question);
        drop(inbound);
        self.arrived.notify_one();
        Ok(())
    }

    /// What the committer was asked.
    pub(super) fn take_questions(&self) -> Vec<Question> {
        std::mem::take(&mut self.inbound.lock().questions)
    }

    /// The workers are gone: what waits is still committed, then the committer ends.
    pub(crate) fn stop(&self) {
        self.inbound.lock().stopping = true;
        self.arrived.notify_one();
    }
}
