//! How access control does: what authenticators and sources of rules have said, and whether they can be asked.

use dunlin_access::{Authorization, BackendFailure, Tally};
use dunlin_broker::Authentication;
use serde::Serialize;

/// One authenticator. What it has said is counted under EMQX's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthenticatorState {
    /// `global`, or the listener whose own it is.
    pub chain: String,
    /// `password_based:redis`.
    pub id: String,
    /// `enable`.
    pub enable: bool,
    /// `connected`; `disconnected` while its last question was not answered.
    pub status: &'static str,
    /// How that question failed.
    pub reason: Option<String>,
    /// Clients that came to it.
    pub total: u64,
    /// It has let them in.
    pub success: u64,
    /// It has refused them, or could not tell and they were refused for that.
    pub failed: u64,
    /// It does not know them.
    pub nomatch: u64,
}

/// One source of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceState {
    /// `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `enable`.
    pub enable: bool,
    /// As in [`AuthenticatorState`].
    pub status: &'static str,
    /// How its last question failed.
    pub reason: Option<String>,
    /// Questions that came to it.
    pub total: u64,
    /// It has allowed.
    pub allow: u64,
    /// It has denied.
    pub deny: u64,
    /// It has no rule about it.
    pub nomatch: u64,
    /// It could not answer.
    pub failed: u64,
}

/// What clients may do, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorizationState {
    /// In their order.
    pub sources: Vec<SourceState>,
    /// Counters under their names: `authorization.allow`.
    pub metrics: Vec<(&'static str, u64)>,
}

/// The authenticators of one chain; `chain` is `None` for those of the node.
pub(crate) fn of_chain(chain: Option<&str>, authentication: &Authentication) -> Vec<AuthenticatorState> {
    let entries = authentication.chain().entries().iter().zip(authentication.tally());
    let state = entries.map(|(entry, tally)| {
        let (status, reason) = status(entry.authenticator.status());
        AuthenticatorState {
            chain: chain.unwrap_or("global").to_owned(),
            id: entry.authenticator.id().to_owned(),
            enable: entry.is_enabled,
            status,
            reason,
            total: tally.total,
            success: tally.success,
            failed: tally.failed,
            nomatch: tally.no_match,
        }
    });
    state.collect()
}

/// The sources, and what they have said.
pub(crate) fn of_rules(authorization: &Authorization, tally: &Tally) -> AuthorizationState {
    let sources = authorization.sources().iter().enumerate().map(|(place, entry)| {
        let (status, reason) = status(entry.source.status());
        let said = tally.sources.get(place).copied().unwrap_or_default();
        SourceState {
            kind: entry.source.kind().to_owned(),
            enable: entry.is_enabled,
            status,
            reason,
            total: said.allow + said.deny + said.no_match + said.failed,
            allow: said.allow,
            deny: said.deny,
            nomatch: said.no_match,
            failed: said.failed,
        }
    });
    let metrics = vec![
        ("authorization.allow", tally.allow),
        ("authorization.cache_hit", tally.cache_hit),
        ("authorization.cache_miss", tally.cache_miss),
        ("authorization.deny", tally.deny),
        ("authorization.matched.allow", tally.matched_allow),
        ("authorization.matched.deny", tally.matched_deny),
        ("authorization.nomatch", tally.no_match),
        ("authorization.superuser", tally.superuser),
    ];
    AuthorizationState { sources: sources.collect(), metrics }
}

fn status(status: Result<(), BackendFailure>) -> (&'static str, Option<String>) {
    match status {
        Ok(()) => ("connected", None),
        Err(failure) => ("disconnected", Some(failure.to_string())),
    }
}
