//! The configuration as it is shown to people: secrets are not.

use dunlin_config::{Origin, SourceNode};
use dunlin_hocon::Value;
use serde_json::{Map, Value as Json};

/// Shown instead of a secret, as in EMQX.
const MASK: &str = "******";

/// Keys whose values are secrets, whatever they belong to.
const SECRET_KEYS: [&str; 8] = [
    "cookie",
    "password",
    "secret",
    "token",
    "api_secret",
    "client_secret",
    "secret_key",
    "tls_stateless_tickets_seed",
];

/// A tree without its secrets. A secret in a file is shown by the name of the file.
pub(super) fn without_secrets(node: &SourceNode) -> SourceNode {
    let value = match &node.value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, field)| {
                    let is_secret = SECRET_KEYS.contains(&key.as_str()) && field.value.as_text().is_some();
                    let shown = if is_secret { masked(field) } else { without_secrets(field) };
                    (key.clone(), shown)
                })
                .collect(),
        ),
        Value::List(items) => Value::List(items.iter().map(without_secrets).collect()),
        Value::Text(text) if text.contains("PRIVATE KEY-----") => Value::Text(MASK.into()),
        other => other.clone(),
    };
    SourceNode::new(value, node.origin.clone())
}

fn masked(node: &SourceNode) -> SourceNode {
    match node.value.as_text() {
        Some(text) if text.starts_with("file://") => node.clone(),
        _ => SourceNode::new(Value::Text(MASK.into()), node.origin.clone()),
    }
}

/// A tree that has one value, at a path.
pub(super) fn at_path(path: &[String], node: SourceNode) -> SourceNode {
    path.iter()
        .rev()
        .fold(node, |node, key| SourceNode::new(Value::Object([(key.clone(), node)].into()), Origin::Default))
}

/// A tree as JSON. Numbers that JSON's readers could not keep stay text.
pub(super) fn json(node: &SourceNode) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(text) => {
            serde_json::from_str(text).ok().filter(Json::is_number).unwrap_or_else(|| Json::String(text.clone()))
        }
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(fields) => {
            Json::Object(fields.iter().map(|(key, field)| (key.clone(), json(field))).collect::<Map<_, _>>())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_hocon::{Reader, write};

    #[test]
    fn secrets_are_not_shown() {
        let text = "node.cookie = abc\nlisteners.ssl.default.ssl_options { password = \"file:///run/p\", \
                    keyfile = \"-----BEGIN PRIVATE KEY-----x\" }\nl = [{ token = 5 }]\nsecret { a = 1 }";
        let root = Reader::new().read("x", text).unwrap();
        let shown = write(&without_secrets(&root));
        for (there, word) in
            [(false, "abc"), (false, "BEGIN"), (false, "5"), (true, "file:///run/p"), (true, "a = 1"), (true, MASK)]
        {
            assert_eq!(shown.contains(word), there, "{word} in {shown}");
        }
    }

    #[test]
    fn trees_become_json() {
        let root = Reader::new().read("x", "a { b = 15s, c = 1.5, d = [true, null], e = 007 }").unwrap();
        let expected = serde_json::json!({"a": {"b": "15s", "c": 1.5, "d": [true, null], "e": "007"}});
        assert_eq!(json(&root), expected);
    }
}
