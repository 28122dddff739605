//! What of a request may be written down.

use serde_json::Value;

/// In the place of a secret.
const HIDDEN: &str = "******";

/// Parts of names behind which secrets are.
const NAMES: &[&str] = &[
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "hash",
    "keyfile",
    "passphrase",
    "password",
    "passwd",
    "private",
    "psk",
    "pwd",
    "salt",
    "secret",
    "token",
];

/// Names of texts of any length that may have secrets in them.
const TEXTS: &[&str] = &["content", "csv", "payload", "rules", "text", "users"];

/// Longer texts are cut, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// A copy in which secrets are hidden: what has the name of one, or looks like a private key.
#[must_use]
pub fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let hidden = |(name, value): (&String, &Value)| (name.clone(), field(name, value));
            Value::Object(fields.iter().map(hidden).collect())
        }
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        Value::String(text) if text.contains("-----BEGIN ") => HIDDEN.into(),
        Value::String(text) if text.len() > TEXT_BYTES_MAX => {
            let end = (0..=TEXT_BYTES_MAX).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
            format!("{}...({} bytes)", text.get(..end).unwrap_or_default(), text.len()).into()
        }
        other => other.clone(),
    }
}

fn field(name: &str, value: &Value) -> Value {
    let name = name.to_ascii_lowercase();
    let is_named_like_one = NAMES.iter().any(|part| name.contains(part));
    match value {
        // Whether there is one, or for how long, is none.
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(text) if is_named_like_one && !text.is_empty() => HIDDEN.into(),
        Value::Number(_) | Value::Array(_) if is_named_like_one => HIDDEN.into(),
        Value::String(text) if TEXTS.contains(&&*name) => format!("({} bytes)", text.len()).into(),
        Value::Array(items) if TEXTS.contains(&&*name) => format!("({} entries)", items.len()).into(),
        _ => without_secrets(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_hidden_wherever_they_are() {
        let given = json!({
            "username": "ann", "password": "x", "new_pwd": "y", "api_secret": "z", "mfa_token": 123_456, "password_hash": "h",
            "enable": true, "password_expired": false, "nothing": null, "topic": "a/b",
            "ssl": {"keyfile": "/etc/key.pem", "certfile": "-----BEGIN PRIVATE KEY-----\nx"},
            "list": [{"token": "t"}, "plain"], "text": "a = 1", "users": [{"user_id": "u", "password": "p"}], "long": "é".repeat(1000)
        });
        let expected = json!({
            "username": "ann", "password": "******", "new_pwd": "******", "api_secret": "******", "mfa_token": "******",
            "password_hash": "******", "enable": true, "password_expired": false, "nothing": null, "topic": "a/b",
            "ssl": {"keyfile": "******", "certfile": "******"},
            "list": [{"token": "******"}, "plain"], "text": "(5 bytes)", "users": "(1 entries)",
            "long": format!("{}...(2000 bytes)", "é".repeat(512))
        });
        assert_eq!(without_secrets(&given), expected);
    }
}
