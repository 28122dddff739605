//! What every answer says besides, and how long a request may take.

use super::small_body::with_small_body;
use crate::api_state::ApiState;
use crate::{ErrorCode, Refusal};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// How long a request may take, its body included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// What keeps browsers from doing with an answer what it is not for.
const HEADERS: &[(HeaderName, &str)] = &[
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
];

/// What pages of other origins may do where `dashboard.cors` lets them.
const FOR_OTHER_ORIGINS: &[(HeaderName, &str)] = &[
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];

/// Goes around everything else.
pub(crate) async fn every_answer(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let allows_others = state.accounts().policy().allows_other_origins;
    let mut response = if allows_others && request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let answer = async {
            match with_small_body(request).await {
                Ok(request) => next.run(request).await,
                Err(refusal) => refusal.into_response(),
            }
        };
        match tokio::time::timeout(REQUEST_TIMEOUT, answer).await {
            Ok(response) => response,
            Err(_) => Refusal::new(ErrorCode::ServiceUnavailable, "The request takes too long").into_response(),
        }
    };
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        // Nobody reads the rest, so nothing can follow it.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let headers = response.headers_mut();
    set_absent(headers, HEADERS);
    if allows_others {
        set_absent(headers, FOR_OTHER_ORIGINS);
    }
    response
}

/// What a resource says itself counts.
fn set_absent(headers: &mut HeaderMap, defaults: &[(HeaderName, &'static str)]) {
    for (name, value) in defaults {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
