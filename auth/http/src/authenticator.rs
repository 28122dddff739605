//! The authenticator `password_based:http`.

use crate::access_tokens::AccessTokens;
use crate::answer_fields::{Said, fields, said};
use crate::request_template::RequestTemplate;
use crate::settings::{HttpSettings, HttpSettingsError};
use dunlin_access::{
    Admission, Answer, Authenticator, BackendFailure, BackendQuestions, BackendStatus, Credentials, Outcome,
};
use dunlin_auth_backend::admission::{AdmissionError, admission, expiry};
use dunlin_auth_backend::{CREDENTIAL_NAMES, Desk, WallClock};
use dunlin_auth_http_client::http::header::AUTHORIZATION;
use dunlin_auth_http_client::http::{Request, StatusCode};
use dunlin_auth_http_client::{self as http_client, Bytes, HttpClient, HttpClientSettings, Origin};
use dunlin_model::ReasonCode;
use serde_json::{Map, Value};
use std::fmt;

/// Asks a web service whether a client may come in.
///
/// | answer | outcome |
/// |---|---|
/// | 204 | allow |
/// | 200, `result` is `allow` | allow, with `is_superuser`, `client_attrs`, `expire_at`, `acl`, `clientid_override` |
/// | 200, `allow`, but `acl` makes no sense or `expire_at` is over | deny 0x86 |
/// | 200, `result` is `deny` | deny 0x87 |
/// | 200, `result` is something else or missing | ignore |
/// | all else: other status, other content type, no answer in time | failure |
pub struct HttpAuthenticator {
    template: RequestTemplate,
    service: Service,
    clock: WallClock,
}

/// A web service and the questions that wait for it.
#[derive(Debug)]
pub(crate) struct Service {
    client: HttpClient,
    /// Where requests have to show one.
    tokens: Option<AccessTokens>,
    pub(crate) desk: Desk,
}

impl HttpAuthenticator {
    /// Connects to nobody yet; with `oauth2` it begins to fetch tokens, and must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`HttpSettingsError`].
    pub fn new(settings: &HttpSettings, clock: WallClock) -> Result<Self, HttpSettingsError> {
        let (origin, template) = RequestTemplate::parse(settings, &CREDENTIAL_NAMES)?;
        Ok(Self { template, service: Service::new(origin, settings)?, clock })
    }

    /// How many questions could be asked now without waiting.
    #[must_use]
    pub fn free_slots(&self) -> usize {
        self.service.desk.free().0
    }

    async fn judge(&self, credentials: &Credentials) -> Outcome {
        // What cannot be asked about, the service does not know.
        let Ok(request) = self.template.render(credentials) else { return Outcome::Ignore };
        match self.service.ask(request).await {
            Ok(answer) => self.outcome(&answer).unwrap_or_else(Outcome::Failed),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// What an answer of the service means, by the table above.
    ///
    /// # Errors
    /// It is of no use.
    pub fn outcome(&self, answer: &http_client::Answer) -> Result<Outcome, BackendFailure> {
        match answer.status {
            StatusCode::NO_CONTENT => return Ok(Outcome::Allow(Box::default())),
            StatusCode::OK => {}
            status => return Err(BackendFailure::BadAnswer(format!("status {status}"))),
        }
        let fields = fields(answer)?;
        Ok(match said(&fields) {
            Said::Allow => match admitted(&fields, (self.clock)()) {
                Ok(admission) => Outcome::Allow(Box::new(admission)),
                Err(_) => Outcome::Deny(ReasonCode::BadUserNameOrPassword),
            },
            Said::Deny => Outcome::Deny(ReasonCode::NotAuthorized),
            Said::Ignore | Said::Nonsense => Outcome::Ignore,
        })
    }
}

/// Everything that an answer says of a client that is let in.
pub(crate) fn admitted(fields: &Map<String, Value>, now: u64) -> Result<Admission, AdmissionError> {
    let expires_at = expiry(fields, now)?;
    Ok(Admission { expires_at, acl_expires_at: expires_at, ..admission(fields, "acl")? })
}

impl Service {
    pub(crate) fn new(origin: Origin, settings: &HttpSettings) -> Result<Self, HttpSettingsError> {
        let client = HttpClient::new(HttpClientSettings {
            tls: settings.tls.clone(),
            server_name: settings.server_name.clone(),
            connect_timeout: settings.connect_timeout,
            max_idle: settings.max_inactive,
            max_answer_bytes: settings.max_answer_bytes,
            ..HttpClientSettings::new(origin)
        })
        .map_err(HttpSettingsError::Tls)?;
        let tokens = settings.oauth2.as_ref().map(AccessTokens::start).transpose()?;
        let desk = Desk::new(client.origin().to_string(), settings.desk());
        Ok(Self { client, tokens, desk })
    }

    pub(crate) async fn ask(&self, request: Request<Bytes>) -> Result<http_client::Answer, BackendFailure> {
        self.desk.ask(self.exchange(request)).await
    }

    async fn exchange(&self, mut request: Request<Bytes>) -> Result<http_client::Answer, BackendFailure> {
        let Some(tokens) = &self.tokens else { return self.client.exchange(request).await };
        request.headers_mut().insert(AUTHORIZATION, tokens.authorization().await?);
        let answer = self.client.exchange(request).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            // This is about the broker, and says nothing of a client.
            tokens.refused();
            return Err(BackendFailure::BadAnswer("the access token is refused (status 401)".into()));
        }
        Ok(answer)
    }

    /// Whether it can be connected to: no request is without a meaning for every service.
    pub(crate) async fn probe(&self) {
        let reach = async {
            if let Some(tokens) = &self.tokens {
                tokens.authorization().await?;
            }
            self.client.reach().await
        };
        self.desk.probe(reach).await;
    }
}

impl Authenticator for HttpAuthenticator {
    fn id(&self) -> &str {
        "password_based:http"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        Box::pin(self.judge(credentials))
    }

    fn status(&self) -> BackendStatus {
        self.service.desk.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.service.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.service.desk.questions())
    }
}

impl fmt::Debug for HttpAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAuthenticator").field("service", &self.service.client.origin()).finish_non_exhaustive()
    }
}
