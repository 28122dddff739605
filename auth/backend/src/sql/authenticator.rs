//! Authentication by a table of users.

use super::table::Table;
use super::{Purpose, RowMemory, Rows, SqlDriver, SqlQueryError, SqlSettings};
use crate::{PasswordCheck, Pool, UserRecord};
use dunlin_access::{Answer, Authenticator, BackendFailure, BackendQuestions, BackendStatus, Credentials, Outcome};
use dunlin_model::ReasonCode;
use dunlin_passwords::Algorithm;
use std::sync::Arc;

/// The first row is the user. What else a query finds, up to this many rows, is read and forgotten, so that the connection can be
/// used again.
const MAX_ROWS: usize = 100;

/// Authentication by a table of users: the first row that a query finds has `password_hash`, and may have `salt`,
/// `is_superuser` and `clientid_override`.
#[derive(Debug)]
pub struct SqlAuthenticator<D: SqlDriver> {
    table: Table<D>,
    check: PasswordCheck,
}

impl<D: SqlDriver> SqlAuthenticator<D> {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// The query cannot be used.
    pub fn with_driver(
        driver: D,
        settings: &SqlSettings,
        query: &str,
        algorithm: Algorithm,
    ) -> Result<Self, SqlQueryError> {
        Ok(Self {
            table: Table::new(driver, settings, query, Purpose::Authentication, MAX_ROWS)?,
            check: PasswordCheck::new(algorithm),
        })
    }

    /// Does not ask again for a while what it has asked: `authentication_settings.node_cache`.
    #[must_use]
    pub fn remembering(mut self, memory: Arc<RowMemory>) -> Self {
        self.table.memory = Some(memory);
        self
    }

    /// Asks the database for nothing but an answer, so that the status is that of now and not that of the last client.
    ///
    /// # Errors
    /// There is none.
    pub async fn probe(&self) -> Result<(), BackendFailure> {
        self.table.probe().await
    }

    /// Its connections.
    pub fn pool(&self) -> &Pool<D> {
        &self.table.pool
    }

    /// What compares passwords.
    pub const fn password_check(&self) -> &PasswordCheck {
        &self.check
    }

    async fn outcome(&self, credentials: &Credentials) -> Outcome {
        let Some(password) = &credentials.password else {
            return Outcome::Deny(ReasonCode::BadUserNameOrPassword);
        };
        let deadline = self.table.pool.deadline();
        let record = match self.table.rows(credentials, deadline).await {
            Ok(rows) => rows.map(Arc::unwrap_or_clone).and_then(Rows::into_user),
            Err(failure) => return Outcome::Failed(failure),
        };
        UserRecord::judge(record, &self.check, password, credentials.client.peer.ip(), deadline).await
    }
}

impl<D: SqlDriver> Authenticator for SqlAuthenticator<D> {
    fn id(&self) -> &str {
        D::MECHANISM
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.outcome(credentials))
    }

    fn status(&self) -> BackendStatus {
        self.table.pool.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.table.pool.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.table.pool.questions())
    }
}
