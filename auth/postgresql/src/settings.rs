//! What has to be known to reach a PostgreSQL server.

use dunlin_auth_backend::sql::{SqlQueryError, SqlSettings};
use rustls::ClientConfig;
use std::sync::Arc;

/// What has to be known to reach a PostgreSQL server.
#[derive(Clone, Debug)]
pub struct PostgresqlSettings {
    /// Servers, database, user, limits.
    pub sql: SqlSettings,
    /// `disable_prepared_statements`: for proxies that give each transaction another connection, such as PgBouncer.
    pub disable_prepared_statements: bool,
    /// `ssl`: the server must speak TLS.
    pub tls: Option<Tls>,
}

/// How TLS is spoken.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Whom to trust, and which certificate to show.
    pub config: Arc<ClientConfig>,
    /// `server_name_indication`: the name its certificate must have, where it is not the host.
    pub server_name: Option<String>,
}

impl PostgresqlSettings {
    /// The port of PostgreSQL.
    pub const DEFAULT_PORT: u16 = 5432;

    /// Without TLS, with prepared statements.
    #[must_use]
    pub fn new(sql: SqlSettings) -> Self {
        Self { sql, disable_prepared_statements: false, tls: None }
    }
}

/// Why settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresqlSettingsError {
    /// There is no server.
    #[error("no server is named")]
    NoServer,
    /// There is no user name, without which PostgreSQL lets nobody in.
    #[error("username is missing")]
    NoUsername,
    /// There is no time to answer.
    #[error("query_timeout must be longer than zero")]
    NoTime,
    /// A text that PostgreSQL cannot be sent.
    #[error("{0} must not hold a zero byte")]
    ZeroByte(&'static str),
    /// A name that no certificate can have.
    #[error("`{0}` is no name of a server")]
    InvalidServerName(String),
    /// The query.
    #[error("query: {0}")]
    Query(#[from] SqlQueryError),
}
