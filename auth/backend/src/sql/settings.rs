//! What every relational database has to be told.

use super::ServerAddress;
use crate::DEFAULT_CONNECTIONS;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// A password of the broker itself. Never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

/// What every relational database has to be told.
#[derive(Clone, Debug)]
pub struct SqlSettings {
    /// `server`: tried in this order, until one accepts a connection.
    pub servers: Vec<ServerAddress>,
    /// `database`
    pub database: String,
    /// `username`; empty for none.
    pub username: String,
    /// `password`
    pub password: Secret,
    /// `pool_size`: how many connections at most.
    pub pool_size: NonZeroUsize,
    /// `query_timeout`: for each question as a whole, waiting for a connection included.
    pub query_timeout: Duration,
}

impl SqlSettings {
    /// `query_timeout` where nothing else is said.
    pub const DEFAULT_QUERY_TIMEOUT: Duration = Duration::from_secs(5);

    /// With the defaults for all that can have one.
    #[must_use]
    pub fn new(servers: Vec<ServerAddress>, database: impl Into<String>) -> Self {
        Self {
            servers,
            database: database.into(),
            username: String::new(),
            password: Secret::default(),
            pool_size: DEFAULT_CONNECTIONS,
            query_timeout: Self::DEFAULT_QUERY_TIMEOUT,
        }
    }
}
