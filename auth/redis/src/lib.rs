//! Authentication and authorization by Redis.
//!
//! - [`RedisAuthenticator`] looks users up, [`RedisAuthorization`] what they may do; [`RedisSettings`] says where.
//! - Servers are one, one that sentinels know, or a cluster ([`Deployment`]). The wire is the crate `redis`; which server has a
//!   key, and when to give up, is decided here, so that all three have the same connections, deadlines and TLS.
//!
//! Commands only read. A question ends within [`RedisSettings::timeout`]; where its connection has not answered by then, it is
//! closed, and never answers the next question.

mod authenticator;
mod authorization;
mod cluster;
mod command;
mod connection;
mod link;
mod redis_servers;
mod sentinels;
mod server_address;
mod settings;
mod settings_error;
mod slot;
mod slot_map;
mod words;

pub use authenticator::RedisAuthenticator;
pub use authorization::RedisAuthorization;
pub use server_address::ServerAddress;
pub use settings::{Deployment, RedisSettings, Tls};
pub use settings_error::SettingsError;
