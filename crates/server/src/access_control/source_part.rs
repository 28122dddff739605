//! One source of rules, made of its configuration, and kept for as long as that stays the same.

use super::authenticator_part::texts_of_service;
use super::back_end_watch::BackEnd;
use super::cached_source::{CachedSource, VerdictsOfNode};
use super::making::Making;
use super::question_key::QuestionKey;
use super::{file_rules, http, ldap, mongodb, redis, sql_databases};
use dunlin_access::{AuthorizationSource, RuleSettings};
use dunlin_auth_backend::WallClock;
use dunlin_auth_built_in_database::{BuiltInAuthorization, RuleDatabase};
use dunlin_config::authorization_sources::SourceKind;
use dunlin_tls::ReadFiles;
use std::sync::Arc;

/// One source of rules. It keeps its connections for as long as its configuration and the files that this names stay the same.
#[derive(Debug)]
pub(super) struct SourcePart {
    kind: SourceKind,
    rules: RuleSettings,
    files: ReadFiles,
    asked: Arc<dyn AuthorizationSource>,
    /// Where verdicts are kept before it; `None` for one that answers by itself.
    key: Option<QuestionKey>,
}

impl SourcePart {
    /// Makes one. `cache_secret` and `number` are for the keys of caches; the number is used once. `database` opens the rules of the
    /// built-in database, of which there is one.
    pub(super) fn make(
        kind: &SourceKind,
        mut making: Making<'_>,
        (cache_secret, number): (&[u8; 32], u64),
        database: impl FnOnce() -> Result<Arc<RuleDatabase>, String>,
    ) -> Result<Self, String> {
        let asked = source(kind, &mut making, database)?;
        let key = question_texts(kind).map(|texts| {
            let texts = texts.iter().map(String::as_str);
            QuestionKey::of_texts(cache_secret, &format!("{number}"), texts).with_rules()
        });
        Ok(Self { kind: kind.clone(), rules: making.rules, files: making.files, asked, key })
    }

    /// Whether it is what this configuration asks for.
    pub(super) fn is_of(&self, kind: &SourceKind, rules: RuleSettings) -> bool {
        self.kind == *kind && self.rules == rules && !self.files.have_changed()
    }

    /// Whom it asks, to be looked at; `None` where it asks nobody.
    pub(super) fn back_end(&self) -> Option<BackEnd> {
        asks_others(&self.kind).then(|| BackEnd::Source(Arc::downgrade(&self.asked)))
    }

    /// It, or it with a cache in front.
    pub(super) fn with_cache(
        &self,
        cache: Option<&Arc<VerdictsOfNode>>,
        clock: &WallClock,
    ) -> Arc<dyn AuthorizationSource> {
        match (cache, &self.key) {
            (Some(cache), Some(key)) => {
                Arc::new(CachedSource::new(Arc::clone(&self.asked), key.clone(), Arc::clone(cache), Arc::clone(clock)))
            }
            _ => Arc::clone(&self.asked),
        }
    }
}

/// Whether asking it takes a task.
pub(super) const fn asks_others(kind: &SourceKind) -> bool {
    !matches!(kind, SourceKind::File(_) | SourceKind::BuiltInDatabase(_))
}

fn source(
    kind: &SourceKind,
    making: &mut Making<'_>,
    database: impl FnOnce() -> Result<Arc<RuleDatabase>, String>,
) -> Result<Arc<dyn AuthorizationSource>, String> {
    Ok(match kind {
        SourceKind::File(config) => Arc::new(file_rules::source(config, making)?),
        SourceKind::BuiltInDatabase(config) => {
            let database = database()?;
            database.set_max_rules(config.max_rules);
            Arc::new(BuiltInAuthorization::new(database, making.rules))
        }
        SourceKind::Mysql(config) => Arc::new(sql_databases::mysql_source(config, making)?),
        SourceKind::Postgresql(config) => Arc::new(sql_databases::postgresql_source(config, making)?),
        SourceKind::Mongodb(config) => Arc::new(mongodb::source(config, making)?),
        SourceKind::Redis(config) => Arc::new(redis::source(config, making)?),
        SourceKind::Ldap(config) => Arc::new(ldap::source(config, making)?),
        SourceKind::Http(config) => Arc::new(http::source(&config.service, making)?),
    })
}

/// The texts with placeholders that somebody else is asked with; `None` where nobody is.
fn question_texts(kind: &SourceKind) -> Option<Vec<String>> {
    match kind {
        SourceKind::File(_) | SourceKind::BuiltInDatabase(_) => None,
        SourceKind::Mysql(config) => Some(vec![config.query.clone()]),
        SourceKind::Postgresql(config) => Some(vec![config.query.clone()]),
        SourceKind::Mongodb(config) => {
            Some(vec![serde_json::Value::Object(config.documents.filter.clone()).to_string()])
        }
        SourceKind::Redis(config) => Some(vec![config.cmd.clone()]),
        SourceKind::Ldap(config) => Some(vec![config.directory.base_dn.clone(), config.directory.filter.clone()]),
        SourceKind::Http(config) => Some(texts_of_service(&config.service)),
    }
}
