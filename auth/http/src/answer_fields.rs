//! The fields of an answer, in JSON or as a form.

use crate::percent::decode_form;
use dunlin_access::BackendFailure;
use dunlin_auth_http_client::Answer;
use serde_json::{Map, Value};

/// What stands in `result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Allow,
    Deny,
    /// `ignore`, or nothing.
    Ignore,
    Nonsense,
}

/// Reads the body, which is JSON or a form as `content-type` says.
pub(crate) fn fields(answer: &Answer) -> Result<Map<String, Value>, BackendFailure> {
    let read = match answer.content_type.as_str() {
        "application/json" => serde_json::from_slice(&answer.body).ok(),
        "application/x-www-form-urlencoded" => decode_form(&answer.body),
        other => {
            let other: String = other.chars().take(100).collect();
            return Err(BackendFailure::BadAnswer(format!("content-type {other:?}")));
        }
    };
    read.ok_or_else(|| BackendFailure::BadAnswer(format!("a body that is no {}", answer.content_type)))
}

/// Reads `result`.
pub(crate) fn said(fields: &Map<String, Value>) -> Said {
    match fields.get("result") {
        None | Some(Value::Null) => Said::Ignore,
        Some(Value::String(text)) => match text.as_str() {
            "allow" => Said::Allow,
            "deny" => Said::Deny,
            "ignore" => Said::Ignore,
            _ => Said::Nonsense,
        },
        Some(_) => Said::Nonsense,
    }
}
