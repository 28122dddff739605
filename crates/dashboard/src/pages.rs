//! Answers to requests for files of the dashboard.

use crate::asset::{ASSETS, Asset, NOT_BUILT};
use crate::policy::content_security_policy;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// A year: longer is not understood.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The dashboard, to be merged into what a listener serves. There is a route for each file and none else, so that no path can lead
/// anywhere it should not.
pub fn router() -> Router {
    let files = if ASSETS.is_empty() { std::slice::from_ref(&NOT_BUILT) } else { ASSETS };
    router_of(files)
}

fn router_of(files: &'static [Asset]) -> Router {
    let mut router = Router::new();
    for file in files {
        let route = get(move |headers: HeaderMap| async move { answer(file, &headers) });
        if file.path == "index.html" {
            router = router.route("/", route.clone());
        }
        router = router.route(&format!("/{}", file.path), route);
    }
    router
}

fn answer(file: &'static Asset, request: &HeaderMap) -> Response {
    let is_known = request.get_all(header::IF_NONE_MATCH).iter().any(|tags| has_tag(tags, file.entity_tag));
    let packed = file.packed.filter(|_| request.get_all(header::ACCEPT_ENCODING).iter().any(takes_gzip));
    let mut response = match (is_known, packed) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, Some(packed)) => {
            let mut response = Body::from(packed).into_response();
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        (false, None) => Body::from(file.bytes).into_response(),
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, file.media_type());
    set(header::CACHE_CONTROL, if file.is_immutable() { FOR_EVER } else { "no-cache" });
    set(header::ETAG, file.entity_tag);
    if file.packed.is_some() {
        set(header::VARY, "accept-encoding");
    }
    let host = request.get(header::HOST).and_then(|host| host.to_str().ok());
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(host)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Proxies may have made a tag weak.
fn has_tag(tags: &HeaderValue, wanted: &str) -> bool {
    let tags = tags.to_str().unwrap_or_default();
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == wanted)
}

fn takes_gzip(encodings: &HeaderValue) -> bool {
    let encodings = encodings.to_str().unwrap_or_default();
    encodings.split(',').any(|encoding| {
        let mut parts = encoding.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        is_gzip && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests;
