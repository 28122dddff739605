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
    tally: Mutex<Vec<AuthenticatorTally>>,
}

impl Authentication {
    /// A chain that has said nothing yet.
    #[must_use]
    pub fn new(chain: AuthenticatorChain) -> Self {
        let tally = Mutex::new(vec![AuthenticatorTally::default(); chain.entries().len()]);
        Self { chain, tally }
    }

    /// A chain in the place of another one: authenticators of the same id go on counting.
    #[must_use]
    pub fn succeeding(chain: AuthenticatorChain, earlier: &Self) -> Self {
        let said = earlier.tally();
        let tally_of = |entry: &ChainEntry| {
            let is_it = |other: &ChainEntry| other.authenticator.id() == entry.authenticator.id();
            let place = earlier.chain.entries().iter().position(is_it);
            place.and_then(|place| said.get(place).copied()).unwrap_or_default()
        };
        let tally = Mutex::new(chain.entries().iter().map(tally_of).collect());
        Self { chain, tally }
    }

    /// The authenticators.
    #[must_use]
    pub const fn chain(&self) -> &AuthenticatorChain {
        &self.chain
    }

    /// What they have said, one for each.
    #[must_use]
    pub fn tally(&self) -> Vec<AuthenticatorTally> {
        self.tally.lock().clone()
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
        for (total, one) in self.tally.lock().iter_mut().zip(&report.tally) {
            total.add(one);
        }
        for (place, failure) in &report.failures {
            let authenticator = self.chain.entries().get(*place).map_or("", |entry| entry.authenticator.id());
            warn!(msg = "authenticator_failed", authenticator, clientid = client_id, cause = %failure);
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
