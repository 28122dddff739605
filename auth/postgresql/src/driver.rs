//! How connections to PostgreSQL are made and used.

use crate::connection::{Connection, describe};
use crate::tls::Handshakes;
use crate::{PostgresqlSettings, PostgresqlSettingsError};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::sql::{Dialect, Rows, SqlDriver, SqlQuestion};
use dunlin_auth_backend::{AskError, Driver};
use rustls::pki_types::ServerName;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

/// How long the server may take to hear that a question was given up.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// A server that has gone without a word is noticed after a minute or so, also where nobody asks anything.
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(60);

/// How connections to PostgreSQL are made and used.
pub struct PostgresqlDriver {
    config: Config,
    tls: Option<Handshakes>,
    prepares: bool,
    /// One permit per question that is being cancelled: a server that is slow is not asked for more than it was before.
    cancellations: Arc<Semaphore>,
}

impl PostgresqlDriver {
    pub(crate) fn new(settings: PostgresqlSettings) -> Result<Self, PostgresqlSettingsError> {
        check(&settings)?;
        let sql = settings.sql;
        let mut config = Config::new();
        for server in &sql.servers {
            config.host(&server.host).port(server.port);
        }
        let server_count = u32::try_from(sql.servers.len()).unwrap_or(u32::MAX).max(1);
        config
            .user(&sql.username)
            .dbname(&sql.database)
            .application_name("dunlin")
            .keepalives_idle(KEEP_ALIVE_IDLE)
            .connect_timeout(sql.query_timeout / server_count)
            .ssl_mode(if settings.tls.is_some() { SslMode::Require } else { SslMode::Disable });
        if !sql.password.expose().is_empty() {
            config.password(sql.password.expose());
        }
        Ok(Self {
            config,
            tls: settings.tls.map(Handshakes),
            prepares: !settings.disable_prepared_statements,
            cancellations: Arc::new(Semaphore::new(sql.pool_size.get().min(Semaphore::MAX_PERMITS))),
        })
    }
}

fn check(settings: &PostgresqlSettings) -> Result<(), PostgresqlSettingsError> {
    let sql = &settings.sql;
    if sql.servers.is_empty() {
        return Err(PostgresqlSettingsError::NoServer);
    }
    if sql.username.is_empty() {
        return Err(PostgresqlSettingsError::NoUsername);
    }
    if sql.query_timeout.is_zero() {
        return Err(PostgresqlSettingsError::NoTime);
    }
    let texts = [("database", &*sql.database), ("username", &*sql.username), ("password", sql.password.expose())];
    if let Some((name, _)) = texts.into_iter().find(|(_, text)| text.contains('\0')) {
        return Err(PostgresqlSettingsError::ZeroByte(name));
    }
    let name = settings.tls.as_ref().and_then(|tls| tls.server_name.clone());
    match name {
        Some(name) if ServerName::try_from(name.as_str()).is_err() => {
            Err(PostgresqlSettingsError::InvalidServerName(name))
        }
        _ => Ok(()),
    }
}

impl Driver for PostgresqlDriver {
    type Connection = Connection;
    type Question = SqlQuestion;
    type Reply = Rows;

    async fn connect(&self) -> Result<Connection, BackendFailure> {
        let connected = match &self.tls {
            Some(tls) => {
                let connected = self.config.connect(tls.clone()).await;
                connected.map(|(client, connection)| Connection::start(client, connection))
            }
            None => {
                let connected = self.config.connect(NoTls).await;
                connected.map(|(client, connection)| Connection::start(client, connection))
            }
        };
        connected.map_err(|error| BackendFailure::Unreachable(describe(&error)))
    }

    fn is_usable(&self, connection: &Connection) -> bool {
        connection.is_usable()
    }

    async fn ask(&self, connection: &mut Connection, question: &SqlQuestion) -> Result<Rows, AskError> {
        connection.ask(question, self.prepares).await
    }

    /// The server does not notice that a socket is closed while it is busy, so it is told.
    fn abandon(&self, connection: Connection) {
        let token = connection.cancel_token();
        drop(connection);
        let permit = Arc::clone(&self.cancellations).try_acquire_owned();
        let (Ok(permit), Ok(runtime)) = (permit, Handle::try_current()) else { return };
        let tls = self.tls.clone();
        runtime.spawn(async move {
            // Nobody is left who could be told of a failure.
            let _ = match tls {
                Some(tls) => timeout(CANCEL_TIMEOUT, token.cancel_query(tls)).await,
                None => timeout(CANCEL_TIMEOUT, token.cancel_query(NoTls)).await,
            };
            drop(permit);
        });
    }

    fn ping(&self) -> SqlQuestion {
        SqlQuestion::ping()
    }
}

impl SqlDriver for PostgresqlDriver {
    const KIND: &'static str = "postgresql";
    const MECHANISM: &'static str = "password_based:postgresql";
    const DIALECT: Dialect = Dialect::PostgreSql;

    /// Its texts are UTF-8 without zero bytes.
    fn can_hold(value: &[u8]) -> bool {
        !value.contains(&0) && std::str::from_utf8(value).is_ok()
    }
}

impl fmt::Debug for PostgresqlDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresqlDriver")
            .field("hosts", &self.config.get_hosts())
            .field("ports", &self.config.get_ports())
            .field("database", &self.config.get_dbname())
            .field("has_tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}
