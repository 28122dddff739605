//! What of a request may be written down.

use serde_json::Value;

/// In the place of a secret.
const HIDDEN: &str = "******";

/// Parts of names behind which secrets are.
const NAMES: &[&str] = &[
    "account_json",
    "account_key",
    "api_key",
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "hash",
    "jaas",
    "jwt",
    "keyfile",
    "passphrase",
    "password",
    "passwd",
    "private",
    "psk",
    "pwd",
    "salt",
    "secret",
    "seed",
    "token",
];

/// Names of objects that have keys of their own, although they are called like a secret.
const SECTIONS: &[&str] = &["api_key", "authorization", "password_hash_algorithm", "psk_authentication"];

/// Names of texts of any length that may have secrets in them.
const TEXTS: &[&str] = &["acc_key", "content", "csv", "key", "payload", "rules", "text", "users"];

/// Longer texts are cut, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// A copy in which secrets are hidden: what has the name of one, also in an address, what is in a header of a request to others, and what
/// looks like a private key.
#[must_use]
pub fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let hidden = |(name, value): (&String, &Value)| (name.clone(), field(name, value));
            Value::Object(fields.iter().map(hidden).collect())
        }
        Value::Array(items) => items.iter().map(without_secrets).collect(),
        Value::String(text) if text.contains("-----BEGIN ") => HIDDEN.into(),
        Value::String(text) => cut(address_without_secrets(text)).into(),
        other => other.clone(),
    }
}

fn cut(text: String) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text;
    }
    let end = (0..=TEXT_BYTES_MAX).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    format!("{}...({} bytes)", text.get(..end).unwrap_or_default(), text.len())
}

fn is_named_like_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|part| name.contains(part))
}

/// An address without who asks, and without the values of its query that have the names of secrets.
fn address_without_secrets(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (host, place) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or_else(|| host.to_owned(), |(_, host)| format!("{HIDDEN}@{host}"));
    let Some((path, query)) = place.split_once('?') else { return format!("{scheme}://{host}{place}") };
    let shown = query.split('&').map(|part| match part.split_once('=') {
        Some((name, _)) if is_named_like_a_secret(name) => format!("{name}={HIDDEN}"),
        _ => part.to_owned(),
    });
    format!("{scheme}://{host}{path}?{}", shown.collect::<Vec<_>>().join("&"))
}

fn field(name: &str, value: &Value) -> Value {
    let name = name.to_ascii_lowercase();
    let is_named_like_one = is_named_like_a_secret(&name);
    match value {
        // Whether there is one, or for how long, is none.
        Value::Null | Value::Bool(_) => value.clone(),
        Value::String(text) if is_named_like_one && !text.is_empty() => HIDDEN.into(),
        Value::Number(_) | Value::Array(_) if is_named_like_one => HIDDEN.into(),
        // Whoever sent it had something else in mind than a secret, and put one there all the same.
        Value::Object(_) if is_named_like_one && !SECTIONS.contains(&&*name) => HIDDEN.into(),
        // Any of them may be what lets the node in.
        Value::Object(headers) if name == "headers" => {
            Value::Object(headers.keys().map(|header| (header.clone(), HIDDEN.into())).collect())
        }
        Value::String(_) | Value::Array(_) if name == "headers" => HIDDEN.into(),
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
            "list": [{"token": "t"}, "plain"], "text": "a = 1", "users": [{"user_id": "u", "password": "p"}],
            "secret": {"is": "s"}, "password_hash_algorithm": {"name": "plain"}, "headers": {"x-api-key": "k"}, "push": {"headers": ["x-api-key: k"]},
            "service_account_json": "{}", "account_key": "k", "url": "http://u:p@host/auth?token=t&api_key=k&n=1", "topics": ["a://b?c"], "long": "é".repeat(1000)
        });
        let expected = json!({
            "username": "ann", "password": "******", "new_pwd": "******", "api_secret": "******", "mfa_token": "******",
            "password_hash": "******", "enable": true, "password_expired": false, "nothing": null, "topic": "a/b",
            "ssl": {"keyfile": "******", "certfile": "******"},
            "list": [{"token": "******"}, "plain"], "text": "(5 bytes)", "users": "(1 entries)",
            "secret": "******", "password_hash_algorithm": {"name": "plain"}, "headers": {"x-api-key": "******"}, "push": {"headers": "******"},
            "service_account_json": "******", "account_key": "******",
            "url": "http://******@host/auth?token=******&api_key=******&n=1", "topics": ["a://b?c"],
            "long": format!("{}...(2000 bytes)", "é".repeat(512))
        });
        assert_eq!(without_secrets(&given), expected);
    }
}
