//! What a request does is written down where it changes something: who, from where, what, and how it ended.

use super::caller::{Caller, CallerKind};
use crate::Refusal;
use crate::api_state::ApiState;
use crate::resources::audit::{AuditEntry, AuditFrom, AuditResult};
use crate::secrets::without_secrets;
use crate::server::Peer;
use axum::body::{Body, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// The largest body that is looked at, in bytes; of others the length is written down.
const BODY_BYTES_MAX: usize = 16 << 10;

/// What programs do all the time.
const FREQUENT: &[(&str, &Method)] = &[
    ("/publish", &Method::POST),
    ("/publish/bulk", &Method::POST),
    ("/clients/{clientid}", &Method::DELETE),
    ("/clients/kickout/bulk", &Method::POST),
    ("/clients/{clientid}/subscribe", &Method::POST),
    ("/clients/{clientid}/subscribe/bulk", &Method::POST),
    ("/clients/{clientid}/unsubscribe", &Method::POST),
    ("/clients/{clientid}/unsubscribe/bulk", &Method::POST),
];

/// A request that is written down when it has an answer.
pub(super) struct Auditing {
    entry: AuditEntry,
    began: Instant,
}

impl Auditing {
    /// Looks at a request of this resource, `/clients/{clientid}`; `None` where nothing is to be written down. The body is there for
    /// the resource again.
    ///
    /// # Errors
    /// A [`Refusal`] where the body cannot be read.
    pub(super) async fn begin(
        state: &ApiState,
        path: &str,
        parts: &RawPathParams,
        caller: Option<&Caller>,
        request: &mut Request,
    ) -> Result<Option<Self>, Refusal> {
        let method = request.method().clone();
        let is_reading = matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
        let is_frequent = FREQUENT.contains(&(path, &method));
        if is_reading || !state.node().is_audited(is_frequent) {
            return Ok(None);
        }
        let body = body_of(request).await?;
        let named = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (from, source) = match caller {
            Some(Caller { kind: CallerKind::Key, name, .. }) => (AuditFrom::RestApi, name.clone()),
            Some(Caller { kind: CallerKind::User { .. }, name, .. }) => (AuditFrom::Dashboard, name.clone()),
            // Whoever logs in says so.
            None => (AuditFrom::Dashboard, named("username")),
        };
        let peer = request.extensions().get::<Peer>();
        let bindings: Map<String, Value> =
            parts.iter().map(|(name, value)| (name.to_owned(), without_secrets(&value.into()))).collect();
        let entry = AuditEntry {
            from,
            source,
            source_ip: peer.map(|peer| peer.address.ip().to_canonical().to_string()).unwrap_or_default(),
            operation_id: path.replace('{', ":").replace('}', ""),
            operation_type: path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned(),
            operation_result: AuditResult::Failure,
            http_status_code: None,
            http_method: Some(method.as_str().to_ascii_lowercase()),
            http_request: Some(json!({"bindings": bindings, "body": without_secrets(&body)})),
            args: None,
            failure: None,
            duration_ms: 0,
        };
        Ok(Some(Self { entry, began: Instant::now() }))
    }

    /// Writes it down, with the status of its answer and why that is a refusal. The answer waits for that.
    pub(super) async fn end(self, state: &ApiState, status: StatusCode, failure: Option<String>) {
        let Self { mut entry, began } = self;
        entry.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        (entry.http_status_code, entry.failure) = (Some(status.as_u16()), failure);
        if status.is_success() || status.is_redirection() {
            entry.operation_result = AuditResult::Success;
        }
        // It fails only where the node stops.
        let _ = state
            .ask(move |node| {
                node.audit(entry);
                Ok(())
            })
            .await;
    }
}

/// The body where it is JSON and not too long, else what it is. Afterwards the request has it again.
async fn body_of(request: &mut Request) -> Result<Value, Refusal> {
    if let Some(instead) = instead_of_body(request.headers()) {
        return Ok(instead);
    }
    let body = std::mem::replace(request.body_mut(), Body::empty());
    let bytes = to_bytes(body, BODY_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| Refusal::bad_request("The body cannot be read"))?;
    let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    *request.body_mut() = Body::from(bytes);
    Ok(value)
}

/// What is written down of a body that is not looked at.
fn instead_of_body(headers: &HeaderMap) -> Option<Value> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let length: Option<usize> = header(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    let kind = header(header::CONTENT_TYPE).unwrap_or_default();
    match length {
        Some(0) => Some(json!({})),
        Some(length) if length <= BODY_BYTES_MAX && kind.starts_with("application/json") => None,
        None if !headers.contains_key(header::TRANSFER_ENCODING) => Some(json!({})),
        length => Some(json!({"content_type": kind, "content_length": length})),
    }
}
