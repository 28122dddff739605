//! PostgreSQL and MySQL.

use super::client_tls;
use super::making::Making;
use dunlin_auth_backend::sql::{Secret, SqlSettings};
use dunlin_auth_mysql::{self as mysql, MysqlAuthenticator, MysqlAuthorization, MysqlSettings};
use dunlin_auth_postgresql::{
    self as postgresql, PostgresqlAuthenticator, PostgresqlAuthorization, PostgresqlSettings,
};
use dunlin_config::back_end::SqlServers;
use dunlin_config::{authentication, authorization_sources as sources};
use std::num::NonZeroUsize;

/// `password_based:postgresql`.
pub(super) fn postgresql_authenticator(
    config: &authentication::Postgresql,
    making: &mut Making<'_>,
) -> Result<PostgresqlAuthenticator, String> {
    let settings = postgresql_settings(&config.servers, config.disable_prepared_statements, making)?;
    let made = postgresql::authenticator(settings, &config.query, config.password_hash_algorithm);
    made.map_err(|error| error.to_string())
}

/// The source `postgresql`.
pub(super) fn postgresql_source(
    config: &sources::Postgresql,
    making: &mut Making<'_>,
) -> Result<PostgresqlAuthorization, String> {
    let settings = postgresql_settings(&config.servers, config.disable_prepared_statements, making)?;
    postgresql::authorization(settings, &config.query, making.rules).map_err(|error| error.to_string())
}

/// `password_based:mysql`.
pub(super) fn mysql_authenticator(
    config: &authentication::Mysql,
    making: &mut Making<'_>,
) -> Result<MysqlAuthenticator, String> {
    let settings = mysql_settings(&config.servers, making)?;
    let made = mysql::authenticator(settings, &config.query, config.password_hash_algorithm);
    made.map_err(|error| error.to_string())
}

/// The source `mysql`.
pub(super) fn mysql_source(config: &sources::Mysql, making: &mut Making<'_>) -> Result<MysqlAuthorization, String> {
    let settings = mysql_settings(&config.servers, making)?;
    mysql::authorization(settings, &config.query, making.rules).map_err(|error| error.to_string())
}

fn postgresql_settings(
    servers: &SqlServers,
    disable_prepared_statements: bool,
    making: &mut Making<'_>,
) -> Result<PostgresqlSettings, String> {
    let tls = client_tls::load(&servers.ssl, making)?;
    let tls = tls.map(|tls| postgresql::Tls { config: tls.loaded.config, server_name: tls.server_name });
    Ok(PostgresqlSettings { sql: sql_settings(servers, making)?, disable_prepared_statements, tls })
}

fn mysql_settings(servers: &SqlServers, making: &mut Making<'_>) -> Result<MysqlSettings, String> {
    let tls = client_tls::load_for_own_tls(&servers.ssl, making)?.map(|tls| mysql::Tls {
        authorities_pem: tls.loaded.authorities_pem,
        certificate: tls.loaded.identity.map(|identity| mysql::ClientCertificate {
            chain_pem: identity.chain_pem,
            key_pem: Secret::new(identity.key_pem),
        }),
        verify: tls.verifies,
        server_name: tls.server_name,
    });
    Ok(MysqlSettings { sql: sql_settings(servers, making)?, tls })
}

fn sql_settings(servers: &SqlServers, making: &mut Making<'_>) -> Result<SqlSettings, String> {
    let password = making.reveal("password", servers.password.as_ref())?.unwrap_or_default();
    Ok(SqlSettings {
        servers: servers.servers.clone(),
        database: servers.database.clone(),
        username: servers.username.clone(),
        password: Secret::new(password),
        pool_size: NonZeroUsize::new(servers.pool_size).ok_or("pool_size: it must be 1 or more")?,
        query_timeout: servers.query_timeout,
    })
}
