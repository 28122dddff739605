//! The configuration as it is shown to people: as HOCON, as JSON, or line by line with the place of every value.

use dunlin_config::{Origin, SourceNode};
use dunlin_hocon::{Value, join_path, write};
use serde_json::{Map, Value as Json};

/// A tree that has one value, at a path.
pub(super) fn at_path(path: &[String], node: SourceNode) -> SourceNode {
    path.iter()
        .rev()
        .fold(node, |node, key| SourceNode::new(Value::Object([(key.clone(), node)].into()), Origin::Default))
}

/// A line for every value, list and empty object: its key, itself, and where it came from.
pub(super) fn with_places(node: &SourceNode) -> String {
    let mut text = String::new();
    add_with_places(&mut text, node, &mut Vec::new());
    text
}

fn add_with_places(text: &mut String, node: &SourceNode, path: &mut Vec<String>) {
    match &node.value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, field) in fields {
                path.push(key.clone());
                add_with_places(text, field, path);
                path.pop();
            }
        }
        Value::Object(_) => text.push_str(&format!("{} {{}}  # {}\n", join_path(path), node.origin)),
        _ => text.push_str(&format!("{} = {}  # {}\n", join_path(path), write(node).trim_end(), node.origin)),
    }
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
    use dunlin_hocon::Reader;

    #[test]
    fn every_value_has_a_line_with_its_place() {
        let root = Reader::new().read("x", "a { b = 15s\n\"c.d\" = [1, {e = f}], g {}, h = [] }").unwrap();
        let expected = "a.b = \"15s\"  # x:1\na.\"c.d\" = [\n  1,\n  {\n    e = f\n  }\n]  # x:2\n\
                        a.g {}  # x:2\na.h = []  # x:2\n";
        assert_eq!(with_places(&root), expected);
        let again = Reader::new().read("x", expected).unwrap();
        assert!(again.value.is_same(&root.value), "it can be loaded");
    }

    #[test]
    fn trees_become_json() {
        let root = Reader::new().read("x", "a { b = 15s, c = 1.5, d = [true, null], e = 007 }").unwrap();
        let expected = serde_json::json!({"a": {"b": "15s", "c": 1.5, "d": [true, null], "e": "007"}});
        assert_eq!(json(&root), expected);
    }
}
