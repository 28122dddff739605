//! The source of rules `http`.

use crate::answer_fields::{Said, fields, said};
use crate::authenticator::Service;
use crate::request_template::RequestTemplate;
use crate::settings::{HttpSettings, HttpSettingsError};
use dunlin_access::{
    Action, Answer, AuthorizationSource, BackendFailure, BackendQuestions, BackendStatus, ClientInfo, Request, Verdict,
};
use dunlin_auth_backend::ACTION_NAMES;
use dunlin_auth_http_client::{self as http_client, http::StatusCode};

/// Asks a web service whether a client may do something.
///
/// | answer | verdict |
/// |---|---|
/// | 204; 200, `result` is `allow` | allow |
/// | 200, `result` is `deny` | deny |
/// | 200, `result` is `ignore` or missing; 4xx | no match |
/// | all else; 401 where the broker shows a token (`oauth2`) | failure |
///
/// EMQX takes every status that it does not know for no match, those of a service that is broken too.
#[derive(Debug)]
pub struct HttpAuthorization {
    template: RequestTemplate,
    service: Service,
}

impl HttpAuthorization {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// [`HttpSettingsError`].
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSettingsError> {
        let (origin, template) = RequestTemplate::parse(settings, &ACTION_NAMES)?;
        Ok(Self { template, service: Service::new(origin, settings)? })
    }

    async fn ask(&self, client: &ClientInfo, action: Action, topic: &str) -> Result<Verdict, BackendFailure> {
        let request = self
            .template
            .render(&Request { client, action, topic })
            .map_err(|error| BackendFailure::BadAnswer(format!("it cannot be asked: {error}")))?;
        Self::verdict(&self.service.ask(request).await?)
    }

    /// What an answer of the service means, by the table above.
    ///
    /// # Errors
    /// It is of no use.
    pub fn verdict(answer: &http_client::Answer) -> Result<Verdict, BackendFailure> {
        match answer.status {
            StatusCode::NO_CONTENT => Ok(Verdict::Allow),
            StatusCode::OK => match said(&fields(answer)?) {
                Said::Allow => Ok(Verdict::Allow),
                Said::Deny => Ok(Verdict::Deny),
                Said::Ignore => Ok(Verdict::NoMatch),
                Said::Nonsense => Err(BackendFailure::BadAnswer("a result that is none".into())),
            },
            status if status.is_client_error() => Ok(Verdict::NoMatch),
            status => Err(BackendFailure::BadAnswer(format!("status {status}"))),
        }
    }
}

impl AuthorizationSource for HttpAuthorization {
    fn kind(&self) -> &'static str {
        "http"
    }

    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(self.ask(client, action, topic))
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
