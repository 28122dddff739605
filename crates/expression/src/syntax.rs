//! An expression, read.

use std::fmt;

use regex::Regex;

use crate::Value;
use crate::functions::Function;

/// A part of an expression that has a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Constant(Value),
    Variable(Box<str>),
    List(Vec<Node>),
    Call(Box<Call>),
}

/// A call of a function that exists, with a number of arguments that it takes.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Vec<Node>,
    /// The regular expression, where a constant says it: compiled once.
    pub(crate) pattern: Option<Regex>,
}

impl PartialEq for Call {
    /// The pattern follows from the arguments.
    fn eq(&self, other: &Self) -> bool {
        self.function.name == other.function.name && self.arguments == other.arguments
    }
}

impl Node {
    /// Calls `visit` with each variable, from left to right.
    pub(crate) fn visit_variables<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Constant(_) => {}
            Self::Variable(name) => visit(name),
            Self::List(items) => items.iter().for_each(|item| item.visit_variables(visit)),
            Self::Call(call) => call.arguments.iter().for_each(|argument| argument.visit_variables(visit)),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(Value::Text(text)) => {
                let quote = if text.contains('\'') { '"' } else { '\'' };
                write!(formatter, "{quote}{text}{quote}")
            }
            Self::Constant(Value::Float(number)) => write_float(formatter, *number),
            Self::Constant(value) => formatter.write_str(&value.to_text().unwrap_or_default()),
            Self::Variable(name) => formatter.write_str(name),
            Self::List(items) => write_joined(formatter, "[", items, "]"),
            Self::Call(call) => {
                formatter.write_str(call.function.name)?;
                write_joined(formatter, "(", &call.arguments, ")")
            }
        }
    }
}

fn write_joined(formatter: &mut fmt::Formatter<'_>, open: &str, nodes: &[Node], close: &str) -> fmt::Result {
    formatter.write_str(open)?;
    for (index, node) in nodes.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(formatter, "{separator}{node}")?;
    }
    formatter.write_str(close)
}

/// With a point before the exponent, which expressions need.
fn write_float(formatter: &mut fmt::Formatter<'_>, number: f64) -> fmt::Result {
    let text = format!("{number:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => write!(formatter, "{mantissa}.0e{exponent}"),
        _ => formatter.write_str(&text),
    }
}
