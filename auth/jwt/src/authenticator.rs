//! The authenticator `jwt`.

use crate::claims::{ClaimError, ClaimRules};
use crate::expected_claims::ExpectedClaims;
use crate::key::{Key, KeyError};
use crate::key_endpoint::KeyEndpoint;
use crate::key_set::KeySet;
use crate::token::Token;
use crate::{JwtSettings, KeySource, OrElse, TokenField, pem};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use dunlin_access::{Answer, Authenticator, BackendFailure, BackendStatus, Credentials, Outcome};
use dunlin_auth_backend::WallClock;
use dunlin_model::ReasonCode;
use std::fmt;
use std::sync::Arc;

/// `{"` in base64, with which every header begins that nobody has put spaces into.
const BEGINNING: &str = "eyJ";

/// Lets clients in that show a good token.
pub struct JwtAuthenticator {
    keys: Keys,
    from: TokenField,
    expected: ExpectedClaims,
    acl_claim_name: String,
    disconnect_after_expire: bool,
    on_missing: OrElse,
    on_bad_signature: OrElse,
    clock: WallClock,
}

#[derive(Debug)]
enum Keys {
    Fixed(Arc<KeySet>),
    Fetched(KeyEndpoint),
}

/// Why no authenticator can be made of settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwtSettingsError {
    /// The secret or the public key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address of the key set.
    #[error("{0}")]
    Endpoint(String),
}

impl JwtAuthenticator {
    /// With [`KeySource::Endpoint`], fetching begins now, and this must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`JwtSettingsError`].
    pub fn new(settings: JwtSettings, clock: WallClock) -> Result<Self, JwtSettingsError> {
        let fixed = |key: Key| Keys::Fixed(Arc::new(KeySet::single(key)));
        let keys = match settings.keys {
            KeySource::Secret { secret, is_base64 } => fixed(Key::secret(secret_bytes(&secret, is_base64)?)?),
            KeySource::PublicKey(pem) => fixed(pem::public_key(pem.as_bytes())?),
            KeySource::Endpoint(endpoint) => {
                Keys::Fetched(KeyEndpoint::start(&endpoint).map_err(JwtSettingsError::Endpoint)?)
            }
        };
        Ok(Self {
            keys,
            from: settings.from,
            expected: ExpectedClaims::parse(settings.verify_claims),
            acl_claim_name: settings.acl_claim_name,
            disconnect_after_expire: settings.disconnect_after_expire,
            on_missing: settings.on_missing,
            on_bad_signature: settings.on_bad_signature,
            clock,
        })
    }

    async fn judge(&self, credentials: &Credentials) -> Outcome {
        let shown = match self.from {
            TokenField::Password => credentials.password.as_ref().map(|password| password.expose()),
            TokenField::Username => credentials.client.username.as_ref().map(|username| username.as_bytes()),
        };
        let Some(token) = shown.and_then(Token::parse) else { return outcome(self.on_missing) };
        match self.is_signed(&token).await {
            Err(failure) => Outcome::Failed(failure),
            Ok(false) => outcome(self.on_bad_signature),
            Ok(true) => match self.judge_claims(&token.payload, credentials) {
                Ok(outcome) => outcome,
                Err(_) => Outcome::Deny(ReasonCode::BadUserNameOrPassword),
            },
        }
    }

    async fn is_signed(&self, token: &Token<'_>) -> Result<bool, BackendFailure> {
        let keys = match &self.keys {
            Keys::Fixed(keys) => Arc::clone(keys),
            Keys::Fetched(endpoint) => {
                let keys = endpoint.keys().await?;
                if token.key_id.as_deref().is_some_and(|id| !keys.knows(id)) {
                    endpoint.want_newer();
                }
                keys
            }
        };
        let Some(algorithm) = token.algorithm else { return Ok(false) };
        Ok(keys.verifies(token.key_id.as_deref(), algorithm, token.signed, &token.signature))
    }

    fn judge_claims(&self, payload: &[u8], credentials: &Credentials) -> Result<Outcome, ClaimError> {
        let expected = self.expected.render(credentials)?;
        let rules = ClaimRules {
            expected: &expected,
            acl_name: &self.acl_claim_name,
            disconnect_after_expire: self.disconnect_after_expire,
        };
        Ok(Outcome::Allow(Box::new(rules.judge(payload, (self.clock)())?)))
    }
}

impl Authenticator for JwtAuthenticator {
    fn id(&self) -> &str {
        "jwt"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.judge(credentials))
    }

    /// Half a token is not for everybody's eyes either.
    fn is_secret(&self, username: &str) -> bool {
        let has_three_parts = username.bytes().filter(|byte| *byte == b'.').count() >= 2;
        matches!(self.from, TokenField::Username) && (has_three_parts || username.starts_with(BEGINNING))
    }

    /// Fetching goes on by itself.
    fn status(&self) -> BackendStatus {
        match &self.keys {
            Keys::Fixed(_) => BackendStatus::Connected,
            Keys::Fetched(endpoint) => endpoint.status(),
        }
    }
}

impl fmt::Debug for JwtAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthenticator").field("keys", &self.keys).field("from", &self.from).finish_non_exhaustive()
    }
}

fn outcome(or_else: OrElse) -> Outcome {
    match or_else {
        OrElse::Ignore => Outcome::Ignore,
        OrElse::Deny => Outcome::Deny(ReasonCode::BadUserNameOrPassword),
    }
}

fn secret_bytes(secret: &str, is_base64: bool) -> Result<Vec<u8>, KeyError> {
    if !is_base64 {
        return Ok(secret.as_bytes().to_vec());
    }
    let secret = secret.trim();
    STANDARD.decode(secret).or_else(|_| STANDARD_NO_PAD.decode(secret)).map_err(|_| KeyError::SecretEncoding)
}
