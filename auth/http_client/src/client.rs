//! Asks one server, over connections that are kept for the next questions.

use crate::connection::{Connection, Tls};
use crate::{Answer, Origin};
use bytes::Bytes;
use dunlin_access::BackendFailure;
use dunlin_auth_backend::{IdleLines, Reconnection};
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection may take to be ready for the next question after an answer; a fresh one is cheaper than to wait longer.
const READY_AGAIN: Duration = Duration::from_millis(20);

/// How a server is asked.
#[derive(Clone, Debug)]
pub struct HttpClientSettings {
    /// Where it is.
    pub origin: Origin,
    /// For `https`; `http/1.1` needs no ALPN.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// The name in the certificate, where it is not the host (`server_name_indication`).
    pub server_name: Option<String>,
    /// Address look-up, TCP and TLS together.
    pub connect_timeout: Duration,
    /// A connection that nobody used for so long is closed.
    pub max_idle: Duration,
    /// A longer body is an answer of no use.
    pub max_answer_bytes: usize,
}

impl HttpClientSettings {
    /// The defaults of EMQX: 15 s to connect, 10 s idle; and 64 KB of answer.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            tls: None,
            server_name: None,
            connect_timeout: Duration::from_secs(15),
            max_idle: Duration::from_secs(10),
            max_answer_bytes: 64 * 1024,
        }
    }
}

/// Asks one server. How many questions there are at a time is up to the caller; there are no more connections than that.
#[derive(Debug)]
pub struct HttpClient {
    settings: HttpClientSettings,
    tls: Option<Tls>,
    host: HeaderValue,
    idle: Arc<IdleLines<Connection>>,
    reconnection: Reconnection,
}

impl HttpClient {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// Says what is missing for `https`, or that the host cannot be in a certificate.
    pub fn new(settings: HttpClientSettings) -> Result<Self, String> {
        let tls = match (&settings.tls, settings.origin.is_tls()) {
            (Some(config), true) => {
                let name = settings.server_name.as_deref().unwrap_or(settings.origin.host()).to_owned();
                let name = ServerName::try_from(name)
                    .map_err(|error| format!("{}: no name for a certificate: {error}", settings.origin))?;
                Some(Tls::new(Arc::clone(config), name))
            }
            (None, true) => return Err(format!("{} needs ssl.enable = true", settings.origin)),
            (_, false) => None,
        };
        let host = HeaderValue::from_str(&settings.origin.host_header())
            .map_err(|_| format!("{} has no valid host", settings.origin))?;
        let idle = IdleLines::new(settings.max_idle);
        Ok(Self { settings, tls, host, idle, reconnection: Reconnection::default() })
    }

    /// Where the server is.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.settings.origin
    }

    /// Asks, and waits for the answer; the caller sets the deadline. The target of the request is path and query only. Dropped
    /// before the answer, the connection is closed.
    ///
    /// A question whose connection the server closed before it said anything is asked once more, over a new one: questions are
    /// only read by the server, never executed.
    ///
    /// # Errors
    /// [`BackendFailure::Unreachable`], or [`BackendFailure::BadAnswer`] where it is no HTTP or too long.
    pub async fn exchange(&self, mut request: Request<Bytes>) -> Result<Answer, BackendFailure> {
        request.headers_mut().entry(HOST).or_insert_with(|| self.host.clone());
        if let Some(connection) = self.idle.take() {
            match self.ask(connection, request.clone()).await {
                Err(Lost::BeforeAnswer(_)) => {}
                answer => return answer.map_err(Lost::into_failure),
            }
        }
        let connection = self.connect().await?;
        self.ask(connection, request).await.map_err(Lost::into_failure)
    }

    /// Makes sure of a connection, and keeps it for a question; the caller sets the deadline.
    ///
    /// # Errors
    /// [`BackendFailure::Unreachable`].
    pub async fn reach(&self) -> Result<(), BackendFailure> {
        let connection = match self.idle.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        self.idle.give_back(connection);
        Ok(())
    }

    async fn connect(&self) -> Result<Connection, BackendFailure> {
        let attempt = self.reconnection.begin()?;
        let opened = Connection::open(&self.settings.origin, self.tls.as_ref(), self.settings.connect_timeout).await;
        match &opened {
            Ok(_) => attempt.succeed(),
            Err(failure) => attempt.fail(failure.clone()),
        }
        opened
    }

    async fn ask(&self, mut connection: Connection, request: Request<Bytes>) -> Result<Answer, Lost> {
        let response = connection.sender.try_send_request(request.map(Full::new)).await.map_err(Lost::from)?;
        let answer = self.read(response).await.map_err(Lost::Other)?;
        if let Ok(Ok(())) = tokio::time::timeout(READY_AGAIN, connection.sender.ready()).await {
            self.idle.give_back(connection);
        }
        Ok(answer)
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Answer, BackendFailure> {
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.settings.max_answer_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                BackendFailure::BadAnswer(format!("more than {} bytes", self.settings.max_answer_bytes))
            } else {
                BackendFailure::BadAnswer(format!("its body ends early: {error}"))
            }
        })?;
        let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(Answer { status: head.status, content_type, body: body.to_bytes() })
    }
}

/// How a question got lost.
enum Lost {
    /// The connection was closed before a byte of the answer came.
    BeforeAnswer(String),
    Other(BackendFailure),
}

impl Lost {
    fn into_failure(self) -> BackendFailure {
        match self {
            Self::BeforeAnswer(error) => BackendFailure::Unreachable(format!("closed before the answer: {error}")),
            Self::Other(failure) => failure,
        }
    }
}

impl<B> From<TrySendError<Request<B>>> for Lost {
    fn from(mut error: TrySendError<Request<B>>) -> Self {
        let is_unsent = error.take_message().is_some();
        let error = error.into_error();
        let is_reset = || {
            let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
            source.is_some()
        };
        if is_unsent || error.is_canceled() || error.is_incomplete_message() || is_reset() {
            Self::BeforeAnswer(error.to_string())
        } else if error.is_parse() {
            Self::Other(BackendFailure::BadAnswer(format!("no HTTP: {error}")))
        } else {
            Self::Other(BackendFailure::Unreachable(error.to_string()))
        }
    }
}
