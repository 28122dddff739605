//! A connection of a pool, for the time of one question.

use crate::{Driver, Pool};

/// A connection of a pool, for the time of one question.
///
/// Only [`Self::keep`] gives it back. Whoever drops it instead has not heard the whole answer: the next question on this connection
/// could be answered with what is left of it.
pub(crate) struct Lease<'a, D: Driver> {
    pool: &'a Pool<D>,
    /// There until it is taken by the end of the lease.
    connection: Option<D::Connection>,
    was_kept: bool,
}

impl<'a, D: Driver> Lease<'a, D> {
    pub(crate) fn new(pool: &'a Pool<D>, connection: D::Connection, was_kept: bool) -> Self {
        Self { pool, connection: Some(connection), was_kept }
    }

    pub(crate) fn connection(&mut self) -> &mut D::Connection {
        self.connection.as_mut().expect("only `keep`, `close` and `drop` take it, and nothing comes after them")
    }

    /// It served other questions before, so the other end may have closed it meanwhile.
    pub(crate) fn was_kept(&self) -> bool {
        self.was_kept
    }

    /// Gives the connection back, where it can be used again.
    pub(crate) fn keep(mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.put_back(connection);
        }
    }

    /// Closes the connection, where there is no answer to come.
    pub(crate) fn close(mut self) {
        self.connection = None;
    }
}

impl<D: Driver> Drop for Lease<'_, D> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.driver().abandon(connection);
        }
    }
}
