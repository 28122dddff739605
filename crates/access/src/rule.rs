//! One rule: who may, or may not, do what with which topics.

mod action_pattern;
mod cover;
mod filled_topic;
#[cfg(test)]
pub(crate) mod plain_reading;
mod rule_list;
mod rule_settings;
mod text_pattern;
mod topic_pattern;
mod who;

pub use action_pattern::{ActionKind, ActionPattern, QosSet};
pub use rule_list::{RuleList, Scope};
pub use rule_settings::{PlaceholderMay, RuleSettings, SecurityProfile};
pub use text_pattern::{InvalidRegex, TextPattern};
pub use topic_pattern::TopicPattern;
pub use who::{Who, parse_network};

use crate::{Action, ClientInfo, Permission, Verdict};

/// The topics a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topics {
    /// Every topic and every filter, those that begin with `$` too.
    All,
    /// Those that one of these covers; none, where there are none.
    Listed(Box<[TopicPattern]>),
}

/// One rule: who may, or may not, do what with which topics.
///
/// Everything that can be compiled is: to ask a rule allocates nothing, unless what it is filled in with is very long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it says to those it is about.
    pub permission: Permission,
    /// The clients it is about.
    pub who: Who,
    /// The actions it is about.
    pub action: ActionPattern,
    /// The topics it is about.
    pub topics: Topics,
}

impl Rule {
    /// A rule about everything that some clients do: `{allow, all}.`
    #[must_use]
    pub const fn about_everything(permission: Permission, who: Who) -> Self {
        Self { permission, who, action: ActionPattern::ALL, topics: Topics::All }
    }

    /// Whether it is about this client doing this. `topic` is a name to publish to, or a filter to subscribe to, without
    /// what may stand in front of a filter, such as `$share/{group}/`.
    #[must_use]
    pub fn is_about(&self, settings: &RuleSettings, client: &ClientInfo, action: Action, topic: &str) -> bool {
        self.action.is_about(action) && self.who.is(settings, client) && self.has_topic(settings, client, topic)
    }

    /// The part of [`Self::is_about`] that is left where it is known that client and action are among those meant.
    pub(crate) fn has_topic(&self, settings: &RuleSettings, client: &ClientInfo, topic: &str) -> bool {
        match &self.topics {
            Topics::All => true,
            Topics::Listed(patterns) => {
                patterns.iter().any(|pattern| pattern.covers(self.permission, settings, client, topic))
            }
        }
    }

    /// What the first of some rules that is about it says.
    #[must_use]
    pub fn first_verdict<'a>(
        rules: impl IntoIterator<Item = &'a Self>,
        settings: &RuleSettings,
        client: &ClientInfo,
        action: Action,
        topic: &str,
    ) -> Verdict {
        rules
            .into_iter()
            .find(|rule| rule.is_about(settings, client, action, topic))
            .map_or(Verdict::NoMatch, |rule| rule.permission.into())
    }
}

#[cfg(test)]
mod tests;
