//! Why a message cannot be delayed.

use dunlin_topic::TopicError;

/// What is wrong with a topic that begins with `$delayed/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DelayedTopicError {
    /// The level after `$delayed` is not made of decimal digits.
    #[error("the delay is not a whole number of seconds")]
    InvalidDelay,
    /// The time is more than [`MAX_DELAY_SECS`](crate::MAX_DELAY_SECS) before or after the present.
    #[error("the time is more than 42,949,670 seconds away")]
    TooFarAway,
    /// Nothing follows the delay.
    #[error("the delay is not followed by a topic")]
    MissingTopic,
    /// The topic behind the delay is in `$delayed` again, or in `$SYS`, which only the broker writes.
    #[error("topics of `$delayed` and `$SYS` cannot be delayed")]
    ReservedTopic,
    /// The topic behind the delay is no topic name.
    #[error("the delayed {0}")]
    InvalidTopic(TopicError),
}

/// The store takes no more messages. Nothing is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("there are as many delayed messages as `delayed.max_delayed_messages` allows")]
pub struct Full;
