//! What is configured of a web service. The names are EMQX's.

use dunlin_auth_backend::DeskSettings;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// `method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The body stands in the query.
    Get,
    /// The body is JSON or a form, as `content-type` says.
    Post,
}

/// What is configured of a web service.
#[derive(Clone)]
pub struct HttpSettings {
    /// `method`.
    pub method: Method,
    /// `url`; path and query can have placeholders.
    pub url: String,
    /// `headers`, added to those that are sent anyway: the same name replaces. Values can have placeholders.
    pub headers: Vec<(String, String)>,
    /// `body`; texts in it can have placeholders.
    pub body: Map<String, Value>,
    /// `request_timeout`: from the question to its answer, waiting and connecting included.
    pub request_timeout: Duration,
    /// `connect_timeout`.
    pub connect_timeout: Duration,
    /// `pool_size`: connections, and questions at a time. `enable_pipelining` has no meaning here.
    pub pool_size: usize,
    /// Questions that wait beyond those.
    pub max_waiting: usize,
    /// `max_inactive`: a connection that nobody used for so long is closed.
    pub max_inactive: Duration,
    /// A longer answer is of no use.
    pub max_answer_bytes: usize,
    /// `ssl`, for `https`.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// `ssl.server_name_indication`.
    pub server_name: Option<String>,
    /// `oauth2`: each request shows a token that is got first. `authorization` is no header of anybody else's then.
    pub oauth2: Option<OAuth2Settings>,
}

/// `oauth2`: how a token for a web service is got (client credentials, RFC 6749 §4.4). The secret is sent in the body.
#[derive(Clone)]
pub struct OAuth2Settings {
    /// `token_endpoint`.
    pub token_endpoint: String,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: String,
    /// `scope`.
    pub scope: Option<String>,
    /// `timeout` of one request for a token.
    pub timeout: Duration,
    /// `ssl`, for `https`.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// `ssl.server_name_indication`.
    pub server_name: Option<String>,
}

impl HttpSettings {
    /// EMQX's defaults for an authenticator.
    #[must_use]
    pub fn new(method: Method, url: &str) -> Self {
        let request_timeout = Duration::from_secs(5);
        let desk = DeskSettings::new(request_timeout);
        Self {
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            body: Map::new(),
            request_timeout,
            connect_timeout: Duration::from_secs(15),
            pool_size: desk.slots,
            max_waiting: desk.max_waiting,
            max_inactive: Duration::from_secs(10),
            max_answer_bytes: 64 * 1024,
            tls: None,
            server_name: None,
            oauth2: None,
        }
    }

    /// EMQX's defaults for a source of rules: more time.
    #[must_use]
    pub fn for_rules(method: Method, url: &str) -> Self {
        Self { request_timeout: Duration::from_secs(30), ..Self::new(method, url) }
    }

    pub(crate) fn desk(&self) -> DeskSettings {
        DeskSettings { slots: self.pool_size, max_waiting: self.max_waiting, timeout: self.request_timeout }
    }
}

impl fmt::Debug for HttpSettings {
    /// Without headers, body and query, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("HttpSettings").field("method", &self.method).field("url", &url).finish_non_exhaustive()
    }
}

impl fmt::Debug for OAuth2Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2Settings").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// Why nothing can be asked with settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpSettingsError {
    /// `url`.
    #[error("url {0}")]
    Url(String),
    /// `headers`.
    #[error("headers.{name}: {reason}")]
    Header {
        /// Which.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `body`.
    #[error("body.{name}: {reason}")]
    Body {
        /// Which field.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `ssl`.
    #[error("{0}")]
    Tls(String),
    /// `oauth2`.
    #[error("oauth2: {0}")]
    OAuth2(String),
    /// `algorithm` and `iteration_count` of SCRAM.
    #[error("{0}")]
    Scram(String),
}
