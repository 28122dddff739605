//! A delayed message as the store lists it.

use crate::DelayedId;
use dunlin_model::{Message, Millis};

/// A message that waits in the store.
#[derive(Clone, Copy, Debug)]
pub struct DelayedMessage<'a> {
    /// Its name.
    pub id: DelayedId,
    /// When it is to be published.
    pub due_at: Millis,
    /// What is to be published, under its own topic, without the `$delayed` prefix.
    pub message: &'a Message,
}
