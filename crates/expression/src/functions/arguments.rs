//! What a function was given.

use std::borrow::Cow;

use regex::Regex;

use crate::{Bindings, EvaluateError, Value};

/// What a function was given. Positions count from 0 here, and from 1 in errors.
pub(crate) struct Arguments<'a> {
    pub(crate) function: &'static str,
    pub(crate) values: &'a [Value],
    /// The regular expression, if a constant says it.
    pub(crate) pattern: Option<&'a Regex>,
    pub(crate) bindings: &'a dyn Bindings,
}

impl<'a> Arguments<'a> {
    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn value(&self, position: usize) -> &'a Value {
        self.values.get(position).unwrap_or(&Value::Null)
    }

    /// Text, or a boolean as text. Numbers are none: what is asked of them is mostly a mistake.
    pub(crate) fn text(&self, position: usize) -> Result<&'a str, EvaluateError> {
        match self.value(position) {
            Value::Text(text) => Ok(text),
            Value::Bool(true) => Ok("true"),
            Value::Bool(false) => Ok("false"),
            _ => Err(self.mismatch(position, "text")),
        }
    }

    /// An argument that need not be given.
    pub(crate) fn option(&self, position: usize) -> Result<Option<&'a str>, EvaluateError> {
        if position < self.count() { self.text(position).map(Some) } else { Ok(None) }
    }

    pub(crate) fn bytes(&self, position: usize) -> Result<&'a [u8], EvaluateError> {
        match self.value(position) {
            Value::Bytes(bytes) => Ok(bytes),
            _ => self.text(position).map(str::as_bytes),
        }
    }

    /// Anything but a list of bytes, as text.
    pub(crate) fn any_text(&self, position: usize) -> Result<Cow<'a, str>, EvaluateError> {
        self.value(position).to_text()
    }

    pub(crate) fn integer(&self, position: usize) -> Result<i64, EvaluateError> {
        match self.value(position) {
            Value::Integer(number) => Ok(*number),
            _ => Err(self.mismatch(position, "a whole number")),
        }
    }

    /// A whole number that counts something.
    pub(crate) fn count_of(&self, position: usize) -> Result<usize, EvaluateError> {
        usize::try_from(self.integer(position)?).map_err(|_| self.mismatch(position, "a whole number from 0"))
    }

    pub(crate) fn list(&self, position: usize) -> Result<&'a [Value], EvaluateError> {
        match self.value(position) {
            Value::List(items) => Ok(items),
            _ => Err(self.mismatch(position, "a list")),
        }
    }

    pub(crate) fn mismatch(&self, position: usize, expected: &'static str) -> EvaluateError {
        EvaluateError::Argument { function: self.function, position: position + 1, expected }
    }

    pub(crate) fn failure(&self, reason: &'static str) -> EvaluateError {
        EvaluateError::Function { function: self.function, reason }
    }
}
