//! Rules that are the same for every client, and which of them one client has to do with.

use super::action_pattern::Share;
use super::{Rule, RuleSettings, Topics};
use crate::{Action, ClientInfo, Permission, Verdict};
use smallvec::SmallVec;
use std::sync::Arc;

/// Rules that are the same for every client, in the order in which they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleList {
    rules: Arc<[Rule]>,
    settings: RuleSettings,
}

/// Which rules of a [`RuleList`] are about a client at all. Who a client is does not change while it is connected, so this is
/// found out once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// One bit for each rule. Sixty-four rules need no allocation.
    rules: SmallVec<[u64; 1]>,
    publishing: Option<Verdict>,
    publishing_effort: u32,
}

impl Scope {
    /// How many rules are about the client.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// What the rules say of everything the client could publish; `None` where it depends on what it is.
    #[must_use]
    pub const fn publishing(&self) -> Option<Verdict> {
        self.publishing
    }

    /// What it takes to decide about a PUBLISH at worst, in filters that are compared with its topic.
    #[must_use]
    pub const fn publishing_effort(&self) -> u32 {
        self.publishing_effort
    }

    fn indexes(&self) -> impl Iterator<Item = usize> + '_ {
        self.rules.iter().enumerate().flat_map(|(place, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(place * 64 + bit)
            })
        })
    }
}

impl RuleList {
    /// A list of rules.
    #[must_use]
    pub fn new(rules: Vec<Rule>, settings: RuleSettings) -> Self {
        Self { rules: rules.into(), settings }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What they have in common.
    #[must_use]
    pub const fn settings(&self) -> &RuleSettings {
        &self.settings
    }

    /// What the first rule that is about it says. [`Self::verdict_within`] says the same in less time.
    #[must_use]
    pub fn verdict(&self, client: &ClientInfo, action: Action, topic: &str) -> Verdict {
        Rule::first_verdict(self.rules(), &self.settings, client, action, topic)
    }

    /// Which rules are about a client.
    #[must_use]
    pub fn scope(&self, client: &ClientInfo) -> Scope {
        let mut scope = Scope::default();
        scope.rules.resize(self.rules.len().div_ceil(64), 0);
        for (index, rule) in self.rules.iter().enumerate() {
            if rule.who.is(&self.settings, client) {
                scope.rules[index / 64] |= 1 << (index % 64);
            }
        }
        scope.publishing = self.publishing_within(&scope);
        scope.publishing_effort = self.rules_within(&scope).map(publishing_effort).fold(0, u32::saturating_add);
        scope
    }

    /// [`Self::verdict`], for the client that the scope is of.
    #[must_use]
    pub fn verdict_within(&self, scope: &Scope, client: &ClientInfo, action: Action, topic: &str) -> Verdict {
        self.rules_within(scope)
            .find(|rule| rule.action.is_about(action) && rule.has_topic(&self.settings, client, topic))
            .map_or(Verdict::NoMatch, |rule| rule.permission.into())
    }

    fn rules_within<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Rule> {
        scope.indexes().filter_map(|index| self.rules.get(index))
    }

    /// The one verdict there can be on publishing, if there is only one. Asked for each message otherwise, and most clients
    /// of most nodes may publish whatever they want.
    fn publishing_within(&self, scope: &Scope) -> Option<Verdict> {
        let mut said: Option<Permission> = None;
        for rule in self.rules_within(scope) {
            let share = rule.action.share_of_publishing();
            let covers_nothing = matches!(&rule.topics, Topics::Listed(topics) if topics.is_empty());
            if share == Share::None || covers_nothing {
                continue;
            }
            if said.is_some_and(|said| said != rule.permission) {
                return None;
            }
            if share == Share::All && rule.topics == Topics::All {
                return Some(rule.permission.into());
            }
            said = Some(rule.permission);
        }
        said.is_none().then_some(Verdict::NoMatch)
    }
}

/// To fill in a filter takes as long as to compare some.
fn publishing_effort(rule: &Rule) -> u32 {
    match &rule.topics {
        Topics::Listed(patterns) if rule.action.share_of_publishing() != Share::None => {
            patterns.iter().map(|pattern| if pattern.has_placeholders() { 3 } else { 1 }).sum()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
