//! A source whose rules are there: those of a file.

use crate::{Action, Answer, AuthorizationSource, BackendFailure, ClientInfo, RuleList, Verdict};
use std::future::ready;

/// A source whose rules are there, and the same for every client: those of a file.
#[derive(Clone, Debug)]
pub struct RuleSource {
    kind: &'static str,
    rules: RuleList,
}

impl RuleSource {
    /// A source of this type, such as `file`.
    #[must_use]
    pub const fn new(kind: &'static str, rules: RuleList) -> Self {
        Self { kind, rules }
    }
}

impl AuthorizationSource for RuleSource {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn fixed_rules(&self) -> Option<&RuleList> {
        Some(&self.rules)
    }

    fn authorize_now(&self, client: &ClientInfo, action: Action, topic: &str) -> Option<Verdict> {
        Some(self.rules.verdict(client, action, topic))
    }

    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(ready(Ok(self.rules.verdict(client, action, topic))))
    }
}
