//! Messages that the broker keeps for later, as operators see them: retained ones by topic, delayed ones until their time.
//!
//! Looking reads the stores in portions, each under their locks for a moment. What is to be forgotten is told to the first worker,
//! which answers once the disk knows it too.

mod delayed;
mod retained;

pub use delayed::{DelayedFacts, DelayedMessages, DelayedPage};
pub use retained::{RetainedMessages, RetainedPage};

use crate::AskError;
use crate::clients::{Clients, question::Question};
use dunlin_delayed::DelayedId;
use std::sync::mpsc::SyncSender;

/// The worker that forgets messages for those who ask: which one does not matter.
const FORGETTING_WORKER: usize = 0;

/// Messages that are forgotten with one answer.
const FORGOTTEN_AT_ONCE: usize = 1_000;

/// Messages to be forgotten.
pub(crate) enum Forgetting {
    /// The retained messages of these topics.
    Retained(Vec<String>),
    /// These delayed ones.
    Delayed(Vec<DelayedId>),
}

/// How many were there, once the disk knows that they are not; `None` where the disk took it not.
pub(crate) type Forgotten = SyncSender<Option<usize>>;

fn forget(asked: &Clients, messages: Forgetting) -> Result<usize, AskError> {
    let forgotten = asked.ask(FORGETTING_WORKER, |answer| Question::Forget { messages, answer })?;
    forgotten.ok_or(AskError::NotStored)
}
