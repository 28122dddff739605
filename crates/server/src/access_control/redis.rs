//! Redis.

use super::client_tls;
use super::making::Making;
use dunlin_auth_redis::{Deployment, RedisAuthenticator, RedisAuthorization, RedisSettings, ServerAddress, Tls};
use dunlin_config::back_end::{RedisDeployment, RedisServers};
use dunlin_config::{authentication, authorization_sources as sources};
use rustls::pki_types::ServerName;

/// `password_based:redis`.
pub(super) fn authenticator(
    config: &authentication::Redis,
    making: &mut Making<'_>,
) -> Result<RedisAuthenticator, String> {
    let settings = settings(&config.servers, making)?;
    RedisAuthenticator::new(settings, &config.cmd, config.password_hash_algorithm).map_err(|error| error.to_string())
}

/// The source `redis`.
pub(super) fn source(config: &sources::Redis, making: &mut Making<'_>) -> Result<RedisAuthorization, String> {
    let settings = settings(&config.servers, making)?;
    RedisAuthorization::new(settings, &config.cmd, making.rules).map_err(|error| error.to_string())
}

fn settings(servers: &RedisServers, making: &mut Making<'_>) -> Result<RedisSettings, String> {
    let tls = match client_tls::load(&servers.ssl, making)? {
        None => None,
        Some(tls) => {
            let no_name = |name: &str| format!("ssl.server_name_indication: `{name}` is no name of a server");
            let server_name = tls.server_name.map(|name| {
                ServerName::try_from(name.as_str()).map(|name| name.to_owned()).map_err(|_| no_name(&name))
            });
            Some(Tls { config: tls.loaded.config, server_name: server_name.transpose()? })
        }
    };
    Ok(RedisSettings {
        servers: servers.servers.iter().map(|server| ServerAddress::new(&server.host, server.port)).collect(),
        deployment: match &servers.deployment {
            RedisDeployment::Single => Deployment::Single,
            RedisDeployment::Sentinel { master_name } => Deployment::Sentinel { master_name: master_name.clone() },
            RedisDeployment::Cluster => Deployment::Cluster,
        },
        database: servers.database,
        username: servers.username.clone(),
        password: making.reveal("password", servers.password.as_ref())?,
        sentinel_username: servers.sentinel_username.clone(),
        sentinel_password: making.reveal("sentinel_password", servers.sentinel_password.as_ref())?,
        pool_size: servers.pool_size,
        timeout: servers.query_timeout,
        tls,
    })
}
