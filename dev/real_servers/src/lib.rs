//! The servers of other projects that back ends are tested against.
//!
//! Each is a process of its own on a free port of 127.0.0.1, with its data in a private folder; both are gone when the value is
//! dropped. `make servers` installs the programs. What cannot be started fails the test: nothing is skipped.

mod built_program;
mod certificates;
mod collector;
mod database_process;
mod family;
mod ferretdb;
mod free_port;
mod mariadb;
mod postgresql;
mod process;
mod redis;
mod slapd;
mod undertaker;

pub use certificates::Certificates;
pub use collector::CollectorServer;
pub use database_process::{DATABASE, PASSWORD, USERNAME};
pub use ferretdb::FerretdbServer;
pub use free_port::free_port;
pub use mariadb::MariadbServer;
pub use postgresql::PostgresqlServer;
pub use process::ServerProcess;
pub use redis::{RedisCluster, RedisSentinel, RedisServer};
pub use slapd::SlapdServer;

use std::time::Duration;

/// How long a server may take for something before the test fails: these are busy machines.
pub const PATIENCE: Duration = Duration::from_secs(30);
