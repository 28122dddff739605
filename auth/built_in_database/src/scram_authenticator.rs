//! `scram:built_in_database`: the exchange of AUTH packets (MQTT 5.0 §4.12).

use crate::randomness::random_bytes;
use crate::{DatabaseError, ScramUsers};
use dunlin_access::Admission;
use dunlin_model::ReasonCode;
use dunlin_passwords::{ScramChallenge, ScramClientFirst, ScramCredentials};
use std::fmt;
use std::sync::Arc;

/// Where the secret is kept that makes decoys steady.
const SECRETS: &str = "secrets";
const DECOY_SECRET: &[u8] = b"scram_decoy";

/// Random bytes of the server's nonce.
const NONCE_BYTES: usize = 24;

/// `scram:built_in_database`: who can show that it knows a password, without sending it.
pub struct ScramAuthenticator {
    users: Arc<ScramUsers>,
    /// Kept for as long as users are, so that a user that does not exist is asked the same question each time.
    decoy_secret: Arc<[u8]>,
}

/// What an exchange says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScramStep {
    /// Send this in an AUTH packet and wait for more [MQTT-4.12.0-2].
    Continue(Vec<u8>),
    /// The client is who it says.
    Success(Box<ScramSuccess>),
    /// It is not [MQTT-4.12.0-4].
    Failure(ReasonCode),
}

/// A client that is who it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramSuccess {
    /// The server's proof, for the client to check: the Authentication Data of what it is answered.
    pub data: Vec<u8>,
    /// Who it is.
    pub username: String,
    /// What it may do.
    pub admission: Admission,
}

impl ScramAuthenticator {
    /// An authenticator with these users.
    ///
    /// # Errors
    /// The secret of decoys cannot be made or stored.
    pub fn new(users: Arc<ScramUsers>) -> Result<Self, DatabaseError> {
        let new = random_bytes::<32>()?;
        let decoy_secret = users.table().store().change(|tables, batch| {
            if let Some(secret) = tables.get(SECRETS, DECOY_SECRET) {
                return Ok::<Arc<[u8]>, DatabaseError>(secret.into());
            }
            batch.set(SECRETS, DECOY_SECRET, &new);
            Ok(new[..].into())
        })?;
        Ok(Self { users, decoy_secret })
    }

    /// Its name in the chain.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        "scram:built_in_database"
    }

    /// Its users.
    #[must_use]
    pub const fn users(&self) -> &Arc<ScramUsers> {
        &self.users
    }

    /// Begins an exchange, to come in or to stay in (MQTT 5.0 §4.12.1), or `None` for an Authentication Method that is not
    /// its own [MQTT-4.12.0-1].
    #[must_use]
    pub fn begin(&self, method: &str) -> Option<ScramExchange> {
        let is_ours = method == self.users.mechanism().name();
        is_ours.then(|| ScramExchange {
            users: Arc::clone(&self.users),
            decoy_secret: Arc::clone(&self.decoy_secret),
            state: State::Begun,
        })
    }
}

/// One exchange with one client. It computes some digests and waits for nobody.
pub struct ScramExchange {
    users: Arc<ScramUsers>,
    decoy_secret: Arc<[u8]>,
    state: State,
}

enum State {
    Begun,
    Asked(Box<Asked>),
    Over,
}

/// A client that has been asked for its proof.
struct Asked {
    challenge: ScramChallenge,
    username: String,
    is_superuser: bool,
    /// No proof is right.
    is_decoy: bool,
}

impl ScramExchange {
    /// Takes the client's Authentication Data. Whatever is wrong, the client hears no more than that it may not come in.
    pub fn step(&mut self, data: Option<&[u8]>) -> ScramStep {
        let data = data.unwrap_or_default();
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Begun => self.ask(data),
            State::Asked(asked) => asked.finish(data),
            State::Over => None,
        };
        next.unwrap_or(ScramStep::Failure(ReasonCode::NotAuthorized))
    }

    fn ask(&mut self, client_first: &[u8]) -> Option<ScramStep> {
        let first = ScramClientFirst::parse(client_first).ok()?;
        let username = first.username().to_owned();
        // Made for those who exist too: time must not tell.
        let decoy =
            ScramCredentials::decoy(self.users.mechanism(), &username, &self.decoy_secret, self.users.iterations());
        let (credentials, is_superuser, is_decoy) = match self.users.stored(&username) {
            Some(user) => (user.credentials, user.is_superuser, false),
            None => (decoy, false, true),
        };
        let nonce = base16ct::lower::encode_string(&random_bytes::<NONCE_BYTES>().ok()?);
        let challenge = first.challenge(credentials, &nonce).ok()?;
        let question = challenge.message().as_bytes().to_vec();
        self.state = State::Asked(Box::new(Asked { challenge, username, is_superuser, is_decoy }));
        Some(ScramStep::Continue(question))
    }
}

impl Asked {
    fn finish(self, client_final: &[u8]) -> Option<ScramStep> {
        let data = self.challenge.finish(client_final).ok().filter(|_| !self.is_decoy)?.into_bytes();
        let admission = Admission { is_superuser: self.is_superuser, ..Admission::default() };
        Some(ScramStep::Success(Box::new(ScramSuccess { data, username: self.username, admission })))
    }
}

impl fmt::Debug for ScramAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramAuthenticator").field("mechanism", &self.users.mechanism()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ScramExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramExchange").field("mechanism", &self.users.mechanism()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
