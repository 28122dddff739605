//! Who may come in: the authenticators of a listener, asked once or in an exchange of AUTH packets (MQTT 5.0 §4.12).

use dunlin_access::{
    AuthenticatorChain, AuthenticatorTally, Authorization, ChainEntry, ChainExchange, ChainOutcome, ChainReport,
    ChainStep, ClientInfo, Credentials,
};
use dunlin_model::ArcStr;
use parking_lot::Mutex;
use std::sync::Arc;
use tracing::warn;

/// The authenticators of one or more listeners, and what they have said so far.
#[derive(Debug)]
pub struct Authentication {
    chain: AuthenticatorChain,
    /// Of each authenticator.
    said: Mutex<Vec<Said>>,
}

/// What is known of an authenticator by what it has said.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    tally: AuthenticatorTally,
    /// It could not tell when it was asked last.
    is_failing: bool,
}

impl Said {
    /// Takes note of one more login. True where it has just begun to fail: a line in the log for each client that comes meanwhile
    /// would be too many.
    fn note(&mut self, tally: &AuthenticatorTally, has_failed: bool) -> bool {
        self.tally.add(tally);
        let begins_to_fail = has_failed && !self.is_failing;
        let has_answered = tally.success + tally.failed + tally.no_match > 0;
        self.is_failing = has_failed || (self.is_failing && !has_answered);
        begins_to_fail
    }
}

impl Authentication {
    /// A chain that has said nothing yet.
    #[must_use]
    pub fn new(chain: AuthenticatorChain) -> Self {
        let said = Mutex::new(vec![Said::default(); chain.entries().len()]);
        Self { chain, said }
    }

    /// A chain in the place of another one: authenticators of the same id go on counting.
    #[must_use]
    pub fn succeeding(chain: AuthenticatorChain, earlier: &Self) -> Self {
        let said = earlier.said.lock().clone();
        let said_by = |entry: &ChainEntry| {
            let is_it = |other: &ChainEntry| other.authenticator.id() == entry.authenticator.id();
            let place = earlier.chain.entries().iter().position(is_it);
            place.and_then(|place| said.get(place).copied()).unwrap_or_default()
        };
        let said = Mutex::new(chain.entries().iter().map(said_by).collect());
        Self { chain, said }
    }

    /// The authenticators.
    #[must_use]
    pub const fn chain(&self) -> &AuthenticatorChain {
        &self.chain
    }

    /// What they have said, one for each.
    #[must_use]
    pub fn tally(&self) -> Vec<AuthenticatorTally> {
        self.said.lock().iter().map(|said| said.tally).collect()
    }

    /// What the authenticator at this place has said is counted from nothing again.
    pub fn reset_tally(&self, place: usize) {
        if let Some(said) = self.said.lock().get_mut(place) {
            said.tally = AuthenticatorTally::default();
        }
    }

    /// May this client come in?
    pub(crate) async fn run(&self, credentials: &Credentials) -> ChainOutcome {
        let report = self.chain.run(credentials).await;
        self.note(&report, &credentials.client.client_id);
        report.outcome
    }

    /// Begins an exchange of AUTH packets, or `None` where nobody offers this method [MQTT-4.12.0-1].
    pub(crate) fn begin(self: &Arc<Self>, method: &str, client: ClientInfo) -> Option<Box<Exchanging>> {
        let client_id = client.client_id.clone();
        let exchange = self.chain.begin(method, client)?;
        Some(Box::new(Exchanging { authentication: Arc::clone(self), client_id, exchange }))
    }

    fn note<T>(&self, report: &ChainReport<T>, client_id: &str) {
        let failure_at =
            |place: usize| report.failures.iter().find(|(other, _)| *other == place).map(|(_, failure)| failure);
        for (place, (said, tally)) in self.said.lock().iter_mut().zip(&report.tally).enumerate() {
            let failure = failure_at(place);
            if said.note(tally, failure.is_some())
                && let Some(failure) = failure
            {
                let authenticator = self.chain.entries().get(place).map_or("", |entry| entry.authenticator.id());
                warn!(msg = "authenticator_failed", authenticator, clientid = client_id, cause = %failure);
            }
        }
    }
}

/// An exchange of AUTH packets with one client. It is with the connection while the client is to speak, and with a task while
/// the authenticators are.
#[derive(Debug)]
pub(crate) struct Exchanging {
    authentication: Arc<Authentication>,
    client_id: ArcStr,
    exchange: ChainExchange,
}

impl Exchanging {
    /// The client's Authentication Data; what next?
    pub(crate) async fn step(&mut self, data: &[u8]) -> ChainStep {
        let report = self.exchange.step(data).await;
        self.authentication.note(&report, &self.client_id);
        report.outcome
    }
}

/// Who may come in and do what.
#[derive(Clone, Debug, Default)]
pub struct AccessControl {
    /// Of the listeners that have none of their own; `None` lets everyone in.
    pub authentication: Option<Arc<Authentication>>,
    /// `None` allows everything.
    pub authorization: Option<Arc<Authorization>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_once_until_there_is_an_answer_again() {
        let failed = AuthenticatorTally { total: 1, failed: 1, ..AuthenticatorTally::default() };
        let not_asked = AuthenticatorTally::default();
        let answered = AuthenticatorTally { total: 1, success: 1, ..AuthenticatorTally::default() };
        let mut said = Said::default();
        for (tally, has_failed, is_told) in [
            (&failed, true, true),
            (&failed, true, false),
            (&not_asked, false, false),
            (&failed, true, false),
            (&answered, false, false),
            (&failed, true, true),
        ] {
            assert_eq!(said.note(tally, has_failed), is_told);
        }
        assert_eq!((said.tally.failed, said.tally.success), (4, 1));
    }
}
