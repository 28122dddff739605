//! A key set that is fetched from an address, again and again (`use_jwks`).

use crate::key_set::KeySet;
use dunlin_access::{BackendFailure, BackendStatus};
use dunlin_auth_backend::{Renewed, Source};
use dunlin_auth_http_client::http::header::{ACCEPT, HeaderMap, HeaderValue};
use dunlin_auth_http_client::http::{Request, StatusCode};
use dunlin_auth_http_client::{Bytes, HttpClient, HttpClientSettings, Origin, origin_form};
use std::sync::Arc;
use std::time::Duration;

/// A key set is no longer than this.
const MAX_KEY_SET_BYTES: usize = 256 * 1024;

/// Where keys are fetched from.
#[derive(Clone, Debug)]
pub struct KeyEndpointSettings {
    /// The address of a JSON Web Key Set.
    pub url: String,
    /// From one fetch to the next.
    pub refresh_interval: Duration,
    /// Of one fetch, and of a client that comes before the first has ended.
    pub timeout: Duration,
    /// Sent along.
    pub headers: HeaderMap,
    /// For `https`.
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// The name in the certificate, where it is not the host.
    pub server_name: Option<String>,
}

impl KeyEndpointSettings {
    /// The defaults of EMQX: every 300 s, 5 s for each.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            refresh_interval: Duration::from_secs(300),
            timeout: Duration::from_secs(5),
            headers: HeaderMap::new(),
            tls: None,
            server_name: None,
        }
    }
}

/// A key set that is fetched in the background, until this is dropped.
#[derive(Debug)]
pub(crate) struct KeyEndpoint {
    keys: Renewed<KeySet>,
}

impl KeyEndpoint {
    /// Begins to fetch. Must be called within a tokio runtime.
    pub(crate) fn start(settings: &KeyEndpointSettings) -> Result<Self, String> {
        let (origin, target) = Origin::split(&settings.url).map_err(|error| format!("endpoint {error}"))?;
        let target = origin_form(target);
        let mut request = Request::get(target).body(Bytes::new()).map_err(|error| format!("endpoint: {error}"))?;
        *request.headers_mut() = settings.headers.clone();
        request.headers_mut().entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        let client = HttpClient::new(HttpClientSettings {
            tls: settings.tls.clone(),
            server_name: settings.server_name.clone(),
            connect_timeout: settings.timeout,
            max_answer_bytes: MAX_KEY_SET_BYTES,
            ..HttpClientSettings::new(origin)
        })?;
        let fetcher = Fetcher { client, request, interval: settings.refresh_interval };
        Ok(Self { keys: Renewed::start(fetcher, settings.timeout) })
    }

    /// The keys, as soon as the first fetch has ended. While fetching fails, those that were known: tokens signed with them are as
    /// good as before.
    pub(crate) async fn keys(&self) -> Result<Arc<KeySet>, BackendFailure> {
        self.keys.value().await
    }

    /// Somebody showed a token with the name of a key that is not known: perhaps it is new.
    pub(crate) fn want_newer(&self) {
        self.keys.want_newer();
    }

    /// How the last fetch went.
    pub(crate) fn status(&self) -> BackendStatus {
        self.keys.status()
    }
}

struct Fetcher {
    client: HttpClient,
    request: Request<Bytes>,
    interval: Duration,
}

impl Source for Fetcher {
    type Value = KeySet;

    async fn fetch(&self) -> Result<(KeySet, Duration), BackendFailure> {
        let answer = self.client.exchange(self.request.clone()).await?;
        if answer.status != StatusCode::OK {
            return Err(BackendFailure::BadAnswer(format!("{} instead of a key set", answer.status)));
        }
        let keys = KeySet::from_json(&answer.body).map_err(|error| BackendFailure::BadAnswer(error.to_string()))?;
        Ok((keys, self.interval))
    }
}
