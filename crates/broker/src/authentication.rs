//! Who may come in: the authenticators of a listener, and the exchange of AUTH packets (MQTT 5.0 §4.12), whose methods are
//! plugged in through traits.

use dunlin_access::{AuthenticatorChain, AuthenticatorTally, Authorization, ChainOutcome, Credentials};
use dunlin_model::ReasonCode;
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
        for (total, one) in self.tally.lock().iter_mut().zip(&report.tally) {
            total.add(one);
        }
        for (place, failure) in &report.failures {
            let authenticator = self.chain.entries().get(*place).map_or("", |entry| entry.authenticator.id());
            warn!(msg = "authenticator_failed", authenticator, clientid = %credentials.client.client_id, cause = %failure);
        }
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

/// Methods of enhanced authentication the broker offers.
pub trait EnhancedAuthentication: Send + Sync {
    /// Begins an exchange, or `None` for a method it does not know [MQTT-4.12.0-1].
    fn begin(&self, method: &str) -> Option<Box<dyn EnhancedExchange>>;
}

/// One exchange with one client.
pub trait EnhancedExchange: Send {
    /// The client's data; what next?
    fn step(&mut self, data: Option<&[u8]>) -> AuthenticationStep;
}

/// What an exchange says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthenticationStep {
    /// Send this and wait for more [MQTT-4.12.0-2].
    Continue(Vec<u8>),
    /// The client is who it says; last data for it.
    Success(Option<Vec<u8>>),
    /// It is not [MQTT-4.12.0-4].
    Failure(ReasonCode),
}
