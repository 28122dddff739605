//! A value and where it came from.

use crate::origin::Origin;
use crate::rule::Rule;
use std::collections::BTreeMap;
use std::fmt;

/// The fields of an object, by name.
pub type Object = BTreeMap<String, Node>;

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it came from; for an object, where it was last added to.
    pub origin: Origin,
}

/// A value. Durations, sizes and the like are [`Value::Text`]: HOCON's own types do not know them, [`crate::rule`] does.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`: set to nothing, which is what hides a value of a lower layer.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// Any other single value.
    Text(String),
    /// `[ … ]`.
    List(Vec<Node>),
    /// `{ … }`.
    Object(Object),
}

impl Value {
    /// The text of a single value, however it was written; `None` for null, a list or an object.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Number(text) | Self::Text(text) => Some(text),
            Self::Null | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// The fields of an object.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object> {
        if let Self::Object(fields) = self { Some(fields) } else { None }
    }

    /// The items of a list. An object whose keys are all numbers is a list too, ordered by them (`a.1 = x`, `a.2 = y`), unless
    /// it is empty.
    #[must_use]
    pub fn as_list(&self) -> Option<Vec<&Node>> {
        match self {
            Self::List(items) => Some(items.iter().collect()),
            Self::Object(fields) => Some(numbered(fields)?.into_iter().map(|(_, node)| node).collect()),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => None,
        }
    }

    /// Whether both are the same, wherever their parts came from.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(items), Self::List(others)) => {
                items.len() == others.len()
                    && items.iter().zip(others).all(|(item, other)| item.value.is_same(&other.value))
            }
            (Self::Object(fields), Self::Object(others)) => {
                let same = |((key, node), (other_key, other)): ((&String, &Node), (&String, &Node))| {
                    key == other_key && node.value.is_same(&other.value)
                };
                fields.len() == others.len() && fields.iter().zip(others).all(same)
            }
            (one, other) => one == other,
        }
    }

    /// Reads an unquoted word: null, a truth value, a number or text.
    pub(crate) fn of_word(word: &str) -> Self {
        match word {
            "null" => Self::Null,
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            number if is_number(number) => Self::Number(number.into()),
            text => Self::Text(text.into()),
        }
    }
}

/// As a message shows it: a list or an object by its name, anything else as it is.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::List(_) => f.write_str("a list"),
            Self::Object(_) => f.write_str("an object"),
            single => write!(f, "`{}`", single.as_text().unwrap_or_default()),
        }
    }
}

/// The fields of an object by their numbers, if every key is one and there is any.
pub(crate) fn numbered(fields: &Object) -> Option<Vec<(usize, &Node)>> {
    let mut items: Vec<_> = fields.iter().map(|(key, node)| Some((index_of(key)?, node))).collect::<Option<_>>()?;
    items.sort_by_key(|(index, _)| *index);
    (!items.is_empty()).then_some(items)
}

/// A key as the number of an item.
pub(crate) fn index_of(key: &str) -> Option<usize> {
    let digits = !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
    if digits { key.parse().ok() } else { None }
}

/// Whether a word is a number of JSON.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['+', '-']).unwrap_or(text)))
}

impl Node {
    /// A value from `origin`.
    #[must_use]
    pub const fn new(value: Value, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// An object without fields that nobody set.
    #[must_use]
    pub const fn empty() -> Self {
        Self::new(Value::Object(Object::new()), Origin::Default)
    }

    /// The value at a path. Items of lists count from 1.
    #[must_use]
    pub fn get<S: AsRef<str>>(&self, path: &[S]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| match &node.value {
            Value::Object(fields) => fields.get(key.as_ref()),
            Value::List(items) => items.get(index_of(key.as_ref())?.checked_sub(1)?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
        })
    }

    /// The value that `rule` reads. `key` is for the error.
    ///
    /// # Errors
    /// If it is no single value, or not one that the rule allows.
    pub fn read_as<R: Rule>(&self, key: &str, rule: &R) -> Result<R::Value, ValueError> {
        let error = || ValueError {
            origin: self.origin.clone(),
            key: key.into(),
            value: self.value.to_string(),
            allowed: rule.allowed(),
        };
        self.value.as_text().and_then(|text| rule.read(text)).ok_or_else(error)
    }

    /// Every single value, empty list and empty object below this one, with its path. Items of lists count from 1.
    #[must_use]
    pub fn leaves(&self) -> Vec<(Vec<String>, &Self)> {
        let mut found = Vec::new();
        self.collect_leaves(&mut Vec::new(), &mut found);
        found
    }

    fn collect_leaves<'a>(&'a self, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, &'a Self)>) {
        let mut below = |key: String, node: &'a Self| {
            path.push(key);
            node.collect_leaves(path, found);
            path.pop();
        };
        match &self.value {
            Value::Object(fields) if !fields.is_empty() => {
                fields.iter().for_each(|(key, node)| below(key.clone(), node));
            }
            Value::List(items) if !items.is_empty() => {
                items.iter().zip(1_usize..).for_each(|(node, number)| below(number.to_string(), node));
            }
            _ => found.push((path.clone(), self)),
        }
    }
}

/// A value that its key does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// Where the value came from.
    pub origin: Origin,
    /// Full path of the key.
    pub key: String,
    /// The value as it was written, in quotes.
    pub value: String,
    /// What is allowed, to complete "must be …".
    pub allowed: String,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}` is {}, but must be {}", self.origin, self.key, self.value, self.allowed)
    }
}

impl std::error::Error for ValueError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_types() {
        for (word, value) in [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("-1.5e+3", Value::Number("-1.5e+3".into())),
            ("007", Value::Number("007".into())),
            ("1.", Value::Text("1.".into())),
            ("1MB", Value::Text("1MB".into())),
            ("-", Value::Text("-".into())),
            ("1e", Value::Text("1e".into())),
            ("on", Value::Text("on".into())),
        ] {
            assert_eq!(Value::of_word(word), value, "{word}");
        }
    }

    #[test]
    fn numbered_fields_are_a_list() {
        let text = |text: &str| Node::new(Value::Text(text.into()), Origin::Default);
        let object = |keys: &[&str]| Value::Object(keys.iter().map(|key| ((*key).to_owned(), text(key))).collect());
        let list = |keys: &[&str]| {
            object(keys)
                .as_list()
                .map(|items| items.into_iter().filter_map(|n| n.value.as_text()?.parse().ok()).collect())
        };
        assert_eq!(list(&["10", "9", "1"]), Some(vec![1, 9, 10]));
        assert_eq!(list(&["1", "x"]), None::<Vec<i32>>);
        assert_eq!(list(&[]), None);
    }
}
