//! Comparisons, of texts and of numbers, and what goes with them.

use std::cmp::Ordering;

use super::Arguments;
use crate::{EvaluateError, Value};

type Result = std::result::Result<Value, EvaluateError>;

pub(super) fn is_empty_val(arguments: &Arguments<'_>) -> Result {
    Ok(arguments.value(0).is_empty().into())
}

/// Of a boolean, or of the text `true` or `false`, which stays text.
pub(super) fn not(arguments: &Arguments<'_>) -> Result {
    match arguments.value(0) {
        Value::Bool(bool) => Ok((!bool).into()),
        Value::Text(text) if text == "true" => Ok("false".into()),
        Value::Text(text) if text == "false" => Ok("true".into()),
        _ => Err(arguments.mismatch(0, "true or false")),
    }
}

/// Both as text, by their bytes.
fn texts(arguments: &Arguments<'_>) -> std::result::Result<Ordering, EvaluateError> {
    Ok(arguments.value(0).to_bytes()?.cmp(&arguments.value(1).to_bytes()?))
}

fn numbers(arguments: &Arguments<'_>) -> std::result::Result<Ordering, EvaluateError> {
    if let (Value::Integer(left), Value::Integer(right)) = (arguments.value(0), arguments.value(1)) {
        return Ok(left.cmp(right));
    }
    let left = float(arguments, 0)?;
    Ok(left.total_cmp(&float(arguments, 1)?))
}

/// A whole number is compared with a fraction as the nearest number that can have one.
fn float(arguments: &Arguments<'_>, position: usize) -> std::result::Result<f64, EvaluateError> {
    match arguments.value(position) {
        // Of the two zeros only one: they compare as equal.
        Value::Float(number) => Ok(number + 0.0),
        Value::Integer(number) => Ok(*number as f64),
        _ => Err(arguments.mismatch(position, "a number")),
    }
}

fn name(ordering: Ordering) -> Value {
    match ordering {
        Ordering::Less => "lt".into(),
        Ordering::Equal => "eq".into(),
        Ordering::Greater => "gt".into(),
    }
}

/// Defines the functions that say what came of a comparison.
macro_rules! comparisons {
    ($compare:ident: $($name:ident => $answer:expr),+ $(,)?) => {
        $(pub(super) fn $name(arguments: &Arguments<'_>) -> Result {
            $compare(arguments).map(|ordering| Value::from($answer(ordering)))
        })+
    };
}

comparisons! { texts:
    str_comp => name,
    str_eq => Ordering::is_eq,
    str_neq => Ordering::is_ne,
    str_lt => Ordering::is_lt,
    str_lte => Ordering::is_le,
    str_gt => Ordering::is_gt,
    str_gte => Ordering::is_ge,
}

comparisons! { numbers:
    num_comp => name,
    num_eq => Ordering::is_eq,
    num_neq => Ordering::is_ne,
    num_lt => Ordering::is_lt,
    num_lte => Ordering::is_le,
    num_gt => Ordering::is_gt,
    num_gte => Ordering::is_ge,
}
