//! Why a question about clients has no answer.

use crate::durable::InspectError;
use std::time::Duration;
use tracing::error;

/// Why a question about clients has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// As many questions wait as may.
    #[error("the node has too many questions about clients to answer: try again later")]
    Busy,
    /// A worker did not answer in time. What was to be done may still be done.
    #[error("the node did not answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The disk did not take it. In memory it is done, and after a restart it may not be.
    #[error("the disk did not take the change: after a restart of the node it may be undone")]
    NotStored,
    /// What is on disk cannot be read; the log says why.
    #[error("the store of the node cannot be read: its log says why")]
    Unreadable,
    /// The broker stops.
    #[error("the node is stopping")]
    Stopping,
}

impl From<InspectError> for AskError {
    fn from(error: InspectError) -> Self {
        match error {
            InspectError::Busy => Self::Busy,
            InspectError::TimedOut(timeout) => Self::TimedOut(timeout),
            InspectError::Stopping => Self::Stopping,
            InspectError::NoStore | InspectError::Failed(_) => {
                error!(msg = "durable_queue_unreadable", %error);
                Self::Unreadable
            }
        }
    }
}
