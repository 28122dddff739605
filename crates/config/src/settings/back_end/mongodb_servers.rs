//! How a MongoDB is reached.

use super::servers::{read_servers, read_service_names};
use super::{ClientSsl, POOL_SIZE, QUERY_TIMEOUT, pool_size, timeout};
use crate::rule::{AnyText, Flag, OneOf, OrEmpty, filled_text, secret};
use crate::secret::Secret;
use crate::section::Section;
use std::time::Duration;

/// How a MongoDB is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MongodbServers {
    /// `server` or `servers`: `host:port` of each, 27017 unless a port is written; with `srv_record` the one name whose records
    /// in the DNS name them, without a port.
    pub servers: Vec<String>,
    /// `srv_record`: the servers are found in the DNS, default false.
    pub srv_record: bool,
    /// `mongo_type`.
    pub deployment: MongodbDeployment,
    /// `database`.
    pub database: String,
    /// `username`, default `None`; set together with `password`.
    pub username: Option<String>,
    /// `password`, or `file://` and where it is. Default `None`.
    pub password: Option<Secret>,
    /// `auth_source`: the database that knows the user, default `admin`.
    pub auth_source: String,
    /// `pool_size`: connections to each server at most, 1 to 10,000, default 8.
    pub pool_size: usize,
    /// `query_timeout` (Dunlin's own key, for EMQX's many below `topology`): how long an answer may take in all, 1 ms to 1 day,
    /// default 5 s.
    pub query_timeout: Duration,
    /// `ssl`: TLS to the servers.
    pub ssl: ClientSsl,
}

/// `mongo_type`: what the servers are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MongodbDeployment {
    /// `single`: one server.
    Single,
    /// `rs`: members of a replica set.
    ReplicaSet {
        /// `replica_set_name`.
        name: String,
        /// `r_mode`, default `master`.
        reads: MongodbReads,
    },
    /// `sharded`: routers of a sharded cluster.
    Sharded,
}

/// `r_mode`: which members of a replica set are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MongodbReads {
    /// `master`: the primary only.
    Primary,
    /// `slave_ok`: a secondary if there is one.
    SecondaryPreferred,
}

#[derive(Clone, Copy, PartialEq)]
enum DeploymentWord {
    Single,
    ReplicaSet,
    Sharded,
}

const DEFAULT_PORT: u16 = 27_017;
const DEPLOYMENTS: &[(&str, DeploymentWord)] =
    &[("single", DeploymentWord::Single), ("rs", DeploymentWord::ReplicaSet), ("sharded", DeploymentWord::Sharded)];
const READS: &[(&str, MongodbReads)] =
    &[("master", MongodbReads::Primary), ("slave_ok", MongodbReads::SecondaryPreferred)];

/// Stages of what `query_timeout` bounds as a whole, and the pool of EMQX's driver.
const TOPOLOGY: &[&str] = &[
    "connect_timeout_ms",
    "heartbeat_frequency_ms",
    "local_threshold_ms",
    "max_overflow",
    "min_heartbeat_frequency_ms",
    "overflow_check_period",
    "overflow_ttl",
    "pool_size",
    "server_selection_timeout_ms",
    "socket_timeout_ms",
    "wait_queue_timeout_ms",
];

impl MongodbServers {
    pub(in crate::settings) fn read(section: &mut Section<'_>) -> Option<Self> {
        // Nothing is written, and the driver finds out itself what the server speaks.
        section.ignored(&["w_mode", "use_legacy_protocol"]);
        section.without_showing(|section| {
            section.child("topology", |topology| {
                for key in TOPOLOGY {
                    topology.without_effect(key, ": `query_timeout` beside `topology` bounds an answer as a whole");
                }
            });
        });
        let srv_record = section.value("srv_record", &Flag, false);
        let deployment = read_deployment(section);
        let origin = section.origin_of("username");
        let usual = if deployment == Some(MongodbDeployment::Single) { "server" } else { "servers" };
        let servers = if srv_record {
            read_service_names(section, usual)
        } else {
            let (servers, key, origin) = read_servers(section, usual, DEFAULT_PORT);
            if deployment == Some(MongodbDeployment::Single) && servers.len() > 1 {
                let message = "names several servers, and `mongo_type` is `single`; name one, or write `mongo_type = rs` or \
                               `sharded`";
                section.conflict(key, &origin, message);
            }
            servers.iter().map(ToString::to_string).collect()
        };
        let database = section.required("database", &filled_text());
        let username = section.value("username", &OrEmpty(AnyText), None);
        let password = section.value("password", &OrEmpty(secret()), None);
        if username.is_some() != password.is_some() {
            section.conflict("username", &origin, "and `password` are needed together, or neither of them");
        }
        let read = Self {
            servers,
            srv_record,
            username,
            password,
            auth_source: section.value("auth_source", &filled_text(), "admin".into()),
            pool_size: section.value("pool_size", &pool_size(), POOL_SIZE),
            query_timeout: section.value("query_timeout", &timeout(), QUERY_TIMEOUT),
            ssl: ClientSsl::of(section),
            deployment: deployment?,
            database: database?,
        };
        Some(read)
    }
}

fn read_deployment(section: &mut Section<'_>) -> Option<MongodbDeployment> {
    let word = section.required("mongo_type", &OneOf(DEPLOYMENTS))?;
    if word != DeploymentWord::ReplicaSet {
        section.ignored(&["r_mode", "replica_set_name"]);
    }
    match word {
        DeploymentWord::Single => Some(MongodbDeployment::Single),
        DeploymentWord::Sharded => Some(MongodbDeployment::Sharded),
        DeploymentWord::ReplicaSet => {
            let reads = section.value("r_mode", &OneOf(READS), MongodbReads::Primary);
            let name = section.required("replica_set_name", &filled_text())?;
            Some(MongodbDeployment::ReplicaSet { name, reads })
        }
    }
}
