//! Who may come in: authenticators, asked one after the other.

use crate::{
    Authenticator, BackendFailure, ChainExchange, ClientAcl, ClientInfo, Credentials, InvalidRule, Outcome,
    chain_exchange::Candidate,
};
use dunlin_expression::Expression;
use dunlin_model::ReasonCode;
use std::sync::Arc;

/// An authenticator with what the config says about it.
#[derive(Clone, Debug)]
pub struct ChainEntry {
    /// The authenticator.
    pub authenticator: Arc<dyn Authenticator>,
    /// `enable`.
    pub is_enabled: bool,
    /// `precondition`: it is asked about those clients only for which this is true. What cannot be worked out for a client
    /// is not true.
    pub precondition: Option<Expression>,
}

impl ChainEntry {
    /// An authenticator that is asked about every client.
    #[must_use]
    pub fn new(authenticator: Arc<dyn Authenticator>) -> Self {
        Self { authenticator, is_enabled: true, precondition: None }
    }

    pub(crate) fn is_for(&self, credentials: &Credentials) -> bool {
        self.precondition.as_ref().is_none_or(|expression| expression.is_true(credentials) == Ok(true))
    }
}

/// Who may come in: authenticators, asked one after the other until one of them knows the client.
#[derive(Clone, Debug, Default)]
pub struct AuthenticatorChain {
    entries: Vec<ChainEntry>,
    ignore_backend_failures: bool,
}

/// What a chain says of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainOutcome {
    /// There is no authenticator. Whether everybody may come in then is for the config to say.
    NobodyToAsk,
    /// It may come in, as this client.
    Admitted(Box<Admitted>),
    /// It may not.
    Refused {
        /// What it is told [MQTT-3.1.4-2].
        reason: ReasonCode,
        /// Why.
        cause: RefusalCause,
    },
}

/// Why a chain refuses a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalCause {
    /// No authenticator knows it.
    Unknown,
    /// The authenticator at this place refuses it.
    Denied(usize),
    /// The authenticator at this place could not tell.
    Failed(usize),
    /// The authenticator at this place lets it in, with rules that make no sense.
    BadAcl(usize, InvalidRule),
}

/// A client that may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Who it is, with all that the authenticator has said of it.
    pub client: ClientInfo,
    /// Rules for it alone.
    pub acl: Option<ClientAcl>,
    /// When it has to go, in milliseconds since the Unix epoch.
    pub expires_at: Option<dunlin_model::Millis>,
    /// The place of the authenticator that knows it.
    pub by: usize,
}

/// What one authenticator has said. `total` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuthenticatorTally {
    /// Clients that came to it.
    pub total: u64,
    /// It has let them in.
    pub success: u64,
    /// It has refused them, or could not tell and they were refused for that.
    pub failed: u64,
    /// It does not know them.
    pub no_match: u64,
    /// It is not for them, or it could not tell and the next one was asked.
    pub ignore: u64,
}

impl AuthenticatorTally {
    /// Adds what another has counted.
    pub const fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.success += other.success;
        self.failed += other.failed;
        self.no_match += other.no_match;
        self.ignore += other.ignore;
    }
}

/// What a chain says of a client, and what happened on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ChainReport<T = ChainOutcome> {
    /// What it says.
    pub outcome: T,
    /// The failures of back ends on the way, with the places of the authenticators.
    pub failures: Vec<(usize, BackendFailure)>,
    /// What was counted, one for each authenticator.
    pub tally: Vec<AuthenticatorTally>,
}

impl AuthenticatorChain {
    /// A chain. `ignore_backend_failures` of `authentication_settings`: an authenticator that cannot tell counts as one that
    /// does not know the client. Off, it refuses.
    #[must_use]
    pub const fn new(entries: Vec<ChainEntry>, ignore_backend_failures: bool) -> Self {
        Self { entries, ignore_backend_failures }
    }

    /// The authenticators, in their order.
    #[must_use]
    pub fn entries(&self) -> &[ChainEntry] {
        &self.entries
    }

    /// Whether one of them takes a user name for something to be kept secret. One that is not enabled counts: its clients do not know.
    #[must_use]
    pub fn is_secret(&self, username: &str) -> bool {
        self.entries.iter().any(|entry| entry.authenticator.is_secret(username))
    }

    /// Whether there is no authenticator. One that is not enabled is there: who switches the last one off has not asked for
    /// an open door, and nobody comes in.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// May this client come in?
    pub async fn run(&self, credentials: &Credentials) -> ChainReport {
        if self.is_empty() {
            return ChainReport::new(ChainOutcome::NobodyToAsk, 0);
        }
        let mut report = ChainReport::new(ChainOutcome::unknown(), self.entries.len());
        for (place, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.is_enabled) {
            if !entry.is_for(credentials) {
                report.skip(place);
                continue;
            }
            let said = entry.authenticator.authenticate(credentials).await;
            if let Some(outcome) = report.take(place, said, &credentials.client, self.ignore_backend_failures) {
                report.outcome = outcome;
                break;
            }
        }
        report
    }

    /// Begins an exchange of AUTH packets with this client, or `None` where nobody offers this Authentication Method
    /// [MQTT-4.12.0-1]. Only those that offer it are asked, in their order.
    #[must_use]
    pub fn begin(&self, method: &str, client: ClientInfo) -> Option<ChainExchange> {
        let credentials = Credentials { client, password: None };
        let (mut candidates, mut skipped) = (Vec::new(), Vec::new());
        for (place, entry) in self.entries.iter().enumerate().filter(|(_, entry)| entry.is_enabled) {
            let Some(exchange) = entry.authenticator.exchange(method, &credentials.client) else { continue };
            if entry.is_for(&credentials) {
                candidates.push(Candidate { place, exchange });
            } else {
                skipped.push(place);
            }
        }
        let is_offered = !candidates.is_empty() || !skipped.is_empty();
        let entries = self.entries.len();
        is_offered
            .then(|| ChainExchange::new(credentials.client, candidates, skipped, entries, self.ignore_backend_failures))
    }
}

impl ChainOutcome {
    /// Nobody knows the client [MQTT-3.1.4-2].
    pub(crate) const fn unknown() -> Self {
        Self::Refused { reason: ReasonCode::NotAuthorized, cause: RefusalCause::Unknown }
    }
}

impl<T> ChainReport<T> {
    /// One of a chain with so many entries, none of which has said anything.
    pub(crate) fn new(outcome: T, entries: usize) -> Self {
        Self { outcome, failures: Vec::new(), tally: vec![AuthenticatorTally::default(); entries] }
    }

    /// The authenticator at this place is not for the client.
    pub(crate) fn skip(&mut self, place: usize) {
        self.count(place, |tally| &mut tally.ignore);
    }

    /// What an authenticator's word means for the chain, `None` being that the next one is asked.
    pub(crate) fn take(
        &mut self,
        place: usize,
        said: Outcome,
        client: &ClientInfo,
        ignore_backend_failures: bool,
    ) -> Option<ChainOutcome> {
        let (reason, cause) = match said {
            Outcome::Ignore => {
                self.count(place, |tally| &mut tally.no_match);
                return None;
            }
            Outcome::Failed(failure) => {
                self.failures.push((place, failure));
                if ignore_backend_failures {
                    self.skip(place);
                    return None;
                }
                // Nothing is wrong with the client: told that it is not authorized, it might throw away what it has.
                (ReasonCode::ServerUnavailable, RefusalCause::Failed(place))
            }
            Outcome::Deny(reason) => (reason, RefusalCause::Denied(place)),
            Outcome::Allow(admission) => {
                let acl =
                    admission.acl.as_deref().map(|text| ClientAcl::parse(text, admission.acl_expires_at)).transpose();
                match acl {
                    Ok(acl) => {
                        self.count(place, |tally| &mut tally.success);
                        let mut client = client.clone();
                        let expires_at = admission.expires_at;
                        admission.apply_to(&mut client);
                        return Some(ChainOutcome::Admitted(Box::new(Admitted { client, acl, expires_at, by: place })));
                    }
                    Err(error) => (ReasonCode::NotAuthorized, RefusalCause::BadAcl(place, error)),
                }
            }
        };
        self.count(place, |tally| &mut tally.failed);
        Some(ChainOutcome::Refused { reason, cause })
    }

    fn count(&mut self, place: usize, which: impl FnOnce(&mut AuthenticatorTally) -> &mut u64) {
        if let Some(tally) = self.tally.get_mut(place) {
            tally.total += 1;
            *which(tally) += 1;
        }
    }
}

#[cfg(test)]
mod tests;
