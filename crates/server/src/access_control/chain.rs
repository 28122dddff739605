//! The authenticators of the node, or of one listener, that are in effect.

use super::access_error::AccessError;
use super::authenticator_part::AuthenticatorPart;
use super::back_end_watch::Watched;
use super::cached_authenticator::LoginCache;
use super::workshop::Workshop;
use dunlin_access::{AuthenticatorChain, ChainEntry};
use dunlin_broker::Authentication;
use dunlin_config::authentication::Authenticator;
use std::sync::Arc;

/// The authenticators of the node, or of one listener, that are in effect.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    config: Vec<Authenticator>,
    ignores_failures: bool,
    is_cached: bool,
    parts: Vec<Arc<AuthenticatorPart>>,
    authentication: Arc<Authentication>,
}

/// Whose chain it is, and what counts for all chains.
pub(super) struct ChainPlace<'a> {
    /// The key of the configuration: `authentication`.
    pub(super) key: &'a str,
    /// Whose users the built-in database has: `mqtt:global`, or the id of a listener.
    pub(super) group: &'a str,
    /// `authentication_settings.ignore_backend_failures`.
    pub(super) ignores_failures: bool,
    /// `authentication_settings.node_cache`, where it is enabled.
    pub(super) cache: Option<&'a Arc<LoginCache>>,
}

impl Chain {
    /// Makes what the configuration asks for. Whatever of `earlier` is the same is kept, and all of it where nothing is different.
    pub(super) fn make(
        config: &[Authenticator],
        place: &ChainPlace<'_>,
        workshop: &Workshop,
        earlier: Option<&Self>,
    ) -> Result<Self, AccessError> {
        let mut parts = Vec::with_capacity(config.len());
        for authenticator in config {
            let kept = earlier.and_then(|earlier| earlier.parts.iter().find(|part| part.is_of(&authenticator.kind)));
            parts.push(match kept {
                Some(part) => Arc::clone(part),
                None => {
                    let key = || format!("{} ({})", place.key, authenticator.id());
                    let made = workshop.authenticator(&authenticator.kind, place.group);
                    Arc::new(made.map_err(|problem| AccessError::new(key(), problem))?)
                }
            });
        }
        let (ignores_failures, is_cached) = (place.ignores_failures, place.cache.is_some());
        let is_same = |earlier: &&Self| {
            earlier.config == config
                && (earlier.ignores_failures, earlier.is_cached) == (ignores_failures, is_cached)
                && earlier.parts.iter().zip(&parts).all(|(one, other)| Arc::ptr_eq(one, other))
        };
        if let Some(same) = earlier.filter(is_same) {
            return Ok(same.clone());
        }
        let entries = config.iter().zip(&parts).map(|(authenticator, part)| ChainEntry {
            authenticator: part.with_cache(place.cache, workshop.clock()),
            is_enabled: authenticator.enable,
            precondition: authenticator.precondition.clone(),
        });
        let chain = AuthenticatorChain::new(entries.collect(), ignores_failures);
        let authentication = Arc::new(match earlier {
            Some(earlier) => Authentication::succeeding(chain, &earlier.authentication),
            None => Authentication::new(chain),
        });
        Ok(Self { config: config.to_vec(), ignores_failures, is_cached, parts, authentication })
    }

    /// For the broker.
    pub(super) const fn authentication(&self) -> &Arc<Authentication> {
        &self.authentication
    }

    /// Its entry of this id, as it is configured.
    pub(super) fn entry(&self, id: &str) -> Option<&Authenticator> {
        self.config.iter().find(|entry| entry.id() == id)
    }

    /// The ids of its entries, for people.
    pub(super) fn known(&self) -> String {
        if self.config.is_empty() {
            return "none".to_owned();
        }
        self.config.iter().map(Authenticator::id).collect::<Vec<_>>().join(", ")
    }

    /// Its back ends, to be looked at. `prefix` is what their alarms begin with.
    pub(super) fn back_ends(&self, prefix: &str) -> Vec<Watched> {
        let enabled = self.config.iter().zip(&self.parts).filter(|(entry, _)| entry.enable);
        let watched = enabled.filter_map(|(entry, part)| {
            Some(Watched::new(format!("{prefix}:{}", entry.id()), part.back_end()?, entry.health_check_interval))
        });
        watched.collect()
    }

    /// Those of its authenticators that are not in an earlier chain.
    pub(super) fn new_since<'a>(&'a self, earlier: Option<&'a Self>) -> impl Iterator<Item = &'a Authenticator> {
        let is_new = move |part: &Arc<AuthenticatorPart>| {
            !earlier.is_some_and(|earlier| earlier.parts.iter().any(|other| Arc::ptr_eq(other, part)))
        };
        self.config.iter().zip(&self.parts).filter(move |(_, part)| is_new(part)).map(|(config, _)| config)
    }
}
