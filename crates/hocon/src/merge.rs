//! Laying one tree over another.

use crate::node::{Node, Object, Value, numbered};
use crate::origin::Origin;
use std::fmt;

/// An item of a list that cannot be set, because those before it are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeError {
    /// Where the number came from.
    pub origin: Origin,
    /// The number of the item.
    pub index: usize,
    /// How many items the list has.
    pub length: usize,
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.origin, self.problem(), self.remedy())
    }
}

impl MergeError {
    pub(crate) fn problem(&self) -> String {
        format!("item {} of a list of {} cannot be set", self.index, self.length)
    }

    pub(crate) fn remedy(&self) -> String {
        format!("items count from 1, and {} is the next to add", self.length.saturating_add(1))
    }
}

impl std::error::Error for MergeError {}

impl Node {
    /// Lays `above` over this value, as if its text stood behind: objects are merged field by field, and an object whose keys
    /// are numbers changes the items of a list, counted from 1, or adds the next one. Anything else takes the place of what
    /// was there. Each value keeps its origin.
    ///
    /// # Errors
    /// [`MergeError`]; this value may be changed in part then.
    pub fn merge(&mut self, above: Self) -> Result<(), MergeError> {
        match (&mut self.value, above.value) {
            (Value::Object(fields), Value::Object(above_fields)) => {
                self.origin = above.origin;
                merge_fields(fields, above_fields)
            }
            (Value::List(items), Value::Object(fields)) if numbered(&fields).is_some() => merge_items(items, &fields),
            (_, value) => {
                *self = Self { value, origin: above.origin };
                Ok(())
            }
        }
    }
}

fn merge_fields(fields: &mut Object, above: Object) -> Result<(), MergeError> {
    for (key, node) in above {
        match fields.get_mut(&key) {
            Some(field) => field.merge(node)?,
            None => {
                fields.insert(key, node);
            }
        }
    }
    Ok(())
}

fn merge_items(items: &mut Vec<Node>, above: &Object) -> Result<(), MergeError> {
    for (index, node) in numbered(above).unwrap_or_default() {
        let length = items.len();
        match index.checked_sub(1) {
            Some(at) if at < length => items[at].merge(node.clone())?,
            Some(at) if at == length => items.push(node.clone()),
            _ => return Err(MergeError { origin: node.origin.clone(), index, length }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reader;

    fn read(name: &str, text: &str) -> Node {
        Reader::new().read(name, text).expect(text)
    }

    #[test]
    fn the_upper_layer_wins_and_every_value_keeps_its_origin() {
        let mut root = read("low", "a { b = 1\n c = 2 }\nd = 3\nlist = [1, { x = 1 }]\ngone = 1");
        root.merge(read("high", "a.c = 4\n\nd { e = 5 }\nlist.2.y = 2\nlist.3 = 9\ngone = null")).unwrap();
        let leaves: Vec<_> = root
            .leaves()
            .into_iter()
            .map(|(path, node)| format!("{} = {} @ {}", path.join("."), node.value, node.origin))
            .collect();
        let expected = [
            "a.b = `1` @ low:1",
            "a.c = `4` @ high:1",
            "d.e = `5` @ high:3",
            "gone = null @ high:6",
            "list.1 = `1` @ low:4",
            "list.2.x = `1` @ low:4",
            "list.2.y = `2` @ high:4",
            "list.3 = `9` @ high:5",
        ];
        assert_eq!(leaves, expected);
    }

    #[test]
    fn items_are_added_one_after_the_other() {
        for (text, index) in [("l.0 = 1", 0), ("l.4 = 1", 4)] {
            let error = read("low", "l = [1, 2]").merge(read("high", text)).unwrap_err();
            assert_eq!((error.index, error.length), (index, 2));
            let expected = format!(
                "high:1: item {index} of a list of 2 cannot be set; items count from 1, and 3 is the next to add"
            );
            assert_eq!(error.to_string(), expected);
        }
    }
}
