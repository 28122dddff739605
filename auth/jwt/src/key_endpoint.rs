//! A key set that is fetched from an address, again and again (`use_jwks`).

use crate::key_set::KeySet;
use dunlin_access::{BackendFailure, BackendStatus};
use dunlin_auth_http_client::http::header::{ACCEPT, HeaderMap, HeaderValue};
use dunlin_auth_http_client::http::{Request, StatusCode};
use dunlin_auth_http_client::{Bytes, HttpClient, HttpClientSettings, Origin};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// A key set is no longer than this.
const MAX_KEY_SET_BYTES: usize = 256 * 1024;

/// After a failure, and before anybody's token with a name of a key that is not known makes it be fetched earlier than in turn.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// No failure makes it wait longer than this for the next try, as long as `refresh_interval` is not shorter.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

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

/// What is known of the keys now.
#[derive(Clone, Debug, Default)]
struct Known {
    /// Kept while fetching fails: tokens signed with them are as good as before.
    keys: Option<Arc<KeySet>>,
    /// How the last fetch failed.
    failure: Option<BackendFailure>,
}

/// A key set that is fetched in the background, until this is dropped.
#[derive(Debug)]
pub(crate) struct KeyEndpoint {
    known: watch::Receiver<Known>,
    wanted: Arc<Notify>,
    timeout: Duration,
    task: JoinHandle<()>,
}

impl KeyEndpoint {
    /// Begins to fetch. Must be called within a tokio runtime.
    pub(crate) fn start(settings: &KeyEndpointSettings) -> Result<Self, String> {
        let (origin, target) = Origin::split(&settings.url).map_err(|error| format!("endpoint {error}"))?;
        let target = target.split('#').next().unwrap_or_default();
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
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
        let (publisher, known) = watch::channel(Known::default());
        let wanted = Arc::new(Notify::new());
        let fetcher = Fetcher {
            client,
            request,
            publisher,
            wanted: Arc::clone(&wanted),
            interval: settings.refresh_interval.max(SHORTEST_PAUSE),
            timeout: settings.timeout,
        };
        Ok(Self { known, wanted, timeout: settings.timeout, task: tokio::spawn(fetcher.run()) })
    }

    /// The keys, as soon as the first fetch has ended.
    pub(crate) async fn keys(&self) -> Result<Arc<KeySet>, BackendFailure> {
        let mut known = self.known.clone();
        let is_decided = |known: &Known| known.keys.is_some() || known.failure.is_some();
        let known = match tokio::time::timeout(self.timeout, known.wait_for(is_decided)).await {
            Ok(Ok(known)) => known.clone(),
            Ok(Err(_)) => return Err(BackendFailure::Unreachable("keys are not fetched any more".into())),
            Err(_) => {
                return Err(BackendFailure::Timeout(u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX)));
            }
        };
        match (known.keys, known.failure) {
            (Some(keys), _) => Ok(keys),
            (None, failure) => Err(failure.unwrap_or(BackendFailure::Overloaded)),
        }
    }

    /// Somebody showed a token with the name of a key that is not known: perhaps it is new.
    pub(crate) fn want_newer(&self) {
        self.wanted.notify_one();
    }

    /// How the last fetch went.
    pub(crate) fn status(&self) -> BackendStatus {
        match &*self.known.borrow() {
            Known { failure: Some(failure), .. } => BackendStatus::Disconnected(failure.clone()),
            Known { keys: Some(_), .. } => BackendStatus::Connected,
            Known { keys: None, .. } => BackendStatus::Connecting,
        }
    }
}

impl Drop for KeyEndpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Fetcher {
    client: HttpClient,
    request: Request<Bytes>,
    publisher: watch::Sender<Known>,
    wanted: Arc<Notify>,
    interval: Duration,
    timeout: Duration,
}

impl Fetcher {
    async fn run(self) {
        let mut failures = 0_u32;
        loop {
            let fetched = self.fetch().await;
            let pause = match &fetched {
                Ok(_) => self.interval,
                Err(_) => (SHORTEST_PAUSE * 2_u32.saturating_pow(failures)).min(LONGEST_PAUSE).min(self.interval),
            };
            failures = if fetched.is_ok() { 0 } else { (failures + 1).min(16) };
            self.publisher.send_modify(|known| match fetched {
                Ok(keys) => *known = Known { keys: Some(Arc::new(keys)), failure: None },
                Err(failure) => known.failure = Some(failure),
            });
            tokio::time::sleep(SHORTEST_PAUSE.min(pause)).await;
            // Whether it is wanted or the time is over makes no difference to what comes next.
            let _ = tokio::time::timeout(pause.saturating_sub(SHORTEST_PAUSE), self.wanted.notified()).await;
        }
    }

    async fn fetch(&self) -> Result<KeySet, BackendFailure> {
        let timeout_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        let answer = tokio::time::timeout(self.timeout, self.client.exchange(self.request.clone()))
            .await
            .map_err(|_| BackendFailure::Timeout(timeout_ms))??;
        if answer.status != StatusCode::OK {
            return Err(BackendFailure::BadAnswer(format!("{} instead of a key set", answer.status)));
        }
        KeySet::from_json(&answer.body).map_err(|error| BackendFailure::BadAnswer(error.to_string()))
    }
}
