//! Keeping secrets out of what is shown: by the name of their key, whatever it belongs to, known here or not.
//!
//! Keys that this crate reads are told by their rule as well ([`Loaded::effective`](crate::Loaded::effective)); this is for trees
//! as they were written, with keys of EMQX of which nothing here knows more than the name.

use crate::secret::{MASK, is_placeholder};
use dunlin_hocon::{Node, Value};

/// A key with one of these anywhere in its name has a secret.
const PARTS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "cookie",
    "private_key",
    "credential",
    "service_account_json",
    "tls_stateless_tickets_seed",
];

/// A key whose name ends with one of these has a secret.
const ENDS: [&str; 6] = ["token", "authorization", "account_key", "api_key", "jwt", "sasl_jaas_config"];

/// The root whose `key` is a secret.
const LICENSE: &str = "license";

/// Whether the single values of a key are secrets.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    // `password_expired_time` says when, and not what; `on_missing_jwt` what happens then.
    !key.ends_with("_time")
        && !key.starts_with("on_missing_")
        && (PARTS.iter().any(|part| key.contains(part)) || ENDS.iter().any(|end| key.ends_with(end)))
}

/// A tree as it may be shown: secrets are `******`, one in a file is shown by the name of the file, and of a URL the name and
/// password in it are not.
#[must_use]
pub fn without_secrets(node: &Node) -> Node {
    let value = match &node.value {
        Value::Object(fields) => {
            let field = |(key, field): (&String, &Node)| (key.clone(), shown_field(key, field));
            Value::Object(fields.iter().map(field).collect())
        }
        Value::List(items) => Value::List(items.iter().map(without_secrets).collect()),
        Value::Text(text) if text.contains("PRIVATE KEY-----") => Value::Text(MASK.into()),
        Value::Text(text) => Value::Text(url_without_secrets(text)),
        other => other.clone(),
    };
    Node::new(value, node.origin.clone())
}

/// Headers that have no secret, whatever stands there.
const PUBLIC_HEADERS: [&str; 9] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-type",
    "keep-alive",
    "user-agent",
];

/// Whether a header may be shown. All others may be what its author lets the broker in with.
pub(crate) fn is_public_header(name: &str) -> bool {
    PUBLIC_HEADERS.iter().any(|public| name.eq_ignore_ascii_case(public))
}

/// As [`without_secrets`], for the field of an object.
pub(crate) fn field_without_secrets(key: &str, field: &Node) -> Node {
    shown_field(key, field)
}

fn shown_field(key: &str, field: &Node) -> Node {
    let license = field.value.as_object().filter(|_| key == LICENSE);
    if let Some(fields) = license {
        let shown = |(key, field): (&String, &Node)| {
            (key.clone(), if key == "key" { masked(field) } else { shown_field(key, field) })
        };
        return Node::new(Value::Object(fields.iter().map(shown).collect()), field.origin.clone());
    }
    if key == "headers"
        && let Some(headers) = field.value.as_object()
    {
        let shown = |(name, header): (&String, &Node)| {
            (name.clone(), if is_public_header(name) { without_secrets(header) } else { masked(header) })
        };
        return Node::new(Value::Object(headers.iter().map(shown).collect()), field.origin.clone());
    }
    // What is no path is a key that is written out, also a damaged one.
    let is_key = key.ends_with("keyfile") && field.value.as_text().is_some_and(|text| text.contains(['\0', '\n']));
    if is_key || is_secret_key(key) { masked(field) } else { without_secrets(field) }
}

/// Without single values: an object below has keys of its own.
fn masked(node: &Node) -> Node {
    let value = match &node.value {
        Value::Text(text) if text.starts_with("file://") || is_placeholder(text) => return node.clone(),
        Value::Text(_) | Value::Number(_) => Value::Text(MASK.into()),
        Value::List(items) => Value::List(items.iter().map(masked).collect()),
        Value::Object(_) | Value::Null | Value::Bool(_) => return without_secrets(node),
    };
    Node::new(value, node.origin.clone())
}

/// A URL without what stands before the `@` of its host, and without the values of its query whose names are those of secrets.
pub(crate) fn url_without_secrets(text: &str) -> String {
    let text = without_user_info(text);
    let Some((address, query)) = text.split_once('?').filter(|(address, _)| address.contains("://")) else {
        return text;
    };
    let shown = query.split('&').map(|part| match part.split_once('=') {
        Some((name, value)) if is_secret_key(name) && !is_placeholder(value) => format!("{name}={MASK}"),
        _ => part.to_owned(),
    });
    format!("{address}?{}", shown.collect::<Vec<_>>().join("&"))
}

/// `mongodb://name:password@host` without what stands before the `@` (RFC 3986 §3.2.1).
fn without_user_info(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.into() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{MASK}@{host}{path}"),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_hocon::{Reader, write};

    #[test]
    fn secrets_are_not_shown() {
        let text = "node.cookie = abc\nlisteners.ssl.default.ssl_options { password = \"file:///run/p\", \
                    keyfile = \"-----BEGIN PRIVATE KEY-----x\" }\nl = [{ token = 5 }]\nsecret { a = 1 }\n\
                    url = \"redis://u:xyz@host:6379/0?a=b@c\", license.key = zzz, passwords = [qqq]\n\
                    headers { Authorization = rrr, X-App = sss, accept = j }, \
                    post = \"http://h/p?access_token=ttt&b=c\", password = \"${password}\", secret_base64_encoded = false, on_missing_jwt = deny, plain = \"a@b\"";
        let root = Reader::new().read("x", text).unwrap();
        let shown = write(&without_secrets(&root));
        for word in ["abc", "BEGIN", "token = 5", "xyz", "zzz", "qqq", "rrr", "sss", "ttt"] {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
        let seen = [
            "file:///run/p",
            "a = 1",
            MASK,
            "redis://******@host:6379/0?a=b@c",
            "encoded = false",
            "jwt = deny",
            "a@b",
            "accept = j",
            "http://h/p?access_token=******&b=c",
            "${password}",
        ];
        for word in seen {
            assert!(shown.contains(word), "{word} not in {shown}");
        }
    }
}
