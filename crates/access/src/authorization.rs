//! What a client may do: its own rules, then the sources in their order.

use crate::{
    Action, AuthorizationSettings, AuthorizationSource, BackendFailure, ClientAcl, ClientInfo, DecidedBy, Decision,
    Permission, Permit, Question, Rule, Ruling, Tally, Verdict,
};
use dunlin_expression::Expression;
use dunlin_model::Millis;
use std::borrow::Cow;
use std::sync::Arc;

/// The most sources there can be: one bit of a word for each.
pub const MAX_SOURCES: usize = 64;

/// How many filters of rules that are there may be compared with a topic, rather than that verdicts are kept: half a
/// kilobyte for each client buys less than it costs.
const EFFORT_WITHOUT_CACHE: u32 = 6;

/// A source of rules with what the config says about it.
#[derive(Clone, Debug)]
pub struct SourceEntry {
    /// The source.
    pub source: Arc<dyn AuthorizationSource>,
    /// `enable`.
    pub is_enabled: bool,
    /// `precondition`: it is asked about those clients only for which this is true. What cannot be worked out for a client,
    /// such as a function of something that it does not have, is not true.
    pub precondition: Option<Expression>,
}

impl SourceEntry {
    /// A source that is asked about every client.
    #[must_use]
    pub fn new(source: Arc<dyn AuthorizationSource>) -> Self {
        Self { source, is_enabled: true, precondition: None }
    }

    fn is_for(&self, client: &ClientInfo) -> bool {
        self.is_enabled && self.precondition.as_ref().is_none_or(|expression| expression.is_true(client) == Ok(true))
    }
}

/// More sources than there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are {0} sources of authorization; {MAX_SOURCES} are possible")]
pub struct TooManySources(pub usize);

/// What a client may do: a superuser everything; else its own rules are asked, then the sources in their order, until one
/// of them says something; at last `authorization.no_match`.
///
/// It does not change. Another config is another value, with another epoch; permits find out by that.
///
/// Topics are those that clients mean: without `$delayed/{interval}/` in front of a name, and without `$share/{group}/`,
/// `$queue/` or `$exclusive/` in front of a filter.
#[derive(Clone, Debug)]
pub struct Authorization {
    settings: AuthorizationSettings,
    sources: Vec<SourceEntry>,
    epoch: u64,
}

/// A source that has failed, by its place, and how.
pub type SourceFailure = (u8, BackendFailure);

/// What a question led to.
#[derive(Clone, Debug)]
#[must_use]
pub struct Answered {
    /// What was asked.
    pub question: Question,
    /// What is said of it.
    pub ruling: Ruling,
    /// The failures on the way, with the places of the sources.
    pub failures: Vec<SourceFailure>,
    /// What was counted.
    pub tally: Tally,
}

impl Authorization {
    /// Authorization as a config says. No two configs of a process may have the same epoch, and none the highest there is.
    ///
    /// # Errors
    /// There are more than [`MAX_SOURCES`] sources.
    pub fn new(settings: AuthorizationSettings, sources: Vec<SourceEntry>, epoch: u64) -> Result<Self, TooManySources> {
        if sources.len() > MAX_SOURCES {
            return Err(TooManySources(sources.len()));
        }
        Ok(Self { settings, sources, epoch })
    }

    /// One that denies everything, for permits of clients that come while there are no rules: whoever has rules later finds in
    /// them who the clients are.
    #[must_use]
    pub fn without_rules() -> Self {
        Self { settings: AuthorizationSettings::default(), sources: Vec::new(), epoch: u64::MAX }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &AuthorizationSettings {
        &self.settings
    }

    /// The sources, in their order.
    #[must_use]
    pub fn sources(&self) -> &[SourceEntry] {
        &self.sources
    }

    /// What a connection that is let in needs. `acl` are the rules that came with it.
    #[must_use]
    pub fn permit(&self, client: Arc<ClientInfo>, acl: Option<ClientAcl>) -> Permit {
        let acl = acl.map(|acl| Box::new(acl.for_client(&self.settings.rules, &client)));
        let mut permit = Permit {
            client,
            acl,
            epoch: self.epoch,
            active: 0,
            scope: None,
            publishing: None,
            caches_publishing: false,
            caches_subscribing: false,
            cache: crate::VerdictCache::default(),
        };
        self.refresh(&mut permit);
        permit
    }

    /// May this client do this? `now` is in milliseconds since the Unix epoch. Allocates only where somebody else has to be
    /// asked, where a verdict is kept, or where sources see mountpoints.
    pub fn decide_now(
        &self,
        permit: &mut Permit,
        action: Action,
        topic: &str,
        now: Millis,
        tally: &mut Tally,
    ) -> Decision {
        if permit.epoch != self.epoch {
            self.refresh(permit);
        }
        let decision = match (permit.publishing, action) {
            (Some(ruling), Action::Publish { .. }) => Decision::Made(ruling),
            _ => self.decide_one(permit, action, topic, now, tally),
        };
        if let Decision::Made(ruling) = decision {
            tally.count(ruling);
        }
        decision
    }

    fn decide_one(&self, permit: &mut Permit, action: Action, topic: &str, now: Millis, tally: &mut Tally) -> Decision {
        if permit.client.is_superuser {
            return Decision::Made(Ruling { permission: Permission::Allow, by: DecidedBy::Superuser });
        }
        let mounted = self.mounted(&permit.client, topic);
        // What came with the client may end at any time, so it is asked before the cache and never kept there.
        if let Some(acl) = &permit.acl
            && let Some(permission) =
                permission_of(acl.verdict(&self.settings.rules, &permit.client, action, &mounted, now))
        {
            return Decision::Made(Ruling { permission, by: DecidedBy::ClientAcl });
        }
        if permit.caches(action) {
            if let Some(permission) = permit.cache.get(action, topic, now) {
                return Decision::Made(Ruling { permission, by: DecidedBy::Cache });
            }
            tally.cache_miss += 1;
        }
        let ruling = match self.ask_sources_now(permit, action, &mounted, tally) {
            Ok(ruling) => ruling,
            Err(next_source) => {
                let mounted_topic = (*mounted != *topic).then(|| mounted.into());
                return Decision::Open(Box::new(Question {
                    client: permit.client.clone(),
                    action,
                    topic: topic.into(),
                    mounted_topic,
                    next_source,
                    active: permit.active,
                    epoch: self.epoch,
                }));
            }
        };
        self.keep(permit, action, topic, ruling, now);
        Decision::Made(ruling)
    }

    /// The place of the first source that cannot answer at once is the error.
    fn ask_sources_now(
        &self,
        permit: &Permit,
        action: Action,
        topic: &str,
        tally: &mut Tally,
    ) -> Result<Ruling, usize> {
        let client = &*permit.client;
        for (index, source) in self.active_from(0, permit.active) {
            let verdict = match (&permit.scope, source.fixed_rules()) {
                (Some((place, scope)), Some(rules)) if usize::from(*place) == index => {
                    Some(rules.verdict_within(scope, client, action, topic))
                }
                _ => source.authorize_now(client, action, topic),
            };
            let verdict = verdict.ok_or(index)?;
            tally.count_verdict(index, verdict);
            if let Some(permission) = permission_of(verdict) {
                return Ok(Ruling { permission, by: DecidedBy::Source(place(index)) });
            }
        }
        Ok(self.no_match())
    }

    /// Asks those who could not answer at once. [`Self::settle`] takes the answer back to the connection.
    ///
    /// `failed` are sources that have failed a moment ago: they are not asked, because they would fail again after as long a time.
    pub async fn answer(&self, question: Question, failed: &[SourceFailure]) -> Answered {
        let (mut tally, mut failures) = (Tally::default(), Vec::new());
        let topic = question.mounted_topic.as_deref().unwrap_or(&question.topic);
        let mut ruling = self.no_match();
        for (index, source) in self.active_from(question.next_source, question.active) {
            let known = failed.iter().find(|(failed, _)| usize::from(*failed) == index);
            let said = match known {
                Some((_, failure)) => Err(failure.clone()),
                None => source.authorize(&question.client, question.action, topic).await,
            };
            match said {
                Ok(verdict) => {
                    tally.count_verdict(index, verdict);
                    if let Some(permission) = permission_of(verdict) {
                        ruling = Ruling { permission, by: DecidedBy::Source(place(index)) };
                        break;
                    }
                }
                Err(failure) => {
                    failures.push((place(index), failure));
                    tally.source(index).failed += 1;
                    if self.settings.ignore_backend_failures {
                        tally.source(index).ignore += 1;
                        continue;
                    }
                    ruling = Ruling { permission: Permission::Deny, by: DecidedBy::FailureOf(place(index)) };
                    break;
                }
            }
        }
        tally.count(ruling);
        Answered { question, ruling, failures, tally }
    }

    /// What is said of a question for which there is no time any more, as if the source that would have been asked had failed.
    pub fn unanswered(&self, question: Question) -> Answered {
        let failure = (place(question.next_source), BackendFailure::Overloaded);
        let ruling = if self.settings.ignore_backend_failures {
            self.no_match()
        } else {
            Ruling { permission: Permission::Deny, by: DecidedBy::FailureOf(failure.0) }
        };
        let mut tally = Tally::default();
        tally.count(ruling);
        Answered { question, ruling, failures: vec![failure], tally }
    }

    /// Which rule of the source that has decided it was, counted from 1. `None` where somebody else has, and for a source that
    /// has no list of rules. For whoever explains a ruling: to make one nobody has to know it.
    #[must_use]
    pub fn rule_of(&self, ruling: Ruling, client: &ClientInfo, action: Action, topic: &str) -> Option<usize> {
        let DecidedBy::Source(place) = ruling.by else { return None };
        let rules = self.sources.get(usize::from(place))?.source.fixed_rules()?;
        let topic = self.mounted(client, topic);
        let is_it = |rule: &Rule| rule.is_about(rules.settings(), client, action, &topic);
        rules.rules().iter().position(is_it).map(|index| index + 1)
    }

    /// Takes an answer back to the connection that has asked: it is kept for a while, unless it is of another config or
    /// somebody failed on the way, who may not fail the next time.
    pub fn settle(&self, permit: &mut Permit, answered: &Answered, now: Millis) {
        let Answered { question, ruling, failures, .. } = answered;
        if question.epoch == self.epoch && permit.epoch == self.epoch && failures.is_empty() {
            self.keep(permit, question.action, &question.topic, *ruling, now);
        }
    }

    fn keep(&self, permit: &mut Permit, action: Action, topic: &str, ruling: Ruling, now: Millis) {
        if let Some(settings) = self.settings.cache_for(topic).filter(|_| permit.caches(action)) {
            permit.cache.put(settings, action, topic, ruling.permission, now);
        }
    }

    /// Finds out what can be found out about a client before it does anything.
    fn refresh(&self, permit: &mut Permit) {
        let client = permit.client.clone();
        permit.epoch = self.epoch;
        permit.cache.clear();
        permit.active = 0;
        for (index, entry) in self.sources.iter().enumerate() {
            permit.active |= u64::from(entry.is_for(&client)) << index;
        }
        permit.scope = self
            .active_from(0, permit.active)
            .find_map(|(index, source)| Some((place(index), source.fixed_rules()?.scope(&client))));
        let is_scope = |index: usize| permit.scope.as_ref().is_some_and(|(place, _)| usize::from(*place) == index);
        let asks_others = self.active_from(0, permit.active).any(|(index, _)| !is_scope(index));
        let effort = permit.scope.as_ref().map_or(0, |(_, scope)| scope.publishing_effort());
        let is_enabled = self.settings.cache.is_some();
        permit.caches_subscribing = is_enabled && asks_others;
        permit.caches_publishing = is_enabled && (asks_others || effort > EFFORT_WITHOUT_CACHE);
        permit.publishing = self.publishing(permit);
    }

    /// The one ruling there can be on publishing, if there is only one.
    fn publishing(&self, permit: &Permit) -> Option<Ruling> {
        if permit.client.is_superuser {
            return Some(Ruling { permission: Permission::Allow, by: DecidedBy::Superuser });
        }
        if permit.acl.is_some() {
            return None;
        }
        for (index, _) in self.active_from(0, permit.active) {
            let (_, scope) = permit.scope.as_ref().filter(|(place, _)| usize::from(*place) == index)?;
            if let Some(permission) = permission_of(scope.publishing()?) {
                return Some(Ruling { permission, by: DecidedBy::Source(place(index)) });
            }
        }
        Some(self.no_match())
    }

    fn active_from(&self, first: usize, active: u64) -> impl Iterator<Item = (usize, &dyn AuthorizationSource)> {
        let is_active = move |index: usize| active >> index & 1 == 1;
        let entries = self.sources.iter().enumerate().skip(first);
        entries.filter(move |(index, _)| is_active(*index)).map(|(index, entry)| (index, &*entry.source))
    }

    const fn no_match(&self) -> Ruling {
        Ruling { permission: self.settings.no_match, by: DecidedBy::NoMatch }
    }

    fn mounted<'a>(&self, client: &ClientInfo, topic: &'a str) -> Cow<'a, str> {
        match client.mountpoint.as_deref() {
            Some(mountpoint) if self.settings.include_mountpoint && !mountpoint.is_empty() => {
                format!("{mountpoint}{topic}").into()
            }
            _ => topic.into(),
        }
    }
}

/// There are at most [`MAX_SOURCES`] places.
fn place(index: usize) -> u8 {
    index as u8
}

const fn permission_of(verdict: Verdict) -> Option<Permission> {
    match verdict {
        Verdict::Allow => Some(Permission::Allow),
        Verdict::Deny => Some(Permission::Deny),
        Verdict::NoMatch => None,
    }
}

#[cfg(test)]
mod tests;
