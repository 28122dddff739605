//! Why a question about clients has no answer.

use std::time::Duration;

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
    /// The broker stops.
    #[error("the node is stopping")]
    Stopping,
}
