//! `log.file`: handlers by their names, and what belongs to the one called `default`.

use super::handler::{FileLog, is_without_effect};
use crate::section::Section;
use dunlin_hocon::{Node, Object, Origin, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// The handler to which everything in `log.file` belongs that is no handler itself.
pub(super) const DEFAULT_NAME: &str = "default";

/// What the console and the file `default` are called by commands.
const TAKEN_NAMES: [&str; 2] = ["console", "file"];

/// Reads `log.file`. `enable_default` is whether the handler `default` is enabled where it does not say.
pub(super) fn read(section: &mut Section<'_>, enable_default: bool, folder: &Path) -> BTreeMap<String, FileLog> {
    section.child("file", |files| {
        let (own, mut named): (BTreeMap<_, _>, BTreeMap<_, _>) =
            files.take_entries().into_iter().partition(|(name, node)| is_of_default(name, node));
        // Messages have the path that its author wrote.
        let is_named = named.contains_key(DEFAULT_NAME);
        let path = if is_named { files.path_of(DEFAULT_NAME) } else { files.path().to_owned() };
        let node = node_of_default(own, named.remove(DEFAULT_NAME));
        let default = FileLog::in_folder(DEFAULT_NAME, folder, enable_default);
        let read = files.entry_called(DEFAULT_NAME, &path, node.as_ref(), |entry| FileLog::read(entry, default));
        let mut handlers = BTreeMap::from([(DEFAULT_NAME.to_owned(), read)]);
        for (name, node) in &named {
            if TAKEN_NAMES.contains(name) {
                files.conflict(name, &node.origin, "another handler is called like that; take another name");
            }
            let default = FileLog::in_folder(name, folder, true);
            let read = files.entry(name, Some(node), |entry| FileLog::read(entry, default));
            handlers.insert((*name).to_owned(), read);
        }
        check_paths(files, &handlers, |name| named.get(name).map(|node| node.origin.clone()).unwrap_or_default());
        handlers
    })
}

/// Whether an entry is a key of the handler `default` and not a handler.
fn is_of_default(name: &str, node: &Node) -> bool {
    let is_object_of_handler = is_without_effect(name) || name == "rotation";
    node.value.as_object().is_none() || is_object_of_handler
}

/// The handler `default`: what stands directly in `log.file`, below what it says itself.
fn node_of_default(own: BTreeMap<&str, &Node>, named: Option<&Node>) -> Option<Node> {
    let origin = own.values().next().map(|node| node.origin.clone());
    let mut fields: Object = own.into_iter().map(|(key, node)| (key.to_owned(), node.clone())).collect();
    match named {
        None => origin.map(|origin| Node::new(Value::Object(fields), origin)),
        Some(named) => {
            fields.extend(named.value.as_object().into_iter().flatten().map(|(key, node)| (key.clone(), node.clone())));
            Some(Node::new(Value::Object(fields), named.origin.clone()))
        }
    }
}

/// Two handlers that put the same file aside would tear it apart.
fn check_paths(files: &mut Section<'_>, handlers: &BTreeMap<String, FileLog>, origin_of: impl Fn(&str) -> Origin) {
    let mut seen = BTreeMap::new();
    for (name, handler) in handlers.iter().filter(|(_, handler)| handler.handler.enable) {
        if let Some(other) = seen.insert(&handler.path, name) {
            let message = format!("writes the same file as `{}`: {}", files.path_of(other), handler.path.display());
            files.conflict(name, &origin_of(name), message);
        }
    }
}
