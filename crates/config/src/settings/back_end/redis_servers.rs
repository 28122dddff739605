//! How a Redis is reached.

use super::servers::read_servers;
use super::{ClientSsl, POOL_SIZE, QUERY_TIMEOUT, pool_size, timeout};
use crate::rule::{AnyText, OneOf, OrEmpty, Whole, filled_text, secret};
use crate::secret::Secret;
use crate::section::Section;
use dunlin_auth_backend::sql::ServerAddress;
use std::time::Duration;

/// How a Redis is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisServers {
    /// `server` or `servers`: the server itself, the sentinels, or any nodes of the cluster; port 6379 unless one is written.
    pub servers: Vec<ServerAddress>,
    /// `redis_type`, default `single`.
    pub deployment: RedisDeployment,
    /// `database`, default 0; a cluster has no other.
    pub database: u32,
    /// `username`, default `None`; needs `password`.
    pub username: Option<String>,
    /// `password`, or `file://` and where it is. Default `None`.
    pub password: Option<Secret>,
    /// `sentinel_username`: who asks the sentinels; default `None`, needs `sentinel_password`.
    pub sentinel_username: Option<String>,
    /// `sentinel_password`, or `file://` and where it is. Default `None`.
    pub sentinel_password: Option<Secret>,
    /// `pool_size`: connections at most, to each node of a cluster; 1 to 10,000, default 8.
    pub pool_size: usize,
    /// `query_timeout` (Dunlin's own key): how long an answer may take in all, 1 ms to 1 day, default 5 s.
    pub query_timeout: Duration,
    /// `ssl`: TLS to the servers.
    pub ssl: ClientSsl,
}

/// `redis_type`: what the servers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisDeployment {
    /// `single`: one server.
    Single,
    /// `sentinel`: sentinels, which know the server that has the data.
    Sentinel {
        /// `sentinel`: what they call it.
        master_name: String,
    },
    /// `cluster`: nodes that share the data.
    Cluster,
}

#[derive(Clone, Copy, PartialEq)]
enum DeploymentWord {
    Single,
    Sentinel,
    Cluster,
}

const DEFAULT_PORT: u16 = 6379;
const DEPLOYMENTS: &[(&str, DeploymentWord)] =
    &[("single", DeploymentWord::Single), ("sentinel", DeploymentWord::Sentinel), ("cluster", DeploymentWord::Cluster)];

impl RedisServers {
    pub(in crate::settings) fn read(section: &mut Section<'_>) -> Option<Self> {
        section.ignored(&["auto_reconnect"]);
        let origins = ["database", "username", "sentinel_username"].map(|key| section.origin_of(key));
        let deployment = read_deployment(section);
        let usual = if deployment == Some(RedisDeployment::Single) { "server" } else { "servers" };
        let (servers, key, origin) = read_servers(section, usual, DEFAULT_PORT);
        let read = Self {
            servers,
            database: section.value("database", &Whole(0..=u32::MAX), 0),
            username: section.value("username", &OrEmpty(AnyText), None),
            password: section.value("password", &OrEmpty(secret()), None),
            sentinel_username: section.value("sentinel_username", &OrEmpty(AnyText), None),
            sentinel_password: section.value("sentinel_password", &OrEmpty(secret()), None),
            pool_size: section.value("pool_size", &pool_size(), POOL_SIZE),
            query_timeout: section.value("query_timeout", &timeout(), QUERY_TIMEOUT),
            ssl: ClientSsl::of(section),
            deployment: deployment?,
        };
        let [database, username, sentinel_username] = &origins;
        if read.deployment == RedisDeployment::Single && read.servers.len() > 1 {
            let message = "names several servers, and `redis_type` is `single`; name one, or write `redis_type = cluster` or \
                           `sentinel`";
            section.conflict(key, &origin, message);
        }
        if read.deployment == RedisDeployment::Cluster && read.database != 0 {
            section.conflict("database", database, "must be 0: a cluster has no other database");
        }
        if read.username.is_some() && read.password.is_none() {
            section.conflict("username", username, "needs `password` beside it");
        }
        if read.sentinel_username.is_some() && read.sentinel_password.is_none() {
            section.conflict("sentinel_username", sentinel_username, "needs `sentinel_password` beside it");
        }
        Some(read)
    }
}

fn read_deployment(section: &mut Section<'_>) -> Option<RedisDeployment> {
    // The type follows from nothing else, and most have one server.
    let word = section.value("redis_type", &OneOf(DEPLOYMENTS), DeploymentWord::Single);
    if word != DeploymentWord::Sentinel {
        section.ignored(&["sentinel"]);
    }
    match word {
        DeploymentWord::Single => Some(RedisDeployment::Single),
        DeploymentWord::Cluster => Some(RedisDeployment::Cluster),
        DeploymentWord::Sentinel => {
            let master_name = section.required("sentinel", &filled_text())?;
            Some(RedisDeployment::Sentinel { master_name })
        }
    }
}
