//! What follows the `?` of a request.

use crate::Refusal;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The query of a request. A key that is repeated is read as a list where its field is one; keys that are unknown are left alone,
/// as in EMQX.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read<T: DeserializeOwned>(query: &str) -> Result<T, Refusal> {
    let reader = serde_html_form::Deserializer::from_bytes(query.as_bytes());
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner();
        Refusal::bad_request(if path == "." { reason.to_string() } else { format!("{path}: {reason}") })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(default)]
        id: Vec<String>,
        page: Option<u32>,
    }

    #[test]
    fn keys_are_repeated_absent_or_unknown() {
        let sample: Sample = read("id=a&id=b%2Fc&other=1&page=2").unwrap();
        assert_eq!(sample, Sample { id: vec!["a".into(), "b/c".into()], page: Some(2) });
        assert_eq!(read::<Sample>("").unwrap(), Sample { id: vec![], page: None });
        let refusal = read::<Sample>("page=x").unwrap_err();
        assert!(refusal.message().as_str().unwrap().starts_with("page: "), "{refusal:?}");
    }
}
