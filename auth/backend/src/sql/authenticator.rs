//! Authentication by a table of users.

use super::{Purpose, SqlDriver, SqlQuery, SqlQueryError, SqlSettings};
use crate::{PasswordCheck, Pool, UserRecord};
use dunlin_access::{Answer, Authenticator, BackendFailure, Credentials, Outcome};
use dunlin_model::ReasonCode;
use dunlin_passwords::Algorithm;

/// The first row is the user. What else a query finds, up to this many rows, is read and forgotten, so that the connection can be
/// used again.
const MAX_ROWS: usize = 100;

/// Authentication by a table of users: the first row that a query finds has `password_hash`, and may have `salt`,
/// `is_superuser` and `clientid_override`.
#[derive(Debug)]
pub struct SqlAuthenticator<D: SqlDriver> {
    pool: Pool<D>,
    query: SqlQuery,
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
            pool: Pool::new(driver, settings.pool_size, settings.query_timeout),
            query: SqlQuery::parse(query, D::DIALECT, Purpose::Authentication)?,
            check: PasswordCheck::new(algorithm),
        })
    }

    /// Its connections.
    pub fn pool(&self) -> &Pool<D> {
        &self.pool
    }

    async fn outcome(&self, credentials: &Credentials) -> Outcome {
        let Some(password) = &credentials.password else {
            return Outcome::Deny(ReasonCode::BadUserNameOrPassword);
        };
        let deadline = self.pool.deadline();
        let question = self.query.question(&credentials.client, Some(password), MAX_ROWS);
        let record = if question.parameters.iter().all(|value| D::can_hold(value)) {
            match self.pool.ask(&question, deadline).await {
                Ok(rows) => rows.into_user(),
                Err(failure) => return Outcome::Failed(failure),
            }
        } else {
            None
        };
        UserRecord::judge(record, &self.check, password, deadline).await
    }
}

impl<D: SqlDriver> Authenticator for SqlAuthenticator<D> {
    fn id(&self) -> &str {
        D::MECHANISM
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.outcome(credentials))
    }

    fn status(&self) -> Result<(), BackendFailure> {
        self.pool.status()
    }
}
