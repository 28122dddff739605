//! `${…}` in what is asked: names that stand for nothing are found when the configuration is read, not when a client comes.

use crate::nearest::nearest;
use crate::section::Section;
use dunlin_auth_backend::NameTemplate;
use dunlin_auth_backend::sql::{Dialect, Purpose, SqlQuery};
use dunlin_hocon::{Node, Value};

/// Reports a query that cannot be asked. To be called before it is read.
pub(in crate::settings) fn check_sql_query(
    section: &mut Section<'_>,
    key: &'static str,
    dialect: Dialect,
    purpose: Purpose,
) {
    let Some(node) = section.peek(key) else { return };
    // That nothing is there is said anyway.
    let Some(text) = node.value.as_text().filter(|text| !text.trim().is_empty()) else { return };
    if let Err(error) = SqlQuery::parse(text, dialect, purpose) {
        section.conflict(key, &node.origin, error.to_string());
    }
}

/// Reports texts by which a client is looked up and that cannot tell clients apart, in a value and in all that is below it. To be
/// called before it is read.
pub(in crate::settings) fn check_name_template(section: &mut Section<'_>, key: &'static str, purpose: Purpose) {
    let Some(node) = section.peek(key) else { return };
    for (path, leaf) in node.leaves() {
        let Some(text) = leaf.value.as_text() else { continue };
        if let Err(message) = NameTemplate::parse(text, purpose) {
            section.conflict(&below(key, &path), &leaf.origin, message);
        }
    }
}

/// Warns of what looks like a placeholder and is taken for text, as EMQX does. To be called before the key is read.
pub(in crate::settings) fn warn_of_unknown_placeholders(section: &mut Section<'_>, key: &'static str, known: &[&str]) {
    let Some(node) = section.peek(key) else { return };
    for (path, leaf) in node.leaves() {
        for name in unknown_names(leaf, known) {
            let known_names = known.iter().copied().filter(|name| !name.ends_with('*'));
            let message = match nearest(&name, known_names) {
                Some(known) => {
                    format!("`${{{name}}}` stands for nothing and is sent as it is; did you mean `${{{known}}}`?")
                }
                None => {
                    format!("`${{{name}}}` stands for nothing and is sent as it is; there are: {}", known.join(", "))
                }
            };
            section.warn_at(&below(key, &path), &leaf.origin, &message);
        }
    }
}

fn below(key: &str, path: &[String]) -> String {
    [key].into_iter().chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
}

fn unknown_names(leaf: &Node, known: &[&str]) -> Vec<String> {
    let Value::Text(text) = &leaf.value else { return Vec::new() };
    let is_one_of = |name: &str, known: &&str| match known.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == *known,
    };
    // `${$}` is how a dollar sign is written.
    let is_known = |name: &str| name == "$" || known.iter().any(|known| is_one_of(name, known));
    let parts = text.split("${").skip(1).filter_map(|part| part.split_once('}'));
    let names = parts.map(|(name, _)| name.strip_prefix('.').unwrap_or(name));
    names.filter(|name| !is_known(name)).map(str::to_owned).collect()
}
