//! The source of rules `built_in_database`.

use crate::RuleDatabase;
use dunlin_access::{Action, Answer, AuthorizationSource, BackendFailure, ClientInfo, Rule, RuleSettings, Verdict};
use std::future::ready;
use std::sync::Arc;

/// The source of rules `built_in_database`: the rules of a client's id are asked first, then those of its user name, then
/// those for all.
///
/// What is changed counts for whatever is asked from then on; verdicts that connections keep are theirs to forget.
#[derive(Clone, Debug)]
pub struct BuiltInAuthorization {
    rules: Arc<RuleDatabase>,
    settings: RuleSettings,
}

impl BuiltInAuthorization {
    /// A source with these rules.
    #[must_use]
    pub const fn new(rules: Arc<RuleDatabase>, settings: RuleSettings) -> Self {
        Self { rules, settings }
    }

    /// Its rules.
    #[must_use]
    pub const fn rules(&self) -> &Arc<RuleDatabase> {
        &self.rules
    }

    /// A lock is held for as long as filters are compared, and never while a disk is waited for.
    fn verdict(&self, client: &ClientInfo, action: Action, topic: &str) -> Verdict {
        let rules = self.rules.ready();
        let own = rules.by_client_id.get(client.client_id.as_str());
        let of_username = client.username.as_deref().and_then(|name| rules.by_username.get(name));
        let lists = own.into_iter().chain(of_username).chain([&rules.for_all]);
        Rule::first_verdict(lists.flatten(), &self.settings, client, action, topic)
    }
}

impl AuthorizationSource for BuiltInAuthorization {
    fn kind(&self) -> &'static str {
        "built_in_database"
    }

    fn authorize_now(&self, client: &ClientInfo, action: Action, topic: &str) -> Option<Verdict> {
        Some(self.verdict(client, action, topic))
    }

    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(ready(Ok(self.verdict(client, action, topic))))
    }
}
