//! What clients may do: the sources of rules that are in effect.

use super::access_error::AccessError;
use super::back_end_watch::Watched;
use super::cached_source::VerdictsOfNode;
use super::source_part::SourcePart;
use super::workshop::Workshop;
use dunlin_access::{
    Authorization, AuthorizationSettings, DenyAction, Permission, PlaceholderMay, RuleSettings, SourceEntry,
    VerdictCacheSettings,
};
use dunlin_config::{self as config, authorization_sources::SourceKind};
use std::sync::Arc;

/// The sources of rules that are in effect.
#[derive(Clone)]
pub(super) struct RulesInEffect {
    config: config::Authorization,
    parts: Vec<Arc<SourcePart>>,
    authorization: Arc<Authorization>,
}

impl RulesInEffect {
    /// Makes what the configuration asks for. Whatever of `earlier` is the same is kept, and all of it where nothing is different.
    pub(super) fn make(
        config: &config::Authorization,
        cache: Option<&Arc<VerdictsOfNode>>,
        workshop: &Workshop,
        earlier: Option<&Self>,
    ) -> Result<Self, AccessError> {
        let settings = settings(config);
        let mut parts = Vec::with_capacity(config.sources.len());
        for source in &config.sources {
            let is_it = |part: &&Arc<SourcePart>| part.is_of(&source.kind, settings.rules);
            let kept = earlier.and_then(|earlier| earlier.parts.iter().find(is_it));
            parts.push(match kept {
                Some(part) => Arc::clone(part),
                None => {
                    let key = || format!("authorization.sources ({})", source.id());
                    let made = workshop.source(&source.kind, settings.rules);
                    Arc::new(made.map_err(|problem| AccessError::new(key(), problem))?)
                }
            });
        }
        let is_same = |earlier: &&Self| {
            earlier.config == *config && earlier.parts.iter().zip(&parts).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        if let Some(same) = earlier.filter(is_same) {
            return Ok(same.clone());
        }
        let entries = config.sources.iter().zip(&parts).map(|(source, part)| SourceEntry {
            source: part.with_cache(cache, workshop.clock()),
            is_enabled: source.enable,
            precondition: source.precondition.clone(),
        });
        let authorization = Authorization::new(settings, entries.collect(), workshop.next_number());
        let authorization = authorization.map_err(|error| AccessError::new("authorization.sources", error))?;
        Ok(Self { config: config.clone(), parts, authorization: Arc::new(authorization) })
    }

    /// The same again, so that verdicts of before are of no use.
    pub(super) fn renew(&mut self, workshop: &Workshop) {
        let (settings, sources) = (self.authorization.settings().clone(), self.authorization.sources().to_vec());
        // There are as many as before.
        if let Ok(renewed) = Authorization::new(settings, sources, workshop.next_number()) {
            self.authorization = Arc::new(renewed);
        }
    }

    /// Whether the built-in database is among the sources.
    pub(super) fn has_database(&self) -> bool {
        self.config.sources.iter().any(|source| matches!(source.kind, SourceKind::BuiltInDatabase(_)))
    }

    /// Its back ends, to be looked at.
    pub(super) fn back_ends(&self) -> Vec<Watched> {
        let enabled = self.config.sources.iter().zip(&self.parts).filter(|(source, _)| source.enable);
        let watched = enabled.filter_map(|(source, part)| {
            Some(Watched::new(format!("authorization:{}", source.id()), part.back_end()?, source.health_check_interval))
        });
        watched.collect()
    }

    /// For the broker.
    pub(super) const fn authorization(&self) -> &Arc<Authorization> {
        &self.authorization
    }
}

fn settings(config: &config::Authorization) -> AuthorizationSettings {
    let cache = &config.cache;
    let allow = config.topic_template_allow;
    AuthorizationSettings {
        no_match: if config.no_match_allows { Permission::Allow } else { Permission::Deny },
        deny_action: match config.deny_action {
            config::DenyAction::Ignore => DenyAction::Ignore,
            config::DenyAction::Disconnect => DenyAction::Disconnect,
        },
        cache: cache.enable.then(|| VerdictCacheSettings {
            max_size: cache.max_size,
            ttl_ms: u64::try_from(cache.ttl.as_millis()).unwrap_or(u64::MAX),
        }),
        cache_excludes: cache.excludes.clone(),
        rules: RuleSettings {
            placeholder_may: PlaceholderMay { plus: allow.plus, hash: allow.hash, slash: allow.slash },
            ..RuleSettings::default()
        },
        ignore_backend_failures: config.ignore_backend_failures,
        include_mountpoint: config.include_mountpoint,
    }
}
