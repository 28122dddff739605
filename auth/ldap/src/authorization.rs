//! The source of rules `ldap`.

use crate::RuleAttributes;
use crate::authenticator::Target;
use crate::directory::Directory;
use crate::settings::{LdapSettings, LdapSettingsError};
use dunlin_access::{
    Action, Answer, AuthorizationSource, BackendFailure, BackendQuestions, BackendStatus, ClientInfo, Request, Rule,
    RuleList, RuleSettings, Verdict,
};
use dunlin_auth_backend::ACTION_NAMES;
use serde_json::Value;

/// Asks a directory what a client may do: the attributes of its entry are the rules, and what none of them is about is no match.
#[derive(Debug)]
pub struct LdapAuthorization {
    target: Target,
    directory: Directory,
    rules: RuleAttributes,
    attributes: Vec<String>,
    rule_settings: RuleSettings,
}

impl LdapAuthorization {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// [`LdapSettingsError`].
    pub fn new(settings: &LdapSettings, rule_settings: RuleSettings) -> Result<Self, LdapSettingsError> {
        Ok(Self {
            target: Target::new(settings, &ACTION_NAMES)?,
            directory: Directory::new(settings)?,
            rules: settings.rules.clone(),
            attributes: settings.rules.names().cloned().collect(),
            rule_settings,
        })
    }

    async fn ask(&self, client: &ClientInfo, action: Action, topic: &str) -> Result<Verdict, BackendFailure> {
        let Some((base, filter)) = self.target.of(&Request { client, action, topic }) else {
            return Ok(Verdict::NoMatch);
        };
        let found = self.directory.find(&base, self.target.is_own_base(), &filter, &self.attributes);
        let Some(entry) = self.directory.desk.ask(found).await? else { return Ok(Verdict::NoMatch) };
        let rules = self.rules.rules(&entry).map_err(BackendFailure::BadAnswer)?;
        let rules =
            Rule::from_json(&Value::Array(rules)).map_err(|error| BackendFailure::BadAnswer(error.to_string()))?;
        Ok(RuleList::new(rules, self.rule_settings).verdict(client, action, topic))
    }
}

impl AuthorizationSource for LdapAuthorization {
    fn kind(&self) -> &'static str {
        "ldap"
    }

    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(self.ask(client, action, topic))
    }

    fn status(&self) -> BackendStatus {
        self.directory.desk.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.directory.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.directory.desk.questions())
    }
}
