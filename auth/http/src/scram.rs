//! `scram:http`: the keys of users are those that a web service has.

use crate::answer_fields::fields;
use crate::authenticator::{Service, admitted};
use crate::request_template::RequestTemplate;
use crate::settings::{HttpSettings, HttpSettingsError};
use dunlin_access::{
    Answer, Authenticator, BackendFailure, BackendQuestions, BackendStatus, ClientInfo, Credentials, Exchange, Outcome,
};
use dunlin_auth_backend::{CREDENTIAL_NAMES, WallClock};
use dunlin_auth_backend::{ScramDirectory, ScramExchange, ScramRecord};
use dunlin_auth_http_client::{self as http_client, http::StatusCode};
use dunlin_passwords::{MAX_ITERATIONS, ScramCredentials, ScramMechanism};
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// `scram:http`: who can show that it knows the password whose keys a web service has, without sending it.
///
/// | answer | meaning |
/// |---|---|
/// | 200 with `stored_key`, `server_key`, `salt` in hexadecimal | the user, with `is_superuser`, `client_attrs`, `expire_at`, `acl`, `clientid_override` |
/// | 204, 404 | no such user |
/// | all else: other status, keys that are none, no answer in time | failure |
pub struct HttpScram {
    keys: Arc<HttpScramKeys>,
    decoy_secret: Arc<[u8]>,
}

/// Asks a web service for the keys of a user.
pub struct HttpScramKeys {
    template: RequestTemplate,
    service: Service,
    mechanism: ScramMechanism,
    iterations: u32,
    clock: WallClock,
}

impl HttpScram {
    /// An authenticator with the users of this service, an entry of a chain like any other. `decoy_secret` is random and kept for
    /// as long as users are: what users that do not exist are asked is made of it.
    #[must_use]
    pub fn new(keys: Arc<HttpScramKeys>, decoy_secret: Arc<[u8]>) -> Self {
        Self { keys, decoy_secret }
    }
}

impl Authenticator for HttpScram {
    fn id(&self) -> &str {
        "scram:http"
    }

    fn authenticate<'a>(&'a self, _: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(std::future::ready(Outcome::Ignore))
    }

    fn exchange(&self, method: &str, client: &ClientInfo) -> Option<Box<dyn Exchange>> {
        let (keys, secret) = (Arc::clone(&self.keys), Arc::clone(&self.decoy_secret));
        let exchange = ScramExchange::begin(keys, secret, method, client)?;
        Some(Box::new(exchange))
    }

    fn status(&self) -> BackendStatus {
        self.keys.service.desk.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.keys.service.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.keys.service.desk.questions())
    }
}

impl HttpScramKeys {
    /// `mechanism` is `algorithm`, `iterations` is `iteration_count`. Connects to nobody yet.
    ///
    /// # Errors
    /// [`HttpSettingsError`].
    pub fn new(
        settings: &HttpSettings,
        mechanism: ScramMechanism,
        iterations: u32,
        clock: WallClock,
    ) -> Result<Self, HttpSettingsError> {
        if !(1..=MAX_ITERATIONS).contains(&iterations) {
            return Err(HttpSettingsError::Scram(format!("iteration_count must be 1 to {MAX_ITERATIONS}")));
        }
        let (origin, template) = RequestTemplate::parse(settings, &CREDENTIAL_NAMES)?;
        Ok(Self { template, service: Service::new(origin, settings)?, mechanism, iterations, clock })
    }

    async fn fetch(&self, client: &ClientInfo, username: &str) -> Result<Option<ScramRecord>, BackendFailure> {
        let client = ClientInfo { username: Some(username.into()), ..client.clone() };
        let credentials = Credentials { client, password: None };
        let Ok(request) = self.template.render(&credentials) else { return Ok(None) };
        self.record(&self.service.ask(request).await?)
    }

    /// The user that an answer of the service is about, by the table of [`HttpScram`].
    ///
    /// # Errors
    /// It is of no use.
    pub fn record(&self, answer: &http_client::Answer) -> Result<Option<ScramRecord>, BackendFailure> {
        match answer.status {
            StatusCode::OK => self.user(&fields(answer)?).map(Some),
            StatusCode::NOT_FOUND | StatusCode::NO_CONTENT => Ok(None),
            status => Err(BackendFailure::BadAnswer(format!("status {status}"))),
        }
    }

    fn user(&self, fields: &Map<String, Value>) -> Result<ScramRecord, BackendFailure> {
        let bytes = |name: &str| {
            let text = fields.get(name).and_then(Value::as_str);
            text.and_then(hex).ok_or_else(|| BackendFailure::BadAnswer(format!("{name} is missing or no hexadecimal")))
        };
        let (salt, stored_key, server_key) = (bytes("salt")?, bytes("stored_key")?, bytes("server_key")?);
        let bad = |error: &dyn fmt::Display| BackendFailure::BadAnswer(error.to_string());
        let credentials = ScramCredentials::from_parts(self.mechanism, salt, self.iterations, stored_key, server_key)
            .map_err(|error| bad(&error))?;
        Ok(ScramRecord { credentials, admission: admitted(fields, (self.clock)()).map_err(|error| bad(&error))? })
    }
}

impl ScramDirectory for HttpScramKeys {
    fn mechanism(&self) -> ScramMechanism {
        self.mechanism
    }

    fn iterations(&self) -> u32 {
        self.iterations
    }

    fn find<'a>(
        &'a self,
        client: &'a ClientInfo,
        username: &'a str,
    ) -> Answer<'a, Result<Option<ScramRecord>, BackendFailure>> {
        Box::pin(self.fetch(client, username))
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

impl fmt::Debug for HttpScram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpScram").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl fmt::Debug for HttpScramKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpScramKeys")
            .field("service", &self.service)
            .field("mechanism", &self.mechanism)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}
