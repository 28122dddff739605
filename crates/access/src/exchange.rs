//! An exchange of AUTH packets as an authenticator carries it out (MQTT 5.0 §4.12).

use crate::{Admission, Answer, BackendFailure};
use dunlin_model::ReasonCode;
use std::fmt::{self, Debug};

/// An exchange of AUTH packets with one client, to come in or to stay in. [`Authenticator::exchange`](crate::Authenticator)
/// begins it.
pub trait Exchange: Debug + Send {
    /// The client's Authentication Data, empty where it sent none; what next? The exchange goes on after a question and is over
    /// otherwise. An answer comes within the back end's own timeout, whatever happens to it.
    fn step<'a>(&'a mut self, data: &'a [u8]) -> Answer<'a, ExchangeStep>;
}

/// What an authenticator says to the data of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeStep {
    /// Send this and wait for more [MQTT-4.12.0-2].
    Ask(Vec<u8>),
    /// It does not know the client: the next authenticator is asked. Where none knows it, the client is sent this all the same
    /// and refused in the end, so that it does not learn who exists. Said to the first data only.
    Unknown(Vec<u8>),
    /// The client is who it says.
    Allow(Box<Proven>),
    /// It is not [MQTT-4.12.0-4].
    Deny(ReasonCode),
    /// It could not tell.
    Failed(BackendFailure),
}

/// A client that has shown who it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Proven {
    /// Its user name, as the exchange has it.
    pub username: String,
    /// The last data for it.
    pub data: Vec<u8>,
    /// What else is said of it.
    pub admission: Admission,
}

impl Debug for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proven").field("username", &self.username).finish_non_exhaustive()
    }
}
