//! The values that expressions work with.

use std::borrow::Cow;

use crate::EvaluateError;

/// The largest value of a variable or function: the length of its text, or of all texts in a list.
pub const MAX_VALUE_BYTES: usize = 64 * 1024;

/// A value of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Unknown. As text it is empty.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction. Always finite.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes that are no text.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
}

impl Value {
    /// Text if the bytes are that, else the bytes.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Self::Bytes(error.into_bytes()), Self::Text)
    }

    /// Whether there is nothing: null, empty text, an empty list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Bool(_) | Self::Integer(_) | Self::Float(_) => false,
            Self::Text(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::List(items) => items.is_empty(),
        }
    }

    /// As text: nothing for null, `true` and `false`, numbers in decimal with at most ten digits of a fraction, lists in
    /// JSON.
    ///
    /// # Errors
    /// [`EvaluateError::NotText`] for bytes that are none, also within a list.
    pub fn to_text(&self) -> Result<Cow<'_, str>, EvaluateError> {
        Ok(match self {
            Self::Null => Cow::Borrowed(""),
            Self::Bool(true) => Cow::Borrowed("true"),
            Self::Bool(false) => Cow::Borrowed("false"),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Float(number) => Cow::Owned(decimal(*number)),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bytes(_) => return Err(EvaluateError::NotText),
            Self::List(_) => Cow::Owned(self.to_json()?.to_string()),
        })
    }

    /// As the bytes that are hashed or compared.
    pub(crate) fn to_bytes(&self) -> Result<Cow<'_, [u8]>, EvaluateError> {
        Ok(match self {
            Self::Bytes(bytes) => Cow::Borrowed(bytes),
            _ => match self.to_text()? {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
        })
    }

    fn to_json(&self) -> Result<serde_json::Value, EvaluateError> {
        Ok(match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(bool) => (*bool).into(),
            Self::Integer(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Bytes(_) => return Err(EvaluateError::NotText),
            Self::List(items) => items.iter().map(Self::to_json).collect::<Result<_, _>>()?,
        })
    }

    /// From JSON; an object stays JSON, as text.
    pub(crate) fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(bool) => Self::Bool(*bool),
            serde_json::Value::Number(number) => number.as_i64().map_or_else(
                || number.as_f64().filter(|float| float.is_finite()).map_or(Self::Null, Self::Float),
                Self::Integer,
            ),
            serde_json::Value::String(text) => Self::Text(text.clone()),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(_) => Self::Text(json.to_string()),
        }
    }

    /// Itself, unless it is larger than [`MAX_VALUE_BYTES`].
    pub(crate) fn within_limit(self) -> Result<Self, EvaluateError> {
        if self.size_bytes() > MAX_VALUE_BYTES { Err(EvaluateError::VALUE_TOO_LARGE) } else { Ok(self) }
    }

    fn size_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::Float(_) => 0,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            // A list of empty texts takes memory too.
            Self::List(items) => items.iter().map(|item| 1 + item.size_bytes()).sum(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

/// At least one digit after the point, and at most ten.
fn decimal(number: f64) -> String {
    let text = format!("{number:.10}");
    let trimmed = text.trim_end_matches('0');
    if trimmed.ends_with('.') { format!("{trimmed}0") } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_text_each() {
        let list = Value::List(vec!["a\"".into(), 1.into(), Value::Float(0.5), Value::Null, true.into()]);
        for (value, expected) in [
            (Value::Null, ""),
            (true.into(), "true"),
            ((-7).into(), "-7"),
            (Value::Float(2.2), "2.2"),
            (Value::Float(3.0), "3.0"),
            (Value::Float(100.0), "100.0"),
            (Value::Float(1e-12), "0.0"),
            ("a b".into(), "a b"),
            (list, r#"["a\"",1,0.5,null,true]"#),
        ] {
            assert_eq!(value.to_text().as_deref(), Ok(expected));
        }
        assert_eq!(Value::List(vec![Value::Bytes(vec![0xff])]).to_text(), Err(EvaluateError::NotText));
        assert_eq!(Value::from_bytes(b"abc".to_vec()), "abc".into());
    }

    #[test]
    fn lists_count_what_they_hold() {
        let text = |bytes| Value::Text("a".repeat(bytes));
        assert!(text(MAX_VALUE_BYTES).within_limit().is_ok());
        assert!(text(MAX_VALUE_BYTES + 1).within_limit().is_err());
        assert!(Value::List(vec![text(MAX_VALUE_BYTES - 1)]).within_limit().is_ok());
        assert!(Value::List(vec![Value::Null; MAX_VALUE_BYTES + 1]).within_limit().is_err());
    }
}
