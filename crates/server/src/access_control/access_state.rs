//! How access control does: what authenticators and sources of rules have said, and whether they can be asked.

use dunlin_access::{AnswerCacheStatus, Authorization, BackendStatus, Tally};
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
    /// `connecting` before anything is known of its back end, `connected`, `disconnected`; `stopped` where it is not enabled.
    pub status: &'static str,
    /// Why its back end cannot be asked.
    pub reason: Option<String>,
    /// Clients that came to it.
    pub total: u64,
    /// It has let them in.
    pub success: u64,
    /// It has refused them, or could not tell and they were refused for that.
    pub failed: u64,
    /// It does not know them.
    pub nomatch: u64,
    /// It is not for them, or could not tell and the next one was asked.
    pub ignore: u64,
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
    /// As in [`AuthenticatorState`].
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
    /// It could not answer, and the next one was asked.
    pub ignore: u64,
}

/// What back ends answered a short while ago, as it is kept for all clients of a node (`node_cache`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerCacheState {
    /// `enable`.
    pub enable: bool,
    /// Answers that are kept, those that hold no longer among them.
    pub count: usize,
    /// What they take, roughly, in bytes.
    pub memory: usize,
    /// Questions that were answered from it.
    pub hits: u64,
    /// Questions that were not.
    pub misses: u64,
    /// Answers that were put into it.
    pub inserts: u64,
    /// Answers that had to go before their time, to make room.
    pub evictions: u64,
}

/// What clients may do, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuthorizationState {
    /// In their order.
    pub sources: Vec<SourceState>,
    /// Counters under their names: `authorization.allow`.
    pub metrics: Vec<(&'static str, u64)>,
}

/// A cache of answers that is in use, or that nobody asks.
pub(crate) const fn of_cache(enable: bool, status: AnswerCacheStatus) -> AnswerCacheState {
    let AnswerCacheStatus { count, memory_bytes, hits, misses, inserts, evictions } = status;
    AnswerCacheState { enable, count, memory: memory_bytes, hits, misses, inserts, evictions }
}

/// The authenticators of one chain; `chain` is `None` for those of the node.
pub(crate) fn of_chain(chain: Option<&str>, authentication: &Authentication) -> Vec<AuthenticatorState> {
    let entries = authentication.chain().entries().iter().zip(authentication.tally());
    let state = entries.map(|(entry, tally)| {
        let (status, reason) = status(entry.is_enabled, &entry.authenticator.status());
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
            ignore: tally.ignore,
        }
    });
    state.collect()
}

/// The sources, and what they have said.
pub(crate) fn of_rules(authorization: &Authorization, tally: &Tally) -> AuthorizationState {
    let sources = authorization.sources().iter().enumerate().map(|(place, entry)| {
        let (status, reason) = status(entry.is_enabled, &entry.source.status());
        let said = tally.sources.get(place).copied().unwrap_or_default();
        SourceState {
            kind: entry.source.kind().to_owned(),
            enable: entry.is_enabled,
            status,
            reason,
            total: said.total(),
            allow: said.allow,
            deny: said.deny,
            nomatch: said.no_match,
            failed: said.failed,
            ignore: said.ignore,
        }
    });
    AuthorizationState { sources: sources.collect(), metrics: tally.named().to_vec() }
}

fn status(is_enabled: bool, status: &BackendStatus) -> (&'static str, Option<String>) {
    if !is_enabled {
        return ("stopped", None);
    }
    (status.as_str(), status.failure().map(ToString::to_string))
}
