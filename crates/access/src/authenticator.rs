//! One link of the authentication chain.

use crate::{Admission, Answer, BackendFailure, BackendQuestions, BackendStatus, ClientInfo, Credentials, Exchange};
use dunlin_model::ReasonCode;
use std::fmt::Debug;

/// What an authenticator says of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It does not know it: the next one is asked.
    Ignore,
    /// It lets it in.
    Allow(Box<Admission>),
    /// It refuses it, with this code of MQTT 5.0: [`ReasonCode::BadUserNameOrPassword`] or [`ReasonCode::NotAuthorized`] mostly.
    Deny(ReasonCode),
    /// It could not tell. What that means, `authentication_settings.ignore_backend_failures` says.
    Failed(BackendFailure),
}

/// One link of the authentication chain.
///
/// An answer comes within the back end's own timeout, whatever happens to it, and dropping the future gives back all it held.
pub trait Authenticator: Debug + Send + Sync {
    /// `mechanism:backend`, such as `password_based:postgresql`.
    fn id(&self) -> &str;

    /// Is this client, which came without an Authentication Method, who it says it is? One that knows clients by an exchange only
    /// says [`Outcome::Ignore`].
    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome>;

    /// Begins an exchange of AUTH packets with this client, or `None` where it does not offer this Authentication Method
    /// [MQTT-4.12.0-1]. Cheap: nobody is asked before the first step.
    fn exchange(&self, method: &str, client: &ClientInfo) -> Option<Box<dyn Exchange>> {
        let _ = (method, client);
        None
    }

    /// Whether its back end can be asked. One without a back end always can.
    fn status(&self) -> BackendStatus {
        BackendStatus::Connected
    }

    /// Finds out whether its back end can be asked, which [`Self::status`] tells afterwards, and takes no longer than a question.
    /// Nobody is asked where clients have brought news since the last time. `None`: it has no back end, or sees to that itself.
    fn probe(&self) -> Option<Answer<'_, ()>> {
        None
    }

    /// Whether a user name is something to be kept secret, such as a token: whoever reads it could come in with it.
    fn is_secret(&self, username: &str) -> bool {
        let _ = username;
        false
    }

    /// What its back end was asked since this was made. `None`: it has no back end, or asks it for nobody in particular.
    fn questions(&self) -> Option<BackendQuestions> {
        None
    }
}
