//! A bounded number of connections, and of questions that wait for one.

#[cfg(test)]
mod tests;

use crate::lease::Lease;
use crate::{AskError, Deadline, Desk, DeskSettings, Driver, Reconnection};
use dunlin_access::{BackendFailure, BackendQuestions, BackendStatus};
use parking_lot::Mutex;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// `pool_size` where nothing else is said.
pub const DEFAULT_CONNECTIONS: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// How many questions may be under way, those that wait for a connection and those that have one. The next one fails at once.
pub const MAX_WAITING: usize = 10_000;

/// A bounded number of connections, and of questions that wait for one, first come, first served.
///
/// Connections are opened when they are needed. One whose question was given up is closed: an answer never reaches the wrong
/// question. Every question ends within its time, and whoever drops it gives back its place and its connection.
pub struct Pool<D: Driver> {
    driver: D,
    /// A slot is a connection.
    desk: Desk,
    kept: Mutex<Vec<D::Connection>>,
    reconnection: Reconnection,
}

impl<D: Driver> Pool<D> {
    /// Opens nothing yet. `timeout` is for each question as a whole.
    #[must_use]
    pub fn new(driver: D, connections: NonZeroUsize, timeout: Duration) -> Self {
        let slots = connections.get();
        let settings = DeskSettings { slots, max_waiting: MAX_WAITING.saturating_sub(slots), timeout };
        let desk = Desk::new(format!("{driver:?}"), settings);
        Self { driver, desk, kept: Mutex::default(), reconnection: Reconnection::default() }
    }

    /// How connections are made.
    pub fn driver(&self) -> &D {
        &self.driver
    }

    /// The end of a question that is asked now.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        self.desk.deadline()
    }

    /// Asks.
    ///
    /// # Errors
    /// The back end could not be reached, gave no answer in time or one of no use; or too many questions are under way.
    pub async fn ask(&self, question: &D::Question, deadline: Deadline) -> Result<D::Reply, BackendFailure> {
        // In a box: what drivers do is tens of kilobytes, which each layer around it would have twice on the stack.
        let asked = Box::pin(self.ask_within(question, deadline));
        let result = self.desk.in_turn(deadline, asked).await;
        if let Err(AskError::Unfit(reason)) = result {
            self.desk.health().note(Ok(()));
            return Err(BackendFailure::BadAnswer(reason));
        }
        let result = result.map_err(BackendFailure::from);
        self.desk.health().note(result.as_ref().map(|_| ()));
        result
    }

    /// Asks what every back end of the kind can answer, unless it is known how this one is: see [`Desk::probe`].
    pub async fn probe(&self) {
        let question = self.driver.ping();
        let asked = Box::pin(self.ask_within(&question, self.deadline()));
        let asked = async { asked.await.map_err(BackendFailure::from) };
        self.desk.probe(asked).await;
    }

    /// Whether the back end answers: how the last question ended.
    #[must_use]
    pub fn status(&self) -> BackendStatus {
        self.desk.status()
    }

    /// See [`Desk::questions`].
    #[must_use]
    pub fn questions(&self) -> BackendQuestions {
        self.desk.questions()
    }

    /// How many connections no question uses now.
    #[must_use]
    pub fn free_connections(&self) -> usize {
        self.desk.free().0
    }

    /// Must be asked in its turn.
    async fn ask_within(&self, question: &D::Question, deadline: Deadline) -> Result<D::Reply, AskError> {
        loop {
            let mut lease = self.lease(deadline).await.map_err(AskError::Refused)?;
            // Where time is up, `?` drops the lease, which abandons the connection.
            let answer =
                deadline.limit(self.driver.ask(lease.connection(), question)).await.map_err(AskError::Refused)?;
            match answer {
                Err(AskError::Lost(_)) if lease.was_kept() => {
                    // The server has closed one that waited here; so it did with the others, most probably.
                    lease.close();
                    self.kept.lock().clear();
                }
                Err(AskError::Lost(reason)) => {
                    lease.close();
                    return Err(AskError::Lost(reason));
                }
                answer => {
                    lease.keep();
                    return answer;
                }
            }
        }
    }

    async fn lease(&self, deadline: Deadline) -> Result<Lease<'_, D>, BackendFailure> {
        if let Some(connection) = self.take_kept() {
            return Ok(Lease::new(self, connection, true));
        }
        Ok(Lease::new(self, self.connect(deadline).await?, false))
    }

    async fn connect(&self, deadline: Deadline) -> Result<D::Connection, BackendFailure> {
        let attempt = self.reconnection.begin()?;
        match deadline.limit(Box::pin(self.driver.connect())).await {
            Ok(Ok(connection)) => {
                attempt.succeed();
                Ok(connection)
            }
            Ok(Err(failure)) | Err(failure) => {
                attempt.fail(failure.clone());
                Err(failure)
            }
        }
    }

    fn take_kept(&self) -> Option<D::Connection> {
        let mut kept = self.kept.lock();
        while let Some(connection) = kept.pop() {
            if self.driver.is_usable(&connection) {
                return Some(connection);
            }
        }
        None
    }

    pub(crate) fn put_back(&self, connection: D::Connection) {
        if self.driver.is_usable(&connection) {
            self.kept.lock().push(connection);
        }
    }
}

impl<D: Driver> fmt::Debug for Pool<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("driver", &self.driver).field("desk", &self.desk).finish_non_exhaustive()
    }
}
