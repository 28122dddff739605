//! What a pool has to know of a back end.

use dunlin_access::BackendFailure;
use std::fmt::Debug;
use std::future::Future;

/// How connections to a back end are made and used. All futures may be dropped at any point.
pub trait Driver: Debug + Send + Sync {
    /// An open connection. Dropping it closes it at once.
    type Connection: Send;
    /// What is asked.
    type Question: Sync;
    /// What is answered.
    type Reply: Send;

    /// Opens a connection and logs in.
    fn connect(&self) -> impl Future<Output = Result<Self::Connection, BackendFailure>> + Send;

    /// Whether another question can be asked on it, as far as is known on this side.
    fn is_usable(&self, connection: &Self::Connection) -> bool;

    /// Asks one question. It must not change anything in the back end, since it is asked again where a connection that was kept
    /// turns out to be lost.
    fn ask(
        &self,
        connection: &mut Self::Connection,
        question: &Self::Question,
    ) -> impl Future<Output = Result<Self::Reply, AskError>> + Send;

    /// A question that every back end of the kind can answer, and that costs it little.
    fn ping(&self) -> Self::Question;

    /// Takes leave of a connection whose question was given up. What the back end still does for it may be cancelled.
    fn abandon(&self, connection: Self::Connection) {
        drop(connection);
    }
}

/// Why a question was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The connection is of no use any more.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// The back end answered, but not the question.
    #[error(transparent)]
    Refused(BackendFailure),
    /// The back end cannot make sense of a value that the client brought. That says nothing of the back end.
    #[error("a value does not fit: {0}")]
    Unfit(String),
}

impl From<AskError> for BackendFailure {
    fn from(error: AskError) -> Self {
        match error {
            AskError::Lost(reason) => Self::Unreachable(reason),
            AskError::Refused(failure) => failure,
            AskError::Unfit(reason) => Self::BadAnswer(reason),
        }
    }
}
