//! Authentication and authorization of clients by tables of MySQL and MariaDB.
//!
//! [`authenticator`] and [`authorization`] make what a chain needs of [`MysqlSettings`] and a query. Placeholders in the query are bind
//! variables of a prepared statement. A question that is given up closes its connection, and the server itself ends a query that takes
//! longer than a question may.

mod connection;
mod driver;
mod settings;
mod value;

pub use driver::MysqlDriver;
pub use settings::{ClientCertificate, MysqlSettings, MysqlSettingsError, Tls};

use dunlin_access::RuleSettings;
use dunlin_auth_backend::sql::{SqlAuthenticator, SqlAuthorization};
use dunlin_passwords::Algorithm;

/// `password_based:mysql`
pub type MysqlAuthenticator = SqlAuthenticator<MysqlDriver>;

/// The authorization source `mysql`.
pub type MysqlAuthorization = SqlAuthorization<MysqlDriver>;

/// A link of the authentication chain, which connects when it is asked for the first time.
///
/// # Errors
/// The settings or the query cannot be used.
pub fn authenticator(
    settings: MysqlSettings,
    query: &str,
    algorithm: Algorithm,
) -> Result<MysqlAuthenticator, MysqlSettingsError> {
    let sql = settings.sql.clone();
    Ok(SqlAuthenticator::with_driver(MysqlDriver::new(settings)?, &sql, query, algorithm)?)
}

/// A source of rules, which connects when it is asked for the first time.
///
/// # Errors
/// The settings or the query cannot be used.
pub fn authorization(
    settings: MysqlSettings,
    query: &str,
    rules: RuleSettings,
) -> Result<MysqlAuthorization, MysqlSettingsError> {
    let sql = settings.sql.clone();
    Ok(SqlAuthorization::with_driver(MysqlDriver::new(settings)?, &sql, query, rules)?)
}
