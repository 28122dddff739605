//! An expression of the config.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::syntax::Node;
use crate::{Bindings, EvaluateError, ParseError, Value, evaluate, parser};

/// The longest expression that is read.
pub const MAX_SOURCE_BYTES: usize = 16 * 1024;
/// How deep calls and lists may be nested.
pub const MAX_DEPTH: usize = 32;

/// A Variform expression, read and checked: every function in it exists and has arguments enough. Printing it gives an
/// expression that reads the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: Node,
}

impl Expression {
    /// Reads an expression.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        parser::parse(source).map(|root| Self { root })
    }

    /// Works it out.
    pub fn evaluate(&self, bindings: &dyn Bindings) -> Result<Value, EvaluateError> {
        evaluate::evaluate(&self.root, bindings)
    }

    /// Works it out as text: empty for null and an empty list.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), and [`EvaluateError::NotText`] for a list or bytes.
    pub fn evaluate_text(&self, bindings: &dyn Bindings) -> Result<String, EvaluateError> {
        match self.evaluate(bindings)? {
            Value::Text(text) => Ok(text),
            Value::List(items) if !items.is_empty() => Err(EvaluateError::NotText),
            value if value.is_empty() => Ok(String::new()),
            value => value.to_text().map(std::borrow::Cow::into_owned),
        }
    }

    /// Whether its text is `true`: what a precondition asks.
    ///
    /// # Errors
    /// As [`evaluate_text`](Self::evaluate_text).
    pub fn is_true(&self, bindings: &dyn Bindings) -> Result<bool, EvaluateError> {
        self.evaluate_text(bindings).map(|text| text == "true")
    }

    /// The names in it that are variables, from left to right, repeated as they are.
    #[must_use]
    pub fn variables(&self) -> Vec<&str> {
        let mut variables = Vec::new();
        self.root.visit_variables(&mut |name| variables.push(name));
        variables
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(formatter)
    }
}

impl FromStr for Expression {
    type Err = ParseError;

    fn from_str(source: &str) -> Result<Self, Self::Err> {
        Self::parse(source)
    }
}
