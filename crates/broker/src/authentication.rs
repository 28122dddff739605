//! Enhanced authentication: the exchange of AUTH packets (MQTT 5.0 §4.12). Methods are plugged in through these traits.

use dunlin_model::ReasonCode;

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
