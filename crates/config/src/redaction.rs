//! Keeping secrets out of what is shown: by the name of their key, whatever it belongs to, known here or not.
//!
//! Keys that this crate reads are told by their rule as well ([`Loaded::effective`](crate::Loaded::effective)); this is for trees
//! as they were written, with keys of EMQX of which nothing here knows more than the name.

use crate::secret::MASK;
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
    PARTS.iter().any(|part| key.contains(part)) || ENDS.iter().any(|end| key.ends_with(end))
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
        Value::Text(text) => Value::Text(without_user_info(text)),
        other => other.clone(),
    };
    Node::new(value, node.origin.clone())
}

fn shown_field(key: &str, field: &Node) -> Node {
    let license = field.value.as_object().filter(|_| key == LICENSE);
    if let Some(fields) = license {
        let shown = |(key, field): (&String, &Node)| {
            (key.clone(), if key == "key" { masked(field) } else { shown_field(key, field) })
        };
        return Node::new(Value::Object(fields.iter().map(shown).collect()), field.origin.clone());
    }
    // What is no path is a key that is written out, also a damaged one.
    let is_key = key.ends_with("keyfile") && field.value.as_text().is_some_and(|text| text.contains(['\0', '\n']));
    if is_key || is_secret_key(key) { masked(field) } else { without_secrets(field) }
}

/// Without single values: an object below has keys of its own.
fn masked(node: &Node) -> Node {
    let value = match &node.value {
        Value::Text(text) if text.starts_with("file://") => return node.clone(),
        Value::Text(_) | Value::Number(_) => Value::Text(MASK.into()),
        Value::List(items) => Value::List(items.iter().map(masked).collect()),
        Value::Object(_) | Value::Null | Value::Bool(_) => return without_secrets(node),
    };
    Node::new(value, node.origin.clone())
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
                    headers { Authorization = rrr }, secret_base64_encoded = false, plain = \"a@b\"";
        let root = Reader::new().read("x", text).unwrap();
        let shown = write(&without_secrets(&root));
        for word in ["abc", "BEGIN", "token = 5", "xyz", "zzz", "qqq", "rrr"] {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
        let seen = ["file:///run/p", "a = 1", MASK, "redis://******@host:6379/0?a=b@c", "encoded = false", "a@b"];
        for word in seen {
            assert!(shown.contains(word), "{word} not in {shown}");
        }
    }
}
