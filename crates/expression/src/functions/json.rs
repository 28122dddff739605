//! Values within JSON and within JSON Web Tokens. No signature is checked here.

use base64::Engine as _;
use serde_json::Value as Json;

use super::Arguments;
use super::encoding::URL_SAFE_ANY_PADDING;
use crate::{EvaluateError, Value};

/// `json_value(json, 'a.b')`; null if there is no such value, or no JSON.
pub(super) fn json_value(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let (json, path) = (arguments.bytes(0)?, path(arguments)?);
    Ok(value_at(json, path))
}

/// `jwt_value(token, 'a.b')`: of what the token says; null if it does not say it.
pub(super) fn jwt_value(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let path = path(arguments)?;
    let mut parts = arguments.text(0)?.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(arguments.mismatch(0, "a JSON Web Token"));
    };
    let payload = URL_SAFE_ANY_PADDING.decode(payload).map_err(|_| arguments.mismatch(0, "a JSON Web Token"))?;
    Ok(value_at(&payload, path))
}

/// Whether something has the form of a JSON Web Token: three parts, the first an object with `alg`.
pub(super) fn is_jwt(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let Value::Text(text) = arguments.value(0) else { return Ok(false.into()) };
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Ok(false.into());
    };
    let header = URL_SAFE_ANY_PADDING.decode(header).ok();
    let header = header.and_then(|header| serde_json::from_slice::<Json>(&header).ok());
    let has_algorithm = header.is_some_and(|header| header.get("alg").is_some());
    Ok((has_algorithm && URL_SAFE_ANY_PADDING.decode(payload).is_ok()).into())
}

fn path<'a>(arguments: &Arguments<'a>) -> Result<&'a str, EvaluateError> {
    let path = arguments.text(1)?;
    if path.is_empty() { Err(arguments.mismatch(1, "names with points between them")) } else { Ok(path) }
}

fn value_at(json: &[u8], path: &str) -> Value {
    let Ok(json) = serde_json::from_slice::<Json>(json) else { return Value::Null };
    let found = path.split('.').try_fold(&json, |json, name| json.as_object()?.get(name));
    found.map_or(Value::Null, Value::from_json)
}
