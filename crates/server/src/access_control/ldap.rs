//! Directories.

use super::client_tls;
use super::making::Making;
use dunlin_auth_ldap::{
    Encryption, LdapAuthenticator, LdapAuthorization, LdapSettings, PasswordMethod, RuleAttributes, Server,
};
use dunlin_config::authentication::{self, LdapMethod};
use dunlin_config::authorization_sources as sources;
use dunlin_config::back_end::{LdapDirectory, LdapRuleAttributes};
use std::sync::Arc;

/// `password_based:ldap`.
pub(super) fn authenticator(
    config: &authentication::Ldap,
    making: &mut Making<'_>,
) -> Result<LdapAuthenticator, String> {
    let settings = settings(&config.directory, &config.rules, making)?;
    let method = match &config.method {
        LdapMethod::Hash { password_attribute } => {
            PasswordMethod::Hash { password_attribute: password_attribute.clone() }
        }
        LdapMethod::Bind { bind_password } => PasswordMethod::Bind {
            bind_password: making.reveal("method.bind_password", Some(bind_password))?.unwrap_or_default(),
        },
    };
    let clock = Arc::clone(&making.clock);
    let made = LdapAuthenticator::new(&settings, method, &config.is_superuser_attribute, clock);
    made.map_err(|error| error.to_string())
}

/// The source `ldap`.
pub(super) fn source(config: &sources::Ldap, making: &mut Making<'_>) -> Result<LdapAuthorization, String> {
    let settings = settings(&config.directory, &config.rules, making)?;
    LdapAuthorization::new(&settings, making.rules).map_err(|error| error.to_string())
}

fn settings(
    directory: &LdapDirectory,
    rules: &LdapRuleAttributes,
    making: &mut Making<'_>,
) -> Result<LdapSettings, String> {
    let tls = client_tls::load(&directory.ssl, making)?;
    let server_name = tls.as_ref().and_then(|tls| tls.server_name.clone());
    let encryption = match tls {
        None => Encryption::None,
        Some(tls) if directory.start_tls => Encryption::StartTls(tls.loaded.config),
        Some(tls) => Encryption::Tls(tls.loaded.config),
    };
    let server =
        |server: &dunlin_auth_backend::sql::ServerAddress| Server { host: server.host.clone(), port: server.port };
    Ok(LdapSettings {
        username: directory.username.clone(),
        password: making.reveal("password", directory.password.as_ref())?.unwrap_or_default(),
        encryption,
        server_name,
        filter: directory.filter.clone(),
        query_timeout: directory.query_timeout,
        connect_timeout: directory.connect_timeout,
        pool_size: directory.pool_size,
        rules: RuleAttributes {
            publish: rules.publish.clone(),
            subscribe: rules.subscribe.clone(),
            all: rules.all.clone(),
            acl_rule: rules.acl_rule.clone(),
            acl_ttl: rules.acl_ttl.clone(),
        },
        ..LdapSettings::new(directory.servers.iter().map(server).collect(), &directory.base_dn)
    })
}
