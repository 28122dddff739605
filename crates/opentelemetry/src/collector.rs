//! Speaks with the collector: a request for each batch, over a connection that is kept.

use crate::quiet_executor::QuietExecutor;
use crate::send_error::SendError;
use crate::{ExporterSettings, Protocol, Signal, grpc};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, TE, USER_AGENT};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use rustls::pki_types::ServerName;
use std::time::Duration;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// An answer is not read beyond this.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// How long TCP may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Who asks.
const AGENT: &str = concat!("dunlin/", env!("CARGO_PKG_VERSION"));

/// Answers of HTTP after which OTLP has a client try again.
const PASSING: [StatusCode; 4] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// What a collector did with a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// So many it did not want.
    pub(crate) rejected: u64,
    /// Why.
    pub(crate) reason: String,
}

/// Speaks with the collector. It connects with the first request, and again when it has to.
pub(crate) struct Collector {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    endpoint: String,
    protocol: Protocol,
    headers: HeaderMap,
}

impl Collector {
    /// Connects to nobody yet. The error says what is wrong with the settings.
    pub(crate) fn new(settings: &ExporterSettings) -> Result<Self, String> {
        let endpoint = settings.endpoint.trim_end_matches('/').to_owned();
        let uri: Uri = endpoint.parse().map_err(|error| format!("endpoint: {error}"))?;
        let scheme = uri.scheme_str().ok_or("endpoint: neither `http://` nor `https://`")?;
        let authority = uri.authority().ok_or("endpoint: there is no host in it")?;
        // A call of gRPC has the path of its method and no other.
        let endpoint = match settings.protocol {
            Protocol::Grpc => format!("{scheme}://{authority}"),
            Protocol::HttpProtobuf => endpoint,
        };
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let tls = match &settings.tls {
            Some(tls) => tls.config.clone(),
            None if scheme == "https" => return Err("endpoint: `https://` needs TLS".into()),
            None => without_tls()?,
        };
        let mut builder = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        if let Some(name) = settings.tls.as_ref().and_then(|tls| tls.server_name.clone()) {
            let name = ServerName::try_from(name).map_err(|error| format!("no name for a certificate: {error}"))?;
            builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name));
        }
        let connector = match settings.protocol {
            Protocol::Grpc => builder.enable_http2().wrap_connector(tcp),
            Protocol::HttpProtobuf => builder.enable_http1().wrap_connector(tcp),
        };
        let mut client = Client::builder(QuietExecutor);
        client.http2_only(settings.protocol == Protocol::Grpc).pool_max_idle_per_host(1);
        let (client, headers) = (client.build(connector), headers(settings)?);
        Ok(Self { client, endpoint, protocol: settings.protocol, headers })
    }

    /// Where it is, for people.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sends a batch, and waits at most so long for the answer.
    pub(crate) async fn send(
        &self,
        signal: Signal,
        batch: &impl Message,
        timeout: Duration,
    ) -> Result<Taken, SendError> {
        let exchange = self.exchange(signal, batch).with_subscriber(NoSubscriber::new());
        match tokio::time::timeout(timeout, exchange).await {
            Ok(result) => result,
            Err(_) => Err(SendError::too_late(timeout)),
        }
    }

    async fn exchange(&self, signal: Signal, batch: &impl Message) -> Result<Taken, SendError> {
        let (path, body) = match self.protocol {
            Protocol::Grpc => (signal.grpc_path(), grpc::framed(batch)),
            Protocol::HttpProtobuf => (signal.http_path(), Bytes::from(batch.encode_to_vec())),
        };
        let mut request = Request::post(format!("{}{path}", self.endpoint));
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.headers);
        }
        let request = request.body(Full::new(body)).map_err(|error| SendError::lasting(error.to_string()))?;
        let response = self.client.request(request).await.map_err(|error| SendError::from_cause(&error))?;
        self.read(response).await
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Taken, SendError> {
        let (head, body) = response.into_parts();
        if let Some(refused @ Err(_)) = grpc::status(&head.headers) {
            return refused.map(|()| Taken::default());
        }
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| SendError::passing(format!("its answer ends early: {error}")))?;
        let status = head.status;
        if !status.is_success() {
            let said = said(body);
            let reason = if said.is_empty() { status.to_string() } else { format!("{status}: {said}") };
            let is_passing = PASSING.contains(&status);
            return Err(if is_passing { SendError::passing(reason) } else { SendError::lasting(reason) });
        }
        let body = match self.protocol {
            Protocol::Grpc => {
                let status = body.trailers().or(Some(&head.headers)).and_then(grpc::status);
                status.unwrap_or_else(|| Err(SendError::lasting("the answer has no grpc-status")))?;
                grpc::unframed(&body.to_bytes())
            }
            Protocol::HttpProtobuf => body.to_bytes(),
        };
        // The answers for numbers and lines have the same shape.
        let answer = ExportTraceServiceResponse::decode(body).unwrap_or_default();
        let partial = answer.partial_success.unwrap_or_default();
        let rejected = u64::try_from(partial.rejected_spans).unwrap_or(0);
        Ok(Taken { rejected, reason: partial.error_message })
    }
}

/// The beginning of a body, for people.
fn said(body: Collected<Bytes>) -> String {
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn headers(settings: &ExporterSettings) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let content_type = match settings.protocol {
        Protocol::Grpc => "application/grpc",
        Protocol::HttpProtobuf => "application/x-protobuf",
    };
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    for (name, value) in &settings.headers {
        let name = HeaderName::try_from(name).map_err(|error| format!("headers.{name}: {error}"))?;
        let mut value = HeaderValue::try_from(value).map_err(|error| format!("headers.{name}: {error}"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if settings.protocol == Protocol::Grpc {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    Ok(headers)
}

/// For an endpoint that has none: nobody is trusted.
fn without_tls() -> Result<rustls::ClientConfig, String> {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}
