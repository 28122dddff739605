//! The raw tree: what the text and the environment say, each value with the place it came from, nothing checked yet.

mod environment;
mod positions;

use crate::error::ConfigError;
use hocon::{HoconError, HoconValue, ParseOptions, ScalarType};
use positions::Positions;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The text, at a line counted from 1; unknown for a value of an included file.
    Text { line: Option<u32> },
    /// An environment variable.
    Variable { name: String },
}

impl Origin {
    /// File and line, or the variable, as shown to the author.
    pub(crate) fn place(&self, file_name: &str) -> String {
        match self {
            Self::Text { line: Some(line) } => format!("{file_name}:{line}"),
            Self::Text { line: None } => file_name.into(),
            Self::Variable { name } => format!("environment variable {name}"),
        }
    }

    /// The line, where known.
    pub(crate) const fn line(&self) -> Option<u32> {
        match self {
            Self::Text { line } => *line,
            Self::Variable { .. } => None,
        }
    }

    /// Whether an unknown key from here is only a warning: EMQX starts in spite of variables it does not know.
    pub(crate) fn is_lenient(&self) -> bool {
        matches!(self, Self::Variable { name } if name.starts_with(environment::EMQX_PREFIX))
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceNode {
    pub(crate) value: SourceValue,
    pub(crate) origin: Origin,
}

/// An unchecked value. Numbers, booleans and strings are all text here: HOCON's own types do not know `15s` or `1MB`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceValue {
    Object(BTreeMap<String, SourceNode>),
    List(Vec<SourceNode>),
    Text(String),
    Null,
}

/// Reads `text` and lays the variables of `environment` over it. `roots` are the first parts of keys that variables may set.
pub(crate) fn read(
    text: &str,
    file_name: &str,
    environment: &HashMap<String, String>,
    roots: &[&str],
) -> Result<SourceNode, ConfigError> {
    let mut options = ParseOptions::defaults().with_env(environment.clone());
    if let Some(folder) = Path::new(file_name).parent() {
        options = options.with_base_dir(folder.to_path_buf());
    }
    let parsed = hocon::parse_string_with_options(text, options).map_err(|error| syntax_error(&error, file_name))?;
    let positions = Positions::of(text);
    let mut path = Vec::new();
    let mut fields = BTreeMap::new();
    for key in parsed.keys() {
        if let Some(value) = parsed.get(&quoted(key)) {
            path.push(key.to_owned());
            fields.insert(key.to_owned(), located(value, &mut path, &positions));
            path.pop();
        }
    }
    let mut root = SourceNode { value: SourceValue::Object(fields), origin: Origin::Text { line: Some(1) } };
    for (path, node) in environment::overrides(environment, roots) {
        set(&mut root, &path, node);
    }
    Ok(root)
}

fn located(value: &HoconValue, path: &mut Vec<String>, positions: &Positions) -> SourceNode {
    let origin = Origin::Text { line: positions.line_of(path) };
    let value = match value {
        HoconValue::Object(fields) => {
            let mut nodes = BTreeMap::new();
            for (key, value) in fields {
                path.push(key.clone());
                nodes.insert(key.clone(), located(value, path, positions));
                path.pop();
            }
            SourceValue::Object(nodes)
        }
        other => convert(other, &origin),
    };
    SourceNode { value, origin }
}

/// A value all parts of which have one origin: of a variable, or of a list, whose lines are not known one by one.
fn convert(value: &HoconValue, origin: &Origin) -> SourceValue {
    let node = |value| SourceNode { value: convert(value, origin), origin: origin.clone() };
    match value {
        HoconValue::Object(fields) => {
            SourceValue::Object(fields.iter().map(|(key, value)| (key.clone(), node(value))).collect())
        }
        HoconValue::Array(items) => SourceValue::List(items.iter().map(node).collect()),
        HoconValue::Scalar(scalar) if scalar.value_type == ScalarType::Null => SourceValue::Null,
        HoconValue::Scalar(scalar) => SourceValue::Text(scalar.raw.clone()),
        // Substitutions are the only other kind, and reading has resolved them.
        _ => SourceValue::Null,
    }
}

/// Puts `node` at `path`; two objects are merged, anything else replaces what was there.
fn set(parent: &mut SourceNode, path: &[String], node: SourceNode) {
    let Some((key, rest)) = path.split_first() else {
        merge(parent, node);
        return;
    };
    if !matches!(parent.value, SourceValue::Object(_)) {
        *parent = SourceNode { value: SourceValue::Object(BTreeMap::new()), origin: node.origin.clone() };
    }
    if let SourceValue::Object(fields) = &mut parent.value {
        let empty = SourceNode { value: SourceValue::Null, origin: node.origin.clone() };
        set(fields.entry(key.clone()).or_insert(empty), rest, node);
    }
}

fn merge(below: &mut SourceNode, above: SourceNode) {
    match (&mut below.value, above.value) {
        (SourceValue::Object(fields), SourceValue::Object(above_fields)) => {
            for (key, node) in above_fields {
                match fields.get_mut(&key) {
                    Some(field) => merge(field, node),
                    None => {
                        fields.insert(key, node);
                    }
                }
            }
        }
        (_, value) => *below = SourceNode { value, origin: above.origin },
    }
}

fn syntax_error(error: &HoconError, file_name: &str) -> ConfigError {
    let (place, message) = match error {
        HoconError::Parse(error) => (format!("{file_name}:{}", error.line), error.message.clone()),
        HoconError::Resolve(error) => {
            (format!("{file_name}:{}", error.line), format!("{} (`{}`)", error.message, error.path))
        }
        other => (file_name.into(), other.to_string()),
    };
    ConfigError::Syntax { place, message }
}

/// A key as one segment of a path expression.
fn quoted(key: &str) -> String {
    format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))
}
