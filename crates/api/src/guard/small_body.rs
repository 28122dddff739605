//! Small bodies are read before anybody looks at the request. Where nobody wants what is in a body, it would be on its way still when
//! the answer is there, and the connection would have to be closed under the next request.

use crate::Refusal;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;

/// Larger ones are left to those who want them. As many as there are connections may be in memory at a time.
const SMALL_BYTES: u64 = 64 << 10;

/// The request, with its body if that is small.
///
/// # Errors
/// A [`Refusal`] where the body does not come.
pub(super) async fn with_small_body(request: Request) -> Result<Request, Refusal> {
    let length = request.body().size_hint().exact();
    if length.is_none_or(|length| !(1..=SMALL_BYTES).contains(&length)) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::try_from(SMALL_BYTES).unwrap_or(usize::MAX)).await;
    let bytes = bytes.map_err(|_| Refusal::bad_request("The body cannot be read"))?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
