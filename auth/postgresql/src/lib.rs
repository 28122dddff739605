//! Authentication and authorization of clients by tables of PostgreSQL, and of everything that speaks its protocol.
//!
//! [`authenticator`] and [`authorization`] make what a chain needs of [`PostgresqlSettings`] and a query. Placeholders in the query
//! are bind variables of whatever type the database finds fitting; values travel as text. A question that is given up is cancelled.

mod connection;
mod driver;
mod settings;
mod tls;
mod value;

pub use driver::PostgresqlDriver;
pub use settings::{PostgresqlSettings, PostgresqlSettingsError, Tls};

use dunlin_access::RuleSettings;
use dunlin_auth_backend::sql::{SqlAuthenticator, SqlAuthorization};
use dunlin_passwords::Algorithm;

/// `password_based:postgresql`
pub type PostgresqlAuthenticator = SqlAuthenticator<PostgresqlDriver>;

/// The authorization source `postgresql`.
pub type PostgresqlAuthorization = SqlAuthorization<PostgresqlDriver>;

/// A link of the authentication chain, which connects when it is asked for the first time.
///
/// # Errors
/// The settings or the query cannot be used.
pub fn authenticator(
    settings: PostgresqlSettings,
    query: &str,
    algorithm: Algorithm,
) -> Result<PostgresqlAuthenticator, PostgresqlSettingsError> {
    let sql = settings.sql.clone();
    Ok(SqlAuthenticator::with_driver(PostgresqlDriver::new(settings)?, &sql, query, algorithm)?)
}

/// A source of rules, which connects when it is asked for the first time.
///
/// # Errors
/// The settings or the query cannot be used.
pub fn authorization(
    settings: PostgresqlSettings,
    query: &str,
    rules: RuleSettings,
) -> Result<PostgresqlAuthorization, PostgresqlSettingsError> {
    let sql = settings.sql.clone();
    Ok(SqlAuthorization::with_driver(PostgresqlDriver::new(settings)?, &sql, query, rules)?)
}
