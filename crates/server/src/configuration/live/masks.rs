//! What somebody sends back who has seen a configuration without its secrets: `******` means what is there.
//!
//! Where nothing is there, or something else was shown, it is a mistake: it would take the place of a secret.

use super::ChangeError;
use dunlin_config::{MASK, SourceNode, without_secrets};
use dunlin_hocon::{Value, join_path};

/// What tells an entry of a list from the others, where it has that.
const IDENTITY: [&str; 5] = ["mechanism", "backend", "type", "name", "id"];

/// `new` with the secrets of `stored` where it has masks.
///
/// # Errors
/// Nobody knows what a mask stands for.
pub(super) fn completed(new: &SourceNode, stored: &SourceNode) -> Result<SourceNode, ChangeError> {
    let mut unknown = Vec::new();
    let complete = complete(new, Some(stored), &mut Vec::new(), &mut unknown);
    match unknown.first() {
        Some(key) => {
            Err(ChangeError::Masked(format!("`{key}` has {MASK} in it, which stands for a secret: write that")))
        }
        None => Ok(complete.unwrap_or_else(SourceNode::empty)),
    }
}

fn complete(
    new: &SourceNode,
    stored: Option<&SourceNode>,
    path: &mut Vec<String>,
    unknown: &mut Vec<String>,
) -> Option<SourceNode> {
    if !has_mask(new) {
        return Some(new.clone());
    }
    let value = match &new.value {
        Value::Object(fields) => {
            let mut kept = Vec::new();
            for (key, field) in fields {
                path.push(key.clone());
                let below = stored.and_then(|stored| stored.value.as_object()?.get(key));
                kept.extend(complete(field, below, path, unknown).map(|field| (key.clone(), field)));
                path.pop();
            }
            Value::Object(kept.into_iter().collect())
        }
        Value::List(items) => {
            let others = stored.and_then(|stored| stored.value.as_list()).unwrap_or_default();
            let mut kept = Vec::new();
            for (index, item) in items.iter().enumerate() {
                path.push((index + 1).to_string());
                kept.extend(complete(item, counterpart(item, index, &others), path, unknown));
                path.pop();
            }
            Value::List(kept)
        }
        Value::Text(text) => match stored.map(|stored| &stored.value) {
            Some(real @ (Value::Text(_) | Value::Number(_))) if text == MASK || is_shown_as(real, text) => real.clone(),
            _ => {
                unknown.push(join_path(path));
                return None;
            }
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => return Some(new.clone()),
    };
    Some(SourceNode::new(value, new.origin.clone()))
}

/// The entry of a list that is stored and meant: one that is called the same, else the one at the same place.
fn counterpart<'a>(new: &SourceNode, index: usize, stored: &[&'a SourceNode]) -> Option<&'a SourceNode> {
    let name = |node: &SourceNode| {
        let fields = node.value.as_object()?;
        let names =
            IDENTITY.map(|key| fields.get(key).and_then(|field| field.value.as_text().map(|text| text.to_owned())));
        names.iter().any(Option::is_some).then_some(names)
    };
    match name(new) {
        Some(wanted) => stored.iter().copied().find(|stored| name(stored).as_ref() == Some(&wanted)),
        None => stored.get(index).copied(),
    }
}

fn is_shown_as(real: &Value, text: &str) -> bool {
    let shown = without_secrets(&SourceNode::new(real.clone(), dunlin_hocon::Origin::Default));
    shown.value.as_text().is_some_and(|shown| shown == text)
}

fn has_mask(node: &SourceNode) -> bool {
    match &node.value {
        Value::Text(text) => {
            text == MASK || text.contains(&format!("://{MASK}@")) || text.contains(&format!("={MASK}"))
        }
        Value::Object(fields) => fields.values().any(has_mask),
        Value::List(items) => items.iter().any(has_mask),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_hocon::Reader;

    const STORED: &str = "authorization.sources = [{ type = file, rules = a }, { type = http, url = \"http://u:pw@h/x\", \
        headers { x-key = geheim } }, { type = redis, password = rot, servers = [a, b] }], dashboard.default_password = blau";

    fn tree(text: &str) -> SourceNode {
        Reader::new().read("x", text).expect("HOCON")
    }

    #[test]
    fn what_is_sent_back_as_it_was_shown_is_what_is_there() {
        let stored = tree(STORED);
        let shown = without_secrets(&stored);
        assert!(has_mask(&shown) && !dunlin_hocon::write(&shown).contains("geheim"));
        let back = completed(&shown, &stored).expect("it is known");
        assert!(back.value.is_same(&stored.value), "{}", dunlin_hocon::write(&back));
    }

    #[test]
    fn entries_are_told_by_what_they_are_called() {
        let new = tree("authorization.sources = [{ type = redis, password = \"******\", servers = [c] }]");
        let text = dunlin_hocon::write(&completed(&new, &tree(STORED)).expect("it is known"));
        assert!(text.contains("rot") && !text.contains(MASK), "{text}");
        let new = tree("authorization.sources = [{ type = ldap, password = \"******\" }]");
        let error = completed(&new, &tree(STORED)).expect_err("nothing is there").to_string();
        assert!(error.starts_with("`authorization.sources.1.password` has ******"), "{error}");
    }

    #[test]
    fn a_mask_within_something_else_is_refused() {
        let new = tree("authorization.sources = [{ type = http, url = \"http://******@other/x\" }]");
        let error = completed(&new, &tree(STORED)).expect_err("nobody knows").to_string();
        assert!(error.starts_with("`authorization.sources.1.url` has ******"), "{error}");
    }
}
