//! A bounded number of connections, and of questions that wait for one.

#[cfg(test)]
mod tests;

use crate::health::Health;
use crate::lease::Lease;
use crate::reconnection::Reconnection;
use crate::{AskError, Deadline, Driver};
use dunlin_access::BackendFailure;
use parking_lot::Mutex;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;
use tokio::sync::Semaphore;

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
    timeout: Duration,
    /// One permit per question under way.
    places: Semaphore,
    /// One permit per connection in use.
    slots: Semaphore,
    kept: Mutex<Vec<D::Connection>>,
    reconnection: Reconnection,
    health: Health,
}

impl<D: Driver> Pool<D> {
    /// Opens nothing yet. `timeout` is for each question as a whole.
    #[must_use]
    pub fn new(driver: D, connections: NonZeroUsize, timeout: Duration) -> Self {
        let connections = connections.get().min(Semaphore::MAX_PERMITS);
        Self {
            driver,
            timeout,
            places: Semaphore::new(MAX_WAITING),
            slots: Semaphore::new(connections),
            kept: Mutex::default(),
            reconnection: Reconnection::default(),
            health: Health::default(),
        }
    }

    /// How connections are made.
    pub fn driver(&self) -> &D {
        &self.driver
    }

    /// The end of a question that is asked now.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.timeout)
    }

    /// Asks.
    ///
    /// # Errors
    /// The back end could not be reached, gave no answer in time or one of no use; or too many questions are under way.
    pub async fn ask(&self, question: &D::Question, deadline: Deadline) -> Result<D::Reply, BackendFailure> {
        let result = match self.places.try_acquire() {
            Ok(_place) => self.ask_within(question, deadline).await,
            Err(_) => Err(AskError::Refused(BackendFailure::Overloaded)),
        };
        match result {
            Err(AskError::Unfit(reason)) => {
                self.note(Ok(()));
                Err(BackendFailure::BadAnswer(reason))
            }
            // To be busy is no failure of the back end.
            Err(AskError::Refused(BackendFailure::Overloaded)) => Err(BackendFailure::Overloaded),
            result => {
                let result = result.map_err(BackendFailure::from);
                self.note(result.as_ref().map(|_| ()));
                result
            }
        }
    }

    fn note(&self, result: Result<(), &BackendFailure>) {
        if self.health.note(result) {
            match result {
                Ok(()) => tracing::info!(backend = ?self.driver, "auth_backend_is_back"),
                Err(failure) => tracing::warn!(backend = ?self.driver, %failure, "auth_backend_failed"),
            }
        }
    }

    /// Whether the back end answers: the last failure, while nothing has succeeded since.
    ///
    /// # Errors
    /// That failure.
    pub fn status(&self) -> Result<(), BackendFailure> {
        self.health.status()
    }

    /// How many connections no question uses now.
    #[must_use]
    pub fn free_connections(&self) -> usize {
        self.slots.available_permits()
    }

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
        let slot = deadline.limit(self.slots.acquire()).await?.map_err(|_| BackendFailure::Overloaded)?;
        if let Some(connection) = self.take_kept() {
            return Ok(Lease::new(self, connection, true, slot));
        }
        Ok(Lease::new(self, self.connect(deadline).await?, false, slot))
    }

    async fn connect(&self, deadline: Deadline) -> Result<D::Connection, BackendFailure> {
        let attempt = self.reconnection.begin()?;
        match deadline.limit(self.driver.connect()).await {
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
        f.debug_struct("Pool")
            .field("driver", &self.driver)
            .field("timeout", &self.timeout)
            .field("free_connections", &self.free_connections())
            .finish_non_exhaustive()
    }
}
