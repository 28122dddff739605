//! One authenticator of a chain, made of its configuration, and kept for as long as that stays the same.

use super::back_end_watch::BackEnd;
use super::cached_authenticator::{CachedAuthenticator, LoginCache};
use super::making::Making;
use super::question_key::QuestionKey;
use super::{built_in_database, http, jwt, ldap, mongodb, redis, sql_databases};
use dunlin_access::{Authenticator, ClientInfoAuthenticator};
use dunlin_auth_backend::WallClock;
use dunlin_auth_built_in_database::decoy_secret;
use dunlin_auth_http::{HttpScram, HttpScramKeys};
use dunlin_config::authentication::{AuthenticatorKind, JwtKeys, LdapMethod, ScramHttp};
use dunlin_config::back_end::HttpService;
use dunlin_tls::ReadFiles;
use std::sync::Arc;

/// One authenticator of a chain. It keeps its connections and what was counted for as long as its configuration and the files that
/// this names stay the same.
#[derive(Debug)]
pub(super) struct AuthenticatorPart {
    kind: AuthenticatorKind,
    files: ReadFiles,
    /// Asks nobody's memory.
    asked: Arc<dyn Authenticator>,
    /// Where answers are kept before it; `None` for one that answers by itself.
    key: Option<QuestionKey>,
}

impl AuthenticatorPart {
    /// Makes one. `group` is of the chain: whose users it has. `cache_secret` and `number` are for the keys of caches; the number
    /// is used once.
    pub(super) fn make(
        kind: &AuthenticatorKind,
        group: &str,
        mut making: Making<'_>,
        (cache_secret, number): (&[u8; 32], u64),
    ) -> Result<Self, String> {
        let asked = authenticator(kind, group, &mut making)?;
        let key = question_texts(kind)
            .map(|texts| QuestionKey::of_texts(cache_secret, &format!("{number}"), texts.iter().map(String::as_str)));
        Ok(Self { kind: kind.clone(), files: making.files, asked, key })
    }

    /// Whether it is what this configuration asks for.
    pub(super) fn is_of(&self, kind: &AuthenticatorKind) -> bool {
        self.kind == *kind && !self.files.have_changed()
    }

    /// Whom it asks, to be looked at; `None` where it asks nobody.
    pub(super) fn back_end(&self) -> Option<BackEnd> {
        asks_others(&self.kind).then(|| BackEnd::Authenticator(Arc::downgrade(&self.asked)))
    }

    /// It, or it with a cache in front.
    pub(super) fn with_cache(&self, cache: Option<&Arc<LoginCache>>, clock: &WallClock) -> Arc<dyn Authenticator> {
        match (cache, &self.key) {
            (Some(cache), Some(key)) => Arc::new(CachedAuthenticator::new(
                Arc::clone(&self.asked),
                key.clone(),
                Arc::clone(cache),
                Arc::clone(clock),
            )),
            _ => Arc::clone(&self.asked),
        }
    }
}

/// Whether it asks others, now or then.
fn asks_others(kind: &AuthenticatorKind) -> bool {
    match kind {
        AuthenticatorKind::Jwt(config) => matches!(config.keys, JwtKeys::Endpoint(_)),
        AuthenticatorKind::BuiltInDatabase(_)
        | AuthenticatorKind::ScramBuiltInDatabase(_)
        | AuthenticatorKind::ClientInfo(_) => false,
        _ => true,
    }
}

fn authenticator(
    kind: &AuthenticatorKind,
    group: &str,
    making: &mut Making<'_>,
) -> Result<Arc<dyn Authenticator>, String> {
    Ok(match kind {
        AuthenticatorKind::BuiltInDatabase(config) => Arc::new(built_in_database::authenticator(config, group, making)),
        AuthenticatorKind::Mysql(config) => Arc::new(sql_databases::mysql_authenticator(config, making)?),
        AuthenticatorKind::Postgresql(config) => Arc::new(sql_databases::postgresql_authenticator(config, making)?),
        AuthenticatorKind::Mongodb(config) => Arc::new(mongodb::authenticator(config, making)?),
        AuthenticatorKind::Redis(config) => Arc::new(redis::authenticator(config, making)?),
        AuthenticatorKind::Ldap(config) => Arc::new(ldap::authenticator(config, making)?),
        AuthenticatorKind::Http(config) => Arc::new(http::authenticator(&config.service, making)?),
        AuthenticatorKind::Jwt(config) => Arc::new(jwt::authenticator(config, making)?),
        AuthenticatorKind::ScramBuiltInDatabase(config) => {
            Arc::new(built_in_database::scram_authenticator(config, group, making)?)
        }
        AuthenticatorKind::ScramHttp(config) => Arc::new(scram_http(config, making)?),
        AuthenticatorKind::ClientInfo(config) => Arc::new(ClientInfoAuthenticator::new(config.checks.clone())),
    })
}

fn scram_http(config: &ScramHttp, making: &mut Making<'_>) -> Result<HttpScram, String> {
    let settings = http::settings(&config.service, making)?;
    let clock = Arc::clone(&making.clock);
    let keys = HttpScramKeys::new(&settings, config.algorithm, config.iteration_count, clock);
    let keys = keys.map_err(|error| error.to_string())?;
    let decoys = decoy_secret(making.metadata).map_err(|error| error.to_string())?;
    Ok(HttpScram::new(Arc::new(keys), decoys))
}

/// The texts with placeholders that somebody else is asked with; `None` where nobody is, or where answers must not be kept.
fn question_texts(kind: &AuthenticatorKind) -> Option<Vec<String>> {
    match kind {
        AuthenticatorKind::Mysql(config) => Some(vec![config.query.clone()]),
        AuthenticatorKind::Postgresql(config) => Some(vec![config.query.clone()]),
        AuthenticatorKind::Mongodb(config) => {
            Some(vec![serde_json::Value::Object(config.documents.filter.clone()).to_string()])
        }
        AuthenticatorKind::Redis(config) => Some(vec![config.cmd.clone()]),
        AuthenticatorKind::Ldap(config) => {
            // The text of a bind may be anything that is known of a client, and in a file.
            let names = dunlin_access::CLIENT_NAMES.iter().map(|name| (*name).to_owned());
            let own = [config.directory.base_dn.clone(), config.directory.filter.clone()].into_iter();
            match config.method {
                LdapMethod::Hash { .. } => Some(own.collect()),
                LdapMethod::Bind { .. } => Some(own.chain(names).collect()),
            }
        }
        AuthenticatorKind::Http(config) => Some(texts_of_service(&config.service)),
        AuthenticatorKind::BuiltInDatabase(_)
        | AuthenticatorKind::Jwt(_)
        | AuthenticatorKind::ScramBuiltInDatabase(_)
        | AuthenticatorKind::ScramHttp(_)
        | AuthenticatorKind::ClientInfo(_) => None,
    }
}

/// Everything in which placeholders can stand.
pub(super) fn texts_of_service(service: &HttpService) -> Vec<String> {
    let headers = service.headers.iter().map(|(_, value)| value.clone());
    let body = serde_json::Value::Object(service.body.clone()).to_string();
    headers.chain([service.url.clone(), body]).collect()
}
