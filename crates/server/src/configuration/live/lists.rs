//! Lists of the configuration, such as authenticators: changed entry by entry. Whoever changes an entry has seen it without its
//! secrets, and what is sent back as it was shown means what is there.

use super::super::shown;
use super::{ChangeError, ChangeMode, ChangeReport, LiveConfiguration};
use crate::logging::Logs;
use crate::node::Node;
use dunlin_config::{MASK, SourceNode, without_secrets};
use dunlin_hocon::{Value, split_path};
use serde_json::{Map, Value as Json};

/// What errors call the list that is to be.
const NAME: &str = "request";

/// An entry of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ListEntry {
    /// As somebody wrote it, with its secrets.
    pub(crate) real: Json,
    /// The same without them.
    shown: Json,
}

impl ListEntry {
    fn of(node: &SourceNode) -> Self {
        Self { real: shown::json(node), shown: shown::json(&without_secrets(node)) }
    }

    /// An entry without secrets.
    #[cfg(test)]
    pub(crate) fn with_real(real: Json) -> Self {
        Self { shown: real.clone(), real }
    }

    /// What somebody means who has seen this entry and sends `new`.
    pub(crate) fn completed(&self, new: Json) -> Json {
        completed(new, Some(&self.shown), Some(&self.real)).unwrap_or(Json::Null)
    }
}

/// `None` for a mask behind which there is nothing.
fn completed(new: Json, shown: Option<&Json>, real: Option<&Json>) -> Option<Json> {
    if let (Some(shown), Some(real)) = (shown, real)
        && new == *shown
    {
        return Some(real.clone());
    }
    match new {
        Json::String(text) if text == MASK => None,
        Json::Object(fields) => {
            let below = |part: Option<&Json>, key: &str| part.and_then(|part| part.get(key)).cloned();
            let fields = fields.into_iter().filter_map(|(key, field)| {
                let (shown, real) = (below(shown, &key), below(real, &key));
                Some((key, completed(field, shown.as_ref(), real.as_ref())?))
            });
            Some(Json::Object(fields.collect::<Map<_, _>>()))
        }
        other => Some(other),
    }
}

impl LiveConfiguration {
    /// Has a list changed by one who sees it as it is in effect, and takes over what comes of it.
    pub(crate) fn change_list<E: From<ChangeError>>(
        &self,
        key: &str,
        change: impl FnOnce(&[ListEntry]) -> Result<Vec<Json>, E>,
        node: &dyn Node,
        logs: &Logs,
    ) -> Result<ChangeReport, E> {
        let mut state = self.state.lock();
        let path = split_path(key).ok_or_else(|| ChangeError::NoKey(key.into()))?;
        let loaded = &state.current.loaded;
        // What nobody has set has no secrets, so that its default is as good where it is shown.
        let entries = match loaded.values.get(&path).or_else(|| loaded.effective.get(&path)) {
            None => Vec::new(),
            Some(node) => match &node.value {
                Value::List(entries) => entries.iter().map(ListEntry::of).collect(),
                Value::Null => Vec::new(),
                // One entry may stand for the list of it.
                _ => vec![ListEntry::of(node)],
            },
        };
        let list = Json::Array(change(&entries)?);
        let tree = path.iter().rev().fold(list, |tree, key| Json::Object(Map::from_iter([(key.clone(), tree)])));
        Ok(state.load((NAME, &tree.to_string()), ChangeMode::Merge, node, logs)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_hocon::Reader;
    use serde_json::json;

    #[test]
    fn what_is_sent_back_as_it_was_shown_is_what_it_was() {
        let text = "{ mechanism = password_based, password = geheim, url = \"http://u:pw@h/x\", ssl { enable = true, password = p2 } }";
        let entry = ListEntry::of(&Reader::new().read("x", text).unwrap());
        assert!(!entry.shown.to_string().contains("geheim"), "{entry:?}");
        let mut sent = entry.shown.clone();
        sent["pool_size"] = json!(4);
        sent["ssl"]["enable"] = json!(false);
        let completed = entry.completed(sent);
        assert_eq!(
            completed,
            json!({"mechanism": "password_based", "password": "geheim", "url": "http://u:pw@h/x", "pool_size": 4,
                "ssl": {"enable": false, "password": "p2"}})
        );
        assert_eq!(entry.completed(json!({"password": "new"})), json!({"password": "new"}));
        assert_eq!(ListEntry::default().completed(json!({"a": 1, "password": MASK})), json!({"a": 1}));
    }
}
