//! Bodies of requests that are JSON.

use crate::{ErrorCode, Refusal};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// The body of a request, read as JSON. What is wrong with it is said with its path: `properties.user_properties: …`.
///
/// A body without a content type is taken for JSON; one with another type is refused.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if !may_be_json(request.headers()) {
            return Err(Refusal::new(ErrorCode::UnsupportedMediaType, "content-type:application/json Required"));
        }
        let bytes = read_body(request, state).await?;
        from_slice(&bytes).map(Self)
    }
}

/// The whole body, within the limit of the path.
pub(crate) async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Refusal::new(ErrorCode::ExceedLimit, "The body is too large").with_status(StatusCode::PAYLOAD_TOO_LARGE)
        }
        _ => Refusal::bad_request("The body cannot be read"),
    })
}

/// Reads JSON.
///
/// # Errors
/// A [`Refusal`] that says where it is wrong.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    // What is missing is not written here as an empty object: `{}` and nothing may mean different things to a resource.
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        if reason.is_data() && path != "." {
            Refusal::bad_request(format!("{path}: {reason}"))
        } else if reason.is_data() {
            Refusal::bad_request(reason.to_string())
        } else {
            Refusal::bad_request(format!("The body is no JSON: {reason}"))
        }
    })?;
    reader.end().map_err(|reason| Refusal::bad_request(format!("The body is no JSON: {reason}")))?;
    Ok(value)
}

fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return true };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Sample {
        inner: Inner,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        count: u8,
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, part) in [
            (r#"{"inner":{"count":300}}"#, "inner.count: invalid value"),
            (r#"{"inner":{"count":1},"more":1}"#, "unknown field `more`"),
            ("{}", "missing field `inner`"),
            ("{", "no JSON"),
            (r#"{"inner":{"count":1}} x"#, "no JSON"),
            ("", "no JSON"),
        ] {
            let refusal = from_slice::<Sample>(text.as_bytes()).unwrap_err();
            assert!(refusal.message().as_str().unwrap().contains(part), "{text}: {refusal:?}");
        }
    }

    #[test]
    fn only_json_is_json() {
        for (value, expected) in [
            ("application/json; charset=utf-8", true),
            ("APPLICATION/JSON", true),
            ("application/x+json", true),
            ("text/plain", false),
        ] {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(may_be_json(&headers), expected, "{value}");
        }
        assert!(may_be_json(&HeaderMap::new()));
    }
}
