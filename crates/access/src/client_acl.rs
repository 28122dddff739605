//! Rules for one client alone, which came with what let it in.

use crate::{
    Action, ActionKind, ActionPattern, ClientInfo, InvalidRule, Permission, Rule, RuleSettings, TopicPattern, Topics,
    Verdict, Who,
};
use dunlin_model::Millis;
use serde_json::{Map, Value};

/// The most that the text of such rules may have, in bytes.
pub const MAX_CLIENT_ACL_BYTES: usize = 256 * 1024;

const FORMS: &str = "write a list of {\"permission\": …, \"action\": …, \"topic\": …}, or {\"pub\": […], \"sub\": […]}";

/// Rules for one client alone, which came with what let it in: the claim `acl` of a token, the field `acl` of an answer.
///
/// They have one of two forms. A list of rules is asked before all sources, and what none of them is about is left to the
/// sources. An object with the lists `pub`, `sub` and `all` is older and final: what is in no list is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAcl {
    rules: Box<[Rule]>,
    otherwise: Verdict,
    expires_at: Option<Millis>,
}

impl ClientAcl {
    /// These rules; `otherwise` is what is said where none of them is about it. `expires_at` as in [`Self::parse`].
    #[must_use]
    pub fn new(rules: Vec<Rule>, otherwise: Verdict, expires_at: Option<Millis>) -> Self {
        Self { rules: rules.into(), otherwise, expires_at }
    }

    /// Reads such rules. `expires_at` is when they end, in milliseconds since the Unix epoch; afterwards all is denied.
    ///
    /// # Errors
    /// They make no sense. Such a client must not be let in, because nobody knows what it may do.
    pub fn parse(text: &str, expires_at: Option<Millis>) -> Result<Self, InvalidRule> {
        if text.len() > MAX_CLIENT_ACL_BYTES {
            let problem = format!("has {} bytes, more than {MAX_CLIENT_ACL_BYTES}", text.len());
            return Err(InvalidRule::new("acl", problem, "use a source of rules instead"));
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|error| InvalidRule::new("acl", format!("is no JSON: {error}"), FORMS))?;
        match &value {
            Value::Array(_) => Ok(Self::new(Rule::from_json(&value)?, Verdict::NoMatch, expires_at)),
            Value::Object(lists) => Ok(Self::new(from_lists(lists)?, Verdict::Deny, expires_at)),
            _ => Err(InvalidRule::new("acl", "is neither a list nor an object", FORMS)),
        }
    }

    /// When they end, in milliseconds since the Unix epoch.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Millis> {
        self.expires_at
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Those that are about this client at all, so that nobody has to find that out for each message. Networks and regular
    /// expressions, which may be big, are gone then.
    pub(crate) fn for_client(self, settings: &RuleSettings, client: &ClientInfo) -> Self {
        let about_it = self.rules.into_iter().filter(|rule| rule.who.is(settings, client));
        Self { rules: about_it.map(|rule| Rule { who: Who::All, ..rule }).collect(), ..self }
    }

    /// What they say at a time, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn verdict(
        &self,
        settings: &RuleSettings,
        client: &ClientInfo,
        action: Action,
        topic: &str,
        now: Millis,
    ) -> Verdict {
        if self.expires_at.is_some_and(|end| now >= end) {
            return Verdict::Deny;
        }
        match Rule::first_verdict(&*self.rules, settings, client, action, topic) {
            Verdict::NoMatch => self.otherwise,
            verdict => verdict,
        }
    }
}

fn from_lists(lists: &Map<String, Value>) -> Result<Vec<Rule>, InvalidRule> {
    lists.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| from_list(name, value)).collect()
}

fn from_list(name: &str, value: &Value) -> Result<Rule, InvalidRule> {
    let kind = ActionKind::from_name(name).ok_or_else(|| InvalidRule::new(name, "is no list of this form", FORMS))?;
    let topics = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter().map(|topic| {
        let text = topic.as_str();
        let text = text.ok_or_else(|| InvalidRule::new(name, format!("has {topic}, not a text"), "write topics"))?;
        Ok(TopicPattern::with_old_placeholders(text))
    });
    Ok(Rule {
        permission: Permission::Allow,
        who: Who::All,
        action: ActionPattern::of(kind),
        topics: Topics::Listed(topics.collect::<Result<_, _>>()?),
    })
}

#[cfg(test)]
mod tests;
