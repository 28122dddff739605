//! Functions that make lists of texts, and texts of lists.

use super::Arguments;
use super::splitting::{Place, pieces};
use crate::bounded_text::BoundedText;
use crate::{EvaluateError, Value};

/// `join_to_string(list)`, with comma and blank between, or `join_to_string(separator, list)`.
pub(super) fn join_to_string(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let (separator, items) =
        if arguments.count() == 1 { (", ", arguments.list(0)?) } else { (arguments.text(0)?, arguments.list(1)?) };
    join(separator, items).map(Into::into)
}

pub(super) fn join(separator: &str, items: &[Value]) -> Result<String, EvaluateError> {
    let mut text = BoundedText::default();
    for (index, item) in items.iter().enumerate() {
        text.push(if index == 0 { "" } else { separator })?;
        text.push(&item.to_text()?)?;
    }
    Ok(text.into_string())
}

/// The element at a place from 1, which may be text; empty behind the end.
pub(super) fn nth(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    const EXPECTED: &str = "a whole number from 1";
    let place = match arguments.value(0) {
        Value::Text(text) => text.parse().map_err(|_| arguments.mismatch(0, EXPECTED))?,
        _ => arguments.integer(0)?,
    };
    let index = usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
    let index = index.ok_or_else(|| arguments.mismatch(0, EXPECTED))?;
    Ok(arguments.list(1)?.get(index).cloned().unwrap_or_else(|| "".into()))
}

/// `split(text, separator [, option])`: `leading` and `trailing` split once, at the first or last separator; what is
/// empty is left out, but for `notrim`, `leading_notrim` and `trailing_notrim`.
pub(super) fn split(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    const EXPECTED: &str = "'notrim', 'leading', 'trailing', 'leading_notrim' or 'trailing_notrim'";
    let (place, keeps_empty) = match arguments.option(2)? {
        None => (Place::Everywhere, false),
        Some("notrim") => (Place::Everywhere, true),
        Some("leading") => (Place::First, false),
        Some("leading_notrim") => (Place::First, true),
        Some("trailing") => (Place::Last, false),
        Some("trailing_notrim") => (Place::Last, true),
        Some(_) => return Err(arguments.mismatch(2, EXPECTED)),
    };
    let mut parts = pieces(arguments.text(0)?, arguments.text(1)?, place);
    parts.retain(|part| keeps_empty || !part.is_empty());
    Ok(parts.into())
}

/// `tokens(text, separators [, 'nocrlf'])`: what stands between any of the characters, without what is empty. With
/// `nocrlf`, ends of lines separate too.
pub(super) fn tokens(arguments: &Arguments<'_>) -> Result<Value, EvaluateError> {
    let (text, separators) = (arguments.text(0)?, arguments.text(1)?);
    let line_ends: &[char] = match arguments.option(2)? {
        None => &[],
        Some("nocrlf") => &['\r', '\n'],
        Some(_) => return Err(arguments.mismatch(2, "'nocrlf'")),
    };
    let is_separator = |character: char| separators.contains(character) || line_ends.contains(&character);
    Ok(text.split(is_separator).filter(|token| !token.is_empty()).collect::<Vec<_>>().into())
}
