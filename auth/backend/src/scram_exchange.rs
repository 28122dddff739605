//! The exchange of SCRAM (RFC 5802, RFC 7677) in AUTH packets, wherever the keys of users are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dunlin_access::{Admission, Answer, BackendFailure, ClientInfo, Exchange, ExchangeStep, Proven};
use dunlin_model::ReasonCode;
use dunlin_passwords::{ScramChallenge, ScramClientFirst, ScramCredentials, ScramMechanism};
use std::fmt;
use std::sync::Arc;

/// Random bytes of the server's nonce.
const NONCE_BYTES: usize = 24;

/// Where the keys of users are.
pub trait ScramDirectory: Send + Sync {
    /// What clients must ask for.
    fn mechanism(&self) -> ScramMechanism;

    /// What its users have, for those that only seem to exist.
    fn iterations(&self) -> u32;

    /// The user of this name, which is spelled as SASLprep does. `None`: there is none. An answer comes within the back end's own
    /// timeout.
    fn find<'a>(
        &'a self,
        client: &'a ClientInfo,
        username: &'a str,
    ) -> Answer<'a, Result<Option<ScramRecord>, BackendFailure>>;
}

/// What a back end says of a user of SCRAM.
#[derive(Clone, Debug)]
pub struct ScramRecord {
    /// Its keys and its salt.
    pub credentials: ScramCredentials,
    /// What it may do when it has shown its password.
    pub admission: Admission,
}

/// One exchange with one client. Whatever is wrong, the client hears no more than that it may not come in; one that does not
/// exist is asked what it would be asked if it did.
pub struct ScramExchange {
    directory: Arc<dyn ScramDirectory>,
    /// Kept for as long as users are, so that a user that does not exist is asked the same question each time.
    decoy_secret: Arc<[u8]>,
    client: ClientInfo,
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
    /// `None`: no proof is right.
    admission: Option<Admission>,
}

impl ScramExchange {
    /// Begins an exchange, or `None` for an Authentication Method that is not that of the directory [MQTT-4.12.0-1].
    /// `decoy_secret` is random and kept for as long as users are.
    #[must_use]
    pub fn begin(
        directory: Arc<dyn ScramDirectory>,
        decoy_secret: Arc<[u8]>,
        method: &str,
        client: &ClientInfo,
    ) -> Option<Self> {
        let is_offered = method == directory.mechanism().name();
        is_offered.then(|| Self { directory, decoy_secret, client: client.clone(), state: State::Begun })
    }

    async fn next(&mut self, data: &[u8]) -> ExchangeStep {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Begun => self.ask(data).await,
            State::Asked(asked) => asked.finish(data).unwrap_or(DENY),
            State::Over => DENY,
        }
    }

    async fn ask(&mut self, client_first: &[u8]) -> ExchangeStep {
        let Ok(first) = ScramClientFirst::parse(client_first) else { return DENY };
        let username = first.username().to_owned();
        let mut nonce = [0; NONCE_BYTES];
        if let Err(error) = getrandom::fill(&mut nonce) {
            return ExchangeStep::Failed(BackendFailure::Unreachable(format!("no random bytes: {error}")));
        }
        let (mechanism, iterations) = (self.directory.mechanism(), self.directory.iterations());
        // Made for those who exist too: time must not tell.
        let decoy = ScramCredentials::decoy(mechanism, &username, &self.decoy_secret, iterations);
        let (credentials, admission) = match self.directory.find(&self.client, &username).await {
            Ok(Some(record)) => (record.credentials, Some(record.admission)),
            Ok(None) => (decoy, None),
            Err(failure) => return ExchangeStep::Failed(failure),
        };
        // The alphabet of base 64 has no comma, which a nonce must not have.
        let Ok(challenge) = first.challenge(credentials, &STANDARD.encode(nonce)) else { return DENY };
        let question = challenge.message().as_bytes().to_vec();
        let is_known = admission.is_some();
        self.state = State::Asked(Box::new(Asked { challenge, username, admission }));
        if is_known { ExchangeStep::Ask(question) } else { ExchangeStep::Unknown(question) }
    }
}

const DENY: ExchangeStep = ExchangeStep::Deny(ReasonCode::NotAuthorized);

impl Asked {
    fn finish(self, client_final: &[u8]) -> Option<ExchangeStep> {
        let data = self.challenge.finish(client_final).ok()?.into_bytes();
        let admission = self.admission?;
        Some(ExchangeStep::Allow(Box::new(Proven { username: self.username, data, admission })))
    }
}

impl Exchange for ScramExchange {
    fn step<'a>(&'a mut self, data: &'a [u8]) -> Answer<'a, ExchangeStep> {
        Box::pin(self.next(data))
    }
}

impl fmt::Debug for ScramExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramExchange").field("mechanism", &self.directory.mechanism()).finish_non_exhaustive()
    }
}
