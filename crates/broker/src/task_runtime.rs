//! Who runs what an event loop must not wait for, and how its answer gets back.

use crate::authentication::Exchanging;
use crate::mailbox::{Mail, Mailbox};
use dunlin_access::{Answered, ChainOutcome, ChainStep};
use dunlin_telemetry::Latency;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};

/// A task without a result.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks that ask somebody outside this process, such as the back ends of access control. The event loops have no runtime
/// of their own.
pub trait TaskRuntime: Debug + Send + Sync {
    /// Runs it to its end. One that is dropped before counts as failed.
    fn spawn(&self, task: Task);
}

/// What a task has to say to a connection.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nothing: it has failed.
    Lost,
    /// Whether a client may come in.
    Admission(ChainOutcome),
    /// What comes next in an exchange of AUTH packets, which goes back to its connection.
    Exchange(Box<Exchanging>, ChainStep),
    /// Rulings on the packet in front, in any order.
    Rulings(Vec<Answered>),
}

impl Answer {
    /// What the time until it came is counted as.
    pub(crate) const fn latency(&self) -> Option<Latency> {
        match self {
            Self::Lost => None,
            Self::Admission(_) | Self::Exchange(..) => Some(Latency::Authentication),
            Self::Rulings(_) => Some(Latency::Authorization),
        }
    }
}

/// The way back of an answer, good for one. A task that ends without an answer gives [`Answer::Lost`], so that no connection
/// waits for ever.
pub(crate) struct Reply {
    mailbox: Arc<Mailbox>,
    slot: u32,
    number: u64,
    /// Ends with the connection.
    asker: Weak<()>,
    is_used: bool,
}

impl Reply {
    pub(crate) fn new(mailbox: Arc<Mailbox>, slot: u32, number: u64, asker: &Arc<()>) -> Self {
        Self { mailbox, slot, number, asker: Arc::downgrade(asker), is_used: false }
    }

    /// Whether there is still somebody to answer to. A task with several steps looks between them.
    pub(crate) fn is_awaited(&self) -> bool {
        self.asker.strong_count() > 0
    }

    pub(crate) fn send(mut self, answer: Answer) {
        self.post(answer);
    }

    fn post(&mut self, answer: Answer) {
        self.is_used = true;
        if self.is_awaited() {
            // In a box: every piece of mail takes as much room as the largest kind of it.
            let answer = Box::new(answer);
            self.mailbox.post(Mail::Answer { slot: self.slot, number: self.number, answer });
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if !self.is_used {
            self.post(Answer::Lost);
        }
    }
}
