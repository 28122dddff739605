//! What its author writes freely: bodies and filters.

use crate::redaction::field_without_secrets;
use crate::section::Section;
use dunlin_hocon::{Node, Value};
use serde_json::Map;

/// The whole of a section whose keys are its author's.
pub(in crate::settings) fn json_object(section: &mut Section<'_>) -> Map<String, serde_json::Value> {
    let mut object = Map::new();
    for (name, node) in section.take_entries() {
        section.keep(name, &field_without_secrets(name, node));
        object.insert(name.to_owned(), json(node));
    }
    object
}

/// A value as JSON.
fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(is) => serde_json::Value::Bool(*is),
        // A number of JSON that is too great for a machine is a text.
        Value::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.clone())),
        Value::Text(text) => serde_json::Value::String(text.clone()),
        Value::List(items) => serde_json::Value::Array(items.iter().map(json).collect()),
        Value::Object(fields) => {
            serde_json::Value::Object(fields.iter().map(|(name, field)| (name.clone(), json(field))).collect())
        }
    }
}
