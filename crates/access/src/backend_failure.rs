//! A back end that could not answer.

/// A back end that could not answer: neither yes nor no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendFailure {
    /// It did not answer within its time, in milliseconds.
    #[error("no answer within {0} ms")]
    Timeout(u64),
    /// It cannot be reached.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// As many questions wait for it as may.
    #[error("too many questions wait for an answer")]
    Overloaded,
    /// It answered something that makes no sense.
    #[error("its answer is of no use: {0}")]
    BadAnswer(String),
}
