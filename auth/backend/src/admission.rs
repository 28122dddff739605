//! What the fields of a JSON object, of an answer or of a token, say of a client that is let in. The names are EMQX's.

use dunlin_access::{Admission, ClientAcl};
use dunlin_model::Millis;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Later than this is no time of day in seconds: somebody wrote milliseconds.
const MAX_EXPIRY_SECS: u64 = 253_402_300_799;

/// Why a client is not let in although it was said that it may.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// `expire_at` is not a whole number of seconds since the Unix epoch.
    #[error("expire_at is not a whole number of seconds since the Unix epoch")]
    BadExpiry,
    /// `expire_at` is in the past.
    #[error("expire_at is in the past")]
    Expired,
    /// The rules that came along. Nobody knows what such a client may do, so it is not let in.
    #[error("the rules of the client: {0}")]
    BadRules(String),
}

/// Reads `is_superuser`, `client_attrs`, `clientid_override`, `zone_override`, and the rules in the field called `acl_name`.
///
/// # Errors
/// [`AdmissionError::BadRules`].
pub fn admission(fields: &Map<String, Value>, acl_name: &str) -> Result<Admission, AdmissionError> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let acl = match fields.get(acl_name) {
        None | Some(Value::Null) => None,
        Some(rules @ (Value::Object(_) | Value::Array(_))) => Some(rules.to_string()),
        // A form has no objects, only their text.
        Some(Value::String(rules)) => Some(rules.clone()),
        Some(_) => return Err(AdmissionError::BadRules("they are neither a list nor an object".into())),
    };
    if let Some(rules) = &acl {
        ClientAcl::parse(rules, None).map_err(|error| AdmissionError::BadRules(error.to_string()))?;
    }
    Ok(Admission {
        is_superuser: fields.get("is_superuser").is_some_and(is_true),
        attributes: fields.get("client_attrs").and_then(Value::as_object).map(attributes).unwrap_or_default(),
        acl,
        client_id: text("clientid_override"),
        zone: text("zone_override"),
        ..Admission::default()
    })
}

/// Reads `expire_at`: seconds in the field, milliseconds in the result.
///
/// # Errors
/// [`AdmissionError::BadExpiry`], [`AdmissionError::Expired`].
pub fn expiry(fields: &Map<String, Value>, now: Millis) -> Result<Option<Millis>, AdmissionError> {
    let seconds = match fields.get("expire_at") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_u64(),
        // In a form everything is text.
        Some(Value::String(text)) => text.parse().ok(),
        Some(_) => None,
    };
    let seconds = seconds.filter(|seconds| *seconds <= MAX_EXPIRY_SECS).ok_or(AdmissionError::BadExpiry)?;
    let expires_at = seconds.saturating_mul(1_000);
    if expires_at <= now { Err(AdmissionError::Expired) } else { Ok(Some(expires_at)) }
}

/// `true`, a number of at least 1, or the text of either.
#[must_use]
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_i64().is_some_and(|number| number >= 1),
        Value::String(text) => is_true_text(text),
        _ => false,
    }
}

/// `true`, or a whole number of at least 1.
#[must_use]
pub fn is_true_text(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.parse::<i64>().is_ok_and(|number| number >= 1)
}

/// Attributes whose names are letters, digits, `_` and `-`, starting with a letter or digit; the others are left out, for a name
/// with a dot or a brace would be another one in a template.
#[must_use]
pub fn attributes(fields: &Map<String, Value>) -> BTreeMap<String, String> {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-')
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    };
    fields
        .iter()
        .filter(|(name, _)| is_name(name))
        .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn fields_become_an_admission() {
        let fields = fields(&json!({
            "is_superuser": "1", "clientid_override": "other", "zone_override": "z",
            "client_attrs": {"team": "a", "n": 7, "on": true, "a.b": "x", "": "x", "deep": {}},
            "acl": [{"permission": "allow", "action": "all", "topic": "t"}],
        }));
        let admission = admission(&fields, "acl").expect("rules");
        assert!(admission.is_superuser);
        let expected = [("n", "7"), ("on", "true"), ("team", "a")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(admission.attributes, BTreeMap::from(expected));
        assert_eq!(admission.acl.as_deref(), Some(r#"[{"action":"all","permission":"allow","topic":"t"}]"#));
        assert_eq!((admission.client_id.as_deref(), admission.zone.as_deref()), (Some("other"), Some("z")));
    }

    #[test]
    fn rules_must_be_rules() {
        for bad in [json!(1), json!("allow"), json!(true), json!([1]), json!([{"permission": "allow"}])] {
            let read = admission(&fields(&json!({"acl": bad})), "acl");
            assert!(matches!(read, Err(AdmissionError::BadRules(_))), "{bad}");
        }
        let other_name = admission(&fields(&json!({"acl": 1, "rules": {"pub": ["a"]}})), "rules");
        assert_eq!(other_name.expect("rules").acl.as_deref(), Some(r#"{"pub":["a"]}"#));
        assert_eq!(admission(&Map::new(), "acl"), Ok(Admission::default()));
    }

    #[test]
    fn truth_is_what_emqx_takes_for_it() {
        for yes in [json!(true), json!(1), json!(2), json!("true"), json!("1"), json!("12")] {
            assert!(is_true(&yes), "{yes}");
        }
        for no in [json!(false), json!(0), json!(-1), json!("false"), json!(""), json!("yes"), json!(null), json!([1])]
        {
            assert!(!is_true(&no), "{no}");
        }
    }

    #[test]
    fn expiry_is_in_seconds_and_in_the_future() {
        let read = |value: Value| expiry(&fields(&json!({"expire_at": value})), 1_000_000);
        assert_eq!(read(json!(1_001)), Ok(Some(1_001_000)));
        assert_eq!(read(json!("1001")), Ok(Some(1_001_000)));
        assert_eq!(read(json!(null)), Ok(None));
        assert_eq!(read(json!(1_000)), Err(AdmissionError::Expired));
        for bad in [json!(1.5), json!(-1), json!("soon"), json!(1_767_225_600_000_u64), json!(u64::MAX), json!({})] {
            assert_eq!(read(bad.clone()), Err(AdmissionError::BadExpiry), "{bad}");
        }
    }
}
