//! Environment variables as configuration: `DUNLIN_MQTT__MAX_INFLIGHT=5` sets `mqtt.max_inflight`.

use dunlin_hocon::{MergeError, Node, Object, Origin, Reader, Value};
use std::collections::HashMap;

/// Variables with this prefix are understood so that a container made for EMQX keeps its settings.
const EMQX_PREFIX: &str = "EMQX_";
const DUNLIN_PREFIX: &str = "DUNLIN_";

/// Short names that EMQX's images and manuals use.
const SHORT_NAMES: [(&str, &[&str]); 3] =
    [("NODE_NAME", &["node", "name"]), ("NODE_COOKIE", &["node", "cookie"]), ("DEFAULT_LOG_HANDLER", &["log", "to"])];

/// The parts of a node's name of which neither the texts nor the environment say anything.
const DEFAULT_NODE_NAME: (&str, &str) = ("dunlin", "127.0.0.1");

/// Whether an unknown key from here is only a warning: EMQX starts in spite of variables it does not know.
pub(crate) fn is_lenient(origin: &Origin) -> bool {
    matches!(origin, Origin::Variable { name } if name.starts_with(EMQX_PREFIX))
}

/// Lays what variables set over what the texts say. A variable whose first part is none of `roots` is not ours: an orchestrator
/// puts names such as `DUNLIN_SERVICE_HOST` into every container.
pub(super) fn lay_over(root: &mut Node, variables: &HashMap<String, String>, roots: &[&str]) -> Result<(), MergeError> {
    if let Some(name) = node_name(root, variables) {
        root.merge(at(&["node".to_owned(), "name".to_owned()], name))?;
    }
    // Collected before they are laid over, so that items of a list come in the order of their numbers: 9 before 10.
    let mut overrides = Node::empty();
    for prefix in [EMQX_PREFIX, DUNLIN_PREFIX] {
        let mut names: Vec<_> = variables.keys().filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        for name in names {
            if let Some(path) = path_of(&name[prefix.len()..], roots) {
                overrides.merge(at(&path, parse(&variables[name], &Origin::variable(name))))?;
            }
        }
    }
    root.merge(overrides)
}

/// The objects around a value at `path`, from the same place.
fn at(path: &[String], node: Node) -> Node {
    path.iter().rev().fold(node, |node, key| {
        let origin = node.origin.clone();
        Node::new(Value::Object(Object::from([(key.clone(), node)])), origin)
    })
}

/// The name that `…_NAME` and `…_HOST` give to the node, each one of its halves, as the images of EMQX have it. Variables for the
/// whole name win.
fn node_name(root: &Node, variables: &HashMap<String, String>) -> Option<Node> {
    let half = |suffix: &str| {
        let names = [DUNLIN_PREFIX, EMQX_PREFIX].map(|prefix| format!("{prefix}{suffix}"));
        names.into_iter().find_map(|name| {
            let text = variables.get(&name).filter(|text| !text.is_empty())?.clone();
            Some((name, text))
        })
    };
    let (local, host) = (half("NAME"), half("HOST"));
    let (variable, _) = host.as_ref().or(local.as_ref())?;
    let origin = Origin::variable(variable);
    let present = root.get(&["node", "name"]).and_then(|node| node.value.as_text());
    let (present_local, present_host) = present.and_then(|name| name.split_once('@')).unwrap_or(DEFAULT_NODE_NAME);
    let local = local.as_ref().map_or(present_local, |(_, text)| text);
    let host = host.as_ref().map_or(present_host, |(_, text)| text);
    Some(Node::new(Value::Text(format!("{local}@{host}")), origin))
}

fn path_of(name: &str, roots: &[&str]) -> Option<Vec<String>> {
    if let Some((_, path)) = SHORT_NAMES.iter().find(|(short, _)| *short == name) {
        return Some(path.iter().map(|&part| part.to_owned()).collect());
    }
    let path: Vec<String> = name.split("__").map(str::to_ascii_lowercase).collect();
    // With two parts or more nobody else can be meant, so a misspelt root is reported and not passed over.
    let is_ours = path.len() > 1 || path.first().is_some_and(|root| roots.contains(&root.as_str()));
    (is_ours && path.iter().all(|part| !part.is_empty())).then_some(path)
}

/// The value as HOCON, or as plain text where it is none: `dunlin@127.0.0.1` needs no quotes.
fn parse(text: &str, origin: &Origin) -> Node {
    // No variables: one must not read others.
    let value = match Reader::new().read("", &format!("value = {text}")) {
        // More than one key means that the text had a line break: no single value, so plain text too.
        Ok(Node { value: Value::Object(mut fields), .. }) if fields.len() == 1 => fields.remove("value"),
        _ => None,
    };
    // A variable has no comments: `#` is the end of a topic filter or in the middle of a password.
    let has_comment = |node: &Node| node.value.as_text().is_some() && !text.contains('"') && text.contains(['#', '/']);
    let value = value.filter(|node| !has_comment(node));
    let mut node = value.unwrap_or_else(|| Node::new(Value::Text(text.into()), origin.clone()));
    set_origin(&mut node, origin);
    node
}

fn set_origin(node: &mut Node, origin: &Origin) {
    node.origin = origin.clone();
    match &mut node.value {
        Value::Object(fields) => fields.values_mut().for_each(|field| set_origin(field, origin)),
        Value::List(items) => items.iter_mut().for_each(|item| set_origin(item, origin)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}
