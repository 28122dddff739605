//! What `scram:http` asks a web service for.

use crate::answer_fields::fields;
use crate::authenticator::{Service, admitted};
use crate::request_template::RequestTemplate;
use crate::settings::{HttpSettings, HttpSettingsError};
use dunlin_access::{Admission, BackendFailure, ClientInfo, Credentials};
use dunlin_auth_http_client::http::StatusCode;
use dunlin_auth_questions::{CREDENTIAL_NAMES, WallClock};
use dunlin_passwords::{MAX_ITERATIONS, ScramCredentials, ScramMechanism};
use serde_json::{Map, Value};
use std::fmt;

/// Asks a web service for the keys of a user; the exchange with the client is [`dunlin_passwords::ScramClientFirst`]'s.
pub struct HttpScram {
    template: RequestTemplate,
    service: Service,
    mechanism: ScramMechanism,
    iterations: u32,
    clock: WallClock,
}

/// A user as the service knows it.
#[derive(Clone, Debug)]
pub struct ScramUser {
    /// `stored_key`, `server_key` and `salt`.
    pub credentials: ScramCredentials,
    /// What it may do when it has shown its password.
    pub admission: Admission,
}

impl HttpScram {
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

    /// What the service knows of the user that the first message of the exchange names. `None`: nothing (404 or 204); the
    /// exchange goes on with [`ScramCredentials::decoy`] then, so that nobody learns who exists.
    ///
    /// # Errors
    /// The service cannot be asked, answered something else, or its keys make no sense.
    pub async fn fetch(&self, client: &ClientInfo, username: &str) -> Result<Option<ScramUser>, BackendFailure> {
        let client = ClientInfo { username: Some(username.into()), ..client.clone() };
        let credentials = Credentials { client, password: None };
        let Ok(request) = self.template.render(&credentials) else { return Ok(None) };
        let answer = self.service.ask(request).await?;
        match answer.status {
            StatusCode::OK => self.user(&fields(&answer)?).map(Some),
            StatusCode::NOT_FOUND | StatusCode::NO_CONTENT => Ok(None),
            status => Err(BackendFailure::BadAnswer(format!("status {status}"))),
        }
    }

    fn user(&self, fields: &Map<String, Value>) -> Result<ScramUser, BackendFailure> {
        let bytes = |name: &str| {
            let text = fields.get(name).and_then(Value::as_str);
            text.and_then(hex).ok_or_else(|| BackendFailure::BadAnswer(format!("{name} is missing or no hexadecimal")))
        };
        let (salt, stored_key, server_key) = (bytes("salt")?, bytes("stored_key")?, bytes("server_key")?);
        let bad = |error: &dyn fmt::Display| BackendFailure::BadAnswer(error.to_string());
        let credentials = ScramCredentials::from_parts(self.mechanism, salt, self.iterations, stored_key, server_key)
            .map_err(|error| bad(&error))?;
        Ok(ScramUser { credentials, admission: admitted(fields, (self.clock)()).map_err(|error| bad(&error))? })
    }

    /// Whether the service can be asked now.
    ///
    /// # Errors
    /// The last failure, while nothing has succeeded since.
    pub fn status(&self) -> Result<(), BackendFailure> {
        self.service.desk.status()
    }

    /// What clients must ask for.
    #[must_use]
    pub fn mechanism(&self) -> ScramMechanism {
        self.mechanism
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
        f.debug_struct("HttpScram")
            .field("service", &self.service)
            .field("mechanism", &self.mechanism)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}
