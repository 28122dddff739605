//! How a MongoDB is reached.

use crate::SettingsError;
use mongodb::options::ServerAddress;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The driver keeps a place for each of its connections.
const MAX_POOL_SIZE: usize = 10_000;

/// How a MongoDB is reached: what `mongo_type`, `server` or `servers`, and the keys beside them say.
#[derive(Clone)]
pub struct MongodbSettings {
    /// `host:port` of each server; with [`Self::uses_srv_record`] the one host whose records name them.
    pub servers: Vec<String>,
    /// `srv_record`: the servers are found in the DNS.
    pub uses_srv_record: bool,
    /// `mongo_type`.
    pub deployment: Deployment,
    /// `r_mode` of a replica set.
    pub read_from: ReadFrom,
    /// `database`.
    pub database: String,
    /// `username`.
    pub username: Option<String>,
    /// `password`.
    pub password: Option<String>,
    /// `auth_source`: the database that knows the broker's own user.
    pub auth_source: String,
    /// `pool_size`: connections to each server at most, and questions at once.
    pub pool_size: usize,
    /// How long an answer may take in all: waiting for a connection, connecting, asking.
    pub timeout: Duration,
    /// `ssl`, where it is enabled.
    pub tls: Option<Tls>,
}

/// `mongo_type`: what the servers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deployment {
    /// `single`: the one server that is named.
    Single,
    /// `rs`: members of a replica set.
    ReplicaSet {
        /// `replica_set_name`
        name: String,
    },
    /// `sharded`: routers of a sharded cluster.
    Sharded,
}

/// Which members of a replica set are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadFrom {
    /// `master`: the primary only.
    #[default]
    Primary,
    /// `slave_ok`: a secondary, if there is one.
    SecondaryPreferred,
}

/// TLS to the servers, as the driver takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// `cacertfile`: whom to trust; those that web browsers trust if there is none.
    pub authorities: Option<PathBuf>,
    /// `certfile` and `keyfile` in one file: what to show.
    pub certificate_and_key: Option<PathBuf>,
    /// `verify = verify_none`: any certificate will do.
    pub accepts_any_certificate: bool,
}

impl MongodbSettings {
    /// The defaults, with one server, as `host:port`.
    #[must_use]
    pub fn single(server: &str, database: &str) -> Self {
        Self {
            servers: vec![server.to_owned()],
            uses_srv_record: false,
            deployment: Deployment::Single,
            read_from: ReadFrom::Primary,
            database: database.to_owned(),
            username: None,
            password: None,
            auth_source: "admin".to_owned(),
            pool_size: 8,
            timeout: Duration::from_secs(5),
            tls: None,
        }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let count = self.servers.len();
        if count == 0 {
            return Err(SettingsError::NoServers);
        }
        if count > 1 && self.uses_srv_record {
            return Err(SettingsError::SeveralServers { what: "`srv_record = true`", count });
        }
        if count > 1 && self.deployment == Deployment::Single {
            return Err(SettingsError::SeveralServers { what: "`mongo_type = single`", count });
        }
        for server in &self.servers {
            let has_port = server.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
            let is_right = if self.uses_srv_record { !has_port } else { has_port };
            let is_host = !server.starts_with('/') && !server.contains(['/', '@', '?', '%']);
            if !is_right || !is_host || ServerAddress::parse(server).is_err() {
                return Err(SettingsError::Address(server.clone()));
            }
        }
        if matches!(&self.deployment, Deployment::ReplicaSet { name } if name.is_empty()) {
            return Err(SettingsError::Missing("replica_set_name"));
        }
        if self.database.is_empty() {
            return Err(SettingsError::Missing("database"));
        }
        if self.username.is_some() != self.password.is_some() {
            return Err(SettingsError::Missing(if self.username.is_some() { "password" } else { "username" }));
        }
        if !(1..=MAX_POOL_SIZE).contains(&self.pool_size) {
            return Err(SettingsError::PoolSize(self.pool_size));
        }
        if self.timeout.is_zero() {
            return Err(SettingsError::NoTime);
        }
        Ok(())
    }
}

impl fmt::Debug for MongodbSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MongodbSettings")
            .field("servers", &self.servers)
            .field("deployment", &self.deployment)
            .field("database", &self.database)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "******"))
            .field("pool_size", &self.pool_size)
            .field("timeout", &self.timeout)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single() -> MongodbSettings {
        MongodbSettings::single("mongo:27017", "mqtt")
    }

    #[test]
    fn what_cannot_work_is_refused() {
        assert_eq!(single().check(), Ok(()));
        assert_eq!(MongodbSettings::single("[::1]:27017", "mqtt").check(), Ok(()));
        let srv = MongodbSettings { uses_srv_record: true, ..MongodbSettings::single("cluster.example", "mqtt") };
        assert_eq!(srv.check(), Ok(()));
        let two = vec!["a:1".to_owned(), "b:2".to_owned()];
        let set = |name: &str| Deployment::ReplicaSet { name: name.to_owned() };
        assert_eq!(MongodbSettings { servers: two.clone(), deployment: set("rs0"), ..single() }.check(), Ok(()));
        let several = |what| SettingsError::SeveralServers { what, count: 2 };
        for (settings, expected) in [
            (MongodbSettings { servers: Vec::new(), ..single() }, SettingsError::NoServers),
            (MongodbSettings { servers: two.clone(), ..single() }, several("`mongo_type = single`")),
            (MongodbSettings { servers: two, ..srv }, several("`srv_record = true`")),
            (MongodbSettings { deployment: set(""), ..single() }, SettingsError::Missing("replica_set_name")),
            (MongodbSettings { database: String::new(), ..single() }, SettingsError::Missing("database")),
            (MongodbSettings { username: Some("u".into()), ..single() }, SettingsError::Missing("password")),
            (MongodbSettings { password: Some("p".into()), ..single() }, SettingsError::Missing("username")),
            (MongodbSettings { pool_size: 0, ..single() }, SettingsError::PoolSize(0)),
            (MongodbSettings { timeout: Duration::ZERO, ..single() }, SettingsError::NoTime),
        ] {
            assert_eq!(settings.check(), Err(expected));
        }
        for address in ["", "mongo", "mongo:", "mongo:0x", ":27017", "/tmp/socket:1", "user@mongo:1", "mongo:99999"] {
            assert!(MongodbSettings::single(address, "mqtt").check().is_err(), "{address}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        let settings = MongodbSettings { password: Some("hunter2".into()), ..single() };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
