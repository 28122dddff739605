//! `${EMQX_ETC_DIR}` and its like in quoted text, where HOCON itself substitutes nothing: EMQX's files have them in paths.

use dunlin_hocon::{Node, Value};
use std::collections::HashMap;
use std::path::Path;

/// Variables that stand for folders, at the beginning of a text.
const NAMES: [&str; 6] =
    ["DUNLIN_DATA_DIR", "DUNLIN_ETC_DIR", "DUNLIN_LOG_DIR", "EMQX_DATA_DIR", "EMQX_ETC_DIR", "EMQX_LOG_DIR"];

/// The folders that are known.
pub(super) struct Folders {
    known: HashMap<&'static str, String>,
}

impl Folders {
    /// Those of the environment; without, `…_ETC_DIR` is where the configuration file is. There is no `…_DATA_DIR` or `…_LOG_DIR`
    /// until [`Folders::with_data_dir`] says where they are.
    pub(super) fn new(environment: &HashMap<String, String>, file_name: Option<&str>) -> Self {
        let etc = file_name.and_then(|name| Path::new(name).parent()).map(|folder| folder.display().to_string());
        let etc = etc.map(|folder| if folder.is_empty() { ".".into() } else { folder });
        let folder = |name: &'static str| {
            let own = match name {
                "DUNLIN_ETC_DIR" | "EMQX_ETC_DIR" => etc.clone(),
                "DUNLIN_LOG_DIR" => environment.get("EMQX_LOG_DIR").cloned(),
                "EMQX_LOG_DIR" => environment.get("DUNLIN_LOG_DIR").cloned(),
                _ => None,
            };
            Some((name, environment.get(name).cloned().or(own)?))
        };
        Self { known: NAMES.into_iter().filter_map(folder).collect() }
    }

    /// With `…_DATA_DIR` and `…_LOG_DIR`, which is in it, for those of whom the environment says nothing.
    pub(super) fn with_data_dir(mut self, data_dir: &str) -> Self {
        for name in ["DUNLIN_LOG_DIR", "EMQX_LOG_DIR"] {
            self.known.entry(name).or_insert_with(|| format!("{data_dir}/log"));
        }
        for name in ["DUNLIN_DATA_DIR", "EMQX_DATA_DIR"] {
            self.known.entry(name).or_insert_with(|| data_dir.to_owned());
        }
        self
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.known.get(name).cloned()
    }

    /// Replaces `${NAME}` or `$NAME` at the beginning of every text.
    pub(super) fn expand(&self, node: &mut Node) {
        match &mut node.value {
            Value::Object(fields) => fields.values_mut().for_each(|field| self.expand(field)),
            Value::List(items) => items.iter_mut().for_each(|item| self.expand(item)),
            Value::Text(text) => {
                if let Some(expanded) = self.expanded(text) {
                    *text = expanded;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn expanded(&self, text: &str) -> Option<String> {
        let name_and_rest = text.strip_prefix('$')?;
        let (name, rest) = match name_and_rest.strip_prefix('{') {
            Some(braced) => braced.split_once('}')?,
            None => name_and_rest.split_at(name_and_rest.find('/').unwrap_or(name_and_rest.len())),
        };
        Some(format!("{}{rest}", self.known.get(name)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_at_the_beginning_are_folders() {
        let environment = [("EMQX_DATA_DIR".to_owned(), "/d".to_owned()), ("HOME".to_owned(), "/h".to_owned())].into();
        let folders = Folders::new(&environment, Some("/etc/dunlin/dunlin.conf"));
        for (text, expanded) in [
            ("${EMQX_ETC_DIR}/acl.conf", Some("/etc/dunlin/acl.conf")),
            ("$DUNLIN_ETC_DIR/acl.conf", Some("/etc/dunlin/acl.conf")),
            ("${EMQX_LOG_DIR}", None),
            ("${EMQX_DATA_DIR}/x", Some("/d/x")),
            ("${DUNLIN_DATA_DIR}/x", None),
            ("${HOME}/x", None),
            ("${clientid}", None),
            ("x${EMQX_ETC_DIR}", None),
            ("${EMQX_ETC_DIR", None),
            ("$", None),
        ] {
            assert_eq!(folders.expanded(text).as_deref(), expanded, "{text}");
        }
        let folders = folders.with_data_dir("data");
        assert_eq!(folders.expanded("${DUNLIN_DATA_DIR}/x").as_deref(), Some("data/x"));
        assert_eq!(folders.expanded("${EMQX_LOG_DIR}/x").as_deref(), Some("data/log/x"));
        assert_eq!(folders.expanded("${EMQX_DATA_DIR}/x").as_deref(), Some("/d/x"));
        assert_eq!(Folders::new(&HashMap::new(), Some("dunlin.conf")).get("EMQX_ETC_DIR").as_deref(), Some("."));
        assert_eq!(Folders::new(&HashMap::new(), None).get("EMQX_ETC_DIR"), None);
    }
}
