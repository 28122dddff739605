//! How a Redis is reached.

use crate::{ServerAddress, SettingsError};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How a Redis is reached: what `redis_type`, `server` or `servers`, and the keys beside them say.
#[derive(Clone)]
pub struct RedisSettings {
    /// The server itself, the sentinels, or any nodes of the cluster.
    pub servers: Vec<ServerAddress>,
    /// `redis_type`.
    pub deployment: Deployment,
    /// `database`; 0 in a cluster.
    pub database: u32,
    /// `username`, for a server of version 6 or later with users of its own.
    pub username: Option<String>,
    /// `password`.
    pub password: Option<String>,
    /// `sentinel_username`: who asks the sentinels. They may have users of their own.
    pub sentinel_username: Option<String>,
    /// `sentinel_password`.
    pub sentinel_password: Option<String>,
    /// `pool_size`: connections at most, to each node of a cluster.
    pub pool_size: usize,
    /// How long an answer may take in all: waiting for a connection, connecting, asking.
    pub timeout: Duration,
    /// `ssl`, where it is enabled.
    pub tls: Option<Tls>,
}

/// `redis_type`: what the servers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deployment {
    /// The one server that has the data.
    Single,
    /// Sentinels, which know the server that has the data.
    Sentinel {
        /// What they call it.
        master_name: String,
    },
    /// Nodes that share the data by the hash of the key.
    Cluster,
}

/// TLS to the servers.
#[derive(Clone)]
pub struct Tls {
    /// Whom to trust, what to show, and all else that rustls has to know.
    pub config: Arc<ClientConfig>,
    /// The name that the certificates have to be for, where it is not the host of the address.
    pub server_name: Option<ServerName<'static>>,
}

impl RedisSettings {
    /// The defaults, with one server.
    #[must_use]
    pub fn single(server: ServerAddress) -> Self {
        Self {
            servers: vec![server],
            deployment: Deployment::Single,
            database: 0,
            username: None,
            password: None,
            sentinel_username: None,
            sentinel_password: None,
            pool_size: 8,
            timeout: Duration::from_secs(5),
            tls: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        if self.servers.is_empty() {
            return Err(SettingsError::NoServers);
        }
        match &self.deployment {
            Deployment::Single if self.servers.len() > 1 => {
                return Err(SettingsError::SeveralServers(self.servers.len()));
            }
            Deployment::Sentinel { master_name } if master_name.is_empty() => return Err(SettingsError::NoMasterName),
            Deployment::Cluster if self.database != 0 => return Err(SettingsError::DatabaseInCluster(self.database)),
            Deployment::Single | Deployment::Sentinel { .. } | Deployment::Cluster => {}
        }
        if self.pool_size == 0 {
            return Err(SettingsError::NoConnections);
        }
        if self.timeout.is_zero() {
            return Err(SettingsError::NoTime);
        }
        if self.username.is_some() && self.password.is_none() {
            return Err(SettingsError::NoPassword);
        }
        if self.sentinel_username.is_some() && self.sentinel_password.is_none() {
            return Err(SettingsError::NoSentinelPassword);
        }
        Ok(())
    }
}

impl fmt::Debug for RedisSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RedisSettings")
            .field("servers", &self.servers)
            .field("deployment", &self.deployment)
            .field("database", &self.database)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "******"))
            .field("sentinel_username", &self.sentinel_username)
            .field("sentinel_password", &self.sentinel_password.as_ref().map(|_| "******"))
            .field("pool_size", &self.pool_size)
            .field("timeout", &self.timeout)
            .field("tls", &self.tls.is_some())
            .finish()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single() -> RedisSettings {
        RedisSettings::single(ServerAddress::new("redis", 6379))
    }

    #[test]
    fn what_cannot_work_is_refused() {
        assert_eq!(single().check(), Ok(()));
        let two = vec![ServerAddress::new("a", 1), ServerAddress::new("b", 2)];
        let sentinel = Deployment::Sentinel { master_name: String::new() };
        for (settings, expected) in [
            (RedisSettings { servers: Vec::new(), ..single() }, SettingsError::NoServers),
            (RedisSettings { servers: two, ..single() }, SettingsError::SeveralServers(2)),
            (RedisSettings { deployment: sentinel, ..single() }, SettingsError::NoMasterName),
            (
                RedisSettings { deployment: Deployment::Cluster, database: 1, ..single() },
                SettingsError::DatabaseInCluster(1),
            ),
            (RedisSettings { pool_size: 0, ..single() }, SettingsError::NoConnections),
            (RedisSettings { timeout: Duration::ZERO, ..single() }, SettingsError::NoTime),
            (RedisSettings { username: Some("dunlin".into()), ..single() }, SettingsError::NoPassword),
            (RedisSettings { sentinel_username: Some("dunlin".into()), ..single() }, SettingsError::NoSentinelPassword),
        ] {
            assert_eq!(settings.check(), Err(expected));
        }
    }

    #[test]
    fn no_password_is_shown() {
        let password = || Some("hunter2".into());
        let settings = RedisSettings { password: password(), sentinel_password: password(), ..single() };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
