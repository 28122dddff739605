//! How a relational database is reached.

use super::servers::read_servers;
use super::{ClientSsl, POOL_SIZE, QUERY_TIMEOUT, pool_size, timeout};
use crate::rule::{AnyText, OrEmpty, filled_text, secret};
use crate::secret::Secret;
use crate::section::Section;
use dunlin_auth_backend::sql::ServerAddress;
use std::time::Duration;

/// How a MySQL or a PostgreSQL is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlServers {
    /// `server`: tried in this order, until one accepts a connection. The port is 3306 or 5432 unless one is written.
    pub servers: Vec<ServerAddress>,
    /// `database`.
    pub database: String,
    /// `username`: default `root` for MySQL, as in EMQX; PostgreSQL needs one.
    pub username: String,
    /// `password`, or `file://` and where it is. Default `None`.
    pub password: Option<Secret>,
    /// `pool_size`: connections at most, 1 to 10,000, default 8.
    pub pool_size: usize,
    /// `query_timeout`: for each question as a whole, waiting for a connection included; 1 ms to 1 day, default 5 s.
    pub query_timeout: Duration,
    /// `ssl`: TLS to the server.
    pub ssl: ClientSsl,
}

/// What differs between the two.
pub(in crate::settings) struct Kind {
    default_port: u16,
    default_username: Option<&'static str>,
}

pub(in crate::settings) const MYSQL: Kind = Kind { default_port: 3306, default_username: Some("root") };
pub(in crate::settings) const POSTGRESQL: Kind = Kind { default_port: 5432, default_username: None };

impl SqlServers {
    pub(in crate::settings) fn read(section: &mut Section<'_>, kind: &Kind) -> Option<Self> {
        // The drivers come back by themselves.
        section.ignored(&["auto_reconnect"]);
        let (servers, ..) = read_servers(section, "server", kind.default_port);
        let database = section.required("database", &filled_text());
        let username = match kind.default_username {
            Some(default) => Some(section.value("username", &AnyText, default.to_owned())),
            None => section.required("username", &AnyText),
        };
        let password = section.value("password", &OrEmpty(secret()), None);
        let pool_size = section.value("pool_size", &pool_size(), POOL_SIZE);
        let query_timeout = section.value("query_timeout", &timeout(), QUERY_TIMEOUT);
        let ssl = ClientSsl::of(section);
        Some(Self { servers, database: database?, username: username?, password, pool_size, query_timeout, ssl })
    }
}
