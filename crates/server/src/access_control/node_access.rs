//! Access control of a node: what is in effect, made anew when the configuration changes.

use super::access_error::AccessError;
use super::access_rates::{AccessRates, AskedRates, PartCounts, ResourceMetrics};
use super::back_end_watch::{BackEndWatch, Watched};
use super::built_in_database;
use super::built_in_error::{NoUsersError, RulesError};
use super::cached_authenticator::LoginCache;
use super::cached_source::VerdictsOfNode;
use super::chain::{Chain, ChainPlace};
use super::rules_in_effect::RulesInEffect;
use super::workshop::Workshop;
use crate::Background;
use dunlin_access::{
    AnswerCache, AnswerCacheSettings, AnswerCacheStatus, AuthenticatorTally, Authorization, ChainEntry, SourceEntry,
    SourceTally, Tally,
};
use dunlin_auth_built_in_database::{RuleDatabase, UserDatabase};
use dunlin_broker::{AccessControl, AlarmBell, Authentication, ListenerAuthentication};
use dunlin_config::authentication::AuthenticatorKind;
use dunlin_config::{self as config, Config, EnableAuthn, Listener};
use dunlin_storage::metadata::MetadataStore;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose users authenticators of the node have, as EMQX names them.
const GLOBAL_GROUP: &str = "mqtt:global";

/// Access control of a node.
pub struct NodeAccess {
    workshop: Workshop,
    logins: Arc<LoginCache>,
    verdicts: Arc<VerdictsOfNode>,
    in_effect: Mutex<Option<InEffect>>,
    watch: Arc<BackEndWatch>,
    rates: AccessRates,
}

#[derive(Clone)]
struct InEffect {
    /// Of the listeners that have none of their own.
    shared: Chain,
    /// By the ids of listeners.
    own: BTreeMap<String, Chain>,
    rules: RulesInEffect,
}

/// What a change of the configuration has come to.
pub struct AccessChange {
    /// For the broker.
    pub control: AccessControl,
    /// Whether anything is different from before.
    pub is_different: bool,
    /// The listeners that have other authenticators of their own now: their next connections should get them.
    pub listeners: Vec<String>,
}

impl NodeAccess {
    /// Of a node with this metadata; of the configuration, only its folder and that of the data count. Nobody may come in before [`Self::change`] says what is in effect.
    ///
    /// # Errors
    /// The operating system gives no random numbers.
    pub fn new(
        background: Arc<Background>,
        metadata: Arc<MetadataStore>,
        config: &Config,
    ) -> Result<Self, AccessError> {
        let workshop = Workshop::new(background, metadata, config);
        Ok(Self {
            workshop: workshop.map_err(|problem| AccessError::new("authentication", problem))?,
            logins: Arc::new(Mutex::new(AnswerCache::new(AnswerCacheSettings::default()))),
            verdicts: Arc::new(Mutex::new(AnswerCache::new(AnswerCacheSettings::default()))),
            in_effect: Mutex::new(None),
            watch: BackEndWatch::new(),
            rates: AccessRates::default(),
        })
    }

    /// From now on there are alarms about back ends that are not there.
    pub fn watch_back_ends(&self, bell: AlarmBell) {
        self.watch.ring(bell);
    }

    /// Makes what a configuration asks for, and has it in effect when all of it is good. What is the same as before is kept, with
    /// its connections and what was counted. Files that the configuration names are read anew.
    ///
    /// # Errors
    /// The first thing that cannot be made; nothing has changed then.
    pub fn change(&self, config: &Config) -> Result<AccessChange, AccessError> {
        let mut in_effect = self.in_effect.lock();
        let made = self.make(config, in_effect.as_ref())?;
        set_cache(&self.logins, config.authentication_settings.node_cache);
        set_cache(&self.verdicts, config.authorization.node_cache);
        let earlier = in_effect.replace(made.clone());
        let of_earlier = |id: &str| earlier.as_ref().and_then(|earlier| earlier.own.get(id));
        let is_same = |one: &Chain, other: &Chain| Arc::ptr_eq(one.authentication(), other.authentication());
        let is_new = |(id, chain): &(&String, &Chain)| of_earlier(id).is_none_or(|other| !is_same(chain, other));
        let listeners: Vec<_> = made.own.iter().filter(is_new).map(|(id, _)| id.clone()).collect();
        let is_different = !listeners.is_empty()
            || earlier.as_ref().is_none_or(|earlier| {
                !is_same(&earlier.shared, &made.shared)
                    || !Arc::ptr_eq(earlier.rules.authorization(), made.rules.authorization())
            });
        self.bootstrap(&made.shared, earlier.as_ref().map(|earlier| &earlier.shared), GLOBAL_GROUP);
        for (id, chain) in &made.own {
            self.bootstrap(chain, of_earlier(id), id);
        }
        self.watch.set(made.back_ends(), self.workshop.runtime());
        Ok(AccessChange { control: made.control(), is_different, listeners })
    }

    /// Whether a configuration could be in effect.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn check(&self, config: &Config) -> Result<(), AccessError> {
        let in_effect = self.in_effect.lock();
        self.make(config, in_effect.as_ref()).map(drop)
    }

    /// Whose authenticators a listener asks.
    ///
    /// # Errors
    /// It has some of its own that could not be made.
    pub fn of_listener(&self, listener: &Listener) -> Result<ListenerAuthentication, AccessError> {
        if listener.enable_authn == EnableAuthn::No {
            return Ok(ListenerAuthentication::Off);
        }
        if listener.authentication.is_empty() {
            return Ok(ListenerAuthentication::Shared);
        }
        let in_effect = self.in_effect.lock();
        let own = in_effect.as_ref().and_then(|in_effect| in_effect.own.get(&listener.id()));
        let own = own.map(|chain| ListenerAuthentication::Own(Arc::clone(chain.authentication())));
        own.ok_or_else(|| {
            AccessError::new(key_of(listener), "these authenticators could not be made; see what was said before")
        })
    }

    /// The authenticators in effect: those of the node first, then those of listeners with their ids.
    #[must_use]
    pub fn authentications(&self) -> Vec<(Option<String>, Arc<Authentication>)> {
        let in_effect = self.in_effect.lock();
        let Some(in_effect) = &*in_effect else { return Vec::new() };
        let shared = (None, Arc::clone(in_effect.shared.authentication()));
        let own = in_effect.own.iter().map(|(id, chain)| (Some(id.clone()), Arc::clone(chain.authentication())));
        std::iter::once(shared).chain(own).collect()
    }

    /// What clients may do, as it is in effect.
    #[must_use]
    pub fn authorization(&self) -> Option<Arc<Authorization>> {
        self.in_effect.lock().as_ref().map(|in_effect| Arc::clone(in_effect.rules.authorization()))
    }

    /// What back ends of authenticators have answered a short while ago.
    #[must_use]
    pub fn login_cache(&self) -> AnswerCacheStatus {
        self.logins.lock().status()
    }

    /// What sources of rules have answered a short while ago.
    #[must_use]
    pub fn verdict_cache(&self) -> AnswerCacheStatus {
        self.verdicts.lock().status()
    }

    /// The users that an authenticator keeps itself: one of a listener's own, or of the node's where no listener is named. It
    /// need not be enabled.
    ///
    /// # Errors
    /// [`NoUsersError`].
    pub fn users(&self, listener: Option<&str>, id: &str) -> Result<UserDatabase, NoUsersError> {
        let chain_name = listener.unwrap_or("global");
        let unknown_chain = || NoUsersError::UnknownChain(chain_name.to_owned());
        let in_effect = self.in_effect.lock();
        let in_effect = in_effect.as_ref().ok_or_else(unknown_chain)?;
        let chain = match listener {
            None => &in_effect.shared,
            Some(listener) => in_effect.own.get(listener).ok_or_else(unknown_chain)?,
        };
        let entry = chain.entry(id).ok_or_else(|| NoUsersError::UnknownAuthenticator {
            chain: chain_name.to_owned(),
            id: id.to_owned(),
            known: chain.known(),
        })?;
        let group = listener.unwrap_or(GLOBAL_GROUP);
        let users = built_in_database::users_of(&entry.kind, group, self.workshop.metadata());
        users.map_err(NoUsersError::Unusable)?.ok_or_else(|| NoUsersError::KeepsNone(id.to_owned()))
    }

    /// The rules of the source `built_in_database`. Who changes them has verdicts forgotten afterwards.
    ///
    /// # Errors
    /// [`RulesError::NoSource`], [`RulesError::Unreadable`].
    pub fn rules(&self) -> Result<Arc<RuleDatabase>, RulesError> {
        let has_database = self.in_effect.lock().as_ref().is_some_and(|in_effect| in_effect.rules.has_database());
        if !has_database {
            return Err(RulesError::NoSource);
        }
        self.workshop.rule_database().map_err(RulesError::Unreadable)
    }

    /// What the broker gets makes its connections forget their verdicts. What back ends answered is still known.
    #[must_use]
    pub fn renew_rules(&self) -> Option<AccessControl> {
        let mut in_effect = self.in_effect.lock();
        let in_effect = in_effect.as_mut()?;
        in_effect.rules.renew(&self.workshop);
        Some(in_effect.control())
    }

    /// Forgets all verdicts and answers of sources of rules. What the broker gets makes its connections forget theirs.
    #[must_use]
    pub fn forget_verdicts(&self) -> Option<AccessControl> {
        self.verdicts.lock().clear();
        self.renew_rules()
    }

    /// Forgets what back ends of authenticators have answered.
    pub fn clear_login_cache(&self) {
        self.logins.lock().clear();
    }

    /// Forgets what sources of rules have answered; what connections keep of it stays.
    pub fn clear_verdict_cache(&self) {
        self.verdicts.lock().clear();
    }

    /// Once a second: takes note of how often authenticators and sources of rules have been asked. `tally` is what authorization has
    /// decided so far.
    pub(crate) fn note_rates(&self, tally: &Tally) {
        let chains = self.authentications();
        let mut parts: Vec<_> =
            chains.iter().flat_map(|(listener, chain)| chain_counts(listener.as_deref(), chain)).collect();
        parts.extend(self.authorization().iter().flat_map(|authorization| source_list_counts(authorization, tally)));
        self.rates.sample(&parts);
    }

    /// How fast clients come to an authenticator of the node, and what its back end was asked; `None` where there is none such.
    pub(crate) fn authenticator_rates(&self, id: &str) -> Option<(AskedRates, Option<ResourceMetrics>)> {
        self.authenticator_counts(id).map(|part| self.rates_of(&part))
    }

    /// The same of a source of rules.
    pub(crate) fn source_rates(&self, kind: &str, tally: &Tally) -> Option<(AskedRates, Option<ResourceMetrics>)> {
        self.source_counts(kind, tally).map(|part| self.rates_of(&part))
    }

    /// What the back end of an authenticator of the node was asked is counted from nothing again, and so are the rates.
    pub(crate) fn reset_authenticator_rates(&self, id: &str) {
        if let Some(part) = self.authenticator_counts(id) {
            self.rates.reset(&part);
        }
    }

    /// The same of a source of rules.
    pub(crate) fn reset_source_rates(&self, kind: &str) {
        if let Some(part) = self.source_counts(kind, &Tally::default()) {
            self.rates.reset(&part);
        }
    }

    fn rates_of(&self, part: &PartCounts) -> (AskedRates, Option<ResourceMetrics>) {
        (self.rates.of(&part.name), self.rates.of_resource(part))
    }

    fn authenticator_counts(&self, id: &str) -> Option<PartCounts> {
        let (_, shared) = self.authentications().into_iter().find(|(listener, _)| listener.is_none())?;
        let name = authenticator_name(None, id);
        chain_counts(None, &shared).into_iter().find(|part| part.name == name)
    }

    fn source_counts(&self, kind: &str, tally: &Tally) -> Option<PartCounts> {
        let name = source_name(kind);
        source_list_counts(&*self.authorization()?, tally).into_iter().find(|part| part.name == name)
    }

    /// Waits for an answer that may have to be asked of a back end. Not to be called where nobody may wait.
    ///
    /// # Errors
    /// The operating system gives no threads for that.
    pub fn wait_for<T>(&self, answer: impl Future<Output = T>) -> Result<T, AccessError> {
        let waited = self.workshop.wait_for(answer);
        waited.map_err(|problem| AccessError::new("authentication", problem))
    }

    fn make(&self, config: &Config, earlier: Option<&InEffect>) -> Result<InEffect, AccessError> {
        let settings = &config.authentication_settings;
        let cache = settings.node_cache.enable.then_some(&self.logins);
        let ignores_failures = settings.ignore_backend_failures;
        let place = ChainPlace { key: "authentication", group: GLOBAL_GROUP, ignores_failures, cache };
        let shared =
            Chain::make(&config.authentication, &place, &self.workshop, earlier.map(|earlier| &earlier.shared))?;
        let mut own = BTreeMap::new();
        for listener in config.listeners.iter().filter(|listener| !listener.authentication.is_empty()) {
            let (id, key) = (listener.id(), key_of(listener));
            let place = ChainPlace { key: &key, group: &id, ignores_failures, cache };
            let earlier = earlier.and_then(|earlier| earlier.own.get(&id));
            let chain = Chain::make(&listener.authentication, &place, &self.workshop, earlier)?;
            own.insert(id, chain);
        }
        let cache = config.authorization.node_cache.enable.then_some(&self.verdicts);
        let earlier = earlier.map(|earlier| &earlier.rules);
        let rules = RulesInEffect::make(&config.authorization, cache, &self.workshop, earlier)?;
        Ok(InEffect { shared, own, rules })
    }

    fn bootstrap(&self, chain: &Chain, earlier: Option<&Chain>, group: &str) {
        for authenticator in chain.new_since(earlier) {
            if let AuthenticatorKind::BuiltInDatabase(config) = &authenticator.kind {
                let (metadata, etc_dir) = (self.workshop.metadata(), self.workshop.etc_dir());
                built_in_database::bootstrap(config, group, metadata, etc_dir);
            }
        }
    }
}

impl InEffect {
    fn back_ends(&self) -> Vec<Watched> {
        let mut watched = self.shared.back_ends("authentication");
        watched.extend(self.own.iter().flat_map(|(id, chain)| chain.back_ends(&format!("authentication:{id}"))));
        watched.extend(self.rules.back_ends());
        watched
    }

    fn control(&self) -> AccessControl {
        let shared = self.shared.authentication();
        AccessControl {
            // Without any everybody may come in, and nobody has to be asked about that.
            authentication: (!shared.chain().is_empty()).then(|| Arc::clone(shared)),
            authorization: Some(Arc::clone(self.rules.authorization())),
        }
    }
}

fn authenticator_name(listener: Option<&str>, id: &str) -> String {
    format!("{}/{id}", listener.unwrap_or("global"))
}

fn source_name(kind: &str) -> String {
    format!("authorization/{kind}")
}

fn chain_counts(listener: Option<&str>, authentication: &Authentication) -> Vec<PartCounts> {
    let entries = authentication.chain().entries().iter().zip(authentication.tally());
    let part = |(entry, tally): (&ChainEntry, AuthenticatorTally)| PartCounts {
        name: authenticator_name(listener, entry.authenticator.id()),
        total: tally.total,
        questions: entry.authenticator.questions(),
    };
    entries.map(part).collect()
}

fn source_list_counts(authorization: &Authorization, tally: &Tally) -> Vec<PartCounts> {
    let part = |(place, entry): (usize, &SourceEntry)| PartCounts {
        name: source_name(entry.source.kind()),
        total: tally.sources.get(place).map_or(0, SourceTally::total),
        questions: entry.source.questions(),
    };
    authorization.sources().iter().enumerate().map(part).collect()
}

fn key_of(listener: &Listener) -> String {
    format!("listeners.{}.authentication", listener.id().replacen(':', ".", 1))
}

fn set_cache<V>(cache: &Mutex<AnswerCache<V>>, settings: config::AnswerCache) {
    let mut cache = cache.lock();
    cache.set_settings(AnswerCacheSettings {
        ttl_ms: u64::try_from(settings.cache_ttl.as_millis()).unwrap_or(u64::MAX),
        max_count: usize::try_from(settings.max_count).unwrap_or(usize::MAX),
        max_memory_bytes: usize::try_from(settings.max_memory_bytes).unwrap_or(usize::MAX),
    });
    if !settings.enable {
        cache.clear();
    }
}
