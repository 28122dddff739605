//! `cinfo`: who may come in by what is known of a client, without asking anybody.

use crate::{Answer, Authenticator, Credentials, Outcome};
use dunlin_expression::Expression;
use dunlin_model::ReasonCode;
use std::future::ready;

/// `result` of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// `allow`: it may come in.
    Allow,
    /// `deny`: it may not.
    Deny,
    /// `ignore`: the next authenticator is asked.
    Ignore,
}

/// One of `checks`.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// `is_match`: the check is about clients for which all of these are true. What cannot be worked out is not true.
    pub is_match: Vec<Expression>,
    /// What it says of them.
    pub result: CheckResult,
}

/// `cinfo`: who may come in by what is known of a client, without asking anybody. The first check that is about a client
/// decides; a client that no check is about is left to the next authenticator.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientInfoAuthenticator {
    checks: Vec<Check>,
}

impl ClientInfoAuthenticator {
    /// One with these checks.
    #[must_use]
    pub const fn new(checks: Vec<Check>) -> Self {
        Self { checks }
    }

    fn outcome(&self, credentials: &Credentials) -> Outcome {
        let is_about =
            |check: &&Check| check.is_match.iter().all(|expression| expression.is_true(credentials) == Ok(true));
        match self.checks.iter().find(is_about).map(|check| check.result) {
            Some(CheckResult::Allow) => Outcome::Allow(Box::default()),
            Some(CheckResult::Deny) => Outcome::Deny(ReasonCode::NotAuthorized),
            Some(CheckResult::Ignore) | None => Outcome::Ignore,
        }
    }
}

impl Authenticator for ClientInfoAuthenticator {
    fn id(&self) -> &str {
        "cinfo"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(ready(self.outcome(credentials)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientInfo;

    fn check(expressions: &[&str], result: CheckResult) -> Check {
        let parse = |text: &&str| Expression::parse(text).expect("an expression");
        Check { is_match: expressions.iter().map(parse).collect(), result }
    }

    #[test]
    fn the_first_check_about_a_client_decides() {
        let authenticator = ClientInfoAuthenticator::new(vec![
            check(&["regex_match(username, '^super-.+$')"], CheckResult::Allow),
            check(&["str_eq(username, '')", "str_eq(nth(1, tokens(clientid, '-')), 'v1')"], CheckResult::Deny),
            check(&["str_eq(client_attrs.team, 'red')"], CheckResult::Ignore),
            check(&["str_eq(client_attrs.team, 'red')"], CheckResult::Deny),
        ]);
        let outcome = |username: Option<&str>, client_id: &str, team: Option<&str>| {
            let client = ClientInfo {
                username: username.map(Into::into),
                client_id: client_id.into(),
                attributes: team.map(|team| ("team".to_owned(), team.to_owned())).into_iter().collect(),
                ..ClientInfo::default()
            };
            authenticator.outcome(&Credentials { client, password: None })
        };
        let allowed = Outcome::Allow(Box::default());
        assert_eq!(outcome(Some("super-ann"), "v1-x", None), allowed);
        assert_eq!(outcome(None, "v1-x", None), Outcome::Deny(ReasonCode::NotAuthorized));
        assert_eq!(outcome(None, "v2-x", None), Outcome::Ignore);
        assert_eq!(outcome(Some("ann"), "v1-x", Some("red")), Outcome::Ignore);
    }

    #[test]
    fn what_cannot_be_worked_out_is_not_true() {
        let authenticator = ClientInfoAuthenticator::new(vec![check(&["nonesuch"], CheckResult::Allow)]);
        let credentials = Credentials { client: ClientInfo::default(), password: None };
        assert_eq!(authenticator.outcome(&credentials), Outcome::Ignore);
    }
}
