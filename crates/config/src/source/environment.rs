//! Environment variables as configuration: `DUNLIN_MQTT__MAX_INFLIGHT=5` sets `mqtt.max_inflight`.

use super::{Origin, SourceNode, SourceValue, convert, quoted};
use hocon::ParseOptions;
use std::collections::HashMap;

/// Variables with this prefix are understood so that a container made for EMQX keeps its settings.
pub(super) const EMQX_PREFIX: &str = "EMQX_";
const DUNLIN_PREFIX: &str = "DUNLIN_";

/// Short names that EMQX's images and manuals use.
const SHORT_NAMES: [(&str, &[&str]); 2] = [("NODE_NAME", &["node", "name"]), ("NODE_COOKIE", &["node", "cookie"])];

/// The values that variables set, by path, the weakest first. A variable whose first part is none of `roots` is not ours: an
/// orchestrator puts names such as `DUNLIN_SERVICE_HOST` into every container.
pub(super) fn overrides(variables: &HashMap<String, String>, roots: &[&str]) -> Vec<(Vec<String>, SourceNode)> {
    let mut found = Vec::new();
    for prefix in [EMQX_PREFIX, DUNLIN_PREFIX] {
        let mut names: Vec<_> = variables.keys().filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        for name in names {
            if let Some(path) = path_of(&name[prefix.len()..], roots) {
                let origin = Origin::Variable { name: name.clone() };
                found.push((path, parse(&variables[name], &origin)));
            }
        }
    }
    found
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
fn parse(text: &str, origin: &Origin) -> SourceNode {
    // Substitutions stay off: a variable must not read other variables.
    let options = ParseOptions::defaults().with_env(HashMap::new());
    let value = match hocon::parse_string_with_options(&format!("value = {text}"), options) {
        // More than one key means that the text had a line break: no single value, so plain text too.
        Ok(parsed) if parsed.keys() == ["value"] => parsed.get(&quoted("value")).map(|value| convert(value, origin)),
        _ => None,
    };
    SourceNode { value: value.unwrap_or_else(|| SourceValue::Text(text.into())), origin: origin.clone() }
}
